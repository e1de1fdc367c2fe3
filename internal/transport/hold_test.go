// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func TestTryHold_leavesAQuarterOfTheConnections(t *testing.T) {
	t.Parallel()
	for connections, want := range map[int]int{0: 24, 1: 0, 2: 1, 3: 2, 4: 3, 8: 6, 100: 75} {
		client, err := transport.New(transport.Config{BaseURL: &url.URL{Scheme: "http", Host: "127.0.0.1:1"}, MaxConnections: connections})
		if err != nil {
			t.Fatal(err)
		}
		held := 0
		var releases []func()
		for {
			release, ok := client.TryHold()
			if !ok {
				break
			}
			held, releases = held+1, append(releases, release)
		}
		if held != want {
			t.Errorf("%d connections: %d held, want %d", connections, held, want)
		}
		for _, release := range releases {
			release()
		}
		if _, ok := client.TryHold(); ok != (want > 0) {
			t.Errorf("%d connections: release had no effect", connections)
		}
	}
}

// The server responds to no request before the allowed number of connections is open.
func TestMaxConnections_limitsOpenConnections(t *testing.T) {
	t.Parallel()
	const allowed, many = 3, 40
	var mu sync.Mutex
	open, most := 0, 0
	full := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-full
		_, _ = w.Write([]byte(`{}`))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		switch state {
		case http.StateNew:
			if open++; open == allowed {
				close(full)
			}
			most = max(most, open)
		case http.StateClosed:
			open--
		case http.StateActive, http.StateIdle, http.StateHijacked:
		}
	}
	server.Start()
	defer server.Close()
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := transport.New(transport.Config{BaseURL: base, BypassesProxy: true, MaxConnections: allowed})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			if _, err := client.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	if most != allowed {
		t.Errorf("%d connections, want %d", most, allowed)
	}
}
