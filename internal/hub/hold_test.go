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

// TestWaitForServer_leavesConnectionsForOthers follows as many progress streams as the
// transport allows: three quarters of the 32 connections. One more call polls the
// server instead, until one of the streams has ended.
func TestWaitForServer_leavesConnectionsForOthers(t *testing.T) {
	t.Parallel()
	const maxStreams = 24
	streams, release := make(chan struct{}, maxStreams), make(chan struct{})
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
	sender, err := transport.New(transport.Config{BaseURL: base, BypassesProxy: true})
	if err != nil {
		t.Fatal(err)
	}
	client := hub.New(sender, clock.NewFake(startTime))
	waitForServer := func() {
		if got, err := client.WaitForServer(t.Context(), "alice", "", func(string) {}); err != nil || !got.IsReady {
			t.Errorf("got %+v, %v", got, err)
		}
	}
	var all sync.WaitGroup
	for range maxStreams {
		all.Go(waitForServer)
	}
	for range maxStreams {
		<-streams
	}
	waitForServer()
	if len(streams) != 0 {
		t.Error("the client requested one stream too many")
	}
	close(release)
	all.Wait()
	waitForServer()
	if len(streams) != 1 {
		t.Error("the client does not reuse the connection of a stream that has ended")
	}
}
