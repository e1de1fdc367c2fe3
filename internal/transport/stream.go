// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

const (
	eventStream = "text/event-stream"
	// maxEventSize limits the data of one event. Events of a Hub have a few hundred bytes.
	maxEventSize = 1 << 20
	// maxStreamSize limits a whole stream. It is enough for an hour: a Hub sends at most a
	// few events per second (apihandlers/users.py).
	maxStreamSize = 16 << 20
)

// Stream reads a stream of server-sent events (the WHATWG's HTML standard, section
// 9.2). It sends GET for the request's path, and treats credentials, redirects and
// logs like Do. Stream calls handle with the data of each event, until handle returns
// true, which ends the stream without an error. The request is sent once. A stream
// that sends nothing during the idle timeout, not even an empty line, ends with an
// error, because a proxy may be buffering it. Only the context limits the total time.
func (c *Client) Stream(ctx context.Context, r Request, idleTimeout time.Duration, handle func(data []byte) (stop bool, err error)) error {
	r.Method, r.IsRetryable = http.MethodGet, false
	target, err := c.url(r)
	if err != nil {
		return err
	}
	bounded, cancel := context.WithCancel(ctx)
	defer cancel()
	wrapped, err := c.newRequest(bounded, r, target)
	if err != nil {
		return err
	}
	wrapped.Header.Set("Accept", eventStream)
	a := &attempt{request: r, count: 1}
	release, err := c.attempts.connection(ctx)
	if err != nil {
		return c.failure(ctx, r, target, a, classify(ctx, err, false, idleTimeout))
	}
	defer release()
	started := c.attempts.clock.Now()
	idleTimer := time.AfterFunc(idleTimeout, cancel)
	defer idleTimer.Stop()
	response, err := c.attempts.next.RoundTrip(wrapped.Request)
	if err == nil {
		dropUnusableLocation(response)
		defer func() { _ = response.Body.Close() }()
		a.response = response
		if response.StatusCode != http.StatusOK {
			a.body, err = io.ReadAll(io.LimitReader(response.Body, maxErrorBodySize))
		}
	}
	if err != nil {
		a.response, a.err = nil, c.streamFailure(ctx, err, idleTimeout)
	}
	c.attempts.report(wrapped.Request, a, c.attempts.clock.Now().Sub(started))
	switch {
	case a.err != nil:
		return c.failure(ctx, r, target, a, a.err)
	case response.StatusCode != http.StatusOK:
		return c.refusal(ctx, r, target, a)
	}
	if media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || media != eventStream {
		return c.failure(ctx, r, target, a, &Error{
			Kind: KindBody, Message: "expected a stream of events, got " + describeContentType(response.Header.Get("Content-Type")),
		})
	}
	alive := &idleTimeoutReader{source: response.Body, idleTimer: idleTimer, idleTimeout: idleTimeout}
	if err := readEvents(alive, handle); err != nil {
		return c.failure(ctx, r, target, a, c.streamFailure(ctx, err, idleTimeout))
	}
	return nil
}

// streamFailure describes why a stream ended: because of its error, the end of the
// parent context, or the idle timeout.
func (c *Client) streamFailure(parent context.Context, err error, idleTimeout time.Duration) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if parent.Err() == nil && errors.Is(err, context.Canceled) {
		return &Error{Kind: KindNoResponse, Message: fmt.Sprintf("the stream of events sent nothing for %s", idleTimeout)}
	}
	return classify(parent, err, true, idleTimeout)
}

// idleTimeoutReader restarts the idle timeout whenever data arrives.
type idleTimeoutReader struct {
	source      io.Reader
	idleTimer   *time.Timer
	idleTimeout time.Duration
}

func (r *idleTimeoutReader) Read(p []byte) (int, error) {
	n, err := r.source.Read(p)
	if n > 0 {
		r.idleTimer.Reset(r.idleTimeout)
	}
	return n, err
}

// readEvents passes the data of each event to handle. Fields other than data, and
// comments, which begin with a colon, are ignored. A line, the data of an event and
// the whole stream are limited.
func readEvents(source io.Reader, handle func([]byte) (bool, error)) error {
	bounded := &bodyReader{ctx: context.Background(), source: source, limit: maxStreamSize, hasSlot: true}
	lines := bufio.NewScanner(bounded)
	lines.Buffer(nil, maxEventSize)
	var data []byte
	hasData := false
	for lines.Scan() {
		line := bytes.TrimSuffix(lines.Bytes(), []byte("\r"))
		if len(line) > 0 {
			field, value, _ := bytes.Cut(line, []byte(":"))
			if string(field) != "data" {
				continue
			}
			if hasData {
				data = append(data, '\n')
			}
			hasData = true
			data = append(data, bytes.TrimPrefix(value, []byte(" "))...)
			if len(data) > maxEventSize {
				return errEventTooLong()
			}
			continue
		}
		if !hasData {
			continue
		}
		stop, err := handle(data)
		if stop || err != nil {
			return err
		}
		data, hasData = nil, false
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return errEventTooLong()
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return &Error{Kind: KindNoResponse, Message: "the stream of events ended early"}
}

func errEventTooLong() error {
	return &Error{Kind: KindBody, Message: fmt.Sprintf("an event of the stream is longer than %d KiB", maxEventSize>>10)}
}
