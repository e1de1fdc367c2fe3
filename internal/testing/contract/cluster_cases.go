// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"net/http"
	"strings"
)

// defaults are all options of a cluster that was made with none.
const defaults = "<<options-standard>>"

// profile is defaults with another profile.
func profile(name string) string { return "<<options-" + name + ">>" }

// localOptions is profile as a gateway with the local backend writes it: floats
// have become floats, in the order in which the options are declared.
func localOptions(profile string) string {
	return `{"worker_cores": 1.0, "worker_memory": 8.0, "image": "pangeo/pangeo-notebook:2026.08.01", ` +
		`"gpu": false, "environment": {}, "profile": "` + profile + `", "idle_minutes": 0}`
}

// The objects of a cluster in its states, with all their keys in order.
func pending(options string) string {
	return `{"name": "<<cluster>>", "dashboard_route": null, "status": "PENDING", "start_time": <<start=ms>>, "stop_time": null, ` +
		`"options": ` + options + `, "tls_cert": null, "tls_key": null}`
}

func runs() string {
	return `{"name": "<<cluster>>", "dashboard_route": "/clusters/<<cluster>>/status", "status": "RUNNING", "start_time": <<start=ms>>, "stop_time": null, ` +
		`"options": ` + defaults + `, "tls_cert": "<<certificate>>", "tls_key": "<<key>>"}`
}

func ended(status, start, options string) string {
	return `{"name": "<<cluster>>", "dashboard_route": null, "status": "` + status + `", "start_time": ` + start + `, "stop_time": <<stop=ms>>, ` +
		`"options": ` + options + `, "tls_cert": null, "tls_key": null}`
}

// read is a look at the cluster.
func read(body string) Exchange {
	return Exchange{Request: get(clusters + "<<cluster>>"), Answer: gatewayOK(body)}
}

// notFound is the gateway's word that a cluster is not there.
func notFound(name string) Answer {
	return gatewayError(http.StatusNotFound, "Cluster "+name+" not found")
}

// clusterCases are about the cluster object, names, and other people's
// clusters.
func clusterCases() []Case {
	cases := []Case{
		recorded("cluster_pending.json", story("a cluster that starts", create(`{"profile": "stuck"}`), read(pending(profile("stuck"))))),
		{Name: "a cluster that runs", Running: true, Exchanges: []Exchange{{
			Request: get(clusters + "<<cluster>>"), Answer: gatewayOK(runs()), Record: "cluster_running.json",
		}}},
	}
	cases = append(cases, needing([]Case{
		story("all options come back, normalised and in the server's order",
			create(`{"profile": "stuck", "idle_minutes": true, "gpu": true, "environment": {"B": "1", "é": [1, 2.50, null], "A": {}}, "worker_cores": 2, "worker_memory": true}`),
			read(pending(`{"worker_cores": 2.0, "worker_memory": 1.0, "image": "pangeo/pangeo-notebook:2026.08.01", "gpu": true, `+
				`"environment": {"B": "1", "\u00e9": [1, 2.5, null], "A": {}}, "profile": "stuck", "idle_minutes": true}`)),
		),
		story("floats of every size",
			create(`{"profile": "stuck", "worker_cores": 0.1, "worker_memory": 6.4e1, "environment": {"X": [1e16, 1e15, 0.0001, 0.00001, -0.0, 1e22, 123456789012345678901234567890]}}`),
			read(pending(`{"worker_cores": 0.1, "worker_memory": 64.0, "image": "pangeo/pangeo-notebook:2026.08.01", "gpu": false, `+
				`"environment": {"X": [1e+16, 1000000000000000.0, 0.0001, 1e-05, -0.0, 1e+22, 123456789012345678901234567890]}, "profile": "stuck", "idle_minutes": 0}`)),
		),
		recorded("cluster_nan.json", story("numbers that are no JSON come back as such",
			create(`{"profile": "stuck", "environment": {"A": NaN, "B": -Infinity, "C": Infinity}}`).byLoner(),
			read(pending(strings.Replace(localOptions("stuck"), "{}", `{"A": NaN, "B": -Infinity, "C": Infinity}`, 1))).byLoner(),
			Exchange{
				Request: get(clusters).as(loner),
				Answer:  gatewayOK(`{"<<cluster>>": ` + pending(strings.Replace(localOptions("stuck"), "{}", `{"A": NaN, "B": -Infinity, "C": Infinity}`, 1)) + `}`),
			},
		)),
	}, Local)...)
	cases = append(cases, foreignCases()...)
	return append(cases, nameCases()...)
}

