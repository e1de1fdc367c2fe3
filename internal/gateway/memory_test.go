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

// manyClusters is the number of clusters of one user.
const manyClusters = 10_000

// longListBody lists running clusters, each with a certificate and a key as long as
// those of a real gateway (RSA, 2048 bits).
func longListBody() string {
	pem := func(kind string, length int) string {
		return fmt.Sprintf(`"-----BEGIN %s-----\n%s-----END %s-----\n"`, kind, strings.Repeat(strings.Repeat("M", 64)+`\n`, length/64), kind)
	}
	certificate, key := pem("CERTIFICATE", 1100), pem("PRIVATE KEY", 1700)
	var list strings.Builder
	separator := "{"
	for i := range manyClusters {
		name := fmt.Sprintf("prod.%032x", i)
		list.WriteString(separator)
		separator = ","
		fmt.Fprintf(&list, `%q: {"name": %q, "dashboard_route": "/clusters/%s/status", "status": "RUNNING", "start_time": %d, "stop_time": null, "options": %s, "tls_cert": %s, "tls_key": %s}`,
			name, name, name, startTime.UnixMilli(), defaultOptions("1.0"), certificate, key)
	}
	return list.String() + "}"
}

// newGatewayClient starts a gateway with this handler and returns a client for it.
func newGatewayClient(tb testing.TB, handler http.Handler) *gateway.Client {
	tb.Helper()
	return newLimitedGatewayClient(tb, handler, nil, 0)
}

// newLimitedGatewayClient is newGatewayClient with a clock and a limit of
// connections.
func newLimitedGatewayClient(tb testing.TB, handler http.Handler, waits clock.Clock, connections int) *gateway.Client {
	tb.Helper()
	server := httptest.NewServer(handler)
	tb.Cleanup(server.Close)
	base, err := url.Parse(server.URL + pathPrefix)
	if err != nil {
		tb.Fatal(err)
	}
	sender, err := transport.New(transport.Config{BaseURL: base, BypassesProxy: true, RequestTimeout: 10 * time.Minute, MaxConnections: connections})
	if err != nil {
		tb.Fatal(err)
	}
	return gateway.New(gateway.Config{Transport: sender, Clock: waits})
}

func newLongListClient(tb testing.TB) *gateway.Client {
	tb.Helper()
	text := []byte(longListBody())
	return newGatewayClient(tb, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(text)
	}))
}

func newFloodClient(tb testing.TB) (*scripted.Flood, *gateway.Client) {
	tb.Helper()
	flood := &scripted.Flood{Status: http.StatusOK, ContentType: "application/json", Begin: `{"name": "`, Part: "a"}
	return flood, newGatewayClient(tb, flood)
}

// heapBytes returns the bytes in use and all bytes ever allocated.
func heapBytes() (inUse, ever int64) {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc), int64(stats.TotalAlloc) //nolint:gosec // no heap is that large
}

// The client keeps a fraction of a list, because it drops the certificates. Reading
// the list needs no more memory than the result and one cluster.
//
//nolint:paralleltest // It measures the heap of the whole process
func TestListClusters_keepsAFractionOfALongList(t *testing.T) {
	const maxKept = 32 << 20
	client := newLongListClient(t)
	before, _ := heapBytes()
	clusters, err := client.ListClusters(t.Context())
	after, _ := heapBytes()
	if err != nil || len(clusters) != manyClusters {
		t.Fatalf("%d clusters: %v", len(clusters), err)
	}
	if kept := after - before; kept > maxKept {
		t.Errorf("%d clusters take %d MiB, want at most %d", len(clusters), kept>>20, maxKept>>20)
	}
	runtime.KeepAlive(clusters)
	runtime.KeepAlive(client)
}

// A response of a gigabyte costs at most a few times the longest value that the
// client reads.
//
//nolint:paralleltest // It measures the heap of the whole process
func TestGetCluster_limitsTheMemoryForAnEndlessValue(t *testing.T) {
	const maxAllocated, maxRead = 128 << 20, 32 << 20
	flood, client := newFloodClient(t)
	_, before := heapBytes()
	_, err := client.GetCluster(t.Context(), clusterName)
	_, after := heapBytes()
	if kindName(err) != "body" {
		t.Fatal(err)
	}
	if allocated := after - before; allocated > maxAllocated || flood.Sent() > maxRead {
		t.Errorf("%d MiB were allocated and %d MiB read, want at most %d and %d", allocated>>20, flood.Sent()>>20, maxAllocated>>20, maxRead>>20)
	}
}

// The client counts the values of a response, because three bytes on the wire
// become forty on the heap.
//
//nolint:paralleltest // It measures the heap of the whole process
func TestGetCluster_limitsTheNumberOfValues(t *testing.T) {
	const maxAllocated = 256 << 20
	client := newGatewayClient(t, &scripted.Flood{Status: http.StatusOK, ContentType: "application/json", Begin: `{"options": [`, Part: "[],"})
	_, before := heapBytes()
	_, err := client.GetCluster(t.Context(), clusterName)
	_, after := heapBytes()
	if kindName(err) != "body" || !strings.Contains(err.Error(), "more than") {
		t.Fatal(err)
	}
	if allocated := after - before; allocated > maxAllocated {
		t.Errorf("%d MiB were allocated, want at most %d", allocated>>20, maxAllocated>>20)
	}
}

// BenchmarkGetCluster measures one cluster, from the request to the decoded
// response.
func BenchmarkGetCluster(b *testing.B) {
	text := fmt.Appendf(nil, `{"name": %q, "dashboard_route": "/clusters/x/status", "status": "RUNNING", "start_time": %d, "stop_time": null, "options": %s, "tls_cert": "-", "tls_key": "-"}`,
		clusterName, startTime.UnixMilli(), defaultOptions("1.0"))
	client := newGatewayClient(b, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(text)
	}))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.GetCluster(b.Context(), clusterName); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkListClusters_10000 measures how much memory a long list keeps.
func BenchmarkListClusters_10000(b *testing.B) {
	client := newLongListClient(b)
	var kept int64
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		before, _ := heapBytes()
		b.StartTimer()
		clusters, err := client.ListClusters(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		after, _ := heapBytes()
		kept = after - before
		runtime.KeepAlive(clusters)
		b.StartTimer()
	}
	b.ReportMetric(float64(kept), "kept-B")
}

// BenchmarkGetCluster_1GB measures how much of an endless response the client
// reads, and how much it allocates.
func BenchmarkGetCluster_1GB(b *testing.B) {
	var sent int64
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		flood, client := newFloodClient(b)
		b.StartTimer()
		if _, err := client.GetCluster(b.Context(), clusterName); err == nil {
			b.Fatal("the client accepted the response")
		}
		sent = flood.Sent()
	}
	b.ReportMetric(float64(sent), "sent-B")
}
