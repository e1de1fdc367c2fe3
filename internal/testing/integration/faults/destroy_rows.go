// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const momentDestroy = "A cluster is destroyed"

// destroyRows are faults during a destroy, which succeeds only when the provider
// has read that the cluster has ended.
func destroyRows() []Row {
	failsUnchanged := func(says ...string) Want {
		return Want{Exit: 1, Output: says, State: []string{clusterAddress}, Running: 1}
	}
	forgetCluster := func(w *World) { w.Mock.DeleteClusterRecord(w.NewestCluster()) }
	noContent := mockserver.Fault{Status: http.StatusNoContent}
	rows := []Row{
		{Fault: "The cluster has ended already.", Promise: "The destroy succeeds.", Break: func(w *World) { w.Mock.FailCluster(w.NewestCluster()) }},
		{Fault: "The gateway no longer has a record of the cluster.", Promise: "The destroy succeeds once the absence is confirmed.", Break: forgetCluster},
		{Fault: "The response to DELETE is lost.", Promise: "The provider reads the final status. The destroy succeeds.", Break: fails(http.MethodDelete, anyClusterPath, responseLost)},
		{Fault: "The gateway fails for a while.", Promise: "The provider retries DELETE and the reads.", Command: withoutRefresh(destroyCommand), Break: fails("", anyClusterPath, times(9, page(http.StatusBadGateway)))},
		{Fault: "The gateway returns 429.", Promise: "The provider repeats the request after the response's `Retry-After`.", Break: fails(http.MethodDelete, anyClusterPath, times(2, rateLimited))},
		{Fault: "The gateway returns 204 to DELETE and stops nothing.", Promise: "The provider reads the cluster and repeats DELETE until the cluster ends.", Break: fails(http.MethodDelete, anyClusterPath, times(2, noContent))},
		{
			Fault: "The Kubernetes gateway restarts and stops nothing while its cache is empty.", Promise: "As above.",
			Mock: kubernetes(2 * time.Second), Break: func(w *World) { w.Mock.RestartGateway() },
		},
		{
			Fault: "The Kubernetes gateway restarts and reads thousands of other users' clusters before this one.", Promise: "As above.", Command: withoutRefresh(destroyCommand),
			Mock: kubernetesWithSlowCache(), Break: func(w *World) { w.Mock.RestartGateway() },
		},
		{
			Fault: "The Kubernetes gateway has not cached a new cluster yet.", Promise: "As above.", Mock: kubernetes(0, 6*time.Second),
		},
		{
			Fault: "The cluster does not end within `timeouts.delete`.", Promise: "The error includes the status. The cluster stays in the state.", Config: clusterWith("timeouts = { delete = \"1s\" }"),
			Break: fails(http.MethodDelete, anyClusterPath, times(everyTime, noContent)), Want: failsUnchanged("did not stop in time", "timeouts.delete"),
		},
		{Fault: "The gateway stays down.", Promise: "The error reports it. The cluster stays in the state.", Break: fails("", anyClusterPath, times(everyTime, gatewayDown)), Want: failsUnchanged("503")},
		{
			Fault: "The gateway goes down during the destroy.", Promise: "As above.",
			Break: fails(http.MethodDelete, anyClusterPath, times(everyTime, internalError)), Want: failsUnchanged("500", "It is not known whether the cluster stopped", "terraform destroy again"),
		},
		{Fault: "The gateway forbids it: 403.", Promise: "As above.", Break: fails(http.MethodDelete, anyClusterPath, times(everyTime, refusal(http.StatusForbidden, "not yours"))), Want: failsUnchanged("not yours")},
		{Fault: "The token has been revoked.", Promise: "As above.", Break: func(w *World) { w.revokeProviderToken() }, Want: failsUnchanged("api_token in the provider block")},
		{
			Fault: "You press Ctrl-C.", Promise: "The cluster stays in the state.",
			Break: fails(http.MethodDelete, anyClusterPath, mockserver.Fault{Status: http.StatusNoContent, Times: everyTime}), During: interruptAfter(http.MethodDelete, anyClusterPath),
			Want: failsUnchanged("interrupted"),
		},
		{
			Fault: "The gateway loses its record of the cluster while the provider waits for the end.", Promise: "The destroy succeeds once the absence is confirmed.",
			Break: fails(http.MethodDelete, anyClusterPath, times(everyTime, noContent)),
			During: func(w *World, _ *terraform.Process) {
				w.Await(http.MethodDelete, anyClusterPath)
				forgetCluster(w)
			},
		},
	}
	for i := range rows {
		rows[i].Moment, rows[i].AppliedBefore = momentDestroy, true
		if rows[i].Command == nil {
			rows[i].Command = destroyCommand
		}
	}
	return rows
}
