// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package bench_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
)

func duration(subject, operation string, isRemote bool, wall float64) bench.Measurement {
	return bench.Measurement{Subject: subject, Operation: operation, N: 1000, IsRemote: isRemote, Sample: bench.Sample{Wall: wall}}
}

func measurement(subject string, wall, memory, requests float64) bench.Measurement {
	return bench.Measurement{Subject: subject, Operation: bench.Plan, N: 1000, Sample: bench.Sample{Wall: wall, Memory: memory, Requests: requests}}
}

func TestTargets_compareTheResultsWithTheLimits(t *testing.T) {
	t.Parallel()
	mock := bench.Mock{
		Measurements: []bench.Measurement{
			measurement(bench.SubjectCluster, 10.5, 150, 4), measurement(bench.TimeStatic, 10, 30, 0),
			duration(bench.SubjectCluster, bench.Destroy, false, 30), duration(bench.TimeStatic, bench.Destroy, false, 20),
			duration(bench.SubjectCluster, bench.Destroy, true, 12), duration(bench.TimeStatic, bench.Destroy, true, 10),
			duration(bench.SubjectCluster, bench.Resize, true, 12),
		},
		Curve: []bench.Point{{N: 100, Wall: 100, CPU: 100}, {N: 1000, Wall: 1, CPU: 1}, {N: 10000, Wall: 120.1, CPU: 90}},
	}
	type verdict struct {
		measured string
		met      bool
		excess   float64
	}
	want := []verdict{{"4", false, 33}, {"150", true, 0}, {"1.05", true, 0}, {"1.50", true, 0}, {"1.20", false, 4}, {"1.20", false, 0}, {"0.90", true, 0}, {"1.16", false, 1}}
	var got []verdict
	for _, each := range bench.Targets(mock, bench.Real{Runs: 5, Clusters: 10, Create: 1.16}) {
		got = append(got, verdict{each.Measured, each.Met, each.Excess})
	}
	if !slices.Equal(got, want) {
		t.Errorf("the verdicts are %v, want %v", got, want)
	}
}

func TestVerdict_failsIfATargetIsMissed(t *testing.T) {
	t.Parallel()
	met := bench.Target{What: "Requests", Limit: "3", Measured: "1", Met: true}
	missed := bench.Target{What: "Memory", Limit: "150", Measured: "180", Excess: 20}
	lines, err := bench.Verdict([]bench.Target{missed, met})
	if want := []string{"Memory: 180, at most 150: missed by 20 %", "Requests: 1, at most 3: met"}; !slices.Equal(lines, want) || !errors.Is(err, bench.ErrMissed) {
		t.Errorf("got %q, %v; want %q", lines, err, want)
	}
	if _, err := bench.Verdict([]bench.Target{met}); err != nil {
		t.Errorf("all targets are met: %v", err)
	}
}

func TestTargets_skipWhatWasNotMeasured(t *testing.T) {
	t.Parallel()
	if got := bench.Targets(bench.Mock{Curve: []bench.Point{{N: 100, Wall: 1, CPU: 1}}}, bench.Real{}); got != nil {
		t.Errorf("there are targets: %+v", got)
	}
}
