// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package protocol_test

import (
	"context"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench/protocol"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const clusterCount = 1000

// world contains a gateway with clusters and their states.
type world struct {
	mock  *mockserver.Server
	token string
	state []protocol.Cluster
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	mock, err := mockserver.Start(mockserver.Config{StartDelay: time.Nanosecond})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(mock.Close)
	w := &world{mock: mock, token: mock.NewToken("alice")}
	var names []string
	for range clusterCount {
		names = append(names, mock.AddCluster("alice", map[string]any{"worker_cores": 2, "worker_memory": 16}))
	}
	if w.state, err = w.start(tb).Import(tb.Context(), names, 10); err != nil {
		tb.Fatal(err)
	}
	mock.ClearRequests()
	return w
}

func (w *world) start(tb testing.TB, options ...provider.Option) *protocol.Provider {
	tb.Helper()
	p, err := protocol.Start(tb.Context(), w.mock.GatewayURL(), w.token, options...)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func TestPlan_sendsAtMostThreeRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// The provider lists the clusters again after some time, which a busy machine exceeds.
	stoppedClock := provider.WithClock(clock.NewFake(clock.Real().Now()))
	if err := w.start(t, stoppedClock).Plan(t.Context(), w.state); err != nil {
		t.Fatal(err)
	}
	if requests := w.mock.Requests(); len(requests) == 0 || len(requests) > 3 {
		t.Errorf("a plan of %d clusters took %d requests", clusterCount, len(requests))
	}
}

// BenchmarkStart measures a provider from its start until it is configured.
func BenchmarkStart(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := protocol.Start(b.Context(), "http://127.0.0.1:1/", "token"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefresh measures how a provider that has just started reads 1,000
// clusters. BenchmarkPlan also plans them.
func BenchmarkRefresh(b *testing.B) { benchmark(b, (*protocol.Provider).Refresh) }

func BenchmarkPlan(b *testing.B) { benchmark(b, (*protocol.Provider).Plan) }

func benchmark(b *testing.B, do func(*protocol.Provider, context.Context, []protocol.Cluster) error) {
	b.Helper()
	w := newWorld(b)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		p := w.start(b)
		b.StartTimer()
		if err := do(p, b.Context(), w.state); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*clusterCount), "µs/cluster")
}
