// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// FuzzProgress returns the stream of the fuzzer while the client waits for a server.
// The stream does not decide whether the server is running, and every reported
// message is printable.
func FuzzProgress(f *testing.F) {
	for _, stream := range []string{
		readyEvents.Body, failedEvents.Body, "data: {\"progress\": 50, \"message\": \"a\\u001b[2J\\nb sesame\"}\r\n\r\n", "data:{\"message\": \"two\ndata: lines\"}\n\n",
		": alive\n\nevent: x\nid: 1\ndata\n\n", "data: {\"failed\": true, \"message\": \"Spawn failed: \xff\"}\n\n", "data: {\"ready\": \"yes\"}\n\n", "data: [[[", "\n\n\n", "",
	} {
		f.Add([]byte(stream))
	}
	var mu sync.Mutex
	var stream []byte
	ready := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if strings.HasSuffix(r.URL.Path, "/progress") {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = w.Write(stream)
			return
		}
		response := noServers
		if ready {
			response = gpuReady
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(response.Body))
	}))
	f.Cleanup(server.Close)
	base, err := url.Parse(server.URL + pathPrefix)
	if err != nil {
		f.Fatal(err)
	}
	sender, err := transport.New(transport.Config{BaseURL: base, Auth: transport.TokenAuth(secret.New("sesame")), BypassesProxy: true})
	if err != nil {
		f.Fatal(err)
	}
	waitForServer := func(t *testing.T, events []byte, isReady bool) error {
		t.Helper()
		mu.Lock()
		stream, ready = events, isReady
		mu.Unlock()
		_, err := hub.New(sender, clock.NewFake(startTime)).WaitForServer(context.Background(), "alice", "gpu", func(message string) { checkPrintable(t, message) })
		return err
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		if err := waitForServer(t, sent, true); err != nil {
			t.Errorf("the server is ready, and the wait ended with %v", err)
		}
		err := waitForServer(t, sent, false)
		spawn, ok := errors.AsType[*hub.SpawnError](err)
		if !ok {
			t.Fatalf("the server is gone, and the wait ended with %v", err)
		}
		checkPrintable(t, spawn.Reason)
		if len(spawn.Messages) > 20 {
			t.Errorf("the error contains %d messages", len(spawn.Messages))
		}
	})
}

// checkPrintable fails unless a message is short, printable and without the token.
func checkPrintable(t *testing.T, message string) {
	t.Helper()
	if len(message) > 2000 || strings.Contains(message, "sesame") || strings.ContainsFunc(message, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("the message is too long, not printable or contains the token: %q", message)
	}
}
