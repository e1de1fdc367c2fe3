// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const testToken = "5ecre7-t0ken-0123456789abcdef"

// pathPrefix is the path of the server: the gateway and the Hub have one, too.
const pathPrefix = "/services/dask-gateway"

// serve starts a server that counts its requests.
func serve(t *testing.T, handle http.HandlerFunc) (*url.URL, *atomic.Int32) {
	t.Helper()
	var count atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		handle(w, r)
	}))
	t.Cleanup(server.Close)
	return parseURL(t, server.URL+pathPrefix+"/"), &count
}

func parseURL(t *testing.T, address string) *url.URL {
	t.Helper()
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func newClient(t *testing.T, base *url.URL, change func(*transport.Config)) *transport.Client {
	t.Helper()
	cfg := transport.Config{
		BaseURL: base, Auth: transport.JupyterHubAuth(secret.New(testToken)), UserAgent: "test/1", MaxRetries: 3,
		RetryWaitMin: time.Millisecond, RetryWaitMax: 2 * time.Millisecond, CredentialOrigin: "the test",
	}
	if change != nil {
		change(&cfg)
	}
	c, err := transport.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func respond(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// dropConnection closes the connection without a response.
func dropConnection(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func asError(t *testing.T, err error) *transport.Error {
	t.Helper()
	var failed *transport.Error
	if !errors.As(err, &failed) {
		t.Fatalf("error %v (%T), want a *transport.Error", err, err)
	}
	return failed
}

func TestDo_sendsHeadersAndBody(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header().Set("Set-Cookie", "dask-gateway-x=y; Max-Age=600; Path=/")
		respond(http.StatusCreated, "application/json", `{"name":"n"}`)(w, r)
	})
	c := newClient(t, base, nil)
	for range 2 {
		response, err := c.Do(t.Context(), transport.Request{
			Method: http.MethodPost, Path: []string{"api", "v1", "clusters", "a?b c", ""}, Query: "wait", Body: map[string]int{"count": 1},
		})
		if err != nil {
			t.Fatal(err)
		}
		if response.Status != http.StatusCreated || string(response.Body) != `{"name":"n"}` || response.Date.IsZero() {
			t.Errorf("response %d %s %s", response.Status, response.Body, response.Date)
		}
	}
	if want := pathPrefix + "/api/v1/clusters/a%3Fb%20c/?wait"; got.RequestURI != want {
		t.Errorf("path %s, want %s", got.RequestURI, want)
	}
	for name, want := range map[string]string{
		"Authorization": "jupyterhub " + testToken, "User-Agent": "test/1", "Accept": "application/json",
		"Content-Type": "application/json", "Cookie": "",
	} {
		if value := got.Header.Get(name); value != want {
			t.Errorf("%s: %q, want %q", name, value, want)
		}
	}
	if string(body) != `{"count":1}` {
		t.Errorf("body %s", body)
	}
}

func TestDo_sendsNoCredentialsWithAnonymousRequests(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("credentials were sent")
		}
		w.WriteHeader(http.StatusNoContent)
	})
	if _, err := newClient(t, base, nil).Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsAnonymous: true}); err != nil {
		t.Error(err)
	}
}

func TestDo_rejectsUnsafePathElements(t *testing.T) {
	t.Parallel()
	base, count := serve(t, respond(http.StatusOK, "application/json", "{}"))
	for _, path := range [][]string{{"a", ".."}, {"."}, {"", "a"}, {"a/b"}, {"..\\a"}, {"a\nb"}, {"a\x00"}, {"\xff"}} {
		if _, err := newClient(t, base, nil).Do(t.Context(), transport.Request{Method: http.MethodGet, Path: path}); err == nil {
			t.Errorf("%q was accepted", path)
		}
	}
	if count.Load() != 0 {
		t.Error("a request was sent")
	}
}

