// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"slices"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const reading = "A data source is read"

// dataRows are faults of the data sources that show what there is. They change
// nothing, so that what counts is what they say.
func dataRows() []Row {
	rows := slices.Concat(gatewayRows(), clusterRows(), optionRows(), userRows())
	for i := range rows {
		rows[i].Moment = reading
	}
	return rows
}

// answer is a good answer of the gateway's with another body.
func answer(body string) mockserver.Fault {
	return mockserver.Fault{Times: always, Status: http.StatusOK, ContentType: "application/json; charset=utf-8", Body: body}
}

// gatewayRows are about pc_gateway, which needs two answers and no credentials.
func gatewayRows() []Row {
	const (
		version = "*/api/version"
		health  = "*/api/health"
	)
	rows := []Row{
		{Fault: "`pc_gateway`: the gateway is down.", Promise: "It fails with the status.", Break: fails("", "*", times(always, gatewayDown)), Want: Want{Exit: 1, Says: []string{"did not say its version", "503"}}},
		{Fault: "`pc_gateway`: the gateway's routes are unknown to its proxy for a while.", Promise: "The error says that this is no answer of the gateway's.", Break: fails(http.MethodGet, version, times(always, noRoutes)), Want: Want{Exit: 1, Says: []string{"not an answer of the API"}}},
		{Fault: "`pc_gateway`: a sign-in page answers in the gateway's place.", Promise: "The error says what it got instead of a version.", Break: fails(http.MethodGet, version, times(always, signInPage)), Want: Want{Exit: 1, Says: []string{"Sign in", "Another kind of server"}}},
		{Fault: "`pc_gateway`: the token is revoked.", Promise: "It goes on: neither version nor health needs one.", Break: func(w *World) { w.revoke() }},
		{Fault: "`pc_gateway`: the gateway calls itself unhealthy.", Promise: "A warning, and `healthy` is false.", Break: fails(http.MethodGet, health, times(always, refusal(http.StatusServiceUnavailable, "no database"))), Want: Want{Says: []string{"Warning: The gateway is not healthy", "no database"}}},
		{Fault: "`pc_gateway`: the gateway is older than any that is tested.", Promise: "A warning with both versions.", Break: fails(http.MethodGet, version, answer(`{"version": "2022.4.0"}`)), Want: Want{Says: []string{"Warning: The gateway is older", "2022.4.0", "2026.3.0"}}},
	}
	for i := range rows {
		rows[i].Config = "data \"pc_gateway\" \"test\" {}\n"
	}
	return rows
}

// clusterRows are about pc_dask_cluster, which asks the gateway for the cluster
// and the cluster's own scheduler for the workers.
func clusterRows() []Row {
	const account = "*/json/identity.json"
	stays := func(running int, says ...string) Want {
		return Want{Exit: 1, Says: says, State: []string{cluster}, Running: running}
	}
	well := func(says ...string) Want { return Want{Says: says, State: []string{cluster}, Running: 1} }
	const uncounted = "Warning: The workers of the cluster"
	rows := []Row{
		{Fault: "`pc_dask_cluster`: the gateway is down.", Promise: "It fails with the status.", Break: fails("", "*", times(always, gatewayDown)), Want: stays(1, "could not be read", "503")},
		{Fault: "`pc_dask_cluster`: the token was revoked.", Promise: "It fails, and says where the token came from.", Break: func(w *World) { w.revoke() }, Want: stays(1, "did not accept the credentials from api_token")},
		{Fault: "`pc_dask_cluster`: a sign-in page answers in the gateway's place.", Promise: "It fails, and says what it got.", Break: fails(http.MethodGet, anyOne, times(always, signInPage)), Want: stays(1, "Sign in")},
		{Fault: "`pc_dask_cluster`: the gateway has forgotten the cluster.", Promise: "It fails once that is confirmed.", Break: func(w *World) { w.Mock.DeleteClusterRecord(w.Name()) }, Want: stays(0, "There is no cluster", "confirmed by several looks")},
		{Fault: "`pc_dask_cluster`: the route to a young scheduler is missing for a moment.", Promise: "It is waited for.", Break: fails(http.MethodGet, account, times(3, noRoutes)), Want: well()},
		{Fault: "`pc_dask_cluster`: the scheduler does not answer.", Promise: "A warning, and the counts are null.", Break: fails(http.MethodGet, account, times(always, mockserver.Fault{Status: http.StatusBadGateway})), Want: well(uncounted, "502")},
		{Fault: "`pc_dask_cluster`: a sign-in page answers in the scheduler's place.", Promise: "The same.", Break: fails(http.MethodGet, account, times(always, signInPage)), Want: well(uncounted, "Sign in")},
		{Fault: "`pc_dask_cluster`: the cluster has stopped.", Promise: "It is shown as STOPPED, and the counts are null.", Break: func(w *World) { w.Mock.StopCluster(w.Name()) }, Want: Want{State: []string{cluster}}},
	}
	for i := range rows {
		rows[i].Applied, rows[i].Command = true, withoutRefresh(plan)
		rows[i].Config = oneCluster + "data \"pc_dask_cluster\" \"test\" {\n  name = pc_dask_cluster.test.name\n}\n"
	}
	return rows
}

