// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// The context ends in the pause after an attempt. The error wraps the context's
// error and reports how the attempt ended.
func TestDo_reportsLastAttemptWhenCancelledInPause(t *testing.T) {
	t.Parallel()
	busy := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		respond(http.StatusTooManyRequests, "text/plain", "come back later")(w, r)
	}
	for name, test := range map[string]struct {
		handle  http.HandlerFunc
		refused bool
		kind    transport.Kind
		message string
	}{
		"rate limit": {busy, false, transport.KindStatus, "come back later"},
		"refused":    {busy, true, transport.KindUnreachable, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, count := serve(t, test.handle)
			if test.refused {
				base.Host = "127.0.0.1:1"
			}
			// The context ends well after the first attempt, within its pause.
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			c := newClient(t, base, func(cfg *transport.Config) { cfg.RetryWaitMin, cfg.RetryWaitMax = time.Hour, time.Hour })
			_, err := c.Do(ctx, transport.Request{Method: http.MethodPost, Path: []string{"x"}, Body: 1})
			failed := asError(t, err)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v is not context.DeadlineExceeded", err)
			}
			if failed.Kind != test.kind || failed.IsRefused != test.refused || !strings.Contains(failed.Message, test.message) || failed.Attempts != 1 {
				t.Errorf("kind %d after %d attempts and %d requests: %v", failed.Kind, failed.Attempts, count.Load(), err)
			}
			if failed.MayHaveArrived() {
				t.Error("MayHaveArrived() = true for a refused request")
			}
		})
	}
}

func TestDo_returnsContextErrorInsteadOfRetrying(t *testing.T) {
	t.Parallel()
	for status, cancelled := range map[int]bool{http.StatusBadGateway: true, http.StatusNotFound: false} {
		base, count := serve(t, respond(status, "text/plain", "x"))
		ctx, cancel := context.WithCancel(t.Context())
		c := newClient(t, base, func(cfg *transport.Config) {
			cfg.Log = func(context.Context, string, map[string]any) { cancel() }
		})
		_, err := c.Do(ctx, transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true})
		if errors.Is(err, context.Canceled) != cancelled || asError(t, err).Status != status || count.Load() != 1 {
			t.Errorf("%d: %v after %d requests", status, err, count.Load())
		}
	}
}

func TestDo_limitsEndlessResponses(t *testing.T) {
	t.Parallel()
	base, count := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		part := strings.Repeat("a", 1<<20)
		_, err := io.WriteString(w, `"`)
		for err == nil {
			_, err = io.WriteString(w, part)
		}
	})
	c := newClient(t, base, nil)
	for name, test := range map[string]struct {
		decode  func(io.Reader) error
		message string
	}{
		"kept": {nil, "the response is longer than 1 MiB"},
		"read": {func(body io.Reader) error {
			_, err := io.Copy(io.Discard, body)
			return err
		}, "the response is longer than 64 MiB"},
		"decoded": {func(body io.Reader) error { return transport.NewDecoder(body).Decode(new(any)) }, "one value in the response is longer than 1 MiB"},
		"large":   {func(body io.Reader) error { return transport.NewLargeDecoder(body).Decode(new(any)) }, "one value in the response is longer than 4 MiB"},
	} {
		count.Store(0)
		_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true, Decode: test.decode})
		if failed := asError(t, err); failed.Kind != transport.KindBody || failed.Message != test.message || count.Load() != 1 {
			t.Errorf("%s: %v after %d requests", name, err, count.Load())
		}
	}
}

func TestDo_joinsPathToBaseAddress(t *testing.T) {
	t.Parallel()
	for basePath, want := range map[string]string{
		"": "/api/n", "/": "/api/n", "/a": "/a/api/n", "/a/b/": "/a/b/api/n", "/a%2Fb": "/a%2Fb/api/n", "//a/b": "//a/b/api/n", "/ä": "/%C3%A4/api/n",
	} {
		t.Run(basePath, func(t *testing.T) {
			t.Parallel()
			var got atomic.Value
			base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				got.Store(r.RequestURI)
				w.WriteHeader(http.StatusNoContent)
			})
			base = parseURL(t, "http://"+base.Host+basePath)
			if _, err := newClient(t, base, nil).Do(t.Context(), transport.Request{Method: http.MethodDelete, Path: []string{"api", "n"}}); err != nil {
				t.Fatal(err)
			}
			if got.Load() != want {
				t.Errorf("requested %s, want %s", got.Load(), want)
			}
		})
	}
}

func TestDo_reportsTargetOfRedirect(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ location, message string }{
		"path":    {"/hub/login?next=%2Fx&token=" + testToken, "/hub/login"},
		"host":    {"https://" + testToken + ".example.com/", "***.example.com/"},
		"user":    {"https://" + testToken + "@h.example.com/x", "h.example.com/x"},
		"anchor":  {"https://h.example.com/x?a=b#" + testToken, "https://h.example.com/x"},
		"none":    {"", "without a usable Location"},
		"no URL":  {"http://%zz/?token=" + testToken, "without a usable Location"},
		"garbled": {"http://h:port/", "without a usable Location"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, count := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.location != "" {
					w.Header().Set("Location", test.location)
				}
				w.WriteHeader(http.StatusTemporaryRedirect)
			})
			_, err := newClient(t, base, nil).Do(t.Context(), transport.Request{Method: http.MethodPost, Path: []string{"x"}, Body: 1, IsRetryable: true})
			failed := asError(t, err)
			if failed.Kind != transport.KindRedirect || failed.Status != http.StatusTemporaryRedirect || !strings.HasSuffix(failed.Message, test.message) || count.Load() != 1 {
				t.Errorf("kind %d after %d requests: %v", failed.Kind, count.Load(), err)
			}
			if dump := fmt.Sprintf("%#v %v", failed, err); strings.Contains(dump, testToken) {
				t.Errorf("the token is in %s", dump)
			}
		})
	}
}

