// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"math"
)

// A scheduler's default share of the cluster's limits.
const (
	schedulerCores  = 1
	schedulerMemory = 2 << 30
)

// schedulerLimitError returns the gateway's error when the scheduler alone exceeds
// the limits, or "".
func (s *Server) schedulerLimitError() string {
	switch {
	case s.cfg.MaxMemory > 0 && s.cfg.MaxMemory < schedulerMemory:
		return fmt.Sprintf("Scheduler memory request of %s exceeds cluster memory limit of %s", formatBytes(schedulerMemory), formatBytes(s.cfg.MaxMemory))
	default:
		return ""
	}
}

// workerLimit returns how many workers with these options the gateway grants. ok is
// false if there is no limit. A limit of 0 does not stop the cluster from running.
func (s *Server) workerLimit(options object) (limit int64, ok bool) {
	lowest := math.Inf(1)
	if s.cfg.MaxWorkers > 0 {
		lowest = float64(s.cfg.MaxWorkers)
	}
	if s.cfg.MaxCores > 0 {
		lowest = min(lowest, math.Floor(float64(s.cfg.MaxCores-schedulerCores)/coresOf(options)))
	}
	if s.cfg.MaxMemory > 0 {
		lowest = min(lowest, math.Floor(float64(s.cfg.MaxMemory-schedulerMemory)/memoryOf(options)))
	}
	return int64(max(lowest, 0)), !math.IsInf(lowest, 1)
}

// coresOf and memoryOf return a worker's cores and bytes, as the gateway's options
// handler resolves them.
func coresOf(options object) float64 {
	value, _ := options.get("worker_cores")
	cores, _ := asFloat(value)
	return math.Ceil(cores)
}

func memoryOf(options object) float64 {
	value, _ := options.get("worker_memory")
	gibibytes, _ := asFloat(value)
	return math.Floor(gibibytes * (1 << 30))
}

// formatBytes is format_bytes of dask_gateway_server/utils.py.
func formatBytes(bytes int64) string {
	for _, unit := range []struct {
		name  string
		bytes int64
	}{{"PiB", 1 << 50}, {"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes > unit.bytes {
			return fmt.Sprintf("%.2f %s", float64(bytes)/float64(unit.bytes), unit.name)
		}
	}
	return fmt.Sprintf("%d B", bytes)
}
