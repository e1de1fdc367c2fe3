// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// badToken is the gateway's response when the Hub rejects the token.
func badToken() ExpectedResponse {
	return gatewayError(http.StatusInternalServerError, "Permission failure verifying user's JupyterHub API token")
}

// authCases cover the gateway's credentials behind a JupyterHub.
func authCases() []Case {
	list := getRequest(clustersPath)
	cases := []Case{
		recorded("gateway_401.json", singleRequest("no credentials", list.asUser(noUser), unauthorized())),
		singleRequest("scheme and token", list.withAuthorization("jupyterhub <<bob-token>>"), gatewayOK("{}")),
		singleRequest("two spaces after the scheme", list.withAuthorization("jupyterhub  <<bob-token>>"), gatewayOK("{}")),
		singleRequest("scheme with a capital letter", list.withAuthorization("Jupyterhub <<bob-token>>"), unauthorized()),
		singleRequest("scheme in capital letters", list.withAuthorization("JUPYTERHUB <<bob-token>>"), unauthorized()),
		singleRequest("Hub's own scheme", list.withAuthorization("token <<bob-token>>"), unauthorized()),
		singleRequest("scheme bearer", list.withAuthorization("bearer <<bob-token>>"), unauthorized()),
		singleRequest("scheme Basic behind a Hub", list.withAuthorization("Basic Ym9iOmJvYg=="), unauthorized()),
		singleRequest("scheme without a token", list.withAuthorization("jupyterhub"), internalError()),
		singleRequest("other scheme without a token", list.withAuthorization("token"), internalError()),
		recorded("gateway_bad_token.json", singleRequest("unknown token is a JSON 500", list.withAuthorization("jupyterhub garbage"), badToken())),
		singleRequest("two tokens", list.withAuthorization("jupyterhub <<bob-token>> <<bob-token>>"), badToken()),
		singleRequest("credentials are checked before the body", postRequest(clustersPath, "{").asUser(noUser), unauthorized()),
		singleRequest("credentials are checked before the name", getRequest(clustersPath+"unknown").asUser(noUser), unauthorized()),
		singleRequest("invalid scheduler token is a 401", newRequest(http.MethodDelete, clustersPath+"unknown").withAuthorization("token garbage"), unauthorized()),
		sequence("token without the gateway's scope is a 401",
			createToken(`{"scopes": ["read:users!user=<<caseuser>>"]}`),
			Exchange{Request: list.withAuthorization("jupyterhub <<token>>"), Response: unauthorized()},
		),
		sequence("token with only the gateway's scope",
			createToken(`{"scopes": ["access:services!service=dask-gateway"]}`),
			Exchange{Request: list.withAuthorization("jupyterhub <<token>>"), Response: gatewayOK("{}")},
		),
		sequence("revoked token is a 500, but its cookie stays valid",
			createToken(`{"note": "to be revoked"}`),
			Exchange{Request: list.withAuthorization("jupyterhub <<token>>"), Response: storingCookie()},
			Exchange{Request: newRequest(http.MethodDelete, "/users/<<caseuser>>/tokens/<<token_id>>").asUser(caseUser).toHub(), Response: noContent()},
			Exchange{Request: list.withAuthorization("jupyterhub <<token>>"), Response: badToken()},
			Exchange{Request: list.asUser(noUser).withHeader("Cookie", "<<cookie>>"), Response: withoutCookie("{}")},
		),
		sequence("expired token is a 500",
			createToken(`{"expires_in": 1}`),
			Exchange{Request: list.withAuthorization("jupyterhub <<token>>"), Response: badToken(), Repeat: true},
		),
	}
	cases = append(cases, cookieCases()...)
	return requiring(cases, Hub)
}

