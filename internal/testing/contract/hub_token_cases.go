// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"net/http"
	"strings"
)

// tokenModel is the Hub's model of a token, without its value.
func tokenModel(note, expires, user string) string {
	return `{"user": "<<` + user + `>>", "id": "<<token_id>>", "kind": "api_token", "roles": [], "scopes": <<array>>, "created": "<<created>>", ` +
		`"last_activity": null, "expires_at": ` + expires + `, "note": ` + note + `, "session_id": null, "oauth_client": "JupyterHub"}`
}

// newToken is the answer to the POST of a token: the only one that holds its
// value.
func newToken(note, expires, user string) Answer {
	model := tokenModel(note, expires, user)
	model = strings.NewReplacer("<<token_id>>", "<<token_id=id>>", "<<created>>", "<<created=time>>").Replace(model)
	a := hubOK(model[:len(model)-1] + `, "token": "<<token=hex>>"}`)
	return a.status(http.StatusCreated)
}

// status changes the status of an answer of the Hub; only a 200 has a tag.
func (a Answer) status(status int) Answer {
	a.Status = status
	a.Header["Etag"] = ""
	return a
}

// noToken is the answer to an id that the loner has not.
func noToken() Answer {
	return hubError(http.StatusNotFound, "No such token <<token_id>> for user <<loner>>")
}

// The paths of the loner's tokens.
const (
	ownList = "/users/<<loner>>/tokens"
	ownOne  = ownList + "/<<token_id>>"
)

