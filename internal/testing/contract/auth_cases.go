// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// badToken is how the gateway tells that the Hub does not know a token.
func badToken() Answer {
	return gatewayError(http.StatusInternalServerError, "Permission failure verifying user's JupyterHub API token")
}

// authCases are about the gateway's credentials behind a JupyterHub.
func authCases() []Case {
	list := get(clusters)
	cases := []Case{
		recorded("gateway_401.json", one("no credentials", list.as(nobody), unauthorized())),
		one("the scheme and the token", list.authorization("jupyterhub <<bob-token>>"), gatewayOK("{}")),
		one("two spaces behind the scheme", list.authorization("jupyterhub  <<bob-token>>"), gatewayOK("{}")),
		one("a scheme with a capital letter", list.authorization("Jupyterhub <<bob-token>>"), unauthorized()),
		one("a scheme in capital letters", list.authorization("JUPYTERHUB <<bob-token>>"), unauthorized()),
		one("the Hub's own scheme", list.authorization("token <<bob-token>>"), unauthorized()),
		one("the scheme bearer", list.authorization("bearer <<bob-token>>"), unauthorized()),
		one("the scheme Basic where the Hub decides", list.authorization("Basic Ym9iOmJvYg=="), unauthorized()),
		one("a bare scheme", list.authorization("jupyterhub"), crash()),
		one("a bare scheme of another sort", list.authorization("token"), crash()),
		recorded("gateway_bad_token.json", one("an unknown token is a 500 in JSON", list.authorization("jupyterhub garbage"), badToken())),
		one("two tokens", list.authorization("jupyterhub <<bob-token>> <<bob-token>>"), badToken()),
		one("credentials come before the body", post(clusters, "{").as(nobody), unauthorized()),
		one("credentials come before the name", get(clusters+"unknown").as(nobody), unauthorized()),
		one("a cluster's own token stops nothing else", send(http.MethodDelete, clusters+"unknown").authorization("token garbage"), unauthorized()),
		story("a token without the gateway's scope is a 401",
			token(`{"scopes": ["read:users!user=<<loner>>"]}`),
			Exchange{Request: list.authorization("jupyterhub <<token>>"), Answer: unauthorized()},
		),
		story("a token with the gateway's scope only",
			token(`{"scopes": ["access:services!service=dask-gateway"]}`),
			Exchange{Request: list.authorization("jupyterhub <<token>>"), Answer: gatewayOK("{}")},
		),
		story("a revoked token is a 500, but its cookie goes on",
			token(`{"note": "to be revoked"}`),
			Exchange{Request: list.authorization("jupyterhub <<token>>"), Answer: keepCookie()},
			Exchange{Request: send(http.MethodDelete, "/users/<<loner>>/tokens/<<token_id>>").as(loner).hub(), Answer: noContent()},
			Exchange{Request: list.authorization("jupyterhub <<token>>"), Answer: badToken()},
			Exchange{Request: list.as(nobody).with("Cookie", "<<cookie>>"), Answer: withoutCookie("{}")},
		),
		story("an expired token is a 500",
			token(`{"expires_in": 1}`),
			Exchange{Request: list.authorization("jupyterhub <<token>>"), Answer: badToken(), Until: true},
		),
	}
	cases = append(cases, cookieCases()...)
	return needing(cases, Hub)
}

// cookieCases are about the cookie that comes with each answer to a user.
func cookieCases() []Case {
	list := get(clusters)
	login := Exchange{Request: list.as(loner), Answer: keepCookie()}
	return []Case{
		story("the same cookie with each answer",
			login,
			Exchange{Request: list.as(loner), Answer: Answer{
				Status: http.StatusOK, Type: gatewayJSON, Body: "{}",
				Header: map[string]string{"Set-Cookie": "<<cookie>>; Max-Age=600; Path=/"},
			}},
		),
		story("a cookie is enough",
			login,
			Exchange{Request: list.as(nobody).with("Cookie", "<<cookie>>"), Answer: withoutCookie("{}")},
		),
		story("a cookie outranks the header of another user",
			create(`{"profile": "stuck"}`).byLoner(),
			login.with(`{"<<cluster>>": {<<any>>}}`),
			Exchange{Request: list.as(bob).with("Cookie", "<<cookie>>"), Answer: withoutCookie(`{"<<cluster>>": {<<any>>}}`)},
		),
		story("a cookie outranks a bad token",
			login,
			Exchange{Request: list.authorization("jupyterhub garbage").with("Cookie", "<<cookie>>"), Answer: withoutCookie("{}")},
		),
		story("no cookie with a refusal",
			Exchange{Request: get(clusters + "unknown").as(loner), Answer: gatewayError(http.StatusNotFound, "Cluster unknown not found")},
		),
		story("a cookie that is not known",
			login.keeping("<<cookie_name=name>>=<<hex>>; Max-Age=600; Path=/"),
			Exchange{Request: list.as(nobody).with("Cookie", "<<cookie_name>>=garbage"), Answer: unauthorized()},
			Exchange{Request: list.as(loner).with("Cookie", "<<cookie_name>>=garbage"), Answer: gatewayOK("{}")},
		),
	}
}

// token makes a token of the loner's and keeps it as <<token>>, its id as
// <<token_id>>.
func token(body string) Exchange {
	return Exchange{
		Request: post("/users/<<loner>>/tokens", body).as(loner).hub(),
		Answer:  newToken(`"<<any>>"`, "<<any>>", loner),
	}
}

// keepCookie is an answer to a user without clusters whose cookie is kept as
// <<cookie>>.
func keepCookie() Answer {
	a := gatewayOK("{}")
	a.Header["Set-Cookie"] = "<<cookie=pair>>; Max-Age=600; Path=/"
	return a
}

// withoutCookie is the answer to a cookie, which is not handed out anew.
func withoutCookie(body string) Answer {
	a := gatewayOK(body)
	a.Header["Set-Cookie"] = ""
	return a
}

// with replaces the body of the exchange's answer.
func (x Exchange) with(body string) Exchange {
	x.Answer.Body = body
	return x
}

// keeping replaces the pattern of the cookie of the exchange's answer.
func (x Exchange) keeping(cookie string) Exchange {
	x.Answer.Header = map[string]string{"Set-Cookie": cookie}
	return x
}

// basicCases are about a gateway that takes any user with the one password.
func basicCases() []Case {
	list := get(clusters)
	return needing([]Case{
		one("basic: no credentials", list.as(nobody), unauthorized()),
		one("basic: the password", list.authorization("Basic <<bob-basic>>"), gatewayOK("{}")),
		one("basic: a user without a name", list.authorization("Basic <<empty-basic>>"), gatewayOK("{}")),
		one("basic: a scheme in small letters", list.authorization("basic <<bob-basic>>"), unauthorized()),
		one("basic: another password", list.authorization("Basic Ym9iOndyb25n"), unauthorized()),
		one("basic: neither name nor password", list.authorization("Basic Og=="), unauthorized()),
		one("basic: a bare scheme", list.authorization("Basic"), crash()),
		one("basic: no base64", list.authorization("Basic !!!"), crash()),
		one("basic: no colon", list.authorization("Basic bm9jb2xvbg=="), crash()),
		one("basic: no ASCII", list.authorization("Basic w7w6w7w="), crash()),
		one("basic: the Hub's scheme", list.authorization("jupyterhub garbage"), unauthorized()),
	}, Basic)
}
