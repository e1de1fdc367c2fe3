// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

// kubernetesOptions are a cluster's options as a gateway with the Kubernetes
// backend reports them. The API server stores them, sorts the keys and writes whole
// numbers without a point.
func kubernetesOptions(profile string) string {
	return `{"environment": {}, "gpu": false, "idle_minutes": 0, "image": "pangeo/pangeo-notebook:2026.08.01", ` +
		`"profile": "` + profile + `", "worker_cores": 1, "worker_memory": 8}`
}

// kubernetesCases cover responses that only the Kubernetes backend has.
func kubernetesCases() []Case {
	const unknown = "dask.0123456789abcdef0123456789abcdef"
	named := createCluster(`{"profile": "stuck"}`)
	named.Response.Body = `{"name": "<<cluster=namespaced>>"}`
	cases := []Case{
		sequence("kubernetes: name has a namespace", named, readCluster(pendingCluster(optionsWithProfile("stuck")))),
		sequence("kubernetes: times are whole seconds",
			createCluster(`{"profile": "broken"}`), waitForStatus("FAILED"),
			Exchange{Request: getRequest(clustersPath + "<<cluster>>"), Response: gatewayOK(
				`<<any>>"start_time": <<wholems>>, "stop_time": <<wholems>>, "options": ` + optionsWithProfile("broken") + `<<any>>`)},
		),
		singleRequest("kubernetes: wait for an unknown name lasts the whole long poll",
			getRequest(clustersPath+unknown+"?wait"), clusterNotFound(unknown).withTiming(whenLongPollEnds)),
		singleRequest("kubernetes: no routes for a proxy", getRequest("api/v1/routes"), pathNotFound()),
		sequence("kubernetes: options are normalised and stored by the API server",
			createCluster(`{"profile": "stuck", "idle_minutes": true, "gpu": true, "environment": {"B": "1", "é": [1, 2.50, null], "A": {}}, "worker_cores": 2, "worker_memory": true}`),
			readCluster(pendingCluster(`{"environment": {"A": {}, "B": "1", "\u00e9": [1, 2.5, null]}, "gpu": true, "idle_minutes": true, `+
				`"image": "pangeo/pangeo-notebook:2026.08.01", "profile": "stuck", "worker_cores": 2, "worker_memory": 1}`)),
		),
		sequence("kubernetes: floats of every size",
			createCluster(`{"profile": "stuck", "worker_cores": 0.1, "worker_memory": 6.4e1, "environment": {"X": [1e16, 1e15, 0.0001, 0.00001, -0.0, 1e22, 12345678901234567890, 123456789012345678901234567890]}}`),
			readCluster(pendingCluster(`{"environment": {"X": [10000000000000000, 1000000000000000, 0.0001, 1e-05, 0, 1e+22, 12345678901234567000, 1.2345678901234568e+29]}, `+
				`"gpu": false, "idle_minutes": 0, "image": "pangeo/pangeo-notebook:2026.08.01", "profile": "stuck", "worker_cores": 0.1, "worker_memory": 64}`)),
		),
		singleRequest("kubernetes: number that JSON does not have", postRequest(clustersPath, `{"cluster_options": {"environment": {"A": NaN}}}`), internalError()),
		singleRequest("kubernetes: float is NaN", postRequest(clustersPath, `{"cluster_options": {"worker_cores": NaN}}`), internalError()),
	}
	unreachable := func(name, path, body string) Case {
		return sequence("kubernetes: "+name+" that does not reach the scheduler stops the cluster",
			createCluster("{}"), waitForStatus("RUNNING"), Exchange{Request: postRequest(path, body), Response: notRunning()}, waitForStatus("STOPPED"))
	}
	return requiring(append(cases, requiring([]Case{
		unreachable("scale request", scalePath, `{"count": 1}`),
		unreachable("adapt request", adaptPath, `{"minimum": 0, "maximum": 1}`),
	}, UnreachableSchedulers)...), KubernetesBackend)
}