// hubTokenCases are about tokens from their making to their end.
func hubTokenCases() []Case {
	asLoner := func(r Request) Request { return r.hub().as(loner) }
	withScopes := func(a Answer, path string, scopes ...string) Answer {
		a.Sets = map[string][]string{path: scopes}
		return a
	}
	requested := `"Requested via api"`
	made := newToken(`"for the case"`, "null", loner)
	scopesOf := func(name, body string, scopes ...string) Case {
		return one("hub token: "+name, asLoner(post(ownList, body)), withScopes(newToken(requested, "null", loner), "scopes", scopes...))
	}
	cases := []Case{
		story("hub token: made, read, deleted",
			Exchange{Request: asLoner(post(ownList, `{"note": "for the case"}`)), Answer: withScopes(made, "scopes", ownScopes()...), Record: "token_created.json"},
			Exchange{Request: asLoner(get(ownOne)), Answer: withScopes(hubOK(tokenModel(`"for the case"`, "null", loner)), "scopes", ownScopes()...), Record: "token.json"},
			Exchange{Request: asLoner(send(http.MethodDelete, ownOne)), Answer: noContent()},
			Exchange{Request: asLoner(get(ownOne)), Answer: noToken(), Record: "token_404.json"},
			Exchange{Request: asLoner(send(http.MethodDelete, ownOne)), Answer: noToken()},
		),
		recorded("tokens.json", story("hub token: the list",
			Exchange{Request: asLoner(post(ownList, `{"note": "for the case", "expires_in": 3600, "scopes": ["self"]}`)), Answer: newToken(`"for the case"`, `"<<expires=time>>"`, loner)},
			Exchange{
				Request: asLoner(get(ownList)),
				Answer:  withScopes(hubOK(`{"api_tokens": [{<<any>>}, `+tokenModel(`"for the case"`, `"<<expires>>"`, loner)+`]}`), "api_tokens.1.scopes", ownScopes()[1:]...),
			},
		)),
		recorded("token_expiring.json", story("hub token: with an end",
			Exchange{Request: asLoner(post(ownList, `{"note": "for the case", "expires_in": 3600}`)), Answer: newToken(`"for the case"`, `"<<expires=time>>"`, loner)},
			Exchange{Request: asLoner(get(ownOne)), Answer: hubOK(tokenModel(`"for the case"`, `"<<expires>>"`, loner))},
		)),
		story("hub token: an expired one can be read until a list sweeps it away",
			token(`{"note": "for the case", "expires_in": true}`),
			Exchange{Request: get("/users/<<loner>>").hub().authorization("token <<token>>"), Answer: hubError(http.StatusForbidden, badCredentials), Until: true},
			Exchange{Request: get("/user").hub().authorization("token <<token>>"), Answer: hubSilence(http.StatusForbidden)},
			Exchange{Request: asLoner(get(ownOne)), Answer: hubOK("<<any>>")},
			Exchange{Request: asLoner(get(ownList)), Answer: hubOK(`{"api_tokens": [{<<members>>}]}`)},
			Exchange{Request: asLoner(get(ownOne)), Answer: noToken()},
		),
		story("hub token: it may delete itself",
			token(`{}`),
			Exchange{Request: send(http.MethodDelete, ownOne).hub().authorization("token <<token>>"), Answer: noContent()},
			Exchange{Request: get("/user").hub().authorization("token <<token>>"), Answer: hubSilence(http.StatusForbidden)},
		),
		story("hub token: last_activity once it was used",
			token(`{}`),
			Exchange{Request: get("/user").hub().authorization("token <<token>>"), Answer: whoami(userModel(loner), ownScopes())},
			Exchange{Request: asLoner(get(ownOne)), Answer: hubOK(`{"user": "<<loner>>", "id": "<<token_id>>", <<any>>"last_activity": "<<time>>", <<any>>}`)},
		),
		scopesOf("no scopes at all", `{"scopes": []}`, "read:users:groups!user=<<loner>>", "read:users:name!user=<<loner>>"),
		scopesOf("no roles at all", `{"roles": []}`, "read:users:groups!user=<<loner>>", "read:users:name!user=<<loner>>"),
		scopesOf("scopes that are null", `{"scopes": null}`, ownScopes()...),
		scopesOf("scopes grow when they are resolved", `{"scopes": ["read:users!user=<<loner>>"]}`,
			"read:users:groups!user=<<loner>>", "read:users:name!user=<<loner>>", "read:users:activity!user=<<loner>>", "read:users!user=<<loner>>"),
		scopesOf("the gateway's scope", `{"scopes": ["access:services!service=dask-gateway"]}`,
			"access:services!service=dask-gateway", "read:users:groups!user=<<loner>>", "read:users:name!user=<<loner>>"),
		scopesOf("the scope self", `{"scopes": ["self"]}`, ownScopes()[1:]...),
		scopesOf("the scope inherit", `{"scopes": ["inherit"]}`, ownScopes()...),
		scopesOf("the role user", `{"roles": ["user"]}`, ownScopes()...),
		scopesOf("the role token", `{"roles": ["token"]}`, ownScopes()...),
	}
	// A Hub on sqlite gives the newest token's id once more when that is gone.
	recycled := story("hub token: an id is given once more",
		Exchange{Request: asLoner(post(ownList, `{"note": "first"}`)), Answer: newToken(`"first"`, "null", loner)},
		Exchange{Request: asLoner(send(http.MethodDelete, ownOne)), Answer: noContent()},
		Exchange{
			Request: asLoner(post(ownList, `{"note": "second"}`)),
			Answer:  hubOK(`{"user": "<<loner>>", "id": "<<token_id>>", <<any>>"note": "second", <<any>>}`).status(http.StatusCreated),
		},
		Exchange{Request: asLoner(get(ownOne)), Answer: hubOK(`<<any>>"note": "second", <<any>>`)},
		Exchange{Request: asLoner(send(http.MethodDelete, ownOne)), Answer: noContent()},
		Exchange{Request: asLoner(get(ownOne)), Answer: noToken()},
	)
	recycled.Alone = true
	return needing(append(append(cases, recycled), foreignTokenCases()...), Hub)
}

