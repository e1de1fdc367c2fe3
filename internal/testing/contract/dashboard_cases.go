// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// countsJSON is counts.json of a scheduler with that number of workers. desired_workers is
// the target of its own adaptive scaling; it stays 0 after scale.
func countsJSON(workers string) string {
	return `{"bytes": <<int>>, "clients": 1, "cores": ` + workers + `, "erred": 0, "hosts": <<int>>, "idle": <<int>>, "memory": 0, "processing": 0, "released": 0, ` +
		`"saturated": 0, "tasks": 0, "unrunnable": 0, "waiting": 0, "waiting_data": 0, "workers": ` + workers + `, "desired_workers": <<int>>}`
}

// dashboardCases cover the pages of a cluster's scheduler. A client needs only the
// cluster's name to read them.
func dashboardCases() []Case {
	const pages = "clusters/<<cluster>>"
	page := func(status int, kind, body string) ExpectedResponse {
		return ExpectedResponse{Status: status, ContentType: kind, Body: body, Header: map[string]string{"Set-Cookie": "", "Www-Authenticate": ""}}
	}
	const schedulerJSON = "application/json; charset=UTF-8"
	onPage := func(name, path string, response ExpectedResponse) Case {
		return onSharedCluster("dashboard: "+name, getRequest(pages+path).asUser(noUser), response)
	}
	workers := func(number string) Exchange {
		return Exchange{Request: getRequest(pages + countsPath).asUser(noUser), Response: page(http.StatusOK, schedulerJSON, countsJSON(number)), Repeat: true}
	}
	// identityPage is identity.json of a scheduler with that number of workers, each
	// with one thread.
	identityPage := func(number string) ExpectedResponse {
		return page(http.StatusOK, schedulerJSON,
			`{"type": "Scheduler", "id": "Scheduler-<<uuid>>", "address": "tls://127.0.0.1:<<int>>", "services": {"dashboard": <<int>>, "gateway": <<int>>}, `+
				`"started": <<number>>, "n_workers": `+number+`, "total_threads": `+number+`, "total_memory": <<int>>, "workers": {<<any>>}}`)
	}
	readIdentity := func(number string) Exchange {
		return Exchange{Request: getRequest(pages + identityPath).asUser(noUser), Response: identityPage(number)}
	}
	cases := requiring([]Case{
		onPage("counts need no credentials", countsPath, page(http.StatusOK, schedulerJSON, countsJSON("<<int>>"))),
		onSharedCluster("dashboard: counts with bad credentials", getRequest(pages+countsPath).withAuthorization("jupyterhub"),
			page(http.StatusOK, schedulerJSON, countsJSON("<<int>>"))),
		onSharedCluster("dashboard: counts for another user", getRequest(pages+countsPath).asUser(bob), page(http.StatusOK, schedulerJSON, countsJSON("<<int>>"))),
		onPage("identity needs no credentials", identityPath, identityPage("<<int>>")),
		onSharedCluster("dashboard: identity with bad credentials", getRequest(pages+identityPath).withAuthorization("jupyterhub"), identityPage("<<int>>")),
		onSharedCluster("dashboard: POST of the identity", postRequest(pages+identityPath, "{}").asUser(noUser), page(http.StatusMethodNotAllowed, schedulerHTML,
			"<html><title>405: Method Not Allowed</title><body>405: Method Not Allowed</body></html>")),
		onPage("health", "/health", page(http.StatusOK, gatewayText, "ok")),
		onPage("cluster path redirects outside the prefix", "", redirectToStatus()),
		onPage("cluster path with a slash redirects as well", "/", redirectToStatus()),
		onPage("unknown page", "/nothing", page(http.StatusNotFound, schedulerHTML,
			"<html><title>404: Not Found</title><body>404: Not Found</body></html>")),
		onSharedCluster("dashboard: POST of the counts", postRequest(pages+countsPath, "{}").asUser(noUser), page(http.StatusMethodNotAllowed, schedulerHTML,
			"<html><title>405: Method Not Allowed</title><body>405: Method Not Allowed</body></html>")),
		recorded("counts.json", sequence("dashboard: counts without workers",
			createCluster(`{}`), waitForStatus("RUNNING"), waitForDashboard(),
			Exchange{Request: getRequest(pages + countsPath).asUser(noUser), Response: page(http.StatusOK, schedulerJSON, countsJSON("0"))},
		)),
		sequence("dashboard: identity without workers", createCluster(`{}`), waitForStatus("RUNNING"), waitForDashboard(), readIdentity("0")),
		sequence("dashboard: adapt adds workers, scale removes them, and the page ends with the cluster",
			createCluster(`{}`), waitForStatus("RUNNING"),
			Exchange{Request: postRequest(adaptPath, `{"minimum": 1, "maximum": 2}`), Response: accepted()},
			workers("1"),
			// Switching adaptive scaling off keeps the worker.
			Exchange{Request: postRequest(adaptPath, `{"active": false}`), Response: accepted()},
			Exchange{Request: getRequest(pages + countsPath).asUser(noUser), Response: page(http.StatusOK, schedulerJSON, countsJSON("1"))},
			Exchange{Request: postRequest(scalePath, `{"count": 2}`), Response: accepted()},
			workers("2"),
			readIdentity("2"),
			Exchange{Request: postRequest(scalePath, `{"count": 0}`), Response: accepted()},
			workers("0"),
			readIdentity("0"),
			stopCluster(),
			waitForStatus("STOPPED"),
			Exchange{Request: getRequest(pages + countsPath).asUser(noUser), Response: pathNotFound(), Repeat: true},
		),
	}, RunningSchedulers)
	cases = append(cases, []Case{
		singleRequest("dashboard: unknown cluster", getRequest("clusters/unknown"+countsPath).asUser(noUser), pathNotFound()),
		singleRequest("dashboard: unknown cluster, with credentials", getRequest("clusters/unknown"+countsPath), pathNotFound()),
		singleRequest("dashboard: identity of an unknown cluster", getRequest("clusters/unknown"+identityPath).asUser(noUser), pathNotFound()),
		singleRequest("dashboard: path of an unknown cluster", getRequest("clusters/unknown").asUser(noUser), pathNotFound()),
		sequence("dashboard: pending cluster",
			createCluster(`{"profile": "stuck"}`),
			Exchange{Request: getRequest(pages + countsPath).asUser(noUser), Response: pathNotFound()},
			Exchange{Request: getRequest(pages + identityPath).asUser(noUser), Response: pathNotFound()},
		),
	}...)
	return append(cases, requiring([]Case{
		onPage("status is an HTML page", "/status", page(http.StatusOK, "text/html", "<<any>><title>Dask Diagnostic UI</title><<any>>")),
		onPage("metrics", "/metrics", page(http.StatusOK, "text/plain; version=0.0.4", "<<any>>dask_scheduler_workers{<<any>>")),
		onPage("page with an internal error", "/sitemap.json", page(http.StatusInternalServerError, schedulerHTML,
			"<html><title>500: Internal Server Error</title><body>500: Internal Server Error</body></html>")),
	}, SchedulerPages)...)
}

// redirectToStatus is the scheduler's response to its own root path.
func redirectToStatus() ExpectedResponse {
	return ExpectedResponse{Status: http.StatusMovedPermanently, ContentType: schedulerHTML, Header: map[string]string{"Location": "/status"}}
}
