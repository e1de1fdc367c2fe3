// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"net/http"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Activity is what a cluster's scheduler reports about its work.
type Activity struct {
	// Workers and Threads count the workers that have joined, and their threads.
	Workers, Threads int64
	// Tasks counts the tasks in any state, including results that a client uses.
	Tasks int64
	// Unfinished counts the tasks that are running, that are waiting for others, and
	// that no worker can run.
	Unfinished int64
	// Clients counts the connected clients, without the scheduler's internal one.
	Clients int64
}

// IsIdle reports whether the scheduler has nothing to compute. Dask's own idle
// timeout has the same condition (distributed 2026.8.0, scheduler.py, check_idle).
// Connected clients and results in the memory of workers do not count.
func (a Activity) IsIdle() bool { return a.Unfinished == 0 }

// Activity reads the activity of a cluster from its scheduler: GET
// /clusters/NAME/json/counts.json, without credentials as Workers does.
func (c *Client) Activity(ctx context.Context, name string) (Activity, error) {
	if err := validateName(name); err != nil {
		return Activity{}, err
	}
	wire, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"clusters", name, "json", "counts.json"}, IsAnonymous: true, IsRetryable: true, Want: "the scheduler's counts",
	}, wireActivity.invalidReason)
	if err != nil {
		return Activity{}, err
	}
	// The scheduler's count includes an internal client, "fire-and-forget" (distributed
	// 2026.8.0, scheduler.py).
	return Activity{
		Workers: *wire.Workers, Threads: *wire.Cores, Tasks: *wire.Tasks, Clients: max(*wire.Clients-1, 0),
		Unfinished: *wire.Processing + *wire.Waiting + *wire.Unrunnable,
	}, nil
}

// wireActivity is CountsJSON (distributed 2026.8.0, http/scheduler/json.py). Its
// "idle" is the number of workers with a free thread, so it is not used.
type wireActivity struct {
	Workers    *int64 `json:"workers"`
	Cores      *int64 `json:"cores"`
	Tasks      *int64 `json:"tasks"`
	Clients    *int64 `json:"clients"`
	Processing *int64 `json:"processing"`
	Waiting    *int64 `json:"waiting"`
	Unrunnable *int64 `json:"unrunnable"`
}

// invalidReason returns what is wrong with the counts, or "".
func (w wireActivity) invalidReason() string {
	for _, count := range []*int64{w.Workers, w.Cores, w.Tasks, w.Clients, w.Processing, w.Waiting, w.Unrunnable} {
		if count == nil || *count < 0 {
			return "the response does not contain the counts of a scheduler"
		}
	}
	return ""
}
