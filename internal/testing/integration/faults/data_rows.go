// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"slices"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentDataSource = "A data source is read"

	promiseNoCounts = "A warning reports it, and the counts are null."
)

// dataRows are faults of the data sources. They change nothing, so that the rows
// check the diagnostics.
func dataRows() []Row {
	rows := slices.Concat(gatewayRows(), clusterRows(), optionRows(), userRows())
	for i := range rows {
		rows[i].Moment = momentDataSource
	}
	return rows
}

// gatewayResponse is a successful response of the gateway with the given body.
func gatewayResponse(body string) mockserver.Fault {
	return mockserver.Fault{Times: everyTime, Status: http.StatusOK, ContentType: "application/json; charset=utf-8", Body: body}
}

// gatewayRows are about pc_gateway, which sends two requests and needs no
// credentials.
func gatewayRows() []Row {
	const (
		version = "*/api/version"
		health  = "*/api/health"
	)
	rows := []Row{
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "pc_gateway", Promise: promiseFails, Break: failRequests("", "*", repeated(everyTime, gatewayDown)), Want: Want{Exit: 1, Output: []string{"did not return its version", "503"}}},
		{Fault: "A proxy has no route and returns its own 404.", Variant: "pc_gateway", Promise: promiseNotTheAPI, Break: failRequests(http.MethodGet, version, repeated(everyTime, noRoute)), Want: Want{Exit: 1, Output: []string{"comes from a proxy and not from the API"}}},
		{Fault: "A login page arrives with status 200.", Variant: "pc_gateway", Promise: promiseSignIn, Break: failRequests(http.MethodGet, version, repeated(everyTime, signInPage)), Want: Want{Exit: 1, Output: []string{"Sign in", "another kind of server"}}},
		{Fault: "`pc_gateway`: the token was revoked.", Promise: "The read succeeds: neither version nor health needs a token.", Break: func(w *World) { w.revokeProviderToken() }},
		{Fault: "`pc_gateway`: the gateway is unhealthy.", Promise: "A warning reports it, and `healthy` is false.", Break: failRequests(http.MethodGet, health, repeated(everyTime, refusal(http.StatusServiceUnavailable, "no database"))), Want: Want{Output: []string{"Warning: The gateway is not healthy", "no database"}}},
		{Fault: "`pc_gateway`: the gateway is older than any tested version.", Promise: "A warning gives both versions.", Break: failRequests(http.MethodGet, version, gatewayResponse(`{"version": "2022.4.0"}`)), Want: Want{Output: []string{"Warning: The gateway is older", "2022.4.0", "2026.3.0"}}},
	}
	for i := range rows {
		rows[i].Config = "data \"pc_gateway\" \"test\" {}\n"
	}
	return rows
}

// clusterRows are about pc_dask_cluster, which reads the cluster from the gateway
// and the worker counts from the cluster's scheduler.
func clusterRows() []Row {
	const identityPath = "*/json/identity.json"
	failsUnchanged := func(running int, output ...string) Want {
		return Want{Exit: 1, Output: output, State: []string{clusterAddress}, Running: running}
	}
	succeeds := func(output ...string) Want { return Want{Output: output, State: []string{clusterAddress}, Running: 1} }
	const workersWarning = "Warning: The workers of the cluster"
	rows := []Row{
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "pc_dask_cluster", Promise: promiseFails, Break: failRequests("", "*", repeated(everyTime, gatewayDown)), Want: failsUnchanged(1, "could not be read", "503")},
		{Fault: "The token has expired or was revoked.", Variant: "pc_dask_cluster", Promise: promiseRejected, Break: func(w *World) { w.revokeProviderToken() }, Want: failsUnchanged(1, "rejected the credentials from api_token")},
		{Fault: "A login page arrives with status 200.", Variant: "pc_dask_cluster", Promise: promiseSignIn, Break: failRequests(http.MethodGet, anyClusterPath, repeated(everyTime, signInPage)), Want: failsUnchanged(1, "Sign in")},
		{Fault: "`pc_dask_cluster`: the gateway has no record of the cluster.", Promise: "The read fails once the absence is confirmed.", Break: func(w *World) { w.Mock.DeleteClusterRecord(w.NewestCluster()) }, Want: failsUnchanged(0, "There is no cluster", "confirmed by several lookups")},
		{Fault: "A proxy has no route for a while and returns its own 404 or 502.", Promise: promiseRouteAwaited, Break: failRequests(http.MethodGet, identityPath, repeated(3, noRoute)), Want: succeeds()},
		{Fault: "`pc_dask_cluster`: the scheduler does not respond, or returns a login page.", Variant: "no response", Promise: promiseNoCounts, Break: failRequests(http.MethodGet, identityPath, repeated(everyTime, mockserver.Fault{Status: http.StatusBadGateway})), Want: succeeds(workersWarning, "502")},
		{Fault: "`pc_dask_cluster`: the scheduler does not respond, or returns a login page.", Variant: "login page", Promise: promiseNoCounts, Break: failRequests(http.MethodGet, identityPath, repeated(everyTime, signInPage)), Want: succeeds(workersWarning, "Sign in")},
		{Fault: "`pc_dask_cluster`: the cluster has stopped.", Promise: "The status is STOPPED, and the counts are null.", Break: func(w *World) { w.Mock.StopCluster(w.NewestCluster()) }, Want: Want{State: []string{clusterAddress}}},
	}
	for i := range rows {
		rows[i].AppliedBefore, rows[i].Command = true, withoutRefresh(planCommand)
		rows[i].Config = oneClusterConfig + "data \"pc_dask_cluster\" \"test\" {\n  name = pc_dask_cluster.test.name\n}\n"
	}
	return rows
}

