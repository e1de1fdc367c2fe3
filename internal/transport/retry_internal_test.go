// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

func TestBackoff_growsAndHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := backoff{shortest: time.Second, longest: 10 * time.Second, jitter: randomJitter, clock: clock.NewFake(now)}
	for name, test := range map[string]struct {
		attempt           int
		status            int
		retryAfter        string
		shortest, longest time.Duration
	}{
		"first":                {0, 0, "", 500 * time.Millisecond, time.Second},
		"third":                {2, 0, "", 2 * time.Second, 4 * time.Second},
		"late":                 {60, 0, "", 5 * time.Second, 10 * time.Second},
		"seconds":              {0, 429, "7", 7 * time.Second, 7 * time.Second},
		"none":                 {1, 503, "0", time.Second, 2 * time.Second},
		"shorter":              {3, 503, "1", 4 * time.Second, 8 * time.Second},
		"a day":                {0, 429, "86400", time.Minute, time.Minute},
		"date":                 {0, 503, now.Add(20 * time.Second).Format(http.TimeFormat), 20 * time.Second, 20 * time.Second},
		"date that has passed": {0, 503, now.Add(-time.Hour).Format(http.TimeFormat), 500 * time.Millisecond, time.Second},
		"nonsense":             {0, 503, "soon", 500 * time.Millisecond, time.Second},
		"below zero":           {0, 503, "-5", 500 * time.Millisecond, time.Second},
		"status that has none": {0, 502, "7", 500 * time.Millisecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 50 {
				if got := b.delay(test.attempt, test.status, test.retryAfter); got < test.shortest || got > test.longest {
					t.Fatalf("wait %s, want %s to %s", got, test.shortest, test.longest)
				}
			}
		})
	}
}

func TestMayRetry_decidesByKindAndStatus(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind              Kind
		status            int
		retryable, always bool
	}{
		"unreachable":         {KindUnreachable, 0, true, true},
		"no response":         {KindNoResponse, 0, true, false},
		"TLS":                 {KindTLS, 0, false, false},
		"clear text":          {KindCleartext, 0, false, false},
		"credentials as 500":  {KindCredentials, 500, false, false},
		"unusable body":       {KindBody, 0, false, false},
		"redirect":            {KindRedirect, 302, false, false},
		"success":             {KindStatus, 200, false, false},
		"bad request":         {KindStatus, 400, false, false},
		"request timeout":     {KindStatus, 408, false, false},
		"conflict":            {KindStatus, 409, false, false},
		"too many requests":   {KindStatus, 429, true, true},
		"server error":        {KindStatus, 500, true, false},
		"not implemented":     {KindStatus, 501, false, false},
		"bad gateway":         {KindStatus, 502, true, false},
		"service unavailable": {KindStatus, 503, true, false},
		"gateway timeout":     {KindStatus, 504, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := mayRetry(true, test.kind, test.status); got != test.retryable {
				t.Errorf("mayRetry() of a retryable request = %v", got)
			}
			if got := mayRetry(false, test.kind, test.status); got != test.always {
				t.Errorf("mayRetry() of another request = %v", got)
			}
		})
	}
}

func TestCheckRetry_doesNotRetryUnknownHosts(t *testing.T) {
	t.Parallel()
	c := &Client{isCredentialFailure: func(int, string) bool { return false }}
	ctx := context.WithValue(t.Context(), attemptKey{}, &attempt{request: Request{IsRetryable: true}})
	for _, missing := range []bool{true, false} {
		again, err := c.checkRetry(ctx, nil, &Error{Kind: KindUnreachable, Err: &net.DNSError{Name: "h", IsNotFound: missing}})
		if again == missing || err != nil {
			t.Errorf("host does not exist %v: retried %v, %v", missing, again, err)
		}
	}
}

func TestIsTransient_decidesByKindAndStatus(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"unreachable":               {&Error{Kind: KindUnreachable}, true},
		"no response":               {&Error{Kind: KindNoResponse}, true},
		"rate limit":                {&Error{Kind: KindStatus, Status: 429}, true},
		"restarting":                {&Error{Kind: KindStatus, Status: 503}, true},
		"forbidden":                 {&Error{Kind: KindStatus, Status: 403}, false},
		"not found, by the API":     {&Error{Kind: KindStatus, Status: 404, IsJSONError: true}, false},
		"not found, by a proxy":     {&Error{Kind: KindStatus, Status: 404}, true},
		"proxy is unreachable":      {&Error{Kind: KindProxy}, true},
		"proxy has a rate limit":    {&Error{Kind: KindProxy, Status: 429}, true},
		"proxy cannot connect":      {&Error{Kind: KindProxy, Status: 502}, true},
		"proxy requires a password": {&Error{Kind: KindProxy, Status: 407}, false},
		"proxy finds no host":       {&Error{Kind: KindProxy, Status: 404}, false},
		"bad credentials, 500":      {&Error{Kind: KindCredentials, Status: 500}, false},
		"wrong body":                {&Error{Kind: KindBody}, false},
		"certificate":               {&Error{Kind: KindTLS}, false},
		"wrapped":                   {fmt.Errorf("listing: %w", &Error{Kind: KindNoResponse}), true},
		"another error":             {errors.New("out of memory"), false},
		"no error":                  {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := IsTransient(test.err); got != test.want {
				t.Errorf("IsTransient() = %v", got)
			}
		})
	}
}

