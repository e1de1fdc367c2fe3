// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// routeCases cover the gateway's paths and methods, and the responses of the
// proxies to unknown paths.
func routeCases() []Case {
	open := func(body string) ExpectedResponse {
		return ExpectedResponse{Status: http.StatusOK, ContentType: gatewayJSON, Body: body, Header: map[string]string{"Set-Cookie": ""}}
	}
	bodiless := func(response ExpectedResponse) ExpectedResponse {
		response.Body = ""
		return response
	}
	cases := []Case{
		recorded("gateway_health.json", singleRequest("health needs no credentials", getRequest("api/health").asUser(noUser), open(`{"status": "pass"}`))),
		recorded("gateway_version.json", singleRequest("version needs no credentials", getRequest("api/version").asUser(noUser), open(`{"version": "2026.3.0"}`))),
		singleRequest("version with bad credentials", getRequest("api/version").withAuthorization("jupyterhub"), open(`{"version": "2026.3.0"}`)),
		recorded("gateway_404_text.json", singleRequest("list without its slash", getRequest("api/v1/clusters"), pathNotFound())),
		singleRequest("POST without the slash", postRequest("api/v1/clusters", "{}"), pathNotFound()),
		onSharedCluster("cluster path with a slash", getRequest(clustersPath+"<<cluster>>/"), pathNotFound()),
		singleRequest("path without its slash needs no credentials", getRequest("api/v1/clusters").asUser(noUser), pathNotFound()),
		singleRequest("options with a slash", getRequest("api/v1/options/"), pathNotFound()),
		singleRequest("unknown path", getRequest("api/v2/clusters/"), pathNotFound()),
		singleRequest("path outside the API", getRequest("nothing"), pathNotFound()),
		singleRequest("HEAD of the list", newRequest(http.MethodHead, clustersPath).asUser(bob), bodiless(gatewayOK(""))),
		singleRequest("HEAD of health", newRequest(http.MethodHead, "api/health").asUser(noUser), bodiless(open(""))),
		recorded("gateway_405.json", singleRequest("PUT of the list", newRequest(http.MethodPut, clustersPath), methodNotAllowed("GET,HEAD,POST"))),
		singleRequest("DELETE of the list", newRequest(http.MethodDelete, clustersPath), methodNotAllowed("GET,HEAD,POST")),
		singleRequest("OPTIONS of the list", newRequest(http.MethodOptions, clustersPath), methodNotAllowed("GET,HEAD,POST")),
		singleRequest("PATCH of a cluster", newRequest(http.MethodPatch, clustersPath+"unknown"), methodNotAllowed("DELETE,GET,HEAD")),
		singleRequest("POST of a cluster", postRequest(clustersPath+"unknown", "{}"), methodNotAllowed("DELETE,GET,HEAD")),
		singleRequest("GET of scale", getRequest(clustersPath+"unknown/scale"), methodNotAllowed("POST")),
		singleRequest("GET of adapt", getRequest(clustersPath+"unknown/adapt"), methodNotAllowed("POST")),
		singleRequest("DELETE of the options", newRequest(http.MethodDelete, "api/v1/options"), methodNotAllowed("GET,HEAD")),
		singleRequest("POST of health", postRequest("api/health", "").asUser(noUser), methodNotAllowed("GET,HEAD")),
		onSharedCluster("heartbeat needs the scheduler's token", postRequest(clustersPath+"<<cluster>>/heartbeat", "{}"), ExpectedResponse{
			Status: http.StatusUnauthorized, ContentType: gatewayJSON, Body: `{"error": "Unauthorized"}`,
			Header: map[string]string{"Www-Authenticate": "token"},
		}),
	}
	cases = append(cases, requiring([]Case{
		singleRequest("routes need the proxy's token", getRequest("api/v1/routes"), ExpectedResponse{
			Status: http.StatusUnauthorized, ContentType: gatewayText, Body: "401: Unauthorized",
			Header: map[string]string{"Www-Authenticate": "token"},
		}),
	}, LocalBackend)...)
	cases = append(cases, requiring([]Case{
		recorded("gateway_404_proxy.json", singleRequest("gateway's proxy has no route, as just after a restart", Request{
			Method: http.MethodGet, Base: proxyBase, Path: "nothing/api/v1/clusters/",
		}, ExpectedResponse{
			Status: http.StatusNotFound, ContentType: gatewayText, Body: "Not Found\n",
			Header: map[string]string{"X-Content-Type-Options": "nosniff", "Set-Cookie": "", "Www-Authenticate": ""},
		})),
	}, GatewayProxy, PathPrefix)...)
	return append(cases, requiring([]Case{
		singleRequest("unknown page of the Hub", Request{Method: http.MethodGet, Base: rootBase, Path: "hub/nothing"}.asUser(noUser),
			ExpectedResponse{Status: http.StatusNotFound, ContentType: "text/html", Body: "<<any>><title>JupyterHub</title><<any>>"}),
		singleRequest("Hub redirects unknown paths",
			Request{Method: http.MethodGet, Base: rootBase, Path: "services/nothing/api/v1/clusters/"}.asUser(noUser),
			ExpectedResponse{Status: http.StatusFound, ContentType: "text/html", Header: map[string]string{"Location": "/hub/services/nothing/api/v1/clusters/"}}),
		singleRequest("Hub rejects a POST to an unknown path with a page",
			Request{Method: http.MethodPost, Base: rootBase, Path: "services/nothing/api/v1/clusters/", Body: "{}"}.asUser(noUser),
			ExpectedResponse{Status: http.StatusForbidden, ContentType: "text/html", Body: "<<any>><title>JupyterHub</title><<any>>", Header: map[string]string{"Location": ""}}),
	}, Hub)...)
}
