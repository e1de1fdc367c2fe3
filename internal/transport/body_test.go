// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// The server ends each response after the client has decoded its value.
func TestDo_reusesConnectionWhenResponseEndsLate(t *testing.T) {
	t.Parallel()
	decoded := make(chan struct{}, 1)
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, "{}")
		_ = http.NewResponseController(w).Flush()
		select {
		case <-decoded:
		case <-r.Context().Done():
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := newClient(t, parseURL(t, server.URL), nil)
	for range 20 {
		_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}, Decode: func(body io.Reader) error {
			err := transport.NewDecoder(body).Decode(new(map[string]any))
			decoded <- struct{}{}
			return err
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := connections.Load(); got != 1 {
		t.Errorf("20 requests took %d connections", got)
	}
}

// The response never ends. The request succeeds and its connection is closed.
func TestDo_doesNotWaitForEndOfResponse(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		respond(http.StatusOK, "application/json", "{}")(w, r)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	c := newClient(t, base, func(cfg *transport.Config) { cfg.RequestTimeout = time.Minute })
	if _, err := transport.Call[map[string]any](t.Context(), c, transport.Request{Method: http.MethodGet, Path: []string{"x"}}); err != nil {
		t.Error(err)
	}
}

// Many large responses arrive at the same time. Two are decoded; the others wait.
func TestDo_decodesFewLargeResponsesAtOnce(t *testing.T) {
	t.Parallel()
	const requests = 16
	body := `["` + strings.Repeat("a", 256<<10) + `"]`
	base, _ := serve(t, respond(http.StatusOK, "application/json", body))
	c := newClient(t, base, nil)
	var decoding, most atomic.Int32
	var calls sync.WaitGroup
	for range requests {
		calls.Go(func() {
			_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}, Decode: func(source io.Reader) error {
				// maxSmallBodySize is read without a slot.
				if _, err := io.CopyN(io.Discard, source, 64<<10); err != nil {
					return err
				}
				if _, err := io.CopyN(io.Discard, source, 1); err != nil {
					return err
				}
				for now := decoding.Add(1); ; {
					before := most.Load()
					if before >= now || most.CompareAndSwap(before, now) {
						break
					}
				}
				defer decoding.Add(-1)
				_, err := io.Copy(io.Discard, source)
				return err
			}})
			if err != nil {
				t.Error(err)
			}
		})
	}
	calls.Wait()
	if got := most.Load(); got < 1 || got > 2 {
		t.Errorf("%d large responses were decoded at the same time", got)
	}
}

// A cancelled request ends while it waits for a slot, and while it decodes.
func TestDo_canBeCancelledWhileDecoding(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, respond(http.StatusOK, "application/json", `["`+strings.Repeat("a", 1<<20)+`"]`))
	c := newClient(t, base, nil)
	request := func(decode func(io.Reader) error) transport.Request {
		return transport.Request{Method: http.MethodGet, Path: []string{"x"}, Decode: decode}
	}
	holding, finish := make(chan struct{}, 2), make(chan struct{})
	var holders sync.WaitGroup
	for range 2 {
		holders.Go(func() {
			_, err := c.Do(t.Context(), request(func(source io.Reader) error {
				if _, err := io.CopyN(io.Discard, source, 100<<10); err != nil {
					return err
				}
				holding <- struct{}{}
				<-finish
				return nil
			}))
			if err != nil {
				t.Error(err)
			}
		})
	}
	<-holding
	<-holding
	waiting, cancel := context.WithCancel(t.Context())
	_, err := c.Do(waiting, request(func(source io.Reader) error {
		if _, err := io.CopyN(io.Discard, source, 64<<10); err != nil {
			return err
		}
		cancel()
		_, err := io.Copy(io.Discard, source)
		return err
	}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("waiting for a slot: %v", err)
	}
	close(finish)
	holders.Wait()
	decoding, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err = c.Do(decoding, request(func(source io.Reader) error {
		cancel()
		_, err := io.Copy(io.Discard, source)
		return err
	}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("decoding: %v", err)
	}
}