// optionRows are about pc_cluster_options. A list that is empty by mistake would
// mean that the gateway has no options.
func optionRows() []Row {
	failsWith := func(output ...string) Want {
		return Want{Exit: 1, Output: append(output, "The cluster options could not be read")}
	}
	rows := []Row{
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "pc_cluster_options", Promise: promiseFails, Break: failRequests("", "*", repeated(everyTime, gatewayDown)), Want: failsWith("503")},
		{Fault: "The token has expired or was revoked.", Variant: "pc_cluster_options", Promise: promiseRejected, Break: func(w *World) { w.revokeProviderToken() }, Want: failsWith("rejected the credentials from api_token")},
		{Fault: "The server returns 401.", Promise: promiseRejected, Break: failRequests(http.MethodGet, optionsPath, repeated(everyTime, refusal(http.StatusUnauthorized, "Unauthorized"))), Want: failsWith("rejected the credentials from api_token")},
		{Fault: "A login page arrives with status 200.", Variant: "pc_cluster_options", Promise: promiseSignIn, Break: failRequests(http.MethodGet, optionsPath, repeated(everyTime, signInPage)), Want: failsWith("Sign in")},
		{Fault: "`pc_cluster_options`: the response has no options.", Promise: "The read fails. It never returns an empty set.", Break: failRequests(http.MethodGet, optionsPath, gatewayResponse(`{}`)), Want: failsWith("has no cluster_options")},
		{Fault: "A response is cut off.", Variant: "pc_cluster_options", Promise: promiseRetried, Break: failRequests(http.MethodGet, optionsPath, repeated(2, responseCutOff))},
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
	failsWith := func(output ...string) Want { return Want{Exit: 1, Output: output} }
	rows := []Row{
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "pc_hub_user", Promise: promiseFails, Break: failRequests("", "*", repeated(everyTime, htmlResponse(http.StatusServiceUnavailable))), Want: failsWith("did not return the owner of the credentials", "503")},
		{Fault: "The token has expired or was revoked.", Variant: "pc_hub_user", Promise: promiseRejected, Break: func(w *World) { w.revokeProviderToken() }, Want: failsWith("rejected the credentials from api_token")},
		{Fault: "A login page arrives with status 200.", Variant: "pc_hub_user", Promise: promiseSignIn, Break: failRequests(http.MethodGet, self, repeated(everyTime, signInPage)), Want: failsWith("Sign in")},
		{Fault: "A response is cut off.", Variant: "pc_hub_user", Promise: promiseRetried, Break: failRequests(http.MethodGet, self, repeated(2, responseCutOff))},
		{Fault: "`pc_hub_user`: the Hub returns 404 for the user.", Promise: "An error on `name` says that the user does not exist or the token may not read it.", Break: failRequests(http.MethodGet, alice, repeated(everyTime, hubRefusal(http.StatusNotFound, "No access to resources or resources not found"))), Config: oneUser("alice"), Want: failsWith("The Hub returned no user alice", "read:users")},
		{Fault: "A proxy has no route and returns its own 404.", Variant: "pc_hub_user", Promise: promiseNotTheAPI, Break: failRequests(http.MethodGet, alice, repeated(everyTime, htmlResponse(http.StatusNotFound))), Config: oneUser("alice"), Want: failsWith("comes from a proxy and not from the API")},
	}
	for i := range rows {
		if rows[i].Config == "" {
			rows[i].Config = "data \"pc_hub_user\" \"test\" {}\n"
		}
	}
	return rows
}

// oneUser is the configuration of a data source that reads a user by name.
func oneUser(name string) string {
	return "data \"pc_hub_user\" \"test\" {\n  name = \"" + name + "\"\n}\n"
}
