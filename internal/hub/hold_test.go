// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// TestAwaitServer_leavesConnectionsForOthers has as many follow the progress of a
// start as may: three quarters of the 32 connections. One more looks at the server
// without it, until one of the others has come to its end.
func TestAwaitServer_leavesConnectionsForOthers(t *testing.T) {
	t.Parallel()
	const mayFollow = 24
	streams, release := make(chan struct{}, mayFollow), make(chan struct{})
	ready := aliceWith(`"": {"name": "", "url": "/user/alice/", "ready": true, "pending": null}`).Body
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/progress") {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, ready)
			return
		}
		streams <- struct{}{}
		<-release
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: {\"progress\": 100, \"ready\": true}\n\n")
	}))
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	sender, err := transport.New(transport.Config{BaseURL: base, NoProxy: true})
	if err != nil {
		t.Fatal(err)
	}
	client := hub.New(sender, clock.NewFake(startTime))
	await := func() {
		if got, err := client.WaitForServer(t.Context(), "alice", "", func(string) {}); err != nil || !got.Ready {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	var all sync.WaitGroup
	for range mayFollow {
		all.Go(await)
	}
	for range mayFollow {
		<-streams
	}
	await()
	if len(streams) != 0 {
		t.Error("there was one stream too many")
	}
	close(release)
	all.Wait()
	await()
	if len(streams) != 1 {
		t.Error("the connections of those that have come to their end are not used")
	}
}
