// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// waitCases are about the long poll.
func waitCases() []Case {
	poll := func(query string, w wait) Exchange {
		x := read(pending(profile("stuck")))
		x.Request.Path += query
		x.Answer.Wait = w
		return x
	}
	const stuck = `{"profile": "stuck"}`
	return []Case{
		story("a long poll of a cluster that stays PENDING ends with a 200", create(stuck), poll("?wait", longPoll)),
		story("a long poll with a number ends when the cluster runs", create("{}"), Exchange{
			Request: get(clusters + "<<cluster>>?wait=-1"), Answer: gatewayOK(runs()),
		}),
		story("a long poll of another user's cluster is refused after the wait only", create(stuck), Exchange{
			Request: get(clusters + "<<cluster>>?wait").as(bob),
			Answer:  gatewayError(http.StatusForbidden, "User bob lacks permissions to view cluster <<cluster>>").within(longPoll),
		}),
		story("forms that do not wait", create(stuck),
			poll("?wait=0", atOnce), poll("?wait=true", atOnce), poll("?wait=yes", atOnce), poll("?Wait", atOnce), poll("?wait=1.0", atOnce)),
		story("a long poll ends when the cluster is stopped", create(stuck), stop(), Exchange{
			Request: get(clusters + "<<cluster>>?wait"),
			Answer:  gatewayOK(`<<any>>"status": "STOP<<any>>", "start_time": <<any>>`).within(atOnce),
		}),
		story("a long poll ends when the start fails",
			create(`{"profile": "broken"}`),
			Exchange{Request: get(clusters + "<<cluster>>?wait"), Answer: gatewayOK(`<<any>>"status": "<<name>>", "start_time": <<any>>`).within(atOnce)},
			become("FAILED"),
			Exchange{Request: get(clusters + "<<cluster>>?wait"), Answer: gatewayOK(ended("FAILED", "<<start=ms>>", profile("broken"))).within(atOnce)},
		),
		{Name: "a long poll of a cluster that runs", Running: true, Exchanges: []Exchange{{
			Request: get(clusters + "<<cluster>>?wait"), Answer: gatewayOK(runs()).within(atOnce),
		}}},
	}
}

// lifecycleCases are about a cluster from its start to its end.
func lifecycleCases() []Case {
	return []Case{
		story("from the POST to the end",
			create(`{}`),
			Exchange{Request: get(clusters + "<<cluster>>?wait"), Until: true, Answer: gatewayOK(runs())},
			stop(),
			// STOPPING is over sooner or later, so either may be seen.
			Exchange{Request: get(clusters + "<<cluster>>"), Answer: gatewayOK(`{"name": "<<cluster>>", "dashboard_route": null, "status": "STOPP<<any>>", ` +
				`"start_time": <<start>>, "stop_time": <<any>>, "options": ` + defaults + `, "tls_cert": null, "tls_key": null}`)},
			stop(),
			become("STOPPED"),
			read(ended("STOPPED", "<<start>>", defaults)),
			stop(),
			read(ended("STOPPED", "<<start>>", defaults)),
		),
		recorded("cluster_stopped.json", story("stopped before it runs",
			create(`{"profile": "stuck"}`), read(pending(profile("stuck"))), stop(), become("STOPPED"),
			read(ended("STOPPED", "<<start>>", profile("stuck"))),
		)),
		recorded("cluster_failed.json", story("a start that fails",
			create(`{"profile": "broken"}`), become("FAILED"),
			read(ended("FAILED", "<<start=ms>>", profile("broken"))),
			stop(),
			read(ended("FAILED", "<<start>>", profile("broken"))),
		)),
		story("DELETE without credentials stops nothing",
			create(`{"profile": "stuck"}`),
			Exchange{Request: send(http.MethodDelete, clusters+"<<cluster>>").as(nobody), Answer: unauthorized()},
			read(pending(profile("stuck"))),
		),
	}
}
