// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const eventType = "text/event-stream"

// noIdleTimeout is an idle timeout that no test reaches.
const noIdleTimeout = time.Minute

var progressRequest = transport.Request{Path: []string{"users", "alice", "server", "progress"}}

// readEvents reads the stream until an event is the last one.
func readEvents(ctx context.Context, c *transport.Client, last string, idle time.Duration) ([]string, error) {
	var got []string
	err := c.Stream(ctx, progressRequest, idle, func(data []byte) (bool, error) {
		got = append(got, string(data))
		return string(data) == last, nil
	})
	return got, err
}

func TestStream_passesEachEvent(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization") + r.Header.Get("Accept") + r.Method + r.URL.Path; got != "jupyterhub "+testToken+eventType+"GET"+pathPrefix+"/users/alice/server/progress" {
			t.Errorf("the request was %q", got)
		}
		respond(http.StatusOK, eventType+"; charset=utf-8", "\n\n: a comment\nevent: x\ndata: one\n\n\n\ndata:two\r\ndata: three\r\n\r\ndata: end\n\ndata: never\n\n")(w, r)
	})
	got, err := readEvents(t.Context(), newClient(t, base, nil), "end", noIdleTimeout)
	if want := []string{"one", "two\nthree", "end"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestStream_returnsErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		handle  http.HandlerFunc
		kind    transport.Kind
		message string
	}{
		"ended early":   {respond(http.StatusOK, eventType, "data: one\n\n"), transport.KindNoResponse, "ended early"},
		"half an event": {respond(http.StatusOK, eventType, "data: one"), transport.KindNoResponse, "ended early"},
		"another type":  {respond(http.StatusOK, "text/html", "<h1>Log in</h1>"), transport.KindBody, "expected a stream of events, got text/html"},
		"no content":    {respond(http.StatusNoContent, "", ""), transport.KindStatus, "204"},
		"refused":       {respond(http.StatusNotFound, "application/json", `{"status": 404, "message": "No such server"}`), transport.KindStatus, "No such server"},
		"a redirect":    {http.RedirectHandler("https://elsewhere.example/login?token="+testToken, http.StatusFound).ServeHTTP, transport.KindRedirect, "elsewhere.example/login"},
		"dropped":       {dropConnection, transport.KindNoResponse, ""},
		"too long":      {respond(http.StatusOK, eventType, "data: "+strings.Repeat("x", 2<<20)), transport.KindBody, "longer than 1024 KiB"},
		"a wrong event": {respond(http.StatusOK, eventType, "data: wrong\n\n"), transport.KindNoResponse, "no event of ours"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, count := serve(t, test.handle)
			err := newClient(t, base, nil).Stream(t.Context(), progressRequest, noIdleTimeout, func(data []byte) (bool, error) {
				if string(data) == "wrong" {
					return false, errors.New("no event of ours, " + testToken)
				}
				return false, nil
			})
			var failure *transport.Error
			if !errors.As(err, &failure) || failure.Kind != test.kind || !strings.Contains(err.Error(), test.message) {
				t.Fatalf("got %v, want kind %d with %q", err, test.kind, test.message)
			}
			if strings.Contains(err.Error(), testToken) {
				t.Errorf("the token is in %v", err)
			}
			if count.Load() != 1 {
				t.Errorf("sent %d times", count.Load())
			}
		})
	}
}

// holdOpen sends a text and keeps the stream open until the client disconnects.
func holdOpen(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", eventType)
		_, _ = io.WriteString(w, text)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
}

func TestStream_endsWhenIdle(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]http.HandlerFunc{
		"before the response": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"after an event":      holdOpen("data: one\n\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _ := serve(t, handle)
			_, err := readEvents(t.Context(), newClient(t, base, nil), "end", 50*time.Millisecond)
			if err == nil || !strings.Contains(err.Error(), "sent nothing for 50ms") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestStream_endsWithTheContext(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, holdOpen("data: one\n\n"))
	ctx, cancel := context.WithCancel(t.Context())
	err := newClient(t, base, nil).Stream(ctx, progressRequest, noIdleTimeout, func([]byte) (bool, error) {
		cancel()
		return false, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestStream_sendsNoCredentialsInClearText(t *testing.T) {
	t.Parallel()
	c := newClient(t, &url.URL{Scheme: "http", Host: "hub.example.com"}, nil)
	_, err := readEvents(t.Context(), c, "end", noIdleTimeout)
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Kind != transport.KindCleartext {
		t.Errorf("got %v", err)
	}
}

func TestStream_isLoggedWithoutSecrets(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, respond(http.StatusOK, eventType, "data: end "+testToken+"\n\n"))
	var lines []string
	c := newClient(t, base, func(cfg *transport.Config) {
		cfg.Log = func(_ context.Context, message string, fields map[string]any) {
			lines = append(lines, fmt.Sprint(message, fields))
		}
	})
	if _, err := readEvents(t.Context(), c, "end "+testToken, noIdleTimeout); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1 || !strings.Contains(lines[0], "status:200") || strings.Contains(lines[0], testToken) {
		t.Errorf("logged %q", lines)
	}
}

// A server sends lines without the blank line that ends an event, or events without
// an end. Memory and time stay limited.
func TestStream_isBounded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		part, message string
		most          int64
	}{
		"endless data lines":       {"data: " + strings.Repeat("a", 1000) + "\n", "an event of the stream is longer than 1024 KiB", 8 << 20},
		"endless empty data lines": {strings.Repeat("data\n", 1000), "an event of the stream is longer than 1024 KiB", 16 << 20},
		"an endless line":          {strings.Repeat("a", 1000), "an event of the stream is longer than 1024 KiB", 8 << 20},
		"endless comments":         {": " + strings.Repeat("a", 1000) + "\n", "longer than 16 MiB", 32 << 20},
		"endless events":           {"data: " + strings.Repeat("a", 1000) + "\n\n", "longer than 16 MiB", 32 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent atomic.Int64
			base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", eventType)
				for r.Context().Err() == nil {
					n, err := io.WriteString(w, test.part)
					sent.Add(int64(n))
					if err != nil {
						return
					}
				}
			})
			_, err := readEvents(t.Context(), newClient(t, base, nil), "never", noIdleTimeout)
			if failed := asError(t, err); failed.Kind != transport.KindBody || !strings.Contains(failed.Message, test.message) {
				t.Errorf("got %v, want %q", err, test.message)
			}
			if sent.Load() > test.most {
				t.Errorf("%d MiB were read", sent.Load()>>20)
			}
		})
	}
}
