// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scheduler_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/scheduler"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// FuzzDecodeStatus decodes arbitrary responses. A status that is accepted can be
// stored and shown: counts are not negative, the start has a year of four digits,
// and the address is one printable word.
func FuzzDecodeStatus(f *testing.F) {
	const counts = `{"bytes": 0, "workers": 2}`
	f.Add("ok", counts, schedulerIdentity.Body)
	f.Add("ok\n", `{"workers": -5}`, schedulerIdentity.Body)
	f.Add("ok", `{"workers": 1e9}`, `{"type": "Scheduler", "address": "tls://10.0.0.4:8786", "started": 1e300, "total_threads": -1}`)
	f.Add("ok", counts, `{"type": "Scheduler", "address": "", "started": NaN}`)
	f.Add("ok", counts, `{"type": "Scheduler", "address": "\u001b[2J", "started": -62135596801}`)
	f.Add("ok", counts, `{"type": "\u202e", "started": "x"}`)
	f.Add("<html>", "null", "[")
	var mu sync.Mutex
	responses := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(responses[r.URL.Path]))
	}))
	f.Cleanup(server.Close)
	base, err := url.Parse(server.URL)
	if err != nil {
		f.Fatal(err)
	}
	sender, err := transport.New(transport.Config{BaseURL: base, BypassesProxy: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, health, counts, identity string) {
		mu.Lock()
		responses = map[string]string{"/health": health, "/json/counts.json": counts, "/json/identity.json": identity}
		mu.Unlock()
		got, err := scheduler.New(scheduler.Config{Transport: sender, Clock: clockWithDeadline(time.Minute)}).Await(context.Background(), 0, nil)
		if err != nil {
			scripted.ExpectPrintable(t, err)
			return
		}
		_, timeErr := time.Parse(time.RFC3339, got.Started.Format(time.RFC3339))
		if min(got.Workers, got.Threads, got.Memory) < 0 || got.Address == "" || timeErr != nil ||
			strings.ContainsFunc(got.Address, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }) {
			t.Errorf("%+v was accepted", got)
		}
	})
}
