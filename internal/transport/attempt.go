// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

const (
	maxAnswer = 32 << 20
	maxError  = 64 << 10
	maxBegun  = 2 << 10
)

type attemptKey struct{}

// attempt is what one Do keeps through all its attempts.
type attempt struct {
	request Request
	count   int
	body    []byte
}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// wordsOf is what the answer of the last attempt says.
func wordsOf(answer *http.Response) string {
	a := attemptOf(answer.Request.Context())
	if a == nil {
		return ""
	}
	words, _ := serverWords(answer.Header.Get("Content-Type"), a.body)
	return words
}

// attempts makes single attempts: each has its own deadline and is over only
// when the body has been read, so that an answer that breaks off is repeated
// as one that never came.
type attempts struct {
	next    http.RoundTripper
	clock   clock.Clock
	timeout time.Duration
	log     LogFunc
	redact  redactor
}

// RoundTrip returns an answer whose body has been taken, or an *Error.
func (t *attempts) RoundTrip(r *http.Request) (*http.Response, error) {
	a := attemptOf(r.Context())
	a.count++
	a.body = nil
	began := t.clock.Now()
	timeout := orDefault(a.request.Timeout, t.timeout)
	ctx, cancel := context.WithTimeout(r.Context(), timeout)
	defer cancel()
	var connected atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	answer, err := t.next.RoundTrip(r.WithContext(traced))
	if err == nil {
		err = a.take(answer)
		answer.Request = r
	}
	if err != nil {
		err = classify(r.Context(), err, connected.Load(), timeout)
		answer = nil
	}
	t.report(r, a, answer, err, t.clock.Now().Sub(began))
	return answer, err
}

// take reads the body: into Decode when the answer is a success, else into
// memory under a limit.
func (a *attempt) take(answer *http.Response) error {
	defer func() { _ = answer.Body.Close() }()
	source := &watchedReader{source: answer.Body}
	success := answer.StatusCode >= 200 && answer.StatusCode < 300
	limit := int64(maxError)
	if success {
		limit = maxAnswer
	}
	answer.Body, a.body = http.NoBody, nil
	if success && a.request.Decode != nil {
		var begun prefix
		err := a.request.Decode(io.TeeReader(source, &begun))
		switch {
		case source.err != nil:
			return source.err
		case err != nil:
			return decodeError(a.request, answer.Header.Get("Content-Type"), begun.kept, err)
		}
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(source, limit+1))
	if err != nil {
		return err
	}
	if success && int64(len(body)) > limit {
		return &Error{Kind: KindBody, Words: fmt.Sprintf("the answer is longer than %d MiB", limit>>20)}
	}
	a.body = body[:min(int64(len(body)), limit)]
	return nil
}

// classify says what kind of failure an attempt ended with.
func classify(parent context.Context, err error, connected bool, timeout time.Duration) error {
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	kind := KindUnreachable
	if connected {
		kind = KindNoAnswer
	}
	if parent.Err() != nil {
		return &Error{Kind: kind, Err: parent.Err()}
	}
	if words, ok := tlsWords(err); ok {
		return &Error{Kind: KindTLS, Words: words, Err: err}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Kind: kind, Words: fmt.Sprintf("no whole answer within %s", timeout)}
	}
	return &Error{Kind: kind, Words: err.Error(), Err: err}
}

// tlsWords says in words what is wrong with a certificate.
func tlsWords(err error) (string, bool) {
	var unknownAuthority x509.UnknownAuthorityError
	var wrongHost x509.HostnameError
	var invalid x509.CertificateInvalidError
	var plain tls.RecordHeaderError
	var alert tls.AlertError
	var verification *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknownAuthority):
		return "its certificate is signed by an authority that is not trusted here", true
	case errors.As(err, &wrongHost):
		return "its certificate is not for the host " + wrongHost.Host, true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "its certificate has expired or is not valid yet", true
	case errors.As(err, &invalid), errors.As(err, &verification), errors.As(err, &alert):
		return "its certificate was not accepted: " + err.Error(), true
	case errors.As(err, &plain):
		return "it does not speak TLS on this port; perhaps the address begins with http://", true
	default:
		return "", false
	}
}

// report writes the attempt's line of log. Bodies are never logged: answers of
// the gateway hold TLS keys, those of the Hub tokens.
func (t *attempts) report(r *http.Request, a *attempt, answer *http.Response, err error, took time.Duration) {
	if t.log == nil {
		return
	}
	fields := map[string]any{
		"method":   r.Method,
		"url":      t.redact.text(r.URL.Redacted()),
		"attempt":  a.count,
		"duration": took.String(),
	}
	if answer != nil {
		fields["status"] = answer.StatusCode
	}
	if err != nil {
		fields["error"] = t.redact.text(err.Error())
	}
	t.log(r.Context(), "HTTP attempt", fields)
}

// watchedReader tells a connection that broke from JSON that is wrong.
type watchedReader struct {
	source io.Reader
	err    error
}

func (w *watchedReader) Read(p []byte) (int, error) {
	n, err := w.source.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// prefix keeps how a stream begins, for errors.
type prefix struct{ kept []byte }

func (p *prefix) Write(part []byte) (int, error) {
	p.kept = append(p.kept, part[:min(len(part), maxBegun-len(p.kept))]...)
	return len(part), nil
}

// serverWords is what an answer says, in one line, and whether it said it in
// the error member of a JSON object: {"error"} at the gateway, {"message"} at
// the Hub, where it may be null.
func serverWords(contentType string, body []byte) (string, bool) {
	if words, ok := jsonWords(body); ok && isJSON(contentType) {
		return oneLine(words), true
	}
	if isHTML(contentType, body) {
		return oneLine(htmlWords(body)), false
	}
	return oneLine(string(bytes.ToValidUTF8(body, []byte("?")))), false
}
