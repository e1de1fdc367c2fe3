// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const scaling = "Workers are asked for or waited for"

// scaleRows are faults of adapt and scale, and of the wait for workers.
func scaleRows() []Row {
	two, three := clusterWith("workers = 2"), clusterWith("workers = 3")
	adapt := clusterWith("adapt = { minimum = 1, maximum = 4 }")
	waiting := clusterWith("workers = 2\nwait_for_workers = 2")
	outOfReach := refusal(http.StatusConflict, "cluster x is not running")
	rows := []Row{
		{
			Fault: "The answer to adapt is lost.", Promise: "The request is repeated; asking twice for the same changes nothing.", Config: adapt,
			Break: fails(http.MethodPost, adaptPath, answerLost), Want: Want{State: []string{cluster}, Made: 1, Running: 1, Requests: map[string]int{"POST " + adaptPath: 2}},
		},
		{
			Fault: "The gateway fails for a moment while a cluster is resized.", Promise: "The request is repeated.", Config: two, Applied: true, Next: three,
			Break: fails(http.MethodPost, scalePath, times(2, late(http.StatusBadGateway))), Want: Want{State: []string{cluster}, Running: 1, Requests: map[string]int{"POST " + scalePath: 3}},
		},
		{
			Fault: "The gateway answers 429 to a resize.", Promise: "The request is repeated after the time that it asks for.", Config: two, Applied: true, Next: three,
			Break: fails(http.MethodPost, scalePath, times(2, busy)), Want: Want{State: []string{cluster}, Running: 1, Requests: map[string]int{"POST " + scalePath: 3}},
		},
		{
			Fault: "The gateway refuses a resize: 403.", Promise: "The error says so, and the state keeps the old number, so that the next plan shows the change again.", Config: two, Applied: true, Next: three,
			Break: fails(http.MethodPost, scalePath, refusal(http.StatusForbidden, "not yours")),
			Want:  Want{Exit: 1, Says: []string{"were not changed", "not yours"}, State: []string{cluster}, Running: 1, Requests: map[string]int{"POST " + scalePath: 1}},
		},
		{
			Fault: "The gateway cannot reach the scheduler: 409, after which it stops the cluster.", Promise: "The error says what became of the cluster, and that the next apply makes it anew.", Config: two, Applied: true, Next: three,
			Break: fails(http.MethodPost, scalePath, outOfReach),
			Want:  Want{Exit: 1, Says: []string{"could not reach the cluster's scheduler", "terraform apply again"}, State: []string{cluster}, Running: 1, Requests: map[string]int{"POST " + scalePath: 1}},
		},
		{
			Fault: "A new cluster's first adapt fails.", Promise: "The error says so; the cluster is in the state, and the next apply replaces it.", Config: adapt,
			Break: fails(http.MethodPost, adaptPath, times(always, crash)),
			Want:  Want{Exit: 1, Says: []string{"were not changed"}, State: []string{tainted}, Made: 1, Running: 1},
		},
		{
			Fault: "The gateway grants fewer workers than were asked for.", Promise: "A warning says how many.", Config: clusterWith("workers = 9"), Mock: mockserver.Config{MaxWorkers: 4},
			Want: Want{Says: []string{"allows fewer workers"}, State: []string{cluster}, Made: 1, Running: 1},
		},
		{
			Fault: "The scheduler's route is not there yet: 404 and 502.", Promise: "The wait for workers goes on.", Config: waiting,
			Break: all(fails(http.MethodGet, counts, times(4, noRoutes)), fails(http.MethodGet, counts, times(4, page(http.StatusBadGateway)))),
			Want:  Want{State: []string{cluster}, Made: 1, Running: 1},
		},
		{
			Fault: "The workers do not come within `timeouts.create`.", Promise: "The error is on `wait_for_workers` and says how many came; the cluster is in the state.",
			Config: clusterWith("workers = 2\nwait_for_workers = 2\ntimeouts = { create = \"1s\" }"), Mock: mockserver.Config{WorkerDelay: time.Hour},
			Want: Want{Exit: 1, Says: []string{"0 workers of the 2 waited for", "runs and costs money"}, State: []string{tainted}, Made: 1, Running: 1},
		},
		{
			Fault: "The cluster ends while its workers are waited for.", Promise: "The error says so.", Config: waiting, Mock: mockserver.Config{WorkerDelay: time.Hour},
			Meanwhile: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodGet, counts)
				w.Mock.FailCluster(w.Name())
			},
			Want: Want{Exit: 1, Says: []string{"ended while its workers were waited for", "became FAILED"}, State: []string{tainted}, Made: 1},
		},
		{
			Fault: "Ctrl-C is pressed while workers are waited for.", Promise: "The cluster is in the state.", Config: waiting,
			Break: fails(http.MethodGet, counts, mockserver.Fault{Status: http.StatusNotFound, ResponseDelay: time.Minute}), Meanwhile: interrupted(http.MethodGet, counts),
			Want: Want{Exit: 1, Says: []string{"interrupted"}, State: []string{tainted}, Made: 1, Running: 1},
		},
		{
			Fault: "The cluster has ended since the last refresh.", Promise: "The error says so, and that the next apply makes it anew.", Config: two, Applied: true, Next: three,
			Command: withoutRefresh(apply),
			Break:   func(w *World) { w.Mock.StopCluster(w.Name()) },
			Want:    Want{Exit: 1, Says: []string{"were not changed", "terraform apply again"}, State: []string{cluster}},
		},
	}
	for i := range rows {
		rows[i].Moment = scaling
	}
	return rows
}