// optionRows are about pc_cluster_options. A list that is empty by mistake would
// read as a gateway that lets one choose nothing.
func optionRows() []Row {
	failed := func(says ...string) Want {
		return Want{Exit: 1, Says: append(says, "The cluster options could not be read")}
	}
	rows := []Row{
		{Fault: "`pc_cluster_options`: the gateway is down.", Promise: "It fails with the status.", Break: fails("", "*", times(always, gatewayDown)), Want: failed("503")},
		{Fault: "`pc_cluster_options`: the token was revoked.", Promise: "It fails, and says where the token came from.", Break: func(w *World) { w.revoke() }, Want: failed("did not accept the credentials from api_token")},
		{Fault: "`pc_cluster_options`: the gateway answers 401.", Promise: "The same.", Break: fails(http.MethodGet, options, times(always, refusal(http.StatusUnauthorized, "Unauthorized"))), Want: failed("did not accept the credentials from api_token")},
		{Fault: "`pc_cluster_options`: a sign-in page answers in the gateway's place.", Promise: "It fails, and says what it got.", Break: fails(http.MethodGet, options, times(always, signInPage)), Want: failed("Sign in")},
		{Fault: "`pc_cluster_options`: the answer leaves out the options.", Promise: "It fails; they never seem to be none.", Break: fails(http.MethodGet, options, answer(`{}`)), Want: failed("has no cluster_options")},
		{Fault: "`pc_cluster_options`: the answer breaks off.", Promise: "The request is repeated.", Break: fails(http.MethodGet, options, times(2, answerTorn))},
	}
	for i := range rows {
		rows[i].Config = "data \"pc_cluster_options\" \"test\" {}\n"
	}
	return rows
}

// userRows are about pc_hub_user.
func userRows() []Row {
	const (
		self  = "*/hub/api/user"
		alice = "*/hub/api/users/alice"
	)
	failed := func(says ...string) Want { return Want{Exit: 1, Says: says} }
	rows := []Row{
		{Fault: "`pc_hub_user`: the Hub is down.", Promise: "It fails with the status.", Break: fails("", "*", times(always, page(http.StatusServiceUnavailable))), Want: failed("did not say whose credentials these are", "503")},
		{Fault: "`pc_hub_user`: the token was revoked.", Promise: "It fails, and says where the token came from.", Break: func(w *World) { w.revoke() }, Want: failed("did not accept the credentials from api_token")},
		{Fault: "`pc_hub_user`: a sign-in page answers in the Hub's place.", Promise: "It fails, and says what it got.", Break: fails(http.MethodGet, self, times(always, signInPage)), Want: failed("Sign in")},
		{Fault: "`pc_hub_user`: the answer breaks off.", Promise: "The request is repeated.", Break: fails(http.MethodGet, self, times(2, answerTorn))},
		{Fault: "`pc_hub_user`: the Hub shows the token no user of that name.", Promise: "The error on `name` says that there is none, or that the token may not see it.", Break: fails(http.MethodGet, alice, times(always, hubRefusal(http.StatusNotFound, "No access to resources or resources not found"))), Config: oneUser("alice"), Want: failed("The Hub shows no user alice", "read:users")},
		{Fault: "`pc_hub_user`: a proxy does not know the path to the Hub.", Promise: "The error says that this is no answer of the Hub's.", Break: fails(http.MethodGet, alice, times(always, page(http.StatusNotFound))), Config: oneUser("alice"), Want: failed("not an answer of the API")},
	}
	for i := range rows {
		if rows[i].Config == "" {
			rows[i].Config = "data \"pc_hub_user\" \"test\" {}\n"
		}
	}
	return rows
}

// oneUser is the configuration that looks for a user by name.
func oneUser(name string) string {
	return "data \"pc_hub_user\" \"test\" {\n  name = \"" + name + "\"\n}\n"
}
