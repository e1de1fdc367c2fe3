// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"net/http"
	"strings"
)

// defaultOptions are all options of a cluster that was created without options.
const defaultOptions = "<<options-standard>>"

// optionsWithProfile are the default options with another profile.
func optionsWithProfile(name string) string { return "<<options-" + name + ">>" }

// localOptions are the options as the local backend reports them: in the order of
// their declaration, and floats have a point.
func localOptions(profile string) string {
	return `{"worker_cores": 1.0, "worker_memory": 8.0, "image": "pangeo/pangeo-notebook:2026.08.01", ` +
		`"gpu": false, "environment": {}, "profile": "` + profile + `", "idle_minutes": 0}`
}

// The cluster objects of each status, with all keys in order.
func pendingCluster(options string) string {
	return `{"name": "<<cluster>>", "dashboard_route": null, "status": "PENDING", "start_time": <<start=ms>>, "stop_time": null, ` +
		`"options": ` + options + `, "tls_cert": null, "tls_key": null}`
}

func runningCluster() string {
	return `{"name": "<<cluster>>", "dashboard_route": "/clusters/<<cluster>>/status", "status": "RUNNING", "start_time": <<start=ms>>, "stop_time": null, ` +
		`"options": ` + defaultOptions + `, "tls_cert": "<<certificate>>", "tls_key": "<<key>>"}`
}

func endedCluster(status, start, options string) string {
	return `{"name": "<<cluster>>", "dashboard_route": null, "status": "` + status + `", "start_time": ` + start + `, "stop_time": <<stop=ms>>, ` +
		`"options": ` + options + `, "tls_cert": null, "tls_key": null}`
}

// readCluster reads the cluster.
func readCluster(body string) Exchange {
	return Exchange{Request: getRequest(clustersPath + "<<cluster>>"), Response: gatewayOK(body)}
}

// clusterNotFound is the gateway's response to an unknown name.
func clusterNotFound(name string) ExpectedResponse {
	return gatewayError(http.StatusNotFound, "Cluster "+name+" not found")
}

// clusterCases cover the cluster object, names, and clusters of other users.
func clusterCases() []Case {
	cases := []Case{
		recorded("cluster_pending.json", sequence("pending cluster", createCluster(`{"profile": "stuck"}`), readCluster(pendingCluster(optionsWithProfile("stuck"))))),
		{Name: "running cluster", NeedsCluster: true, Exchanges: []Exchange{{
			Request: getRequest(clustersPath + "<<cluster>>"), Response: gatewayOK(runningCluster()), Record: "cluster_running.json",
		}}},
	}
	cases = append(cases, requiring([]Case{
		sequence("all options are returned, normalised and in the server's order",
			createCluster(`{"profile": "stuck", "idle_minutes": true, "gpu": true, "environment": {"B": "1", "é": [1, 2.50, null], "A": {}}, "worker_cores": 2, "worker_memory": true}`),
			readCluster(pendingCluster(`{"worker_cores": 2.0, "worker_memory": 1.0, "image": "pangeo/pangeo-notebook:2026.08.01", "gpu": true, `+
				`"environment": {"B": "1", "\u00e9": [1, 2.5, null], "A": {}}, "profile": "stuck", "idle_minutes": true}`)),
		),
		sequence("floats of every size",
			createCluster(`{"profile": "stuck", "worker_cores": 0.1, "worker_memory": 6.4e1, "environment": {"X": [1e16, 1e15, 0.0001, 0.00001, -0.0, 1e22, 123456789012345678901234567890]}}`),
			readCluster(pendingCluster(`{"worker_cores": 0.1, "worker_memory": 64.0, "image": "pangeo/pangeo-notebook:2026.08.01", "gpu": false, `+
				`"environment": {"X": [1e+16, 1000000000000000.0, 0.0001, 1e-05, -0.0, 1e+22, 123456789012345678901234567890]}, "profile": "stuck", "idle_minutes": 0}`)),
		),
		recorded("cluster_nan.json", sequence("numbers that JSON does not have are returned unchanged",
			createCluster(`{"profile": "stuck", "environment": {"A": NaN, "B": -Infinity, "C": Infinity}}`).byCaseUser(),
			readCluster(pendingCluster(strings.Replace(localOptions("stuck"), "{}", `{"A": NaN, "B": -Infinity, "C": Infinity}`, 1))).byCaseUser(),
			Exchange{
				Request:  getRequest(clustersPath).asUser(caseUser),
				Response: gatewayOK(`{"<<cluster>>": ` + pendingCluster(strings.Replace(localOptions("stuck"), "{}", `{"A": NaN, "B": -Infinity, "C": Infinity}`, 1)) + `}`),
			},
		)),
	}, LocalBackend)...)
	cases = append(cases, otherUserCases()...)
	return append(cases, nameCases()...)
}