func TestMayHaveArrived_decidesByKindAndStatus(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		failed Error
		want   bool
	}{
		"unreachable":                 {Error{Kind: KindUnreachable}, false},
		"no response":                 {Error{Kind: KindNoResponse}, true},
		"TLS":                         {Error{Kind: KindTLS}, false},
		"clear text":                  {Error{Kind: KindCleartext}, false},
		"redirect":                    {Error{Kind: KindRedirect, Status: 302}, false},
		"bad token as 500":            {Error{Kind: KindCredentials, Status: 500}, false},
		"success with a wrong body":   {Error{Kind: KindBody}, true},
		"refused":                     {Error{Kind: KindStatus, Status: 422}, false},
		"unauthorised":                {Error{Kind: KindStatus, Status: 401}, false},
		"rate limit":                  {Error{Kind: KindStatus, Status: 429}, false},
		"crash":                       {Error{Kind: KindStatus, Status: 500}, true},
		"proxy without a server":      {Error{Kind: KindStatus, Status: 502}, true},
		"proxy with a failing server": {Error{Kind: KindStatus, Status: 503}, true},
		"proxy that timed out":        {Error{Kind: KindStatus, Status: 504}, true},
		"status of a proxy":           {Error{Kind: KindStatus, Status: 524}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.failed.MayHaveArrived(); got != test.want {
				t.Errorf("MayHaveArrived() = %v", got)
			}
		})
	}
}

// tripFunc implements http.RoundTripper.
type tripFunc func(*http.Request) (*http.Response, error)

func (f tripFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// The test reports to the trace what http.Transport does.
func TestAttempts_detectWhetherRequestWasSent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		trace func(*httptrace.ClientTrace)
		err   error
		want  Kind
	}{
		"no connection": {func(trace *httptrace.ClientTrace) { trace.GetConn("h:80") }, io.EOF, KindUnreachable},
		"connection": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("h:80")
			trace.GotConn(httptrace.GotConnInfo{})
		}, io.EOF, KindNoResponse},
		"idle connection that was closed, and no other": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("h:80")
			trace.GotConn(httptrace.GotConnInfo{Reused: true, WasIdle: true})
			trace.GetConn("h:80")
		}, &net.OpError{Op: "dial", Err: errors.New("connection refused")}, KindUnreachable},
		"alert in the handshake": {
			func(trace *httptrace.ClientTrace) { trace.GetConn("h:443") },
			&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}, KindTLS,
		},
		"alert on a connection in use": {func(trace *httptrace.ClientTrace) {
			trace.GetConn("h:443")
			trace.GotConn(httptrace.GotConnInfo{})
		}, &net.OpError{Op: "remote error", Err: errors.New("tls: internal error")}, KindNoResponse},
		"handshake that broke off": {
			func(trace *httptrace.ClientTrace) { trace.GetConn("h:443") },
			&net.OpError{Op: "read", Err: errors.New("connection reset by peer")}, KindUnreachable,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			httpTransport := &attempts{connections: make(chan struct{}, 1), clock: clock.Real(), timeout: time.Minute, next: tripFunc(func(r *http.Request) (*http.Response, error) {
				test.trace(httptrace.ContextClientTrace(r.Context()))
				return nil, test.err
			})}
			ctx := context.WithValue(t.Context(), attemptKey{}, &attempt{})
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://h/", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := httpTransport.RoundTrip(request)
			if err == nil {
				_ = response.Body.Close()
			}
			if got, _ := kindOf(err); got != test.want {
				t.Errorf("kind %d, want %d: %v", got, test.want, err)
			}
		})
	}
}

// FuzzRetryAfter checks that no header extends the pause beyond the limit, or
// shortens it below half of the minimum.
func FuzzRetryAfter(f *testing.F) {
	for _, header := range []string{"", "0", "-1", "120", "2147483647", "99999999999999999999", "0x10", "1e9", "Mon, 23 Nov 2026 08:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "x", "1, 2"} {
		f.Add(header, 0)
	}
	b := backoff{shortest: time.Second, longest: 10 * time.Second, jitter: randomJitter, clock: clock.NewFake(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	f.Fuzz(func(t *testing.T, header string, attempt int) {
		if attempt < 0 || attempt > 20 {
			attempt = 0
		}
		if pause := b.delay(attempt, http.StatusTooManyRequests, header); pause < b.shortest/2 || pause > retryAfterFactor*b.longest {
			t.Errorf("%q after attempt %d gives a pause of %s", header, attempt, pause)
		}
	})
}
