// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// countsJSON are the counts of a scheduler with so many workers; desired_workers
// is what its own adaptive scaling aims at, and stays 0 when it was told a
// number.
func countsJSON(workers string) string {
	return `{"bytes": <<int>>, "clients": 1, "cores": ` + workers + `, "erred": 0, "hosts": <<int>>, "idle": <<int>>, "memory": 0, "processing": 0, "released": 0, ` +
		`"saturated": 0, "tasks": 0, "unrunnable": 0, "waiting": 0, "waiting_data": 0, "workers": ` + workers + `, "desired_workers": <<int>>}`
}

// dashboardCases are about the pages of a cluster's own scheduler, which anyone
// may see who knows the name.
func dashboardCases() []Case {
	const pages = "clusters/<<cluster>>"
	page := func(status int, kind, body string) Answer {
		return Answer{Status: status, Type: kind, Body: body, Header: map[string]string{"Set-Cookie": "", "Www-Authenticate": ""}}
	}
	const schedulerJSON = "application/json; charset=UTF-8"
	onPage := func(name, path string, answer Answer) Case {
		return running("dashboard: "+name, get(pages+path).as(nobody), answer)
	}
	workers := func(number string) Exchange {
		return Exchange{Request: get(pages + counts).as(nobody), Answer: page(http.StatusOK, schedulerJSON, countsJSON(number)), Until: true}
	}
	// account is what the scheduler tells of itself, with so many workers of one
	// thread each.
	account := func(number string) Answer {
		return page(http.StatusOK, schedulerJSON,
			`{"type": "Scheduler", "id": "Scheduler-<<uuid>>", "address": "tls://127.0.0.1:<<int>>", "services": {"dashboard": <<int>>, "gateway": <<int>>}, `+
				`"started": <<number>>, "n_workers": `+number+`, "total_threads": `+number+`, "total_memory": <<int>>, "workers": {<<any>>}}`)
	}
	told := func(number string) Exchange {
		return Exchange{Request: get(pages + identity).as(nobody), Answer: account(number)}
	}
	cases := needing([]Case{
		onPage("the counts need no credentials", counts, page(http.StatusOK, schedulerJSON, countsJSON("<<int>>"))),
		running("dashboard: the counts with bad credentials", get(pages+counts).authorization("jupyterhub"),
			page(http.StatusOK, schedulerJSON, countsJSON("<<int>>"))),
		running("dashboard: the counts for another user", get(pages+counts).as(bob), page(http.StatusOK, schedulerJSON, countsJSON("<<int>>"))),
		onPage("the identity needs no credentials", identity, account("<<int>>")),
		running("dashboard: the identity with bad credentials", get(pages+identity).authorization("jupyterhub"), account("<<int>>")),
		running("dashboard: POST of the identity", post(pages+identity, "{}").as(nobody), page(http.StatusMethodNotAllowed, schedulerHTML,
			"<html><title>405: Method Not Allowed</title><body>405: Method Not Allowed</body></html>")),
		onPage("health", "/health", page(http.StatusOK, gatewayText, "ok")),
		onPage("the bare name redirects out of the prefix", "", redirect()),
		onPage("the bare name with a slash redirects as well", "/", redirect()),
		onPage("a page that is not there", "/nothing", page(http.StatusNotFound, schedulerHTML,
			"<html><title>404: Not Found</title><body>404: Not Found</body></html>")),
		running("dashboard: POST of the counts", post(pages+counts, "{}").as(nobody), page(http.StatusMethodNotAllowed, schedulerHTML,
			"<html><title>405: Method Not Allowed</title><body>405: Method Not Allowed</body></html>")),
		recorded("counts.json", story("dashboard: no workers at first",
			create(`{}`), become("RUNNING"), reachable(),
			Exchange{Request: get(pages + counts).as(nobody), Answer: page(http.StatusOK, schedulerJSON, countsJSON("0"))},
		)),
		story("dashboard: the identity has no workers at first", create(`{}`), become("RUNNING"), reachable(), told("0")),
		story("dashboard: workers come by adapting and go by scaling, and the page goes with the cluster",
			create(`{}`), become("RUNNING"),
			Exchange{Request: post(adapt, `{"minimum": 1, "maximum": 2}`), Answer: accepted()},
			workers("1"),
			// Adapting ends, the worker stays.
			Exchange{Request: post(adapt, `{"active": false}`), Answer: accepted()},
			Exchange{Request: get(pages + counts).as(nobody), Answer: page(http.StatusOK, schedulerJSON, countsJSON("1"))},
			Exchange{Request: post(scale, `{"count": 2}`), Answer: accepted()},
			workers("2"),
			told("2"),
			Exchange{Request: post(scale, `{"count": 0}`), Answer: accepted()},
			workers("0"),
			told("0"),
			stop(),
			become("STOPPED"),
			Exchange{Request: get(pages + counts).as(nobody), Answer: noRoute(), Until: true},
		),
	}, Workers)
	cases = append(cases, []Case{
		one("dashboard: an unknown cluster", get("clusters/unknown"+counts).as(nobody), noRoute()),
		one("dashboard: an unknown cluster, with credentials", get("clusters/unknown"+counts), noRoute()),
		one("dashboard: the identity of an unknown cluster", get("clusters/unknown"+identity).as(nobody), noRoute()),
		one("dashboard: an unknown cluster's bare name", get("clusters/unknown").as(nobody), noRoute()),
		story("dashboard: a cluster that does not run yet",
			create(`{"profile": "stuck"}`),
			Exchange{Request: get(pages + counts).as(nobody), Answer: noRoute()},
			Exchange{Request: get(pages + identity).as(nobody), Answer: noRoute()},
		),
	}...)
	return append(cases, needing([]Case{
		onPage("the status is a page", "/status", page(http.StatusOK, "text/html", "<<any>><title>Dask Diagnostic UI</title><<any>>")),
		onPage("metrics", "/metrics", page(http.StatusOK, "text/plain; version=0.0.4", "<<any>>dask_scheduler_workers{<<any>>")),
		onPage("a page that fails", "/sitemap.json", page(http.StatusInternalServerError, schedulerHTML,
			"<html><title>500: Internal Server Error</title><body>500: Internal Server Error</body></html>")),
	}, Scheduler)...)
}

// redirect is the scheduler's answer to its own root, as it sees it.
func redirect() Answer {
	return Answer{Status: http.StatusMovedPermanently, Type: schedulerHTML, Header: map[string]string{"Location": "/status"}}
}
