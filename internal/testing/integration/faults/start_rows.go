// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const starting = "A new cluster is waited for"

// startRows are faults between the create and RUNNING. The cluster is in the
// state from the first moment on.
func startRows() []Row {
	held := func(w *World) { w.Mock.SetStartsHeld(true) }
	well := Want{State: []string{cluster}, Made: 1, Running: 1, Requests: map[string]int{"POST " + clusters: 1}}
	// kept is a cluster that runs, perhaps, and is in the state as tainted.
	kept := func(running int, says ...string) Want {
		return Want{Exit: 1, Says: says, State: []string{tainted}, Made: 1, Running: running, Requests: map[string]int{"POST " + clusters: 1}}
	}
	rows := []Row{
		{Fault: "The gateway is down for a while.", Promise: "The wait goes on.", Break: fails(http.MethodGet, anyOne, times(20, gatewayDown)), Want: well},
		{Fault: "The gateway's proxy has no routes yet, after a restart: 404 Not Found.", Promise: "The wait goes on; this 404 is the proxy's, not the gateway's.", Break: fails(http.MethodGet, anyOne, times(5, noRoutes)), Want: well},
		{Fault: "Answers break off.", Promise: "The wait goes on.", Break: fails(http.MethodGet, anyOne, times(5, answerTorn)), Want: well},
		{Fault: "The gateway answers 429.", Promise: "The wait goes on after the time that it asks for.", Break: fails(http.MethodGet, anyOne, times(3, busy)), Want: well},
		{
			Fault: "The Kubernetes gateway does not know the cluster yet: 404 for some seconds, from one replica or the other.", Promise: "The wait goes on.",
			Mock: kubernetes(8*time.Second, 0, 4*time.Second), Want: well,
		},
		{
			Fault: "The Kubernetes gateway restarts with an empty cache.", Promise: "The wait goes on.",
			Mock: kubernetes(0), Break: held,
			Meanwhile: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodGet, anyOne)
				w.Mock.RestartGateway()
				w.Mock.SetStartsHeld(false)
			},
			Want: well,
		},
		{
			Fault: "The cluster becomes FAILED: its image cannot be pulled, for example.", Promise: "The error says so. The cluster is in the state, and the next apply replaces it.",
			Break: func(w *World) { w.Mock.SetStartsFail(true) }, Want: kept(0, "instead of RUNNING", "marked as tainted"),
		},
		{
			Fault: "Somebody stops the cluster.", Promise: "The same.", Break: held,
			Meanwhile: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodPost, clusters)
				w.Mock.StopCluster(w.Name())
			},
			Want: kept(0, "became STOPPED instead of RUNNING"),
		},
		{
			Fault: "It does not run within `timeouts.create`.", Promise: "The error says what it was last; the cluster is in the state.",
			Config: clusterWith("timeouts = { create = \"1s\" }"), Break: held, Want: kept(1, "was still PENDING", "timeouts.create"),
		},
		{
			Fault: "The gateway stays down.", Promise: "After two minutes the error says so; the cluster is in the state.",
			Break: fails(http.MethodGet, anyOne, times(always, gatewayDown)), Want: kept(1, "It is not known whether the cluster started", "503"),
		},
		{
			Fault: "The token is revoked.", Promise: "The error says so at once; the cluster is in the state.", Break: held,
			Meanwhile: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodPost, clusters)
				w.revoke()
			},
			Mock: mockserver.Config{LongPoll: 50 * time.Millisecond},
			Want: kept(1, "did not accept the credentials from api_token in the provider block"),
		},
		{
			Fault: "Reading is forbidden: 403.", Promise: "The error says so at once; the cluster is in the state.",
			Break: fails(http.MethodGet, anyOne, times(always, refusal(http.StatusForbidden, "not yours"))), Want: kept(1, "not yours"),
		},
		{
			Fault: "The record of the cluster vanishes.", Promise: "After a minute of looking the error says so; the cluster is in the state until its end is confirmed.", Break: held,
			Mock: mockserver.Config{LongPoll: 20 * time.Millisecond},
			Meanwhile: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodPost, clusters)
				w.Mock.DeleteClusterRecord(w.Name())
			},
			Want: Want{Exit: 1, Says: []string{"not found"}, State: []string{tainted}},
		},
		{
			Fault: "Ctrl-C is pressed.", Promise: "The cluster is in the state, and terraform destroy stops it.",
			Break: held, Meanwhile: interrupted(http.MethodPost, clusters), Want: kept(1, "was interrupted"),
		},
	}
	for i := range rows {
		rows[i].Moment = starting
	}
	return rows
}
