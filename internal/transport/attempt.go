// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

const (
	// maxResponseSize is above a list of 10,000 clusters with their certificates and
	// keys, of which only one is in memory at a time: see maxValueSize.
	maxResponseSize = 64 << 20
	maxErrorBody    = 64 << 10
	maxBodyStart    = 2 << 10
)

type attemptKey struct{}

// attempt is what one Do keeps through all its attempts: how the last one ended
// is either answer, with its body, or failed.
type attempt struct {
	request  Request
	count    int
	response *http.Response
	body     []byte
	err      *Error
}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// attempts makes single attempts: each has its own deadline and is over only
// when the body has been read, so that an answer that breaks off is repeated
// as one that never came.
type attempts struct {
	next http.RoundTripper
	// connections has an element for each attempt under way.
	connections chan struct{}
	// largeBodies has an element for each large response that is being decoded.
	largeBodies chan struct{}
	clock       clock.Clock
	timeout     time.Duration
	log         LogFunc
	redact      redactor
}

// RoundTrip returns an answer whose body has been taken, or an *Error.
func (t *attempts) RoundTrip(r *http.Request) (*http.Response, error) {
	a := attemptOf(r.Context())
	a.count++
	a.response, a.body, a.err = nil, nil, nil
	started := t.clock.Now()
	defer func() { t.report(r, a, t.clock.Now().Sub(started)) }()
	scope := createScopeFrom(r.Context(), a.request)
	release, err := t.connection(scope)
	if err != nil {
		a.err = classify(scope, err, false, 0)
		return nil, a.err
	}
	defer release()
	scope.sent()
	timeout := orDefault(a.request.Timeout, t.timeout)
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// http.Transport asks for another connection when the first, an idle
		// one, turned out to be closed before a byte was written.
		GetConn: func(string) { connected.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	response, err := t.next.RoundTrip(r.WithContext(traced))
	if err == nil {
		err = a.readBody(ctx, response, t.largeBodies, t.redact.with(a.request.Secrets), cancel)
	}
	if err != nil {
		a.err = classify(r.Context(), err, connected.Load(), timeout)
		return nil, a.err
	}
	response.Request = r
	dropUnusableLocation(response)
	a.response = response
	return response, nil
}

// connection waits until there may be another connection. This is no part of the
// attempt's time: it is others that the server lets wait.
func (t *attempts) connection(ctx context.Context) (release func(), err error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	select {
	case t.connections <- struct{}{}:
		return func() { <-t.connections }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// readBody reads the body: into Decode when the status is a success, otherwise into
// memory. Both are limited. interrupt ends a read from the connection.
func (a *attempt) readBody(ctx context.Context, response *http.Response, slots chan struct{}, redact redactor, interrupt func()) error {
	body := response.Body
	defer func() { _ = body.Close() }()
	source := &bodyReader{ctx: ctx, source: body, limit: maxResponseSize, slots: slots}
	defer source.release()
	success := response.StatusCode >= 200 && response.StatusCode < 300
	response.Body = http.NoBody
	switch {
	case response.StatusCode == http.StatusSwitchingProtocols:
		// The bare connection follows, and no deadline ends it.
		return nil
	case !success:
		var err error
		a.body, err = io.ReadAll(io.LimitReader(source, maxErrorBody))
		source.readRest(interrupt)
		return err
	}
	decode := a.request.Decode
	if decode == nil {
		source.limit = maxValueSize
		decode = func(body io.Reader) (err error) {
			a.body, err = io.ReadAll(body)
			return err
		}
	}
	var start bodyStart
	err := decode(io.TeeReader(source, &start))
	switch {
	case err == nil:
		// The value is complete, whatever follows it.
		source.release()
		source.readRest(interrupt)
		return nil
	case source.err != nil:
		return source.err
	default:
		return decodeError(a.request, response.Header.Get("Content-Type"), start.kept, redact, err)
	}
}

// classify says what kind of failure an attempt ended with.
func classify(parent context.Context, err error, connected bool, timeout time.Duration) *Error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	kind := KindUnreachable
	if connected {
		kind = KindNoResponse
	}
	if parent.Err() != nil {
		return &Error{Kind: kind, Err: parent.Err()}
	}
	if refused, ok := proxyFailure(err); ok {
		return refused
	}
	if reason, message, ok := tlsFailure(err); ok && (!connected || isCertificateRequired(err)) {
		return &Error{Kind: KindTLS, TLS: reason, Message: message, Err: err}
	}
	if isTLSAlert(err) {
		return &Error{Kind: KindTLS, TLS: TLSRequired, Message: tlsRequiredMessage, Err: err}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Kind: kind, Message: fmt.Sprintf("no whole answer within %s", timeout)}
	}
	return &Error{Kind: kind, Message: err.Error(), NotHTTP: isNotHTTP(err), Err: err}
}

// isNotHTTP recognises an answer without a status line, of which net/http has no
// error that could be asked for.
func isNotHTTP(err error) bool { return strings.Contains(err.Error(), "malformed HTTP response") }

// report writes the attempt's line of log. Nothing of a body is ever logged:
// answers of the gateway hold TLS keys, those of the Hub tokens.
func (t *attempts) report(r *http.Request, a *attempt, took time.Duration) {
	if t.log == nil {
		return
	}
	fields := map[string]any{
		"method":   r.Method,
		"url":      t.redact.text(r.URL.Redacted()),
		"attempt":  a.count,
		"duration": took.String(),
	}
	switch {
	case a.response != nil:
		fields["status"] = a.response.StatusCode
	case a.err.Kind == KindBody:
		fields["error"] = "the answer cannot be used"
	default:
		fields["error"] = t.redact.with(a.request.Secrets).text(a.err.reason())
	}
	t.log(r.Context(), "HTTP attempt", fields)
}
