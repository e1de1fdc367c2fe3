// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

package main

import (
	"context"
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
}

// rounds runs all operations of all subjects in turn, so that other load on the machine
// affects them equally. After each round, which takes minutes, it passes the medians so
// far to save, so that an interrupt does not lose them.
func rounds(ctx context.Context, p programs, sizes []int, runs int, save func(done int, medians []bench.Measurement) error) error {
	samples := map[sampleKey][]bench.Sample{}
	for run := range runs {
		for _, n := range sizes {
			for i := range subjects {
				s := subjects[(i+run)%len(subjects)]
				took, err := round(ctx, p, s, n)
				if err != nil {
					return err
				}
				for _, each := range steps {
					key := sampleKey{s.name, each.operation, n}
					samples[key] = append(samples[key], took[each.operation])
				}
				plan := took[bench.Plan]
				logf("round %d of %d: %4d %-16s create %6.2f s  plan %6.2f s (provider %5.1f MiB, %.0f requests)  resize %6.2f s  destroy %6.2f s", run+1, runs, n, s.name,
					took[bench.Create].Wall, plan.Wall, plan.Memory, plan.Requests, took[bench.Resize].Wall, took[bench.Destroy].Wall)
			}
		}
		if err := save(run+1, medians(samples, sizes)); err != nil {
			return err
		}
	}
	return nil
}

func medians(samples map[sampleKey][]bench.Sample, sizes []int) []bench.Measurement {
	var measured []bench.Measurement
	for _, n := range sizes {
		for _, each := range steps {
			for _, s := range subjects {
				measured = append(measured, bench.Measurement{
					Subject: s.name, Operation: each.operation, N: n, Sample: bench.Medians(samples[sampleKey{s.name, each.operation, n}]),
				})
			}
		}
	}
	return measured
}

// round runs the operations of one subject one after the other, on a separate gateway.
func round(ctx context.Context, p programs, s subject, n int) (map[string]bench.Sample, error) {
	var server *mockserver.Server
	if s.name == bench.SubjectCluster {
		started, err := startMock(noDelay)
		if err != nil {
			return nil, err
		}
		defer started.Close()
		server = started
	}
	w, err := newWorkspace(p, s, n, server)
	if err != nil {
		return nil, err
	}
	defer w.close()
	took := map[string]bench.Sample{}
	for _, each := range steps {
		if took[each.operation], err = w.run(ctx, each); err != nil {
			return nil, err
		}
	}
	return took, nil
}
