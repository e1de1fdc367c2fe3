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
)

// refreshRows are responses that do not prove that a running cluster has ended.
func refreshRows() []Row {
	// failsUnchanged is a plan that fails and does not change the state.
	failsUnchanged := func(says ...string) Want {
		return Want{Exit: 1, Output: says, State: []string{clusterAddress}, Running: 1, Requests: map[string]int{"POST *": 0, "DELETE *": 0}}
	}
	emptyPlan := Want{State: []string{clusterAddress}, Running: 1, Requests: map[string]int{"POST *": 0, "DELETE *": 0}}
	failReads := func(fault mockserver.Fault) func(*World) { return fails(http.MethodGet, clustersPath+"*", fault) }
	restartGateway := func(w *World) { w.Mock.RestartGateway() }
	rows := []Row{
		{Fault: "The gateway is down briefly.", Promise: "The provider retries the read. The plan is empty.", Break: failReads(times(3, gatewayDown)), Want: emptyPlan},
		{Fault: "The response is cut off.", Promise: "The provider retries the read. The plan is empty.", Break: failReads(times(2, responseCutOff)), Want: emptyPlan},
		{Fault: "The gateway returns 429.", Promise: "The provider retries the read after the response's `Retry-After`. The plan is empty.", Break: failReads(times(3, rateLimited)), Want: emptyPlan},
		{
			Fault: "The Kubernetes gateway has restarted with an empty cache.", Promise: "A 404 counts only if the cluster stays missing for several seconds, by name and in a listing that has stopped growing. The plan is empty.",
			Mock: kubernetes(time.Second), Break: restartGateway, Want: emptyPlan,
		},
		{
			Fault: "A replica of the Kubernetes gateway lags several seconds behind.", Promise: "As above.", Mock: kubernetes(3 * time.Second),
			Break: restartGateway, Want: emptyPlan,
		},
		{
			Fault:   "A restarted Kubernetes gateway reads thousands of other users' clusters before this one.",
			Promise: "The provider waits the twenty seconds for which such a gateway holds the request. The plan is empty.",
			Mock:    kubernetesWithSlowCache(), Break: restartGateway, Want: emptyPlan,
		},
		{Fault: "The gateway stays down: the Hub's proxy returns its 503 page.", Promise: "The plan fails with the server's message. The cluster stays in the state.", Break: failReads(times(everyTime, gatewayDown)), Want: failsUnchanged("503")},
		{Fault: "The gateway returns 500.", Promise: "As above.", Break: failReads(times(everyTime, internalError)), Want: failsUnchanged("500")},
		{Fault: "A proxy returns 502.", Promise: "As above.", Break: failReads(times(everyTime, page(http.StatusBadGateway))), Want: failsUnchanged("502")},
		{Fault: "A proxy returns 504.", Promise: "As above.", Break: failReads(times(everyTime, page(http.StatusGatewayTimeout))), Want: failsUnchanged("504")},
		{Fault: "The proxy has no routes: 404 Not Found.", Promise: "As above. Only the gateway's own message that it has no such cluster counts as absence.", Break: failReads(times(everyTime, noRoute)), Want: failsUnchanged("404", "comes from a proxy and not from the API")},
		{Fault: "A different API responds: a 404 in JSON.", Promise: "As above.", Break: failReads(times(everyTime, refusal(http.StatusNotFound, "no such thing"))), Want: failsUnchanged("no such thing")},
		{Fault: "The gateway finds no credentials: 401.", Promise: "As above.", Break: failReads(times(everyTime, refusal(http.StatusUnauthorized, "Authentication required"))), Want: failsUnchanged("rejected the credentials")},
		{Fault: "The token has expired or was revoked.", Promise: "As above. The error names the token's origin.", Break: func(w *World) { w.revokeProviderToken() }, Want: failsUnchanged("api_token in the provider block")},
		{Fault: "The gateway forbids reading: 403.", Promise: "As above.", Break: failReads(times(everyTime, refusal(http.StatusForbidden, "User bob lacks permissions to view cluster x"))), Want: failsUnchanged("lacks permissions")},
		{Fault: "The response is a login page with status 200.", Promise: "As above.", Break: failReads(times(everyTime, signInPage)), Want: failsUnchanged("another kind of server")},
		{Fault: "The response is a redirect to a login page.", Promise: "As above.", Break: failReads(times(everyTime, signInRedirect)), Want: failsUnchanged("follows no redirect")},
		{Fault: "Connections close without a response.", Promise: "As above.", Break: failReads(times(everyTime, droppedBeforeHandling)), Want: failsUnchanged("could not be read")},
		{Fault: "No response arrives in time.", Promise: "As above.", Provider: "request_timeout = \"1s\"\n  max_retries = 0", Break: failReads(mockserver.Fault{RequestDelay: time.Minute}), Want: failsUnchanged("no complete response within 1s")},
		{
			Fault: "The response describes another cluster.", Promise: "As above.",
			Break: failReads(times(everyTime, mockserver.Fault{Status: http.StatusOK, ContentType: "application/json", Body: `{"name": "another", "status": "RUNNING", "options": {}, "start_time": 1, "stop_time": null}`})),
			Want:  failsUnchanged("another"),
		},
		{
			Fault: "The response contains a status that does not exist.", Promise: "As above.",
			Break: failReads(times(everyTime, mockserver.Fault{Status: http.StatusOK, ContentType: "application/json", Body: `{"name": "another", "status": 7}`})),
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
	plansNewCluster := func(says ...string) Want {
		return Want{Exit: 2, Output: append(says, "1 to add"), State: []string{clusterAddress}, Requests: map[string]int{"POST *": 0, "DELETE *": 0}}
	}
	rows := []Row{
		{Fault: "The scheduler has died: the status is FAILED.", Promise: "A warning reports it, and the plan creates a new cluster.", Break: func(w *World) { w.Mock.FailCluster(w.NewestCluster()) }, Want: plansNewCluster("became FAILED")},
		{Fault: "The idle timeout or another client has stopped the cluster: the status is STOPPED.", Promise: "As above.", Break: func(w *World) { w.Mock.StopCluster(w.NewestCluster()) }, Want: plansNewCluster("became STOPPED")},
		{Fault: "The gateway no longer has a record of the cluster.", Promise: "As above, after a second and a third lookup over several seconds.", Break: func(w *World) { w.Mock.DeleteClusterRecord(w.NewestCluster()) }, Want: plansNewCluster("is gone", "several lookups")},
		{
			Fault: "The gateway no longer has a record of the cluster, and the second lookup fails.", Promise: "One lookup is not enough: the plan fails, and the cluster stays in the state.",
			Break: func(w *World) {
				w.Mock.DeleteClusterRecord(w.NewestCluster())
				fails(http.MethodGet, clustersPath, times(everyTime, gatewayDown))(w)
			},
			Want: Want{Exit: 1, Output: []string{"could not be read"}, State: []string{clusterAddress}},
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].AppliedBefore, rows[i].Command = momentEnded, true, planCommand
	}
	return append(rows, Row{
		Moment: momentEnded, Fault: "The cluster has ended, and you run apply.", Promise: "The provider creates one new cluster. There are never two.",
		AppliedBefore: true, Break: func(w *World) { w.Mock.FailCluster(w.NewestCluster()) },
		Want: Want{Output: []string{"1 added"}, State: []string{clusterAddress}, Created: 1, Running: 1},
	})
}
