// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// manyClusters is how many a user has here.
const manyClusters = 10_000

// longList is a list of running clusters, each with a certificate and a key as
// long as those of a real gateway, which are of RSA with 2048 bits.
func longList() string {
	pem := func(kind string, length int) string {
		return fmt.Sprintf(`"-----BEGIN %s-----\n%s-----END %s-----\n"`, kind, strings.Repeat(strings.Repeat("M", 64)+`\n`, length/64), kind)
	}
	certificate, key := pem("CERTIFICATE", 1100), pem("PRIVATE KEY", 1700)
	var text strings.Builder
	for i := range manyClusters {
		called := fmt.Sprintf("prod.%032x", i)
		text.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		fmt.Fprintf(&text, `%q: {"name": %q, "dashboard_route": "/clusters/%s/status", "status": "RUNNING", "start_time": %d, "stop_time": null, "options": %s, "tls_cert": %s, "tls_key": %s}`,
			called, called, called, start.UnixMilli(), defaults("1.0"), certificate, key)
	}
	return text.String() + "}"
}

// answeringWith starts a gateway that gives one answer to all.
func answeringWith(tb testing.TB, handler http.Handler) *gateway.Client {
	tb.Helper()
	return answeringOver(tb, handler, nil, 0)
}

// answeringOver is answeringWith for a client with so many connections at most.
func answeringOver(tb testing.TB, handler http.Handler, waits clock.Clock, connections int) *gateway.Client {
	tb.Helper()
	server := httptest.NewServer(handler)
	tb.Cleanup(server.Close)
	base, err := url.Parse(server.URL + prefix)
	if err != nil {
		tb.Fatal(err)
	}
	sender, err := transport.New(transport.Config{BaseURL: base, NoProxy: true, RequestTimeout: 10 * time.Minute, MaxConnections: connections})
	if err != nil {
		tb.Fatal(err)
	}
	return gateway.New(gateway.Config{Transport: sender, Clock: waits})
}

func longLister(tb testing.TB) *gateway.Client {
	tb.Helper()
	text := []byte(longList())
	return answeringWith(tb, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(text)
	}))
}

func flooder(tb testing.TB) (*scripted.Flood, *gateway.Client) {
	tb.Helper()
	flood := &scripted.Flood{Status: http.StatusOK, ContentType: "application/json", Begin: `{"name": "`, Part: "a"}
	return flood, answeringWith(tb, flood)
}

// heap returns what is in use, and all that ever was.
func heap() (inUse, ever int64) {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc), int64(stats.TotalAlloc) //nolint:gosec // no heap is that large
}

// TestMemory_ofALongList: what is kept of a list is a fraction of its length,
// because the certificates are not, and what is needed to read it is no more
// than that and one cluster.
//
//nolint:paralleltest // it measures the heap of the whole process
func TestMemory_ofALongList(t *testing.T) {
	const mayKeep = 32 << 20
	client := longLister(t)
	before, _ := heap()
	clusters, err := client.ListClusters(t.Context())
	after, _ := heap()
	if err != nil || len(clusters) != manyClusters {
		t.Fatalf("%d clusters: %v", len(clusters), err)
	}
	if kept := after - before; kept > mayKeep {
		t.Errorf("%d clusters take %d MiB, want at most %d", len(clusters), kept>>20, mayKeep>>20)
	}
	runtime.KeepAlive(clusters)
	runtime.KeepAlive(client)
}

// TestMemory_ofAGigabyte: all that is ever taken of the heap for an answer of a
// gigabyte is a few times the longest value that is read.
//
//nolint:paralleltest // it measures the heap of the whole process
func TestMemory_ofAGigabyte(t *testing.T) {
	const mayTake, mayRead = 128 << 20, 32 << 20
	flood, client := flooder(t)
	_, before := heap()
	_, err := client.GetCluster(t.Context(), name)
	_, after := heap()
	if kindName(err) != "body" {
		t.Fatal(err)
	}
	if taken := after - before; taken > mayTake || flood.Sent() > mayRead {
		t.Errorf("%d MiB were taken of the heap and %d MiB read, want at most %d and %d", taken>>20, flood.Sent()>>20, mayTake>>20, mayRead>>20)
	}
}

// TestMemory_ofValuesAlone: three bytes on the wire are forty on the heap, so
// the values of an answer are counted.
//
//nolint:paralleltest // it measures the heap of the whole process
func TestMemory_ofValuesAlone(t *testing.T) {
	const mayTake = 256 << 20
	client := answeringWith(t, &scripted.Flood{Status: http.StatusOK, ContentType: "application/json", Begin: `{"options": [`, Part: "[],"})
	_, before := heap()
	_, err := client.GetCluster(t.Context(), name)
	_, after := heap()
	if kindName(err) != "body" || !strings.Contains(err.Error(), "more than") {
		t.Fatal(err)
	}
	if taken := after - before; taken > mayTake {
		t.Errorf("%d MiB were taken of the heap, want at most %d", taken>>20, mayTake>>20)
	}
}

// BenchmarkGetCluster shows what one cluster takes, from the request to what is
// decoded of the answer.
func BenchmarkGetCluster(b *testing.B) {
	text := fmt.Appendf(nil, `{"name": %q, "dashboard_route": "/clusters/x/status", "status": "RUNNING", "start_time": %d, "stop_time": null, "options": %s, "tls_cert": "-", "tls_key": "-"}`,
		name, start.UnixMilli(), defaults("1.0"))
	client := answeringWith(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(text)
	}))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.GetCluster(b.Context(), name); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkListClusters_10000 shows what is kept of a long list.
func BenchmarkListClusters_10000(b *testing.B) {
	client := longLister(b)
	var kept int64
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		before, _ := heap()
		b.StartTimer()
		clusters, err := client.ListClusters(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		after, _ := heap()
		kept = after - before
		runtime.KeepAlive(clusters)
		b.StartTimer()
	}
	b.ReportMetric(float64(kept), "kept-B")
}

// BenchmarkGetCluster_1GB shows what is read of an answer without end, and what
// is taken of the heap for it.
func BenchmarkGetCluster_1GB(b *testing.B) {
	var sent int64
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		flood, client := flooder(b)
		b.StartTimer()
		if _, err := client.GetCluster(b.Context(), name); err == nil {
			b.Fatal("the answer was taken")
		}
		sent = flood.Sent()
	}
	b.ReportMetric(float64(sent), "sent-B")
}
