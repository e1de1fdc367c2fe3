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
	// maxResponseSize allows a list of 10,000 clusters with their certificates and
	// keys. Only one cluster is in memory at a time: see maxValueSize.
	maxResponseSize  = 64 << 20
	maxErrorBodySize = 64 << 10
	maxBodyStartSize = 2 << 10
)

type attemptKey struct{}

// attempt is the state of one Do, shared by all of its attempts. The last attempt
// ended with response and body, or with err.
type attempt struct {
	request  Request
	count    int
	took     time.Duration
	response *http.Response
	body     []byte
	err      *Error
}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// attempts is the http.RoundTripper that sends a single attempt. Each attempt has its
// own deadline, and ends only when the body has been read, so that a truncated
// response is retried like a lost one.
type attempts struct {
	next http.RoundTripper
	// connections has one element for each attempt in progress.
	connections chan struct{}
	// largeBodies has one element for each large response that is being decoded.
	largeBodies chan struct{}
	clock       clock.Clock
	timeout     time.Duration
	log         LogFunc
	redact      redactor
}

// RoundTrip returns a response whose body has been read, or an *Error.
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
	sentAt := t.clock.Now()
	defer func() { a.took = t.clock.Now().Sub(sentAt) }()
	timeout := orDefault(a.request.Timeout, t.timeout)
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// http.Transport requests a second connection if the first was idle and
		// had been closed before a byte was written.
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

// connection waits for a free connection. The wait does not count towards the
// attempt's timeout: it depends on other requests.
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

// readBody reads the body: with Decode if the request succeeded, otherwise into
// memory. Both are limited. interrupt ends a read from the connection.
func (a *attempt) readBody(ctx context.Context, response *http.Response, slots chan struct{}, redact redactor, interrupt func()) error {
	body := response.Body
	defer func() { _ = body.Close() }()
	source := &bodyReader{ctx: ctx, source: body, limit: maxResponseSize, slots: slots}
	defer source.release()
	isSuccess := response.StatusCode >= 200 && response.StatusCode < 300
	response.Body = http.NoBody
	switch {
	case response.StatusCode == http.StatusSwitchingProtocols:
		// The body is the raw connection, which has no deadline.
		return nil
	case !isSuccess:
		var err error
		a.body, err = io.ReadAll(io.LimitReader(source, maxErrorBodySize))
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
		// The value is complete. The rest of the body is ignored.
		source.release()
		source.readRest(interrupt)
		return nil
	case source.err != nil:
		return source.err
	default:
		return decodeError(a.request, response.Header.Get("Content-Type"), start.kept, redact, err)
	}
}

// classify turns the failure of an attempt into an *Error.
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
	if isTLSAlertResponse(err) {
		return &Error{Kind: KindTLS, TLS: TLSRequired, Message: tlsRequiredMessage, Err: err}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Kind: kind, Message: fmt.Sprintf("no complete response within %s", timeout)}
	}
	return &Error{Kind: kind, Message: err.Error(), IsNotHTTP: isNotHTTP(err), IsRefused: kind == KindUnreachable && isRefused(err), Err: err}
}

// isRefused reports whether the host refused a connection. Windows uses another errno
// than syscall.ECONNREFUSED, but the same word in its message.
func isRefused(err error) bool { return strings.Contains(err.Error(), "refused") }

// isNotHTTP reports whether the response had no status line. net/http has no typed
// error for this.
func isNotHTTP(err error) bool { return strings.Contains(err.Error(), "malformed HTTP response") }

// report logs the attempt. It never logs a body: responses of the gateway contain
// TLS keys, and responses of the Hub contain tokens.
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
		fields["error"] = "invalid response"
	default:
		fields["error"] = t.redact.with(a.request.Secrets).text(a.err.reason())
	}
	t.log(r.Context(), "HTTP attempt", fields)
}