// foreignCases are about clusters of somebody else, whose being there is no
// secret.
func foreignCases() []Case {
	lacks := func(doing string) Answer {
		return gatewayError(http.StatusForbidden, "User bob lacks permissions to "+doing+" cluster <<cluster>>")
	}
	const cluster = clusters + "<<cluster>>"
	return []Case{
		recorded("cluster_403.json", running("another user's cluster", get(cluster).as(bob), lacks("view"))),
		running("waiting for another user's cluster", get(cluster+"?wait").as(bob), lacks("view")),
		running("scaling another user's cluster", post(cluster+"/scale", `{"count": 1}`).as(bob), lacks("view")),
		running("scaling another user's cluster with a bad body", post(cluster+"/scale", "{").as(bob), lacks("view")),
		running("adapting another user's cluster", post(cluster+"/adapt", "{}").as(bob), lacks("view")),
		running("stopping another user's cluster", send(http.MethodDelete, cluster).as(bob), lacks("stop")),
		running("a list has the user's own clusters only", get(clusters).as(bob), gatewayOK("{}")),
	}
}

// nameCases are about names that no cluster has.
func nameCases() []Case {
	cases := []Case{
		recorded("cluster_404.json", one("an unknown name", get(clusters+"unknown"), notFound("unknown"))),
		one("an unknown name with a namespace", get(clusters+"prod.0123456789abcdef0123456789abcdef"), notFound("prod.0123456789abcdef0123456789abcdef")),
		one("an unknown name with a space", get(clusters+"a%20b"), notFound("a b")),
		one("an unknown name with a letter beyond ASCII", get(clusters+"%C3%A9"), notFound(`\u00e9`)),
		one("an unknown name with a quote", get(clusters+"a%22b"), notFound(`a\"b`)),
		one("a name with a line break", get(clusters+"a%0Ab"), crash()),
		one("DELETE of an unknown name", send(http.MethodDelete, clusters+"unknown").as(bob), Answer{
			Status: http.StatusNoContent, Header: map[string]string{"Set-Cookie": "<<pair>>; Max-Age=600; Path=/"},
		}),
		one("DELETE of a name with a line break", send(http.MethodDelete, clusters+"a%0Ab"), noContent()),
	}
	cases = append(cases, needing([]Case{
		one("waiting for an unknown name", get(clusters+"unknown?wait"), notFound("unknown").within(atOnce)),
	}, Local)...)
	// The gateway's proxy takes its prefix off the path and the escapes with it.
	cases = append(cases, needing([]Case{
		one("a name with a slash, behind a prefix", get(clusters+"a%2Fb"), noRoute()),
		one("DELETE of a name with a slash, behind a prefix", send(http.MethodDelete, clusters+"a%2Fb"), noRoute()),
	}, Prefix)...)
	return append(cases, needing([]Case{
		one("a name with a slash, without a prefix", get(clusters+"a%2Fb"), notFound("a/b")),
		one("DELETE of a name with a slash, without a prefix", send(http.MethodDelete, clusters+"a%2Fb"), noContent()),
	}, NoPrefix)...)
}

// within adds how long the answer may take.
func (a Answer) within(w wait) Answer {
	a.Wait = w
	return a
}
