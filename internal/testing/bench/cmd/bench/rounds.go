// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

package main

import (
	"context"
	"slices"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// noDelay is the shortest delay. 0 would select the mock's default.
const noDelay = time.Nanosecond

func startMock(start time.Duration) (*mockserver.Server, error) {
	return mockserver.Start(mockserver.Config{StartDelay: start, StopDelay: noDelay, WorkerDelay: noDelay})
}

// sampleKey identifies a measurement that each round samples once.
type sampleKey struct {
	subject, operation string
	n                  int
	isRemote           bool
}

// subjectRun is what one subject does in each round.
type subjectRun struct {
	subject subject
	n       int
	// isRemote is true if the state is remote.
	isRemote bool
}

// runsOf returns the runs of a round. With remote state, only the largest size of the
// resources that have a provider is measured.
func runsOf(sizes []int) []subjectRun {
	var runs []subjectRun
	for _, n := range sizes {
		for _, s := range subjects {
			runs = append(runs, subjectRun{subject: s, n: n})
		}
	}
	for _, s := range subjects {
		if s.provider != "" && len(sizes) > 0 {
			runs = append(runs, subjectRun{subject: s, n: slices.Max(sizes), isRemote: true})
		}
	}
	return runs
}

// rounds runs all operations of all subjects in turn, so that other load on the machine
// affects them equally. After each round, which takes minutes, it passes the medians so
// far to save, so that an interrupt does not lose them.
func rounds(ctx context.Context, p programs, sizes []int, count int, save func(done int, medians []bench.Measurement) error) error {
	samples, runs := map[sampleKey][]bench.Sample{}, runsOf(sizes)
	for done := range count {
		for i := range runs {
			// Each round begins with another run, because the first ones find colder caches.
			r := runs[(i+done)%len(runs)]
			took, err := r.measure(ctx, p)
			if err != nil {
				return err
			}
			for _, each := range steps {
				key := sampleKey{r.subject.name, each.operation, r.n, r.isRemote}
				samples[key] = append(samples[key], took[each.operation])
			}
			state := "local"
			if r.isRemote {
				state = "remote"
			}
			plan := took[bench.Plan]
			logf("round %d of %d: %4d %-16s %-6s state  create %6.2f s  plan %6.2f s (provider %5.1f MiB, %.0f requests)  resize %6.2f s  destroy %6.2f s", done+1, count, r.n, r.subject.name, state,
				took[bench.Create].Wall, plan.Wall, plan.Memory, plan.Requests, took[bench.Resize].Wall, took[bench.Destroy].Wall)
		}
		if err := save(done+1, medians(samples, runs)); err != nil {
			return err
		}
	}
	return nil
}

func medians(samples map[sampleKey][]bench.Sample, runs []subjectRun) []bench.Measurement {
	var measured []bench.Measurement
	for _, r := range runs {
		for _, each := range steps {
			measured = append(measured, bench.Measurement{
				Subject: r.subject.name, Operation: each.operation, N: r.n, IsRemote: r.isRemote,
				Sample: bench.Medians(samples[sampleKey{r.subject.name, each.operation, r.n, r.isRemote}]),
			})
		}
	}
	return measured
}

// measure runs the operations of one subject one after the other, on a separate gateway.
func (r subjectRun) measure(ctx context.Context, p programs) (map[string]bench.Sample, error) {
	var server *mockserver.Server
	if r.subject.name == bench.SubjectCluster {
		started, err := startMock(noDelay)
		if err != nil {
			return nil, err
		}
		defer started.Close()
		server = started
	}
	w, err := newWorkspace(p, r.subject, r.n, server)
	if err != nil {
		return nil, err
	}
	defer w.close()
	if r.isRemote {
		backend := startBackend()
		defer backend.Close()
		if err := w.useRemoteState(ctx, backend.URL); err != nil {
			return nil, err
		}
	}
	took := map[string]bench.Sample{}
	for _, each := range steps {
		if took[each.operation], err = w.run(ctx, each); err != nil {
			return nil, err
		}
	}
	return took, nil
}
