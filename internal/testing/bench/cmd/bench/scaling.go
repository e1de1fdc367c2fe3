// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
)

// slowStartTime is how long a cluster takes to start in the measurements of waiting.
const slowStartTime = 2 * time.Second

// measureLimits measures the limits of Terraform itself, each once.
func measureLimits(ctx context.Context, p programs, results *bench.Mock) error {
	for _, each := range repetitions {
		for _, n := range []int{250, 500, 1000} {
			grown, err := measureGrowth(ctx, p, each.form, each.config, n)
			if err != nil {
				return err
			}
			results.Growth = append(results.Growth, grown)
		}
	}
	for _, parallelism := range []int{10, 25, 100} {
		waited, err := measureWait(ctx, p, 100, parallelism)
		if err != nil {
			return err
		}
		results.Waits = append(results.Waits, waited)
	}
	for _, split := range []bench.Split{{N: 1000, States: 1}, {N: 1000, States: 4}, {N: 1000, States: 4, AtOnce: true}} {
		took, err := measurePlans(ctx, p, split)
		if err != nil {
			return err
		}
		results.Splits = append(results.Splits, took)
	}
	return nil
}

// measureGrowth plans n resources of Terraform itself in one form of declaration.
func measureGrowth(ctx context.Context, p programs, form, config string, n int) (bench.Growth, error) {
	w, err := newWorkspace(p, subject{name: bench.TerraformData, config: config}, n, nil)
	if err != nil {
		return bench.Growth{}, err
	}
	defer w.close()
	if _, err := w.run(ctx, steps[0]); err != nil {
		return bench.Growth{}, err
	}
	took, err := w.run(ctx, steps[1])
	logf("Terraform alone plans %d by %s in %.2f s with %.0f MiB", n, form, took.Wall, took.TerraformMemory)
	return bench.Growth{Form: form, N: n, Wall: bench.Round(took.Wall, 2), Memory: bench.Round(took.TerraformMemory, 0)}, err
}

// measureWait applies n clusters that start slowly.
func measureWait(ctx context.Context, p programs, n, parallelism int) (bench.Wait, error) {
	server, err := startMock(slowStartTime)
	if err != nil {
		return bench.Wait{}, err
	}
	defer server.Close()
	w, err := newWorkspace(p, subjects[0], n, server)
	if err != nil {
		return bench.Wait{}, err
	}
	defer w.close()
	took, err := w.run(ctx, steps[0], "-parallelism="+strconv.Itoa(parallelism))
	logf("%d clusters that start in %v, %d at once: %.2f s", n, slowStartTime, parallelism, took.Wall)
	return bench.Wait{
		N: n, Delay: slowStartTime.Seconds(), Parallelism: parallelism, Wall: bench.Round(took.Wall, 2),
		Floor: slowStartTime.Seconds() * float64((n+parallelism-1)/parallelism),
	}, err
}

// measurePlans plans clusters in several states, one after the other or all at once.
func measurePlans(ctx context.Context, p programs, split bench.Split) (bench.Split, error) {
	server, err := startMock(noDelay)
	if err != nil {
		return split, err
	}
	defer server.Close()
	var states []*workspace
	for range split.States {
		w, err := newWorkspace(p, subjects[0], split.N/split.States, server)
		if err != nil {
			return split, err
		}
		defer w.close()
		// The gateway also has the clusters of other states, so do not count its
		// clusters.
		if _, output, err := w.measured(ctx, w.arguments(steps[0])); err != nil {
			return split, fmt.Errorf("apply of a part: %w\n%s", err, tail(output))
		}
		states = append(states, w)
	}
	began := machineClock.Now()
	samples, err := planAll(ctx, states, split.AtOnce)
	if err != nil {
		return split, err
	}
	split.Wall = bench.Round(machineClock.Now().Sub(began).Seconds(), 2)
	for _, each := range samples {
		memory := bench.Round(each.Memory+each.TerraformMemory, 0)
		if split.AtOnce {
			split.Memory += memory
		} else {
			split.Memory = max(split.Memory, memory)
		}
	}
	logf("%d clusters in %d states, at once %v: %.2f s, %.0f MiB", split.N, split.States, split.AtOnce, split.Wall, split.Memory)
	return split, nil
}

func planAll(ctx context.Context, states []*workspace, atOnce bool) ([]bench.Sample, error) {
	samples, failures := make([]bench.Sample, len(states)), make([]error, len(states))
	var group sync.WaitGroup
	for i, w := range states {
		plan := func() {
			var output string
			if samples[i], output, failures[i] = w.measured(ctx, w.arguments(steps[1])); failures[i] != nil {
				failures[i] = fmt.Errorf("plan of a part: %w\n%s", failures[i], tail(output))
			}
		}
		if atOnce {
			group.Go(plan)
		} else {
			plan()
		}
	}
	group.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return samples, nil
}
