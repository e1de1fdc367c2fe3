// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	refreshing = "A cluster that runs is read, for a plan"
	ending     = "A cluster has ended, or is gone"
)

// refreshRows are answers that prove nothing about a cluster that runs.
func refreshRows() []Row {
	// stays is a plan that fails, and leaves the state as it was.
	stays := func(says ...string) Want {
		return Want{Exit: 1, Says: says, State: []string{cluster}, Running: 1, Requests: map[string]int{"POST *": 0, "DELETE *": 0}}
	}
	unnoticed := Want{State: []string{cluster}, Running: 1, Requests: map[string]int{"POST *": 0, "DELETE *": 0}}
	reading := func(fault mockserver.Fault) func(*World) { return fails(http.MethodGet, clusters+"*", fault) }
	restart := func(w *World) { w.Mock.RestartGateway() }
	rows := []Row{
		{Fault: "The gateway is down for a moment.", Promise: "The read is repeated; the plan is empty.", Break: reading(times(3, gatewayDown)), Want: unnoticed},
		{Fault: "The answer breaks off.", Promise: "The read is repeated; the plan is empty.", Break: reading(times(2, answerTorn)), Want: unnoticed},
		{Fault: "The gateway answers 429.", Promise: "The read is repeated after the time that it asks for; the plan is empty.", Break: reading(times(3, busy)), Want: unnoticed},
		{
			Fault: "The Kubernetes gateway has restarted, and its cache is empty.", Promise: "Its 404 is not believed until the cluster stays missing for seconds, by name and in a list that no longer grows; the plan is empty.",
			Mock: kubernetes(time.Second), Break: restart, Want: unnoticed,
		},
		{
			Fault: "A replica of the Kubernetes gateway lags seconds behind.", Promise: "The same.", Mock: kubernetes(3 * time.Second),
			Break: restart, Want: unnoticed,
		},
		{
			Fault:   "The Kubernetes gateway has restarted, and reads thousands of other people's clusters before this one.",
			Promise: "It is given the twenty seconds for which it holds a request for a cluster that it does not know; the plan is empty.",
			Mock:    slowCache(), Break: restart, Want: unnoticed,
		},
		{Fault: "The gateway stays down: the Hub's page, 503.", Promise: "The plan fails with what the server said; the cluster stays in the state.", Break: reading(times(always, gatewayDown)), Want: stays("503")},
		{Fault: "The gateway fails: 500.", Promise: "The same.", Break: reading(times(always, crash)), Want: stays("500")},
		{Fault: "A proxy answers 502.", Promise: "The same.", Break: reading(times(always, page(http.StatusBadGateway))), Want: stays("502")},
		{Fault: "A proxy answers 504.", Promise: "The same.", Break: reading(times(always, page(http.StatusGatewayTimeout))), Want: stays("504")},
		{Fault: "The proxy has no routes: 404 Not Found.", Promise: "The same. Only the gateway's own words that it knows no such cluster count.", Break: reading(times(always, noRoutes)), Want: stays("404", "not an answer of the API")},
		{Fault: "Another API answers: a 404 in JSON.", Promise: "The same.", Break: reading(times(always, refusal(http.StatusNotFound, "no such thing"))), Want: stays("no such thing")},
		{Fault: "The credentials are missing: 401.", Promise: "The same.", Break: reading(times(always, refusal(http.StatusUnauthorized, "Authentication required"))), Want: stays("did not accept the credentials")},
		{Fault: "The token has expired or was revoked.", Promise: "The same; the error names where the token came from.", Break: func(w *World) { w.revoke() }, Want: stays("api_token in the provider block")},
		{Fault: "Reading is forbidden: 403.", Promise: "The same.", Break: reading(times(always, refusal(http.StatusForbidden, "User bob lacks permissions to view cluster x"))), Want: stays("lacks permissions")},
		{Fault: "A login page comes, with 200.", Promise: "The same.", Break: reading(times(always, signInPage)), Want: stays("Another kind of server answers")},
		{Fault: "A redirect to a login page comes.", Promise: "The same.", Break: reading(times(always, signIn)), Want: stays("follows no redirect")},
		{Fault: "Connections end without an answer.", Promise: "The same.", Break: reading(times(always, dropped)), Want: stays("could not be read")},
		{Fault: "No answer comes in time.", Promise: "The same.", Provider: "request_timeout = \"1s\"\n  max_retries = 0", Break: reading(mockserver.Fault{RequestDelay: time.Minute}), Want: stays("no whole answer within 1s")},
		{
			Fault: "The answer tells of another cluster.", Promise: "The same.",
			Break: reading(times(always, mockserver.Fault{Status: http.StatusOK, ContentType: "application/json", Body: `{"name": "another", "status": "RUNNING", "options": {}, "start_time": 1, "stop_time": null}`})),
			Want:  stays("another"),
		},
		{
			Fault: "The answer has a status that no gateway gives.", Promise: "The same.",
			Break: reading(times(always, mockserver.Fault{Status: http.StatusOK, ContentType: "application/json", Body: `{"name": "another", "status": 7}`})),
			Want:  stays("could not be read"),
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Applied, rows[i].Command = refreshing, true, plan
	}
	return rows
}

// endedRows are clusters that have ended outside Terraform. The plan, with its
// exit code 2, makes them anew; the state file keeps the old one until then.
func endedRows() []Row {
	anew := func(says ...string) Want {
		return Want{Exit: 2, Says: append(says, "1 to add"), State: []string{cluster}, Requests: map[string]int{"POST *": 0, "DELETE *": 0}}
	}
	rows := []Row{
		{Fault: "Its scheduler died: FAILED.", Promise: "A warning says so, and the plan makes it anew.", Break: func(w *World) { w.Mock.FailCluster(w.Name()) }, Want: anew("became FAILED")},
		{Fault: "Its idle timeout ended it, or somebody stopped it: STOPPED.", Promise: "The same.", Break: func(w *World) { w.Mock.StopCluster(w.Name()) }, Want: anew("became STOPPED")},
		{Fault: "The gateway no longer knows it.", Promise: "After a second and a third look, over seconds, the same.", Break: func(w *World) { w.Mock.DeleteClusterRecord(w.Name()) }, Want: anew("is gone", "several looks")},
		{
			Fault: "The gateway no longer knows it, and its second look fails.", Promise: "Half a proof is none: the plan fails, and the cluster stays in the state.",
			Break: func(w *World) {
				w.Mock.DeleteClusterRecord(w.Name())
				fails(http.MethodGet, clusters, times(always, gatewayDown))(w)
			},
			Want: Want{Exit: 1, Says: []string{"could not be read"}, State: []string{cluster}},
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Applied, rows[i].Command = ending, true, plan
	}
	return append(rows, Row{
		Moment: ending, Fault: "It ended, and apply is run.", Promise: "A new one is made; there are never two.",
		Applied: true, Break: func(w *World) { w.Mock.FailCluster(w.Name()) },
		Want: Want{Says: []string{"1 added"}, State: []string{cluster}, Made: 1, Running: 1},
	})
}
