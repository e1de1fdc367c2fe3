// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"errors"
	"fmt"
	"math"
)

// The targets apply to these numbers of clusters.
const (
	plannedClusters    = 1000
	curveStartClusters = 100
	curveEndClusters   = 10000
)

// The upper limits.
const (
	maxRequests   = 3
	maxMemoryMiB  = 150
	maxPlanRatio  = 1.05
	maxApplyRatio = 1.5
	// maxRemoteRatio is lower than maxApplyRatio, because Terraform 1.11 writes a local state
	// after every change and a remote one only every 20 s.
	maxRemoteRatio = 1.15
	maxCurveRatio  = 1.2
	maxCreateRatio = 1.15
)

// Target is a requirement and its result.
type Target struct {
	// What describes the quantity. Limit is its upper limit and Measured its value,
	// both as printed in the guide.
	What, Limit, Measured string
	Met                   bool
	// Excess is the percentage above the limit, or 0 if the target is met.
	Excess float64
}

// ErrMissed is returned if a target is missed.
var ErrMissed = errors.New("a target is missed")

// Verdict returns a line per target with the measured value and whether it meets
// the target. The error is ErrMissed if one is missed.
func Verdict(targets []Target) (lines []string, err error) {
	for _, each := range targets {
		verdict := "met"
		if !each.Met {
			verdict, err = fmt.Sprintf("missed by %.0f %%", each.Excess), ErrMissed
		}
		lines = append(lines, fmt.Sprintf("%s: %s, at most %s: %s", each.What, each.Measured, each.Limit, verdict))
	}
	return lines, err
}

// Targets compares the results with the requirements. It skips sizes that were not
// measured.
func Targets(mock Mock, onGateway Real) []Target {
	var targets []Target
	ours, measured := mock.Find(SubjectCluster, Plan, plannedClusters, false)
	if measured {
		targets = append(targets,
			target("Requests of a plan of 1,000 clusters with nothing to change", ours.Requests, maxRequests, "%.0f"),
			target("Peak memory of the provider during this plan, in MiB", ours.Memory, maxMemoryMiB, "%.0f"))
	}
	if ratio, found := mock.RatioToTimeStatic(Plan, plannedClusters, false); found {
		targets = append(targets, target("Duration of this plan, relative to 1,000 `time_static`", ratio, maxPlanRatio, "%.2f"))
	}
	for _, isRemote := range []bool{false, true} {
		state, limit := "local", maxApplyRatio
		if isRemote {
			state, limit = "remote", maxRemoteRatio
		}
		for _, each := range []struct{ operation, what string }{
			{Create, "an apply that creates 1,000 clusters"}, {Resize, "an apply that resizes all"}, {Destroy, "a destroy of all"},
		} {
			if ratio, found := mock.RatioToTimeStatic(each.operation, plannedClusters, isRemote); found {
				targets = append(targets, target(fmt.Sprintf("Duration of %s, %s state, relative to `time_static`", each.what, state), ratio, limit, "%.2f"))
			}
		}
	}
	if low, high, found := mock.curveEnds(); found {
		targets = append(targets,
			target("Refresh time per cluster at 10,000 clusters, relative to 100", high.Wall/low.Wall, maxCurveRatio, "%.2f"),
			target("CPU time of the same refresh", high.CPU/low.CPU, maxCurveRatio, "%.2f"))
	}
	if onGateway.Runs > 0 {
		what := fmt.Sprintf("Time until %d clusters are running on the real gateway, relative to the asynchronous Python client", onGateway.Clusters)
		targets = append(targets, target(what, onGateway.Create, maxCreateRatio, "%.2f"))
	}
	return targets
}

func target(what string, measured, limit float64, format string) Target {
	return Target{
		What: what, Limit: fmt.Sprintf("%.4g", limit), Measured: fmt.Sprintf(format, measured),
		Met: measured <= limit, Excess: Round(math.Max(0, measured/limit-1)*100, 0),
	}
}

func (m Mock) curveEnds() (low, high Point, found bool) {
	for _, point := range m.Curve {
		switch point.N {
		case curveStartClusters:
			low = point
		case curveEndClusters:
			high = point
		}
	}
	return low, high, low.N > 0 && high.N > 0
}