// foreignTokenCases are about tokens of somebody else.
func foreignTokenCases() []Case {
	const foreign = "/users/<<alice>>/tokens"
	notGranted := func(who string) Answer {
		return hubError(http.StatusForbidden, who+" not found or no permissions to generate tokens")
	}
	byID := func(method string) Exchange {
		return Exchange{Request: send(method, "/users/<<bob>>/tokens/<<token_id>>").hub().as(loner), Answer: hubError(http.StatusNotFound, noAccess)}
	}
	return append([]Case{
		recorded("token_403.json", one("hub token: for another user", post(foreign, "{}").hub().as(bob), notGranted("User <<alice>>"))),
		one("hub token: for a user who is not there", post("/users/unknown/tokens", "{}").hub(), notGranted("User unknown")),
		one("hub token: made without credentials", post(foreign, "{}").hub().as(nobody), hubSilence(http.StatusForbidden)),
		one("hub token: made with bad credentials", post(foreign, "{}").hub().authorization("token garbage"), hubSilence(http.StatusForbidden)),
		one("hub token: listed without credentials", get(foreign).hub().as(nobody), hubError(http.StatusForbidden, badCredentials)),
		one("hub token: another user's list", get(foreign).hub().as(bob), hubError(http.StatusNotFound, noAccess)),
		one("hub token: a list of a user who is not there", get("/users/unknown/tokens").hub(), hubError(http.StatusNotFound, noAccess)),
		story("hub token: another user's, by id", token(`{}`), byID(http.MethodGet), byID(http.MethodDelete),
			Exchange{Request: get(ownOne).hub().as(loner), Answer: hubOK("<<any>>")}),
		one("hub token: PUT of the list", send(http.MethodPut, "/users/<<bob>>/tokens").hub().as(bob), hubSilence(http.StatusMethodNotAllowed)),
		one("hub token: DELETE of the list", send(http.MethodDelete, "/users/<<bob>>/tokens").hub().as(bob), hubSilence(http.StatusMethodNotAllowed)),
		one("hub token: PATCH of one", send(http.MethodPatch, "/users/<<bob>>/tokens/a1").hub().as(bob), hubSilence(http.StatusMethodNotAllowed)),
		one("hub token: POST of one", post("/users/<<bob>>/tokens/a1", "{}").hub().as(bob), hubSilence(http.StatusMethodNotAllowed)),
	}, needing([]Case{
		one("hub token: an administrator's for a user", post("/users/<<bob>>/tokens", `{"note": "for the case"}`).hub().as(administrator), newToken(`"for the case"`, "null", bob)),
		one("hub token: an administrator's without a note", post("/users/<<bob>>/tokens", "").hub().as(administrator),
			newToken(`"Requested via api by service test-admin"`, "null", bob)),
		one("hub token: an administrator's for a user who is not there", post("/users/unknown/tokens", "{}").hub().as(administrator), notGranted("Service unknown")),
		recorded("token_404_user.json", one("hub token: an administrator's look at one of a user who is not there", get("/users/unknown/tokens/a1").hub().as(administrator),
			hubError(http.StatusNotFound, "No such user: unknown"))),
		one("hub token: an administrator's DELETE of one of a user who is not there", send(http.MethodDelete, "/users/unknown/tokens/a1").hub().as(administrator),
			hubError(http.StatusNotFound, "No such user: unknown")),
		one("hub token: an administrator's list of a user who is not there", get("/users/unknown/tokens").hub().as(administrator),
			hubError(http.StatusNotFound, "No such user: unknown")),
	}, Administrator)...)
}

