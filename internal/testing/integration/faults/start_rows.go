// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const momentStart = "The provider waits for a new cluster"

// startRows are faults between the create and the status RUNNING. The cluster is
// in the state throughout.
func startRows() []Row {
	holdStart := func(w *World) { w.Mock.SetStartsHeld(true) }
	succeeds := Want{State: []string{clusterAddress}, Created: 1, Running: 1, Requests: map[string]int{"POST " + clustersPath: 1}}
	// failsTainted is a failed create whose cluster is in the state, tainted.
	failsTainted := func(running int, output ...string) Want {
		return Want{Exit: 1, Output: output, State: []string{taintedClusterAddress}, Created: 1, Running: running, Requests: map[string]int{"POST " + clustersPath: 1}}
	}
	rows := []Row{
		{Fault: "The server is down for a while.", Promise: promiseRetried, Break: failRequests(http.MethodGet, anyClusterPath, repeated(20, gatewayDown)), Want: succeeds},
		{Fault: "A proxy has no route for a while and returns its own 404 or 502.", Promise: promiseRouteAwaited, Break: failRequests(http.MethodGet, anyClusterPath, repeated(5, noRoute)), Want: succeeds},
		{Fault: "A response is cut off.", Promise: promiseRetried, Break: failRequests(http.MethodGet, anyClusterPath, repeated(5, responseCutOff)), Want: succeeds},
		{Fault: "The server returns 429 with `Retry-After`.", Promise: promiseRateLimited, Break: failRequests(http.MethodGet, anyClusterPath, repeated(3, rateLimited)), Want: succeeds},
		{
			Fault: "Replicas of a Kubernetes gateway return 404 because they have not cached the cluster yet.", Promise: "The provider keeps waiting.",
			Mock: kubernetes(8*time.Second, 0, 4*time.Second), Want: succeeds,
		},
		{
			Fault: "A Kubernetes gateway restarts with an empty cache.", Promise: "The provider keeps waiting.",
			Mock: kubernetes(0), Break: holdStart,
			During: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodGet, anyClusterPath)
				w.Mock.RestartGateway()
				w.Mock.SetStartsHeld(false)
			},
			Want: succeeds,
		},
		{
			Fault: "A new cluster fails, for example because its image cannot be pulled.", Promise: promiseReplaced,
			Break: func(w *World) { w.Mock.SetStartsFail(true) }, Want: failsTainted(0, "instead of RUNNING", "marked as tainted"),
		},
		{
			Fault: "Another client stops a new cluster.", Promise: promiseReplaced, Break: holdStart,
			During: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodPost, clustersPath)
				w.Mock.StopCluster(w.NewestCluster())
			},
			Want: failsTainted(0, "became STOPPED instead of RUNNING"),
		},
		{
			Fault: "The cluster is not running within `timeouts.create`.", Promise: "The error gives the last status. The cluster is in the state.",
			Config: clusterWith("timeouts = { create = \"1s\" }"), Break: holdStart, Want: failsTainted(1, "was still PENDING", "timeouts.create"),
		},
		{
			Fault: "The gateway stays down.", Promise: "The create fails after two minutes. The cluster is in the state.",
			Break: failRequests(http.MethodGet, anyClusterPath, repeated(everyTime, gatewayDown)), Want: failsTainted(1, "It is not known whether the cluster started", "503"),
		},
		{
			Fault: "The token has expired or was revoked.", Promise: promiseRejected, Break: holdStart,
			During: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodPost, clustersPath)
				w.revokeProviderToken()
			},
			Mock: mockserver.Config{LongPoll: 50 * time.Millisecond},
			Want: failsTainted(1, "rejected the credentials from api_token in the provider block"),
		},
		{
			Fault: "The server returns 403.", Promise: promiseForbidden,
			Break: failRequests(http.MethodGet, anyClusterPath, repeated(everyTime, refusal(http.StatusForbidden, "not yours"))), Want: failsTainted(1, "not yours"),
		},
		{
			Fault: "The gateway loses its record of the cluster.", Promise: "The create fails after a minute of lookups. The cluster stays in the state until its absence is confirmed.", Break: holdStart,
			Mock: mockserver.Config{LongPoll: 20 * time.Millisecond},
			During: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodPost, clustersPath)
				w.Mock.DeleteClusterRecord(w.NewestCluster())
			},
			Want: Want{Exit: 1, Output: []string{"not found"}, State: []string{taintedClusterAddress}},
		},
		{
			Fault: "You press Ctrl-C during a wait.", Promise: promiseInterrupted,
			Break: holdStart, During: interruptAfter(http.MethodPost, clustersPath), Want: failsTainted(1, "was interrupted"),
		},
	}
	for i := range rows {
		rows[i].Moment = momentStart
	}
	return rows
}
