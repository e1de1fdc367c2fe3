// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// waitCases cover the long poll.
func waitCases() []Case {
	poll := func(query string, timing responseTiming) Exchange {
		x := readCluster(pendingCluster(optionsWithProfile("stuck")))
		x.Request.Path += query
		x.Response.Timing = timing
		return x
	}
	const stuck = `{"profile": "stuck"}`
	return []Case{
		sequence("long poll of a cluster that stays PENDING ends with 200", createCluster(stuck), poll("?wait", whenLongPollEnds)),
		sequence("long poll with a number ends when the cluster is RUNNING", createCluster("{}"), Exchange{
			Request: getRequest(clustersPath + "<<cluster>>?wait=-1"), Response: gatewayOK(runningCluster()),
		}),
		sequence("long poll of another user's cluster is rejected only after the wait", createCluster(stuck), Exchange{
			Request:  getRequest(clustersPath + "<<cluster>>?wait").asUser(bob),
			Response: gatewayError(http.StatusForbidden, "User bob lacks permissions to view cluster <<cluster>>").withTiming(whenLongPollEnds),
		}),
		sequence("values of wait that do not wait", createCluster(stuck),
			poll("?wait=0", beforeLongPollEnds), poll("?wait=true", beforeLongPollEnds), poll("?wait=yes", beforeLongPollEnds), poll("?Wait", beforeLongPollEnds), poll("?wait=1.0", beforeLongPollEnds)),
		sequence("long poll ends when the cluster is stopped", createCluster(stuck), stopCluster(), Exchange{
			Request:  getRequest(clustersPath + "<<cluster>>?wait"),
			Response: gatewayOK(`<<any>>"status": "STOP<<any>>", "start_time": <<any>>`).withTiming(beforeLongPollEnds),
		}),
		sequence("long poll ends when the start fails",
			createCluster(`{"profile": "broken"}`),
			Exchange{Request: getRequest(clustersPath + "<<cluster>>?wait"), Response: gatewayOK(`<<any>>"status": "<<name>>", "start_time": <<any>>`).withTiming(beforeLongPollEnds)},
			waitForStatus("FAILED"),
			Exchange{Request: getRequest(clustersPath + "<<cluster>>?wait"), Response: gatewayOK(endedCluster("FAILED", "<<start=ms>>", optionsWithProfile("broken"))).withTiming(beforeLongPollEnds)},
		),
		{Name: "long poll of a running cluster", NeedsCluster: true, Exchanges: []Exchange{{
			Request: getRequest(clustersPath + "<<cluster>>?wait"), Response: gatewayOK(runningCluster()).withTiming(beforeLongPollEnds),
		}}},
	}
}

// lifecycleCases cover a cluster from its creation to its end.
func lifecycleCases() []Case {
	return []Case{
		sequence("cluster from creation to end",
			createCluster(`{}`),
			Exchange{Request: getRequest(clustersPath + "<<cluster>>?wait"), Repeat: true, Response: gatewayOK(runningCluster())},
			stopCluster(),
			// STOPPING may already have ended.
			Exchange{Request: getRequest(clustersPath + "<<cluster>>"), Response: gatewayOK(`{"name": "<<cluster>>", "dashboard_route": null, "status": "STOPP<<any>>", ` +
				`"start_time": <<start>>, "stop_time": <<any>>, "options": ` + defaultOptions + `, "tls_cert": null, "tls_key": null}`)},
			stopCluster(),
			waitForStatus("STOPPED"),
			readCluster(endedCluster("STOPPED", "<<start>>", defaultOptions)),
			stopCluster(),
			readCluster(endedCluster("STOPPED", "<<start>>", defaultOptions)),
		),
		recorded("cluster_stopped.json", sequence("cluster stopped before it is RUNNING",
			createCluster(`{"profile": "stuck"}`), readCluster(pendingCluster(optionsWithProfile("stuck"))), stopCluster(), waitForStatus("STOPPED"),
			readCluster(endedCluster("STOPPED", "<<start>>", optionsWithProfile("stuck"))),
		)),
		recorded("cluster_failed.json", sequence("failed start",
			createCluster(`{"profile": "broken"}`), waitForStatus("FAILED"),
			readCluster(endedCluster("FAILED", "<<start=ms>>", optionsWithProfile("broken"))),
			stopCluster(),
			readCluster(endedCluster("FAILED", "<<start>>", optionsWithProfile("broken"))),
		)),
		sequence("DELETE without credentials stops nothing",
			createCluster(`{"profile": "stuck"}`),
			Exchange{Request: newRequest(http.MethodDelete, clustersPath+"<<cluster>>").asUser(noUser), Response: unauthorized()},
			readCluster(pendingCluster(optionsWithProfile("stuck"))),
		),
	}
}