// otherUserCases cover clusters of another user. The gateway reveals that they
// exist.
func otherUserCases() []Case {
	forbidden := func(doing string) ExpectedResponse {
		return gatewayError(http.StatusForbidden, "User bob lacks permissions to "+doing+" cluster <<cluster>>")
	}
	const cluster = clustersPath + "<<cluster>>"
	return []Case{
		recorded("cluster_403.json", onSharedCluster("another user's cluster", getRequest(cluster).asUser(bob), forbidden("view"))),
		onSharedCluster("wait for another user's cluster", getRequest(cluster+"?wait").asUser(bob), forbidden("view")),
		onSharedCluster("scale another user's cluster", postRequest(cluster+"/scale", `{"count": 1}`).asUser(bob), forbidden("view")),
		onSharedCluster("scale another user's cluster with an invalid body", postRequest(cluster+"/scale", "{").asUser(bob), forbidden("view")),
		onSharedCluster("adapt another user's cluster", postRequest(cluster+"/adapt", "{}").asUser(bob), forbidden("view")),
		onSharedCluster("stop another user's cluster", newRequest(http.MethodDelete, cluster).asUser(bob), forbidden("stop")),
		onSharedCluster("list has only the user's own clusters", getRequest(clustersPath).asUser(bob), gatewayOK("{}")),
	}
}

// nameCases cover names that no cluster has.
func nameCases() []Case {
	cases := []Case{
		recorded("cluster_404.json", singleRequest("unknown name", getRequest(clustersPath+"unknown"), clusterNotFound("unknown"))),
		singleRequest("unknown name with a namespace", getRequest(clustersPath+"prod.0123456789abcdef0123456789abcdef"), clusterNotFound("prod.0123456789abcdef0123456789abcdef")),
		singleRequest("unknown name with a space", getRequest(clustersPath+"a%20b"), clusterNotFound("a b")),
		singleRequest("unknown name beyond ASCII", getRequest(clustersPath+"%C3%A9"), clusterNotFound(`\u00e9`)),
		singleRequest("unknown name with a quote", getRequest(clustersPath+"a%22b"), clusterNotFound(`a\"b`)),
		singleRequest("name with a line break", getRequest(clustersPath+"a%0Ab"), internalError()),
		singleRequest("DELETE of an unknown name", newRequest(http.MethodDelete, clustersPath+"unknown").asUser(bob), ExpectedResponse{
			Status: http.StatusNoContent, Header: map[string]string{"Set-Cookie": "<<pair>>; Max-Age=600; Path=/"},
		}),
		singleRequest("DELETE of a name with a line break", newRequest(http.MethodDelete, clustersPath+"a%0Ab"), noContent()),
	}
	cases = append(cases, requiring([]Case{
		singleRequest("wait for an unknown name", getRequest(clustersPath+"unknown?wait"), clusterNotFound("unknown").withTiming(beforeLongPollEnds)),
	}, LocalBackend)...)
	// The gateway's proxy unescapes the path before it removes its prefix.
	cases = append(cases, requiring([]Case{
		singleRequest("name with a slash, behind a prefix", getRequest(clustersPath+"a%2Fb"), pathNotFound()),
		singleRequest("DELETE of a name with a slash, behind a prefix", newRequest(http.MethodDelete, clustersPath+"a%2Fb"), pathNotFound()),
	}, PathPrefix)...)
	return append(cases, requiring([]Case{
		singleRequest("name with a slash, without a prefix", getRequest(clustersPath+"a%2Fb"), clusterNotFound("a/b")),
		singleRequest("DELETE of a name with a slash, without a prefix", newRequest(http.MethodDelete, clustersPath+"a%2Fb"), noContent()),
	}, NoPathPrefix)...)
}

// withTiming sets how long the response may take.
func (r ExpectedResponse) withTiming(timing responseTiming) ExpectedResponse {
	r.Timing = timing
	return r
}