// cookieCases cover the cookie in each successful response.
func cookieCases() []Case {
	list := getRequest(clustersPath)
	login := Exchange{Request: list.asUser(caseUser), Response: storingCookie()}
	return []Case{
		sequence("same cookie in each response",
			login,
			Exchange{Request: list.asUser(caseUser), Response: ExpectedResponse{
				Status: http.StatusOK, ContentType: gatewayJSON, Body: "{}",
				Header: map[string]string{"Set-Cookie": "<<cookie>>; Max-Age=600; Path=/"},
			}},
		),
		sequence("cookie suffices",
			login,
			Exchange{Request: list.asUser(noUser).withHeader("Cookie", "<<cookie>>"), Response: withoutCookie("{}")},
		),
		sequence("cookie takes precedence over the header of another user",
			createCluster(`{"profile": "stuck"}`).byCaseUser(),
			login.expectingBody(`{"<<cluster>>": {<<any>>}}`),
			Exchange{Request: list.asUser(bob).withHeader("Cookie", "<<cookie>>"), Response: withoutCookie(`{"<<cluster>>": {<<any>>}}`)},
		),
		sequence("cookie takes precedence over a bad token",
			login,
			Exchange{Request: list.withAuthorization("jupyterhub garbage").withHeader("Cookie", "<<cookie>>"), Response: withoutCookie("{}")},
		),
		sequence("error sets no cookie",
			Exchange{Request: getRequest(clustersPath + "unknown").asUser(caseUser), Response: gatewayError(http.StatusNotFound, "Cluster unknown not found")},
		),
		sequence("unknown cookie",
			login.expectingCookie("<<cookie_name=name>>=<<hex>>; Max-Age=600; Path=/"),
			Exchange{Request: list.asUser(noUser).withHeader("Cookie", "<<cookie_name>>=garbage"), Response: unauthorized()},
			Exchange{Request: list.asUser(caseUser).withHeader("Cookie", "<<cookie_name>>=garbage"), Response: gatewayOK("{}")},
		),
	}
}

// createToken creates a token of the case's user. It stores its value as <<token>>
// and its id as <<token_id>>.
func createToken(body string) Exchange {
	return Exchange{
		Request:  postRequest("/users/<<caseuser>>/tokens", body).asUser(caseUser).toHub(),
		Response: tokenCreated(`"<<any>>"`, "<<any>>", caseUser),
	}
}

// storingCookie is the response to a user without clusters. It stores the cookie as
// <<cookie>>.
func storingCookie() ExpectedResponse {
	response := gatewayOK("{}")
	response.Header["Set-Cookie"] = "<<cookie=pair>>; Max-Age=600; Path=/"
	return response
}

// withoutCookie is the response to a request with a cookie, which sets no new
// cookie.
func withoutCookie(body string) ExpectedResponse {
	response := gatewayOK(body)
	response.Header["Set-Cookie"] = ""
	return response
}

// expectingBody replaces the expected body.
func (x Exchange) expectingBody(body string) Exchange {
	x.Response.Body = body
	return x
}

// expectingCookie replaces the expected cookie.
func (x Exchange) expectingCookie(cookie string) Exchange {
	x.Response.Header = map[string]string{"Set-Cookie": cookie}
	return x
}

// basicCases cover a gateway with basic authentication, which has one password for
// all users.
func basicCases() []Case {
	list := getRequest(clustersPath)
	return requiring([]Case{
		singleRequest("basic: no credentials", list.asUser(noUser), unauthorized()),
		singleRequest("basic: correct password", list.withAuthorization("Basic <<bob-basic>>"), gatewayOK("{}")),
		singleRequest("basic: empty user name", list.withAuthorization("Basic <<empty-basic>>"), gatewayOK("{}")),
		singleRequest("basic: scheme in lower case", list.withAuthorization("basic <<bob-basic>>"), unauthorized()),
		singleRequest("basic: wrong password", list.withAuthorization("Basic Ym9iOndyb25n"), unauthorized()),
		singleRequest("basic: empty user name and password", list.withAuthorization("Basic Og=="), unauthorized()),
		singleRequest("basic: scheme without credentials", list.withAuthorization("Basic"), internalError()),
		singleRequest("basic: invalid base64", list.withAuthorization("Basic !!!"), internalError()),
		singleRequest("basic: credentials without a colon", list.withAuthorization("Basic bm9jb2xvbg=="), internalError()),
		singleRequest("basic: credentials beyond ASCII", list.withAuthorization("Basic w7w6w7w="), internalError()),
		singleRequest("basic: Hub's scheme", list.withAuthorization("jupyterhub garbage"), unauthorized()),
	}, BasicAuth)
}
