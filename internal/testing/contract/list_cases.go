// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// listCases are about the list of clusters and its filter.
func listCases() []Case {
	badStatus := func(name, filter, status string) Case {
		return one("list: "+name, get(clusters+"?status="+filter), gatewayError(http.StatusUnprocessableEntity, status+" is not a valid ClusterStatus"))
	}
	list := func(query, body string) Exchange {
		return Exchange{Request: get(clusters + query).as(loner), Answer: gatewayOK(body)}
	}
	alone := func(object string) string { return `{"<<cluster>>": ` + object + `}` }
	const stuck = `{"profile": "stuck"}`
	failed := ended("FAILED", "<<start=ms>>", profile("broken"))
	return []Case{
		recorded("list_empty.json", one("no clusters", get(clusters).as(bob), gatewayOK("{}"))),
		{Name: "a cluster that runs, in the list", Running: true, Exchanges: []Exchange{
			{Request: get(clusters + "?status=running"), Answer: gatewayOK(`<<any>>"<<cluster>>": ` + runs() + `<<any>>`)},
		}},
		recorded("list.json", story("several clusters, the oldest first",
			create(`{"profile": "stuck", "worker_cores": 2}`).byLoner().keepingName("first"),
			create(`{"profile": "stuck", "gpu": true}`).byLoner().keepingName("second"),
			list("", `{"<<first>>": {"name": "<<first>>", <<any>>}, "<<second>>": {"name": "<<second>>", <<any>>}}`),
		)),
		story("the list without a filter",
			create(stuck).byLoner(),
			list("", alone(pending(profile("stuck")))),
			stop().byLoner(),
			list("", "{}"),
			become("STOPPED").byLoner(),
			list("", "{}"),
			list("?status=pending,running,stopping,failed", "{}"),
			list("?status=stopped", alone(ended("STOPPED", "<<start>>", profile("stuck")))),
		),
		story("the filter",
			create(`{"profile": "broken"}`).byLoner(),
			become("FAILED").byLoner(),
			list("", "{}"),
			list("?status=failed", alone(failed)),
			list("?status=FAILED", alone(failed)),
			list("?status=Failed", alone(failed)),
			list("?status=running,failed", alone(failed)),
			list("?status=running%2Cfailed", alone(failed)),
			list("?status=failed,failed", alone(failed)),
			list("?status=running", "{}"),
			list("?status=running&status=failed", "{}"),
			list("?status=failed&status=bogus", alone(failed)),
			list("?state=failed", "{}"),
		),
		recorded("list_422.json", badStatus("a status that is not there", "bogus", "'bogus'")),
		badStatus("one of several that is not there", "Running,FAILED,zz", "'zz'"),
		badStatus("no status", "", "''"),
		badStatus("a comma", ",", "''"),
		badStatus("a comma too many", "stopped,", "''"),
		badStatus("a blank", "running,%20failed", "' failed'"),
		badStatus("a status in capital letters", "BOGUS", "'BOGUS'"),
		badStatus("a quote", "it's", `\"it's\"`),
	}
}

// keepingName keeps the name of a cluster that is made under another name.
func (x Exchange) keepingName(name string) Exchange {
	x.Answer.Body = `{"name": "<<` + name + `=clustername>>"}`
	return x
}
