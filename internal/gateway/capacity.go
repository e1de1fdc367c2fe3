// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// routeReadyTimeout is how long the proxy may lack the route to the scheduler of a
// running cluster. The gateway reports the cluster as running a moment earlier.
const routeReadyTimeout = 10 * time.Second

// Capacity is the sum of what the workers of a cluster provide.
type Capacity struct {
	Workers, Threads int64
	// Memory is in bytes. A worker without a limit counts as 0.
	Memory int64
}

// Capacity reads the workers from the cluster's scheduler: GET
// /clusters/NAME/json/identity.json, without credentials as Workers does.
func (c *Client) Capacity(ctx context.Context, name string) (Capacity, error) {
	if err := validateName(name); err != nil {
		return Capacity{}, err
	}
	identity, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"clusters", name, "json", "identity.json"}, IsAnonymous: true, IsRetryable: true, IsLarge: true, Want: "the scheduler's identity",
	}, wireIdentity.invalidReason)
	if err != nil {
		return Capacity{}, err
	}
	return identity.capacity(), nil
}

// AwaitCapacity is Capacity for a cluster that may have started a moment ago: for
// routeReadyTimeout it tolerates that the scheduler cannot be reached.
func (c *Client) AwaitCapacity(ctx context.Context, name string) (Capacity, error) {
	policy := waitPolicy(2 * time.Second)
	policy.OutageTolerance = routeReadyTimeout
	return poll.Until(ctx, c.clock, policy, func(ctx context.Context) (Capacity, bool, error) {
		capacity, err := c.Capacity(ctx, name)
		return capacity, true, err
	})
}

// wireIdentity is Scheduler.identity (distributed/scheduler.py). Older schedulers
// send no totals, so the client adds up the workers.
type wireIdentity struct {
	Type         string                `json:"type"`
	TotalWorkers *int64                `json:"n_workers"`
	TotalThreads *int64                `json:"total_threads"`
	TotalMemory  *int64                `json:"total_memory"`
	Workers      map[string]wireWorker `json:"workers"`
}

type wireWorker struct {
	Threads     int64       `json:"nthreads"`
	MemoryLimit json.Number `json:"memory_limit"`
}

// invalidReason returns why the response is invalid, or "".
func (w wireIdentity) invalidReason() string {
	capacity := w.capacity()
	switch {
	case w.Type != "Scheduler":
		return "the response is not from a scheduler"
	case w.Workers == nil:
		return "the response has no workers"
	case capacity.Workers < 0 || capacity.Threads < 0 || capacity.Memory < 0:
		return "the response has negative counts"
	default:
		return ""
	}
}

func (w wireIdentity) capacity() Capacity {
	sum := Capacity{Workers: int64(len(w.Workers))}
	for _, worker := range w.Workers {
		sum.Threads += worker.Threads
		if bytes, err := worker.MemoryLimit.Int64(); err == nil {
			sum.Memory += bytes
		}
	}
	for _, field := range []struct {
		reported *int64
		result   *int64
	}{{w.TotalWorkers, &sum.Workers}, {w.TotalThreads, &sum.Threads}, {w.TotalMemory, &sum.Memory}} {
		if field.reported != nil {
			*field.result = *field.reported
		}
	}
	return sum
}
