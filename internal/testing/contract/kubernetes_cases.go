// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

// kubernetesOptions are the options of a cluster with a profile and defaults
// for the rest, as they come back: the API server, where they are kept, sorts
// keys and writes whole numbers without a point.
func kubernetesOptions(profile string) string {
	return `{"environment": {}, "gpu": false, "idle_minutes": 0, "image": "pangeo/pangeo-notebook:2026.08.01", ` +
		`"profile": "` + profile + `", "worker_cores": 1, "worker_memory": 8}`
}

// kubernetesCases are about a gateway with the Kubernetes backend, where it
// says something else than others.
func kubernetesCases() []Case {
	const unknown = "dask.0123456789abcdef0123456789abcdef"
	named := create(`{"profile": "stuck"}`)
	named.Answer.Body = `{"name": "<<cluster=namespaced>>"}`
	cases := []Case{
		story("kubernetes: a name has a namespace", named, read(pending(profile("stuck")))),
		story("kubernetes: times are whole seconds",
			create(`{"profile": "broken"}`), become("FAILED"),
			Exchange{Request: get(clusters + "<<cluster>>"), Answer: gatewayOK(
				`<<any>>"start_time": <<wholems>>, "stop_time": <<wholems>>, "options": ` + profile("broken") + `<<any>>`)},
		),
		one("kubernetes: waiting for an unknown name lasts as long as any wait",
			get(clusters+unknown+"?wait"), notFound(unknown).within(longPoll)),
		one("kubernetes: no proxy asks for routes", get("api/v1/routes"), noRoute()),
		story("kubernetes: options are normalised and then kept as the API server does",
			create(`{"profile": "stuck", "idle_minutes": true, "gpu": true, "environment": {"B": "1", "é": [1, 2.50, null], "A": {}}, "worker_cores": 2, "worker_memory": true}`),
			read(pending(`{"environment": {"A": {}, "B": "1", "\u00e9": [1, 2.5, null]}, "gpu": true, "idle_minutes": true, `+
				`"image": "pangeo/pangeo-notebook:2026.08.01", "profile": "stuck", "worker_cores": 2, "worker_memory": 1}`)),
		),
		story("kubernetes: floats of every size",
			create(`{"profile": "stuck", "worker_cores": 0.1, "worker_memory": 6.4e1, "environment": {"X": [1e16, 1e15, 0.0001, 0.00001, -0.0, 1e22, 12345678901234567890, 123456789012345678901234567890]}}`),
			read(pending(`{"environment": {"X": [10000000000000000, 1000000000000000, 0.0001, 1e-05, 0, 1e+22, 12345678901234567000, 1.2345678901234568e+29]}, `+
				`"gpu": false, "idle_minutes": 0, "image": "pangeo/pangeo-notebook:2026.08.01", "profile": "stuck", "worker_cores": 0.1, "worker_memory": 64}`)),
		),
		one("kubernetes: a number that is no JSON", post(clusters, `{"cluster_options": {"environment": {"A": NaN}}}`), crash()),
		one("kubernetes: a float that is no number", post(clusters, `{"cluster_options": {"worker_cores": NaN}}`), crash()),
	}
	unheard := func(name, path, body string) Case {
		return story("kubernetes: "+name+" that does not reach the scheduler stops the cluster",
			create("{}"), become("RUNNING"), Exchange{Request: post(path, body), Answer: notRunning()}, become("STOPPED"))
	}
	return needing(append(cases, needing([]Case{
		unheard("a scaling", scale, `{"count": 1}`),
		unheard("an adapting", adapt, `{"minimum": 0, "maximum": 1}`),
	}, Deaf)...), Kubernetes)
}
