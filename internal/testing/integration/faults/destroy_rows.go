// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const destroying = "A cluster is destroyed"

// destroyRows are faults of the end. It counts only when it has been read.
func destroyRows() []Row {
	stays := func(says ...string) Want { return Want{Exit: 1, Says: says, State: []string{cluster}, Running: 1} }
	forgotten := func(w *World) { w.Mock.DeleteClusterRecord(w.Name()) }
	nothing := mockserver.Fault{Status: http.StatusNoContent}
	rows := []Row{
		{Fault: "It has ended already.", Promise: "That is a success.", Break: func(w *World) { w.Mock.FailCluster(w.Name()) }},
		{Fault: "The gateway no longer knows it.", Promise: "Once its absence is confirmed, that is a success.", Break: forgotten},
		{Fault: "The answer to DELETE is lost.", Promise: "The end is read; that is a success.", Break: fails(http.MethodDelete, anyOne, answerLost)},
		{Fault: "The gateway fails for a while.", Promise: "DELETE and the reads are repeated.", Command: withoutRefresh(destroy), Break: fails("", anyOne, times(9, page(http.StatusBadGateway)))},
		{Fault: "The gateway answers 429.", Promise: "The request is repeated after the time that it asks for.", Break: fails(http.MethodDelete, anyOne, times(2, busy))},
		{Fault: "DELETE is answered with 204 and stops nothing.", Promise: "The cluster is read, and DELETE repeated until it ends.", Break: fails(http.MethodDelete, anyOne, times(2, nothing))},
		{
			Fault: "The Kubernetes gateway restarts, and stops nothing while its cache is empty.", Promise: "The same.",
			Mock: kubernetes(2 * time.Second), Break: func(w *World) { w.Mock.RestartGateway() },
		},
		{
			Fault: "The Kubernetes gateway restarts, and reads thousands of other people's clusters before this one.", Promise: "The same.", Command: withoutRefresh(destroy),
			Mock: slowCache(), Break: func(w *World) { w.Mock.RestartGateway() },
		},
		{
			Fault: "The Kubernetes gateway does not know a young cluster yet.", Promise: "The same.", Mock: kubernetes(0, 6*time.Second),
		},
		{
			Fault: "The cluster does not end within `timeouts.delete`.", Promise: "The error says what it is; it stays in the state.", Config: clusterWith("timeouts = { delete = \"1s\" }"),
			Break: fails(http.MethodDelete, anyOne, times(always, nothing)), Want: stays("did not stop in time", "timeouts.delete"),
		},
		{Fault: "The gateway stays down.", Promise: "The error says so; it stays in the state.", Break: fails("", anyOne, times(always, gatewayDown)), Want: stays("503")},
		{
			Fault: "The gateway goes down in the midst.", Promise: "The same.",
			Break: fails(http.MethodDelete, anyOne, times(always, crash)), Want: stays("500", "It is not known whether the cluster stopped", "terraform destroy again"),
		},
		{Fault: "It is forbidden: 403.", Promise: "The same.", Break: fails(http.MethodDelete, anyOne, times(always, refusal(http.StatusForbidden, "not yours"))), Want: stays("not yours")},
		{Fault: "The token was revoked.", Promise: "The same.", Break: func(w *World) { w.revoke() }, Want: stays("api_token in the provider block")},
		{
			Fault: "Ctrl-C is pressed.", Promise: "The cluster stays in the state until its end has been read.",
			Break: fails(http.MethodDelete, anyOne, mockserver.Fault{Status: http.StatusNoContent, Times: always}), Meanwhile: interrupted(http.MethodDelete, anyOne),
			Want: stays("interrupted"),
		},
		{
			Fault: "It is forgotten while its end is waited for.", Promise: "Once its absence is confirmed, that is a success.",
			Break: fails(http.MethodDelete, anyOne, times(always, nothing)),
			Meanwhile: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodDelete, anyOne)
				forgotten(w)
			},
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Applied = destroying, true
		if rows[i].Command == nil {
			rows[i].Command = destroy
		}
	}
	return rows
}
