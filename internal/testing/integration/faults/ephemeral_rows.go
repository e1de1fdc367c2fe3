// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	passing    = "A Hub token for one run is opened and closed" //nolint:gosec // words of the guide
	connecting = "A cluster's credentials are read"

	used        = "terraform_data.test"
	usedTainted = used + " (tainted)"
)

// usedBy is a token for one run that a command gets.
func usedBy(command string) string {
	return "ephemeral \"pc_hub_token\" \"test\" {\n  note = \"ours\"\n}\n" +
		"resource \"terraform_data\" \"test\" {\n  provisioner \"local-exec\" {\n    command = \"" + command + "\"\n    environment = { TOKEN = ephemeral.pc_hub_token.test.token }\n  }\n}\n"
}

// ephemeralRows are faults around tokens that live for one run. Terraform makes
// one for the plan and one for the apply; none may outlive its run.
func ephemeralRows() []Row {
	unmade := func(says ...string) Want {
		return Want{Exit: 1, Says: says, Requests: map[string]int{"POST " + tokenList: 1}}
	}
	made := Want{State: []string{used}}
	rows := []Row{
		{
			Fault: "What uses the token fails.", Promise: "The token is revoked, by the provider itself: Terraform does not close it then.",
			Config: usedBy("exit 3"), Want: Want{Exit: 1, Says: []string{"exit status 3"}, State: []string{usedTainted}},
		},
		{Fault: "The answer to its creation is lost: the connection is reset.", Promise: "The orphan is found by its note and its time, by the Hub's clock, and revoked. The error says so.", Break: fails(http.MethodPost, tokenList, answerLost), Want: unmade("was revoked")},
		{Fault: "A proxy answers 502 in its place.", Promise: "The same.", Break: fails(http.MethodPost, tokenList, late(http.StatusBadGateway)), Want: unmade("was revoked")},
		{Fault: "The Hub allows no life as long as the default.", Promise: "The token gets the Hub's longest.", Break: fails(http.MethodPost, tokenList, hubRefusal(http.StatusBadRequest, "token expires_in: 43200 must not exceed 3600")), Want: made},
		{Fault: "The Hub refuses: 403.", Promise: "The error has its words.", Break: fails(http.MethodPost, tokenList, hubRefusal(http.StatusForbidden, "no scope for that")), Want: unmade("no scope for that")},
		{Fault: "The answer to its DELETE is lost.", Promise: "The request is repeated; that it is gone is a success.", Break: fails(http.MethodDelete, oneToken, answerLost), Want: made},
		{Fault: "A proxy fails when it is revoked.", Promise: "The request is repeated.", Break: fails(http.MethodDelete, oneToken, times(2, page(http.StatusBadGateway))), Want: made},
		{
			Fault: "The Hub fails whenever it is revoked.", Promise: "The error says which token may still be valid, until when, and where to revoke it.",
			Break: fails(http.MethodDelete, oneToken, times(always, mockserver.Fault{Status: http.StatusInternalServerError})),
			Want:  Want{Exit: 1, Says: []string{"may still be valid", "It ends by itself at", "/hub/token"}, Tokens: 1, StrayTokens: 1},
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Ephemeral = passing, true
		if rows[i].Config == "" {
			rows[i].Config = usedBy("true")
		}
	}
	return append(rows, credentialRows()...)
}

// credentialRows are faults of the one request that reads a cluster's key. The
// plan looks at nothing else first.
func credentialRows() []Row {
	well := Want{State: []string{cluster}, Running: 1}
	stays := func(running int, says ...string) Want {
		return Want{Exit: 1, Says: says, State: []string{cluster}, Running: running}
	}
	rows := []Row{
		{Fault: "The answer is lost.", Promise: "The request is repeated.", Break: fails(http.MethodGet, anyOne, answerLost), Want: well},
		{Fault: "The answer breaks off in the midst of the key.", Promise: "The same.", Break: fails(http.MethodGet, anyOne, answerTorn), Want: well},
		{Fault: "The gateway's routes are unknown to its proxy for a while.", Promise: "It is waited for.", Break: fails(http.MethodGet, anyOne, times(4, noRoutes)), Want: well},
		{Fault: "The gateway is down.", Promise: "The plan fails after a while, and changes nothing.", Break: fails("", "*", times(always, gatewayDown)), Want: stays(1, "could not be read")},
		{Fault: "The cluster has stopped since.", Promise: "The error says so on the name.", Break: func(w *World) { w.Mock.StopCluster(w.Name()) }, Want: stays(0, "It is STOPPED")},
		{Fault: "The gateway has forgotten the cluster.", Promise: "The same, when that is confirmed.", Break: func(w *World) { w.Mock.DeleteClusterRecord(w.Name()) }, Want: stays(0, "There is no cluster")},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Ephemeral, rows[i].Applied = connecting, true, true
		rows[i].Config = oneCluster + "ephemeral \"pc_dask_cluster_credentials\" \"test\" {\n  name = pc_dask_cluster.test.name\n}\n"
		rows[i].Command = withoutRefresh(plan)
	}
	return rows
}
