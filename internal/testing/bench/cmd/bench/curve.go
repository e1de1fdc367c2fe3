// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

package main

import (
	"context"
	"runtime"
	"syscall"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench/mockprocess"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench/protocol"
)

// measureRefreshes measures how the provider refreshes clusters in this process.
func measureRefreshes(ctx context.Context, sizes []int, runs int) ([]bench.Point, error) {
	samples := map[int][]bench.Point{}
	for run := range runs {
		for _, n := range sizes {
			point, err := refresh(ctx, n)
			if err != nil {
				return nil, err
			}
			logf("round %d of %d: the provider alone refreshes %5d: %6.1f µs each, of them %6.1f µs CPU, %.0f allocations, %.0f requests in all", run+1, runs, n, point.Wall, point.CPU, point.Allocations, point.Requests)
			samples[n] = append(samples[n], point)
		}
	}
	var points []bench.Point
	for _, n := range sizes {
		points = append(points, bench.MedianPoint(n, samples[n]))
	}
	return points, nil
}

// refresh measures a provider that has just started, as terraform starts it.
func refresh(ctx context.Context, n int) (bench.Point, error) {
	mock, err := mockprocess.Start(ctx, n)
	if err != nil {
		return bench.Point{}, err
	}
	defer mock.Close()
	before, err := protocol.Start(ctx, mock.Address, mock.Token)
	if err != nil {
		return bench.Point{}, err
	}
	clusters, err := before.Import(ctx, mock.Names, 10)
	if err != nil {
		return bench.Point{}, err
	}
	if _, err := mock.Requests(); err != nil {
		return bench.Point{}, err
	}
	p, err := protocol.Start(ctx, mock.Address, mock.Token)
	if err != nil {
		return bench.Point{}, err
	}
	runtime.GC()
	began, err := usedResources()
	if err != nil {
		return bench.Point{}, err
	}
	if err := p.Refresh(ctx, clusters); err != nil {
		return bench.Point{}, err
	}
	ended, err := usedResources()
	if err != nil {
		return bench.Point{}, err
	}
	requests, err := mock.Requests()
	perCluster := 1 / float64(n)
	return bench.Point{
		N: n, Wall: micros(ended.time.Sub(began.time)) * perCluster, CPU: micros(ended.cpu-began.cpu) * perCluster,
		Allocations: float64(ended.memory.Mallocs-began.memory.Mallocs) * perCluster,
		Bytes:       float64(ended.memory.TotalAlloc-began.memory.TotalAlloc) * perCluster,
		Requests:    float64(requests),
	}, err
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// resourceUsage contains a time and the resources that this process had used by then.
type resourceUsage struct {
	time   time.Time
	cpu    time.Duration
	memory runtime.MemStats
}

// usedResources returns the time and what this process has used until now.
func usedResources() (resourceUsage, error) {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return resourceUsage{}, err
	}
	m := resourceUsage{time: machineClock.Now(), cpu: time.Duration(usage.Utime.Nano() + usage.Stime.Nano())}
	runtime.ReadMemStats(&m.memory)
	return m, nil
}
