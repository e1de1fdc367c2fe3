// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentScale = "A cluster is resized, or the provider waits for workers"

	promiseTooFewGranted = "An immediate error on `wait_for_workers` gives both numbers. The cluster is in the state."
)

// scaleRows are faults during adapt and scale, and while the provider waits for
// workers.
func scaleRows() []Row {
	twoWorkers, threeWorkers := clusterWith("workers = 2"), clusterWith("workers = 3")
	adapt := clusterWith("adapt = { minimum = 1, maximum = 4 }")
	waitForTwoWorkers := clusterWith("workers = 2\nwait_for_workers = 2")
	schedulerUnreachable := refusal(http.StatusConflict, "cluster x is not running")
	rows := []Row{
		{
			Fault: "A response is lost.", Promise: promiseRetried, Config: adapt,
			Break: failRequests(http.MethodPost, adaptPath, responseLost), Want: Want{State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + adaptPath: 2}},
		},
		{
			Fault: "The server is down for a while.", Promise: promiseRetried, Config: twoWorkers, AppliedBefore: true, ConfigAfter: threeWorkers,
			Break: failRequests(http.MethodPost, scalePath, repeated(2, afterHandling(http.StatusBadGateway))), Want: Want{State: []string{clusterAddress}, Running: 1, Requests: map[string]int{"POST " + scalePath: 3}},
		},
		{
			Fault: "The server returns 429 with `Retry-After`.", Promise: promiseRateLimited, Config: twoWorkers, AppliedBefore: true, ConfigAfter: threeWorkers,
			Break: failRequests(http.MethodPost, scalePath, repeated(2, rateLimited)), Want: Want{State: []string{clusterAddress}, Running: 1, Requests: map[string]int{"POST " + scalePath: 3}},
		},
		{
			Fault: "The gateway rejects a resize with 403.", Promise: "The error reports it. The next plan shows the change again.", Config: twoWorkers, AppliedBefore: true, ConfigAfter: threeWorkers,
			Break: failRequests(http.MethodPost, scalePath, refusal(http.StatusForbidden, "not yours")),
			Want:  Want{Exit: 1, Output: []string{"were not changed", "not yours"}, State: []string{clusterAddress}, Running: 1, Workers: 2, Requests: map[string]int{"POST " + scalePath: 1}},
		},
		{
			Fault: "The gateway cannot reach the scheduler, returns 409 and stops the cluster.", Promise: "The error reports it. The next apply creates a new cluster.", Config: twoWorkers, AppliedBefore: true, ConfigAfter: threeWorkers,
			Break: failRequests(http.MethodPost, scalePath, schedulerUnreachable),
			Want:  Want{Exit: 1, Output: []string{"could not reach the cluster's scheduler", "terraform apply again"}, State: []string{clusterAddress}, Running: 1, Requests: map[string]int{"POST " + scalePath: 1}},
		},
		{
			Fault: "The first adapt of a new cluster fails.", Promise: promiseReplaced, Config: adapt,
			Break: failRequests(http.MethodPost, adaptPath, repeated(everyTime, internalError)),
			Want:  Want{Exit: 1, Output: []string{"were not changed"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1},
		},
		{
			Fault: "The gateway grants fewer workers than requested.", Promise: "A warning gives the number granted.", Config: clusterWith("workers = 9"), Mock: mockserver.Config{MaxWorkers: 4},
			Want: Want{Output: []string{"allows fewer workers"}, State: []string{clusterAddress}, Created: 1, Running: 1},
		},
		{
			Fault: "The gateway grants fewer workers than `wait_for_workers` waits for.", Variant: "with workers", Promise: promiseTooFewGranted,
			Config: clusterWith("workers = 9\nwait_for_workers = 9"), Mock: mockserver.Config{MaxWorkers: 4},
			Want: Want{
				Exit: 1, Output: []string{"grants fewer workers than are waited for", "at most 4 workers", "wait_for_workers is 9"},
				State: []string{taintedClusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"GET " + workerCountsPath: 0},
			},
		},
		{
			Fault: "The gateway grants fewer workers than `wait_for_workers` waits for.", Variant: "with adapt", Promise: promiseTooFewGranted,
			Config: clusterWith("adapt = { minimum = 9, maximum = 9 }\nwait_for_workers = 9"), Mock: mockserver.Config{MaxWorkers: 4},
			Want: Want{
				Exit: 1, Output: []string{"grants fewer workers than are waited for", "at most 4 workers", "wait_for_workers is 9"},
				State: []string{taintedClusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"GET " + workerCountsPath: 0},
			},
		},
		{
			Fault: "The gateway is down at the first adapt, even for a long time.", Promise: "The provider waits. The new cluster is not tainted.", Config: adapt,
			Break: failRequests(http.MethodPost, adaptPath, repeated(30, gatewayDown)), Want: Want{State: []string{clusterAddress}, Created: 1, Running: 1},
		},
		{
			Fault: "A proxy has no route for a while and returns its own 404 or 502.", Promise: promiseRouteAwaited, Config: waitForTwoWorkers,
			Break: inOrder(failRequests(http.MethodGet, workerCountsPath, repeated(4, noRoute)), failRequests(http.MethodGet, workerCountsPath, repeated(4, htmlResponse(http.StatusBadGateway)))),
			Want:  Want{State: []string{clusterAddress}, Created: 1, Running: 1},
		},
		{
			Fault: "The workers do not join within `timeouts.create`.", Promise: "An error on `wait_for_workers` gives the number that joined. The cluster is in the state.",
			Config: clusterWith("workers = 2\nwait_for_workers = 2\ntimeouts = { create = \"1s\" }"), Mock: mockserver.Config{WorkerDelay: time.Hour},
			Want: Want{Exit: 1, Output: []string{"0 workers of 2 had joined", "runs and costs money"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1},
		},
		{
			Fault: "A new cluster ends before its workers have joined.", Promise: promiseReplaced, Config: waitForTwoWorkers, Mock: mockserver.Config{WorkerDelay: time.Hour},
			During: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodGet, workerCountsPath)
				w.Mock.FailCluster(w.NewestCluster())
			},
			Want: Want{Exit: 1, Output: []string{"ended while its workers were waited for", "became FAILED"}, State: []string{taintedClusterAddress}, Created: 1},
		},
		{
			Fault: "You press Ctrl-C during a wait.", Promise: promiseInterrupted, Config: waitForTwoWorkers,
			Break: failRequests(http.MethodGet, workerCountsPath, mockserver.Fault{Status: http.StatusNotFound, ResponseDelay: time.Minute}), During: interruptAfter(http.MethodGet, workerCountsPath),
			Want: Want{Exit: 1, Output: []string{"interrupted"}, State: []string{taintedClusterAddress}, Created: 1, Running: 1},
		},
		{
			Fault: "The cluster has ended since the last refresh.", Promise: "The error reports it. The next apply creates a new cluster.", Config: twoWorkers, AppliedBefore: true, ConfigAfter: threeWorkers,
			Command: withoutRefresh(applyCommand),
			Break:   func(w *World) { w.Mock.StopCluster(w.NewestCluster()) },
			Want:    Want{Exit: 1, Output: []string{"were not changed", "terraform apply again"}, State: []string{clusterAddress}},
		},
	}
	for i := range rows {
		rows[i].Moment = momentScale
	}
	return rows
}