// hubTokenBodyCases are about what a POST of a token may say.
func hubTokenBodyCases() []Case {
	own := func(body string) Request { return post("/users/<<bob>>/tokens", body).hub().as(bob) }
	refused := func(name, body, words string) Case {
		return one("hub token: "+name, own(body), hubError(http.StatusBadRequest, words))
	}
	noted := func(name, body, note string) Case {
		return one("hub token: "+name, own(body), newToken(note, "null", bob))
	}
	byID := func(name, id, words string) Case {
		return one("hub token: "+name, get("/users/<<bob>>/tokens/"+id).hub().as(bob), hubError(http.StatusNotFound, "No such token "+words+" for user <<bob>>"))
	}
	return needing([]Case{
		noted("no body", "", `"Requested via api"`),
		noted("an empty object", "{}", `"Requested via api"`),
		noted("null", "null", `"Requested via api"`),
		noted("an array", "[]", `"Requested via api"`),
		noted("an unknown key", `{"extra": 1}`, `"Requested via api"`),
		noted("no note", `{"note": null}`, `"Requested via api"`),
		noted("an empty note", `{"note": ""}`, `"Requested via api"`),
		noted("a note that is false", `{"note": false}`, `"Requested via api"`),
		noted("a note beyond ASCII", `{"note": "é \"quoted\""}`, `"\u00e9 \"quoted\""`),
		noted("no end", `{"expires_in": null}`, `"Requested via api"`),
		one("hub token: another content type", own(`{"note": "x"}`).with("Content-Type", "text/plain"), newToken(`"x"`, "null", bob)),

		recorded("token_400.json", refused("an end at once", `{"expires_in": 0}`, "expires_in must be a positive integer or null, not 0")),
		refused("an end in the past", `{"expires_in": -1}`, "expires_in must be a positive integer or null, not -1"),
		refused("an end that is false", `{"expires_in": false}`, "expires_in must be a positive integer or null, not 0"),
		refused("an end as text", `{"expires_in": "3600"}`, "token expires_in must be null or integer, not '3600'"),
		refused("an end with a fraction", `{"expires_in": 1.5}`, "token expires_in must be null or integer, not 1.5"),

		recorded("token_400_scope.json", refused("an unknown scope", `{"scopes": ["nope"]}`, `\"Scope 'nope' for token does not exist\"`)),
		refused("a scope that the user has not", `{"scopes": ["read:hub"]}`, "Not assigning requested scopes read:hub not held by User <<bob>>"),
		refused("another user's scope", `{"scopes": ["read:users:name!user=alice"]}`, "Not assigning requested scopes read:users:name!user=alice not held by User <<bob>>"),
		refused("another service's scope", `{"scopes": ["access:services!service=nope"]}`, "Not assigning requested scopes access:services!service=nope not held by User <<bob>>"),
		one("hub token: many scopes that the user has not", own(`{"scopes": ["admin:users"]}`),
			hubError(http.StatusBadRequest, "Not assigning requested scopes <<any>>admin:users<<any>> not held by User <<bob>>")),
		refused("scopes as text", `{"scopes": "self"}`, "token scopes must be null or a list of strings, not 'self'"),
		refused("scopes as numbers", `{"scopes": [1]}`, "token scopes must be null or a list of strings, not [1]"),
		refused("an unknown role", `{"roles": ["nope"]}`, "No such role: nope"),
		refused("roles as text", `{"roles": "user"}`, "token roles must be null or a list of strings, not 'user'"),
		one("hub token: a role that the user has not", own(`{"roles": ["admin"]}`),
			hubError(http.StatusBadRequest, "Not assigning requested scopes <<any>>admin:users<<any>> not held by User <<bob>>")),
		refused("scopes and roles", `{"scopes": ["self"], "roles": ["user"]}`, "Can only assign one of scopes or roles when creating tokens."),
		refused("no JSON", "{", "Invalid JSON in body of request"),
		refused("a text", `"x"`, "Body must be a JSON dict or empty"),
		refused("a number", "3", "Body must be a JSON dict or empty"),
		one("hub token: no JSON, without credentials", own("{").as(nobody), hubError(http.StatusBadRequest, "Invalid JSON in body of request")),

		byID("an unknown id", "a999999", "a999999"),
		byID("an id of another form", "zz", "zz"),
		byID("an id without its letter", "3", "3"),
		byID("an id of an OAuth token", "o3", "o3"),
		byID("the list with a slash", "", ""),
	}, Hub)
}
