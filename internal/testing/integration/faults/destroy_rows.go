// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentDestroy = "A cluster is destroyed"

	promiseAbsenceConfirmed = "The destroy succeeds once the absence is confirmed."
)

// destroyRows are faults during a destroy, which succeeds only when the provider
// has read that the cluster has ended.
func destroyRows() []Row {
	failsUnchanged := func(output ...string) Want {
		return Want{Exit: 1, Output: output, State: []string{clusterAddress}, Running: 1}
	}
	forgetCluster := func(w *World) { w.Mock.DeleteClusterRecord(w.NewestCluster()) }
	noContent := mockserver.Fault{Status: http.StatusNoContent}
	rows := []Row{
		{Fault: "You destroy what has already ended.", Promise: promiseDestroyed, Break: func(w *World) { w.Mock.FailCluster(w.NewestCluster()) }},
		{Fault: "The gateway has no record of the cluster.", Promise: promiseAbsenceConfirmed, Break: forgetCluster},
		{Fault: "DELETE or its response is lost.", Promise: promiseDeleteRepeated, Break: failRequests(http.MethodDelete, anyClusterPath, responseLost)},
		{Fault: "The server is down for a while.", Promise: promiseRetried, Command: withoutRefresh(destroyCommand), Break: failRequests("", anyClusterPath, repeated(9, htmlResponse(http.StatusBadGateway)))},
		{Fault: "The server returns 429 with `Retry-After`.", Promise: promiseRateLimited, Break: failRequests(http.MethodDelete, anyClusterPath, repeated(2, rateLimited))},
		{Fault: "DELETE returns 204 and stops nothing.", Promise: promiseDeleteRepeated, Break: failRequests(http.MethodDelete, anyClusterPath, repeated(2, noContent))},
		{
			Fault: "A restarted Kubernetes gateway stops nothing while its cache fills.", Variant: "empty cache", Promise: promiseDeleteRepeated,
			Mock: kubernetes(2 * time.Second), Break: func(w *World) { w.Mock.RestartGateway() },
		},
		{
			Fault: "A restarted Kubernetes gateway stops nothing while its cache fills.", Variant: "thousands of other clusters", Promise: promiseDeleteRepeated, Command: withoutRefresh(destroyCommand),
			Mock: kubernetesWithSlowCache(), Break: func(w *World) { w.Mock.RestartGateway() },
		},
		{
			Fault: "A Kubernetes gateway has not cached a new cluster yet.", Promise: promiseDeleteRepeated, Mock: kubernetes(0, 6*time.Second),
		},
		{
			Fault: "The cluster does not end within `timeouts.delete`.", Promise: "The error gives the status.", Config: clusterWith("timeouts = { delete = \"1s\" }"),
			Break: failRequests(http.MethodDelete, anyClusterPath, repeated(everyTime, noContent)), Want: failsUnchanged("did not stop in time", "timeouts.delete"),
		},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "from the start", Promise: promiseFails, Break: failRequests("", anyClusterPath, repeated(everyTime, gatewayDown)), Want: failsUnchanged("503")},
		{
			Fault: "The server stays down, or returns 500, 502, 503 or 504.", Variant: "during the destroy", Promise: promiseFails,
			Break: failRequests(http.MethodDelete, anyClusterPath, repeated(everyTime, internalError)), Want: failsUnchanged("500", "It is not known whether the cluster stopped", "terraform destroy again"),
		},
		{Fault: "The server returns 403.", Promise: promiseForbidden, Break: failRequests(http.MethodDelete, anyClusterPath, repeated(everyTime, refusal(http.StatusForbidden, "not yours"))), Want: failsUnchanged("not yours")},
		{Fault: "The token has expired or was revoked.", Promise: promiseRejected, Break: func(w *World) { w.revokeProviderToken() }, Want: failsUnchanged("api_token in the provider block")},
		{
			Fault: "You press Ctrl-C during a wait.", Promise: promiseInterrupted,
			Break: failRequests(http.MethodDelete, anyClusterPath, mockserver.Fault{Status: http.StatusNoContent, Times: everyTime}), During: interruptAfter(http.MethodDelete, anyClusterPath),
			Want: failsUnchanged("interrupted"),
		},
		{
			Fault: "The gateway loses that record during the destroy.", Promise: promiseAbsenceConfirmed,
			Break: failRequests(http.MethodDelete, anyClusterPath, repeated(everyTime, noContent)),
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
