// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentEphemeralToken = "A Hub token for one run is opened and closed" //nolint:gosec // a heading of the guide
	momentCredentials    = "A cluster's credentials are read"             //nolint:gosec // a heading of the guide

	promiseErrorOnName = "The error is on `name`. An absence is confirmed first."

	tokenConsumerAddress        = "terraform_data.test" //nolint:gosec // an address
	taintedTokenConsumerAddress = tokenConsumerAddress + " (tainted)"
)

// tokenUsedBy is the configuration of a token for one run that is passed to a
// command.
func tokenUsedBy(command string) string {
	return "ephemeral \"pc_hub_token\" \"test\" {\n  note = \"ours\"\n}\n" +
		"resource \"terraform_data\" \"test\" {\n  provisioner \"local-exec\" {\n    command = \"" + command + "\"\n    environment = { TOKEN = ephemeral.pc_hub_token.test.token }\n  }\n}\n"
}

// ephemeralRows are faults of tokens for one run. Terraform opens one for the
// plan and one for the apply. The provider must revoke both when the run ends.
func ephemeralRows() []Row {
	failsToOpen := func(output ...string) Want {
		return Want{Exit: 1, Output: output, Requests: map[string]int{"POST " + tokensPath: 1}}
	}
	succeeds := Want{State: []string{tokenConsumerAddress}}
	rows := []Row{
		{
			Fault: "The resource that uses an ephemeral token fails.", Promise: "The provider revokes the token, which Terraform does not close in this case.",
			Config: tokenUsedBy("exit 3"), Want: Want{Exit: 1, Output: []string{"exit status 3"}, State: []string{taintedTokenConsumerAddress}},
		},
		{Fault: "The response to a token's creation is lost or cut off.", Promise: promiseOrphanRevoked, Break: failRequests(http.MethodPost, tokensPath, responseLost), Want: failsToOpen("was revoked")},
		{Fault: "A proxy returns 502 or 504 instead.", Promise: promiseOrphanRevoked, Break: failRequests(http.MethodPost, tokensPath, afterHandling(http.StatusBadGateway)), Want: failsToOpen("was revoked")},
		{Fault: "The Hub does not allow the default lifetime of an ephemeral token.", Promise: "The token gets the longest lifetime allowed.", Break: failRequests(http.MethodPost, tokensPath, hubRefusal(http.StatusBadRequest, "token expires_in: 43200 must not exceed 3600")), Want: succeeds},
		{Fault: "The server returns 403.", Promise: promiseForbidden, Break: failRequests(http.MethodPost, tokensPath, hubRefusal(http.StatusForbidden, "no scope for that")), Want: failsToOpen("no scope for that")},
		{Fault: "The response to a token's DELETE is lost.", Promise: promiseTokenRevoked, Break: failRequests(http.MethodDelete, anyTokenPath, responseLost), Want: succeeds},
		{Fault: "The server is down for a while.", Promise: promiseRetried, Break: failRequests(http.MethodDelete, anyTokenPath, repeated(2, htmlResponse(http.StatusBadGateway))), Want: succeeds},
		{
			Fault: "The Hub rejects every DELETE of an ephemeral token.", Promise: "The error says which token may be valid until when, and where to revoke it.",
			Break: failRequests(http.MethodDelete, anyTokenPath, repeated(everyTime, mockserver.Fault{Status: http.StatusInternalServerError})),
			Want:  Want{Exit: 1, Output: []string{"may still be valid", "It expires at", "/hub/token"}, Tokens: 1, UnmanagedTokens: 1},
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Ephemeral = momentEphemeralToken, true
		if rows[i].Config == "" {
			rows[i].Config = tokenUsedBy("true")
		}
	}
	return append(rows, credentialRows()...)
}

// credentialRows are faults of the request that reads a cluster's key. The plan
// sends no other request before it.
func credentialRows() []Row {
	succeeds := Want{State: []string{clusterAddress}, Running: 1}
	failsUnchanged := func(running int, output ...string) Want {
		return Want{Exit: 1, Output: output, State: []string{clusterAddress}, Running: running}
	}
	rows := []Row{
		{Fault: "A response is lost.", Promise: promiseRetried, Break: failRequests(http.MethodGet, anyClusterPath, responseLost), Want: succeeds},
		{Fault: "A response is cut off.", Promise: promiseRetried, Break: failRequests(http.MethodGet, anyClusterPath, responseCutOff), Want: succeeds},
		{Fault: "A proxy has no route for a while and returns its own 404 or 502.", Promise: promiseRouteAwaited, Break: failRequests(http.MethodGet, anyClusterPath, repeated(4, noRoute)), Want: succeeds},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Promise: promiseFails, Break: failRequests("", "*", repeated(everyTime, gatewayDown)), Want: failsUnchanged(1, "could not be read")},
		{Fault: "`pc_dask_cluster_credentials`: the cluster has stopped, or the gateway has no record of it.", Variant: "stopped", Promise: promiseErrorOnName, Break: func(w *World) { w.Mock.StopCluster(w.NewestCluster()) }, Want: failsUnchanged(0, "It is STOPPED")},
		{Fault: "`pc_dask_cluster_credentials`: the cluster has stopped, or the gateway has no record of it.", Variant: "no record", Promise: promiseErrorOnName, Break: func(w *World) { w.Mock.DeleteClusterRecord(w.NewestCluster()) }, Want: failsUnchanged(0, "There is no cluster")},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Ephemeral, rows[i].AppliedBefore = momentCredentials, true, true
		rows[i].Config = oneClusterConfig + "ephemeral \"pc_dask_cluster_credentials\" \"test\" {\n  name = pc_dask_cluster.test.name\n}\n"
		rows[i].Command = withoutRefresh(planCommand)
	}
	return rows
}
