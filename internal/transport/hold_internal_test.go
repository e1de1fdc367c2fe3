// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// concurrentClients sends many requests at once over a few connections, in the time
// of a synctest bubble. The server takes up to 20 s and fails now and then, except on
// a retry.
type concurrentClients struct {
	*Client

	t *testing.T
	// mu guards the random source and the counters.
	mu                  sync.Mutex
	random              *rand.Rand
	open, maxOpen, held int
	succeeded           int
}

func newConcurrentClients(t *testing.T, seed uint64, connections int) *concurrentClients {
	t.Helper()
	client, err := New(Config{
		BaseURL: &url.URL{Scheme: "http", Host: "gateway.example.com"}, BypassesProxy: true,
		MaxConnections: connections, MaxRetries: 1, RequestTimeout: 21 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &concurrentClients{Client: client, t: t, random: rand.New(rand.NewPCG(seed, 3))} //nolint:gosec // a test's choice of cases
	client.attempts.next = c
	return c
}

func (c *concurrentClients) randomUpTo(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.IntN(n)
}

// RoundTrip is the server. The connection is in use until the body is closed.
func (c *concurrentClients) RoundTrip(r *http.Request) (*http.Response, error) {
	c.count(1)
	took := time.NewTimer(time.Duration(c.randomUpTo(20)) * time.Second)
	defer took.Stop()
	select {
	case <-took.C:
	case <-r.Context().Done():
		c.count(-1)
		return nil, r.Context().Err()
	}
	status := http.StatusOK
	if c.randomUpTo(5) == 0 && (attemptOf(r.Context()) == nil || attemptOf(r.Context()).count == 1) {
		status = http.StatusServiceUnavailable
	}
	response := &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {r.Header.Get("Accept")}}, Request: r,
		Body: &closeNotifier{Reader: strings.NewReader("data: end\n\n"), closed: func() { c.count(-1) }},
	}
	return response, nil
}

func (c *concurrentClients) count(change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open += change
	c.maxOpen = max(c.maxOpen, c.open)
}

// closeNotifier is a body that reports when it is closed.
type closeNotifier struct {
	io.Reader

	closed func()
	once   sync.Once
}

func (b *closeNotifier) Close() error {
	b.once.Do(b.closed)
	return nil
}

// send sends one request: a plain one, a long poll or a stream. Some are cancelled
// before the response.
func (c *concurrentClients) send() {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	started, cancelAfter := clock.Real().Now(), time.Hour
	if c.randomUpTo(4) == 0 {
		cancelAfter = time.Duration(c.randomUpTo(60)) * time.Second
	}
	time.AfterFunc(cancelAfter, cancel)
	request := Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true}
	kind := c.randomUpTo(3)
	if kind > 0 {
		if release, ok := c.hold(); ok {
			defer release()
			request.Timeout = 45 * time.Second
		}
	}
	var err error
	if kind == 2 {
		err = c.Stream(ctx, request, time.Minute, func([]byte) (bool, error) { return true, nil })
	} else {
		_, err = c.Do(ctx, request)
	}
	if took := clock.Real().Now().Sub(started); took > cancelAfter {
		c.t.Errorf("a request took %s and was cancelled after %s", took, cancelAfter)
	}
	failure, failed := errors.AsType[*Error](err)
	switch {
	case err == nil:
		c.mu.Lock()
		c.succeeded++
		c.mu.Unlock()
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
	case kind == 2 && failed && failure.Status == http.StatusServiceUnavailable:
		// Streams are not retried.
	default:
		c.t.Errorf("a request failed that was not cancelled: %v", err)
	}
}

// hold counts the held connections.
func (c *concurrentClients) hold() (release func(), ok bool) {
	releaseHeld, ok := c.TryHold()
	if !ok {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held++
	if c.held > maxHeld(cap(c.attempts.connections)) {
		c.t.Errorf("%d of %d connections are held", c.held, cap(c.attempts.connections))
	}
	return func() {
		c.mu.Lock()
		c.held--
		c.mu.Unlock()
		releaseHeld()
	}, true
}

// Fifty clients send plain requests, long polls, streams and retries; some cancel.
// Waiting for a connection does not count towards the timeout of a request.
func TestMaxConnections_holdsForConcurrentClients(t *testing.T) {
	t.Parallel()
	for _, connections := range []int{1, 2, 3, 8} {
		for seed := range uint64(10) {
			synctest.Test(t, func(t *testing.T) {
				c := newConcurrentClients(t, seed, connections)
				var all sync.WaitGroup
				for range 50 {
					all.Go(c.send)
				}
				all.Wait()
				if c.maxOpen > connections || c.open != 0 || c.succeeded < 25 {
					t.Errorf("%d connections: at most %d open, %d still open, %d responses", connections, c.maxOpen, c.open, c.succeeded)
				}
			})
			if t.Failed() {
				t.Fatalf("%d connections, seed %d", connections, seed)
			}
		}
	}
}

// Two creates share one connection when the user presses Ctrl-C. The response to the
// first may arrive. The second is not sent during the grace period. Requests that
// clean up are sent.
func TestCreateScope_sendsNothingNewAfterAnInterrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := New(Config{BaseURL: &url.URL{Scheme: "http", Host: "gateway.example.com"}, BypassesProxy: true, MaxConnections: 1, MaxRetries: 4})
		if err != nil {
			t.Fatal(err)
		}
		var sent []string
		client.attempts.next = tripFunc(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, r.Method+" "+r.URL.Path)
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Header: http.Header{}}, clock.Real().Sleep(r.Context(), 100*time.Millisecond)
		})
		ctx, interrupt := context.WithCancel(t.Context())
		send := func(r Request) error {
			longer, end := WithCreateScope(ctx, 500*time.Millisecond, func() { sent = append(sent, "hook") })
			defer end()
			_, err := client.Do(longer, r)
			return err
		}
		var all sync.WaitGroup
		all.Go(func() {
			if err := send(Request{Method: http.MethodPost, Path: []string{"first"}}); err != nil {
				t.Errorf("first create: %v", err)
			}
		})
		synctest.Wait()
		all.Go(func() {
			err := send(Request{Method: http.MethodPost, Path: []string{"second"}})
			if failure, ok := errors.AsType[*Error](err); !ok || failure.MayHaveArrived() || !errors.Is(err, context.Canceled) {
				t.Errorf("second create: %v", err)
			}
		})
		synctest.Wait()
		interrupt()
		all.Wait()
		longer, end := WithGracePeriod(ctx, 500*time.Millisecond)
		defer end()
		if _, err := client.Do(longer, Request{Method: http.MethodDelete, Path: []string{"first"}}); err != nil {
			t.Errorf("cleanup: %v", err)
		}
		if want := []string{"hook", "POST /first", "DELETE /first"}; !slices.Equal(sent, want) {
			t.Errorf("sent %q, want %q", sent, want)
		}
	})
}
