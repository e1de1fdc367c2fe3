// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentRefresh = "A running cluster is refreshed"
	momentEnded   = "A cluster has ended or no longer exists"

	promiseKept = "A 404 counts only if the cluster stays missing for seconds, by name and in a listing that no longer grows."
)

// refreshRows are responses that do not prove that a running cluster has ended.
func refreshRows() []Row {
	// failsUnchanged is a plan that fails and does not change the state.
	failsUnchanged := func(output ...string) Want {
		return Want{Exit: 1, Output: output, State: []string{clusterAddress}, Running: 1, Requests: map[string]int{"POST *": 0, "DELETE *": 0}}
	}
	emptyPlan := Want{State: []string{clusterAddress}, Running: 1, Requests: map[string]int{"POST *": 0, "DELETE *": 0}}
	failReads := func(fault mockserver.Fault) func(*World) {
		return failRequests(http.MethodGet, clustersPath+"*", fault)
	}
	restartGateway := func(w *World) { w.Mock.RestartGateway() }
	rows := []Row{
		{Fault: "The server is down for a while.", Promise: promiseRetried, Break: failReads(repeated(3, gatewayDown)), Want: emptyPlan},
		{Fault: "A response is cut off.", Promise: promiseRetried, Break: failReads(repeated(2, responseCutOff)), Want: emptyPlan},
		{Fault: "The server returns 429 with `Retry-After`.", Promise: promiseRateLimited, Break: failReads(repeated(3, rateLimited)), Want: emptyPlan},
		{
			Fault: "A Kubernetes gateway has restarted with an empty cache.", Promise: promiseKept,
			Mock: kubernetes(time.Second), Break: restartGateway, Want: emptyPlan,
		},
		{
			Fault: "A replica lags several seconds behind.", Promise: promiseKept, Mock: kubernetes(3 * time.Second),
			Break: restartGateway, Want: emptyPlan,
		},
		{
			Fault:   "A restarted Kubernetes gateway first reads thousands of other clusters.",
			Promise: "The provider waits the 20 s that such a gateway takes.",
			Mock:    kubernetesWithSlowCache(), Break: restartGateway, Want: emptyPlan,
		},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "503", Promise: promiseFails, Break: failReads(repeated(everyTime, gatewayDown)), Want: failsUnchanged("503")},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "500", Promise: promiseFails, Break: failReads(repeated(everyTime, internalError)), Want: failsUnchanged("500")},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "502", Promise: promiseFails, Break: failReads(repeated(everyTime, htmlResponse(http.StatusBadGateway))), Want: failsUnchanged("502")},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "504", Promise: promiseFails, Break: failReads(repeated(everyTime, htmlResponse(http.StatusGatewayTimeout))), Want: failsUnchanged("504")},
		{Fault: "A proxy has no route and returns its own 404.", Promise: promiseNotTheAPI, Break: failReads(repeated(everyTime, noRoute)), Want: failsUnchanged("404", "comes from a proxy and not from the API")},
		{Fault: "Another API returns a 404 in JSON.", Promise: promiseNotTheAPI, Break: failReads(repeated(everyTime, refusal(http.StatusNotFound, "no such thing"))), Want: failsUnchanged("no such thing")},
		{Fault: "The server returns 401.", Promise: promiseRejected, Break: failReads(repeated(everyTime, refusal(http.StatusUnauthorized, "Authentication required"))), Want: failsUnchanged("rejected the credentials")},
		{Fault: "The token has expired or was revoked.", Promise: promiseRejected, Break: func(w *World) { w.revokeProviderToken() }, Want: failsUnchanged("api_token in the provider block")},
		{Fault: "The server returns 403.", Promise: promiseForbidden, Break: failReads(repeated(everyTime, refusal(http.StatusForbidden, "User bob lacks permissions to view cluster x"))), Want: failsUnchanged("lacks permissions")},
		{Fault: "A login page arrives with status 200.", Promise: promiseSignIn, Break: failReads(repeated(everyTime, signInPage)), Want: failsUnchanged("another kind of server")},
		{Fault: "The server redirects to a login page.", Promise: promiseSignIn, Break: failReads(repeated(everyTime, signInRedirect)), Want: failsUnchanged("follows no redirect")},
		{Fault: "Connections close without a response.", Promise: promiseFails, Break: failReads(repeated(everyTime, droppedBeforeHandling)), Want: failsUnchanged("could not be read")},
		{Fault: "No response arrives in time.", Promise: promiseFails, Provider: "request_timeout = \"1s\"\n  max_retries = 0", Break: failReads(mockserver.Fault{RequestDelay: time.Minute}), Want: failsUnchanged("no complete response within 1s")},
		{
			Fault: "The response describes another cluster.", Promise: promiseFails,
			Break: failReads(repeated(everyTime, mockserver.Fault{Status: http.StatusOK, ContentType: "application/json", Body: `{"name": "another", "status": "RUNNING", "options": {}, "start_time": 1, "stop_time": null}`})),
			Want:  failsUnchanged("another"),
		},
		{
			Fault: "The response has an unknown status.", Promise: promiseFails,
			Break: failReads(repeated(everyTime, mockserver.Fault{Status: http.StatusOK, ContentType: "application/json", Body: `{"name": "another", "status": 7}`})),
			Want:  failsUnchanged("could not be read"),
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].AppliedBefore, rows[i].Command = momentRefresh, true, planCommand
	}
	return rows
}

// endedRows are clusters that have ended outside Terraform. The plan exits with
// code 2 and creates them again. The state file keeps the old one until then.
func endedRows() []Row {
	plansNewCluster := func(output ...string) Want {
		return Want{Exit: 2, Output: append(output, "1 to add"), State: []string{clusterAddress}, Requests: map[string]int{"POST *": 0, "DELETE *": 0}}
	}
	rows := []Row{
		{Fault: "A cluster's scheduler has died.", Promise: promiseEnded, Break: func(w *World) { w.Mock.FailCluster(w.NewestCluster()) }, Want: plansNewCluster("became FAILED")},
		{Fault: "The idle timeout or another client has stopped a cluster.", Promise: promiseEnded, Break: func(w *World) { w.Mock.StopCluster(w.NewestCluster()) }, Want: plansNewCluster("became STOPPED")},
		{Fault: "The gateway has no record of a cluster in three lookups over several seconds.", Promise: promiseEnded, Break: func(w *World) { w.Mock.DeleteClusterRecord(w.NewestCluster()) }, Want: plansNewCluster("is gone", "several lookups")},
		{
			Fault: "The gateway has no record of the cluster, and the second lookup fails.", Promise: "The plan fails: one lookup is not enough.",
			Break: func(w *World) {
				w.Mock.DeleteClusterRecord(w.NewestCluster())
				failRequests(http.MethodGet, clustersPath, repeated(everyTime, gatewayDown))(w)
			},
			Want: Want{Exit: 1, Output: []string{"could not be read"}, State: []string{clusterAddress}},
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].AppliedBefore, rows[i].Command = momentEnded, true, planCommand
	}
	return append(rows, Row{
		Moment: momentEnded, Fault: "The cluster has ended, and you run apply.", Promise: "The provider creates one new cluster, never two.",
		AppliedBefore: true, Break: func(w *World) { w.Mock.FailCluster(w.NewestCluster()) },
		Want: Want{Output: []string{"1 added"}, State: []string{clusterAddress}, Created: 1, Running: 1},
	})
}