// The first two attempts of the request fail.
func TestLog_hasOneLineForEachAttempt(t *testing.T) {
	t.Parallel()
	var turn atomic.Int32
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch turn.Add(1) {
		case 1:
			dropConnection(w, r)
		case 2:
			respond(http.StatusBadGateway, "text/plain", "the proxy's message")(w, r)
		default:
			respond(http.StatusOK, "application/json", `{'token': 'another-users-token'}`)(w, r)
		}
	})
	var mu sync.Mutex
	var lines []map[string]any
	c := newClient(t, base, func(cfg *transport.Config) {
		cfg.Log = func(_ context.Context, _ string, fields map[string]any) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, fields)
		}
	})
	_, err := transport.Call[map[string]any](t.Context(), c, transport.Request{
		Method: http.MethodGet, Path: []string{"x"}, Query: "token=" + testToken, IsRetryable: true,
	})
	if strings.Contains(asError(t, err).Message, "another-users-token") {
		t.Errorf("the token is in %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(lines) != 3 {
		t.Fatalf("%d lines: %v", len(lines), lines)
	}
	for i, want := range []map[string]any{{"error": "EOF"}, {"status": 502}, {"error": "invalid response"}} {
		want["method"], want["attempt"], want["url"] = http.MethodGet, i+1, base.String()+"x?token=***"
		for name, value := range want {
			if lines[i][name] != value {
				t.Errorf("line %d: %s is %v, want %v", i+1, name, lines[i][name], value)
			}
		}
		if took, err := time.ParseDuration(fmt.Sprint(lines[i]["duration"])); err != nil || took <= 0 {
			t.Errorf("line %d: duration %v", i+1, lines[i]["duration"])
		}
	}
}

func TestResponses_hideSecretsInEveryEncoding(t *testing.T) {
	t.Parallel()
	const password = `pä"ss<w>or/d&1`
	for name, test := range map[string]struct{ contentType, body string }{
		"unchanged":          {"text/plain", "x " + password + " y"},
		"where it is cut":    {"text/plain", strings.Repeat("x ", 145) + password + " y"},
		"in JSON":            {"application/json", `{"error": "x pä\"ss<w>or/d&1 y"}`},
		"in JSON of Python":  {"application/json", `{"error": "x p\u00e4\"ss<w>or/d&1 y"}`},
		"in JSON of Go":      {"text/plain", `x pä\"ss\u003cw\u003eor/d\u00261 y`},
		"in HTML":            {"text/plain", "x pä&#34;ss&lt;w&gt;or/d&amp;1 y"},
		"in JSON of PHP":     {"text/plain", `x pä\"ss<w>or\/d&1 y`},
		"in HTML of Python":  {"text/plain", "x pä&quot;ss&lt;w&gt;or/d&amp;1 y"},
		"in a path in small": {"text/plain", "x p%c3%a4%22ss%3cw%3eor%2fd&1 y"},
		"in a path":          {"text/plain", "x p%C3%A4%22ss%3Cw%3Eor%2Fd&1 y"},
		"in a query":         {"text/plain", "x p%C3%A4%22ss%3Cw%3Eor%2Fd%261 y"},
		"in an error's page": {"text/html", "<h1>x pä&#34;ss&lt;w&gt;or/d&amp;1 y</h1>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _ := serve(t, respond(http.StatusBadRequest, test.contentType, test.body))
			c := newClient(t, base, func(cfg *transport.Config) { cfg.Auth = transport.BasicAuth("alice", secret.New(password)) })
			_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}})
			failed := asError(t, err)
			for _, part := range []string{"or/d", `or\/d`, "or%2", "pä", `p\u00e4`, "p%C3", "p%c3"} {
				if strings.Contains(failed.Message, part) || !strings.Contains(failed.Message, "***") {
					t.Errorf("message %q", failed.Message)
				}
			}
		})
	}
}

func TestDumps_containNoSecret(t *testing.T) {
	t.Parallel()
	cfg := transport.Config{
		BaseURL: parseURL(t, "http://u:hidden@h/"), Proxy: parseURL(t, "http://u:hidden@proxy:3128"), Auth: transport.BasicAuth("alice", secret.New("hidden")),
	}
	c, err := transport.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	scripted.AssertHidden(t, []string{"hidden"}, cfg, &cfg, c, *c, []any{cfg, c}, struct{ C transport.Config }{cfg}, cfg.Auth,
		transport.TokenAuth(secret.New("hidden")), transport.Request{Method: http.MethodGet, Path: []string{"x"}})
}
