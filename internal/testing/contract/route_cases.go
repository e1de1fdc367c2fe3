// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// routeCases are about the gateway's paths and methods, and about what its
// proxies say of those that nobody has.
func routeCases() []Case {
	open := func(body string) Answer {
		return Answer{Status: http.StatusOK, Type: gatewayJSON, Body: body, Header: map[string]string{"Set-Cookie": ""}}
	}
	bodiless := func(a Answer) Answer {
		a.Body = ""
		return a
	}
	cases := []Case{
		recorded("gateway_health.json", one("health needs no credentials", get("api/health").as(nobody), open(`{"status": "pass"}`))),
		recorded("gateway_version.json", one("version needs no credentials", get("api/version").as(nobody), open(`{"version": "2026.3.0"}`))),
		one("version with bad credentials", get("api/version").authorization("jupyterhub"), open(`{"version": "2026.3.0"}`)),
		recorded("gateway_404_text.json", one("the list without its slash", get("api/v1/clusters"), noRoute())),
		one("a POST without the slash", post("api/v1/clusters", "{}"), noRoute()),
		running("a cluster with a slash", get(clusters+"<<cluster>>/"), noRoute()),
		one("a path without its slash needs no credentials", get("api/v1/clusters").as(nobody), noRoute()),
		one("the options with a slash", get("api/v1/options/"), noRoute()),
		one("a path that is not there", get("api/v2/clusters/"), noRoute()),
		one("a path beside the interface", get("nothing"), noRoute()),
		one("HEAD of the list", send(http.MethodHead, clusters).as(bob), bodiless(gatewayOK(""))),
		one("HEAD of the health", send(http.MethodHead, "api/health").as(nobody), bodiless(open(""))),
		recorded("gateway_405.json", one("PUT of the list", send(http.MethodPut, clusters), notAllowed("GET,HEAD,POST"))),
		one("DELETE of the list", send(http.MethodDelete, clusters), notAllowed("GET,HEAD,POST")),
		one("OPTIONS of the list", send(http.MethodOptions, clusters), notAllowed("GET,HEAD,POST")),
		one("PATCH of a cluster", send(http.MethodPatch, clusters+"unknown"), notAllowed("DELETE,GET,HEAD")),
		one("POST of a cluster", post(clusters+"unknown", "{}"), notAllowed("DELETE,GET,HEAD")),
		one("GET of a scaling", get(clusters+"unknown/scale"), notAllowed("POST")),
		one("GET of an adapting", get(clusters+"unknown/adapt"), notAllowed("POST")),
		one("DELETE of the options", send(http.MethodDelete, "api/v1/options"), notAllowed("GET,HEAD")),
		one("POST of the health", post("api/health", "").as(nobody), notAllowed("GET,HEAD")),
		running("a heartbeat is the scheduler's", post(clusters+"<<cluster>>/heartbeat", "{}"), Answer{
			Status: http.StatusUnauthorized, Type: gatewayJSON, Body: `{"error": "Unauthorized"}`,
			Header: map[string]string{"Www-Authenticate": "token"},
		}),
	}
	cases = append(cases, needing([]Case{
		one("the proxy's routes are the proxy's", get("api/v1/routes"), Answer{
			Status: http.StatusUnauthorized, Type: gatewayText, Body: "401: Unauthorized",
			Header: map[string]string{"Www-Authenticate": "token"},
		}),
	}, Local)...)
	cases = append(cases, needing([]Case{
		recorded("gateway_404_proxy.json", one("the gateway's proxy has no route, as in the first moments of a restart", Request{
			Method: http.MethodGet, Base: proxyBase, Path: "nothing/api/v1/clusters/",
		}, Answer{
			Status: http.StatusNotFound, Type: gatewayText, Body: "Not Found\n",
			Header: map[string]string{"X-Content-Type-Options": "nosniff", "Set-Cookie": "", "Www-Authenticate": ""},
		})),
	}, Proxy, Prefix)...)
	return append(cases, needing([]Case{
		one("a page that the Hub has not", Request{Method: http.MethodGet, Base: rootBase, Path: "hub/nothing"}.as(nobody),
			Answer{Status: http.StatusNotFound, Type: "text/html", Body: "<<any>><title>JupyterHub</title><<any>>"}),
		one("the Hub redirects what nobody has",
			Request{Method: http.MethodGet, Base: rootBase, Path: "services/nothing/api/v1/clusters/"}.as(nobody),
			Answer{Status: http.StatusFound, Type: "text/html", Header: map[string]string{"Location": "/hub/services/nothing/api/v1/clusters/"}}),
		one("the Hub refuses a POST to what nobody has, with a page",
			Request{Method: http.MethodPost, Base: rootBase, Path: "services/nothing/api/v1/clusters/", Body: "{}"}.as(nobody),
			Answer{Status: http.StatusForbidden, Type: "text/html", Body: "<<any>><title>JupyterHub</title><<any>>", Header: map[string]string{"Location": ""}}),
	}, Hub)...)
}