// The test counts the attempts after each kind of failure, for retryable requests and
// for others.
func TestDo_retriesByKindOfFailure(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return respond(code, "text/plain", "x")
	}
	for name, test := range map[string]struct {
		handle          http.HandlerFunc
		retryable, once int32
		arrived         bool
	}{
		"reset":     {dropConnection, 4, 1, true},
		"500":       {status(500), 4, 1, true},
		"502":       {status(502), 4, 1, true},
		"503":       {status(503), 4, 1, true},
		"504":       {status(504), 4, 1, true},
		"501":       {status(501), 1, 1, true},
		"429":       {status(429), 4, 4, false},
		"404":       {status(404), 1, 1, false},
		"409":       {status(409), 1, 1, false},
		"422":       {status(422), 1, 1, false},
		"bad token": {respond(500, "application/json", `{"error":"bad token"}`), 1, 1, false},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/hub/login?next=x", http.StatusFound)
		}, 1, 1, false},
		"body that breaks off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"name":`)
		}, 4, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, retryable := range []bool{true, false} {
				base, count := serve(t, test.handle)
				c := newClient(t, base, func(cfg *transport.Config) {
					cfg.IsCredentialFailure = func(status int, message string) bool { return status == 500 && message == "bad token" }
				})
				_, err := c.Do(t.Context(), transport.Request{Method: http.MethodPost, Path: []string{"x"}, Body: 1, IsRetryable: retryable})
				failed := asError(t, err)
				want := test.once
				if retryable {
					want = test.retryable
				}
				if count.Load() != want || failed.Attempts != int(want) {
					t.Errorf("retryable %v: sent %d times, %d attempts reported, want %d", retryable, count.Load(), failed.Attempts, want)
				}
				if failed.MayHaveArrived() != test.arrived {
					t.Errorf("MayHaveArrived() = %v", failed.MayHaveArrived())
				}
			}
		})
	}
}

func TestDo_retriesRequestsThatDidNotArrive(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, dropConnection)
	base.Host = "127.0.0.1:1"
	_, err := newClient(t, base, nil).Do(t.Context(), transport.Request{Method: http.MethodPost, Path: []string{"x"}, Body: 1})
	failed := asError(t, err)
	if failed.Kind != transport.KindUnreachable || failed.Attempts != 4 || failed.MayHaveArrived() {
		t.Errorf("%v: kind %d, %d attempts", err, failed.Kind, failed.Attempts)
	}
}

func TestDo_succeedsAfterRetry(t *testing.T) {
	t.Parallel()
	var turn atomic.Int32
	base, count := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if turn.Add(1) < 3 {
			dropConnection(w, r)
			return
		}
		respond(http.StatusOK, "application/json", `{"a":1}`)(w, r)
	})
	got, err := transport.Call[map[string]any](t.Context(), newClient(t, base, nil), transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true})
	if err != nil || fmt.Sprint(got["a"]) != "1" || count.Load() != 3 {
		t.Errorf("%v, %v after %d requests", got, err, count.Load())
	}
}

func TestDo_endsWithItsContext(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{}, 8)
	base, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	_, err := newClient(t, base, nil).Do(ctx, transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
	if failed := asError(t, err); !failed.MayHaveArrived() {
		t.Error("MayHaveArrived() = false for a request that was sent")
	}
}

func TestDo_timesOutHangingAttempt(t *testing.T) {
	t.Parallel()
	base, count := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := newClient(t, base, func(cfg *transport.Config) { cfg.MaxRetries = 1 })
	_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true, Timeout: 20 * time.Millisecond})
	if failed := asError(t, err); failed.Kind != transport.KindNoResponse || !strings.Contains(failed.Message, "20ms") || count.Load() != 2 {
		t.Errorf("%v after %d requests", err, count.Load())
	}
	if errors.Is(err, context.DeadlineExceeded) {
		t.Error("the timeout of an attempt was reported as the end of the caller's context")
	}
}

func TestDo_followsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere, followed := serve(t, respond(http.StatusOK, "application/json", "{}"))
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.String()+"hub/login?token="+testToken, http.StatusFound)
	})
	_, err := newClient(t, base, nil).Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true})
	if failed := asError(t, err); failed.Kind != transport.KindRedirect || !strings.Contains(failed.Message, elsewhere.Host+pathPrefix+"/hub/login") {
		t.Errorf("%v", err)
	}
	if followed.Load() != 0 {
		t.Error("the redirect was followed")
	}
}
