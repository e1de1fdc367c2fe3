// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// listCases cover the list of clusters and its filter.
func listCases() []Case {
	badStatus := func(name, filter, status string) Case {
		return singleRequest("list: "+name, getRequest(clustersPath+"?status="+filter), gatewayError(http.StatusUnprocessableEntity, status+" is not a valid ClusterStatus"))
	}
	list := func(query, body string) Exchange {
		return Exchange{Request: getRequest(clustersPath + query).asUser(caseUser), Response: gatewayOK(body)}
	}
	onlyCluster := func(object string) string { return `{"<<cluster>>": ` + object + `}` }
	const stuck = `{"profile": "stuck"}`
	failed := endedCluster("FAILED", "<<start=ms>>", optionsWithProfile("broken"))
	return []Case{
		recorded("list_empty.json", singleRequest("no clusters", getRequest(clustersPath).asUser(bob), gatewayOK("{}"))),
		{Name: "running cluster in the list", NeedsCluster: true, Exchanges: []Exchange{
			{Request: getRequest(clustersPath + "?status=running"), Response: gatewayOK(`<<any>>"<<cluster>>": ` + runningCluster() + `<<any>>`)},
		}},
		recorded("list.json", sequence("several clusters, oldest first",
			createCluster(`{"profile": "stuck", "worker_cores": 2}`).byCaseUser().storingNameAs("first"),
			createCluster(`{"profile": "stuck", "gpu": true}`).byCaseUser().storingNameAs("second"),
			list("", `{"<<first>>": {"name": "<<first>>", <<any>>}, "<<second>>": {"name": "<<second>>", <<any>>}}`),
		)),
		sequence("list without a filter",
			createCluster(stuck).byCaseUser(),
			list("", onlyCluster(pendingCluster(optionsWithProfile("stuck")))),
			stopCluster().byCaseUser(),
			list("", "{}"),
			waitForStatus("STOPPED").byCaseUser(),
			list("", "{}"),
			list("?status=pending,running,stopping,failed", "{}"),
			list("?status=stopped", onlyCluster(endedCluster("STOPPED", "<<start>>", optionsWithProfile("stuck")))),
		),
		sequence("status filter",
			createCluster(`{"profile": "broken"}`).byCaseUser(),
			waitForStatus("FAILED").byCaseUser(),
			list("", "{}"),
			list("?status=failed", onlyCluster(failed)),
			list("?status=FAILED", onlyCluster(failed)),
			list("?status=Failed", onlyCluster(failed)),
			list("?status=running,failed", onlyCluster(failed)),
			list("?status=running%2Cfailed", onlyCluster(failed)),
			list("?status=failed,failed", onlyCluster(failed)),
			list("?status=running", "{}"),
			list("?status=running&status=failed", "{}"),
			list("?status=failed&status=bogus", onlyCluster(failed)),
			list("?state=failed", "{}"),
		),
		recorded("list_422.json", badStatus("unknown status", "bogus", "'bogus'")),
		badStatus("one unknown status of several", "Running,FAILED,zz", "'zz'"),
		badStatus("empty status", "", "''"),
		badStatus("comma alone", ",", "''"),
		badStatus("trailing comma", "stopped,", "''"),
		badStatus("status with a leading space", "running,%20failed", "' failed'"),
		badStatus("unknown status in capital letters", "BOGUS", "'BOGUS'"),
		badStatus("status with a quote", "it's", `\"it's\"`),
	}
}

// storingNameAs stores the name of a created cluster under another key.
func (x Exchange) storingNameAs(name string) Exchange {
	x.Response.Body = `{"name": "<<` + name + `=clustername>>"}`
	return x
}
