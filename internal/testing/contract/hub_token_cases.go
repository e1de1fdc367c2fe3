// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"net/http"
	"strings"
)

// tokenModel is the Hub's model of a token without its value.
func tokenModel(note, expires, user string) string {
	return `{"user": "<<` + user + `>>", "id": "<<token_id>>", "kind": "api_token", "roles": [], "scopes": <<array>>, "created": "<<created>>", ` +
		`"last_activity": null, "expires_at": ` + expires + `, "note": ` + note + `, "session_id": null, "oauth_client": "JupyterHub"}`
}

// tokenCreated is the response to the POST of a token, the only one with the
// token's value.
func tokenCreated(note, expires, user string) ExpectedResponse {
	model := tokenModel(note, expires, user)
	model = strings.NewReplacer("<<token_id>>", "<<token_id=id>>", "<<created>>", "<<created=time>>").Replace(model)
	response := hubOK(model[:len(model)-1] + `, "token": "<<token=hex>>"}`)
	return response.withStatus(http.StatusCreated)
}

// withStatus replaces the status. Only a 200 of the Hub has an Etag.
func (r ExpectedResponse) withStatus(status int) ExpectedResponse {
	r.Status = status
	r.Header["Etag"] = ""
	return r
}

// tokenNotFound is the response to an id that is not a token of the case's user.
func tokenNotFound() ExpectedResponse {
	return hubError(http.StatusNotFound, "No such token <<token_id>> for user <<caseuser>>")
}

// The paths of the tokens of the case's user.
const (
	tokensPath = "/users/<<caseuser>>/tokens" //nolint:gosec // a path, not a credential
	tokenPath  = tokensPath + "/<<token_id>>"
)

// hubTokenCases cover tokens from their creation to their deletion.
func hubTokenCases() []Case {
	asCaseUser := func(r Request) Request { return r.toHub().asUser(caseUser) }
	withScopes := func(a ExpectedResponse, path string, scopes ...string) ExpectedResponse {
		a.Unordered = map[string][]string{path: scopes}
		return a
	}
	requested := `"Requested via api"`
	created := tokenCreated(`"for the case"`, "null", caseUser)
	scopesOf := func(name, body string, scopes ...string) Case {
		return singleRequest("hub token: "+name, asCaseUser(postRequest(tokensPath, body)), withScopes(tokenCreated(requested, "null", caseUser), "scopes", scopes...))
	}
	cases := []Case{
		sequence("hub token: created, read, deleted",
			Exchange{Request: asCaseUser(postRequest(tokensPath, `{"note": "for the case"}`)), Response: withScopes(created, "scopes", userScopes()...), Record: "token_created.json"},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: withScopes(hubOK(tokenModel(`"for the case"`, "null", caseUser)), "scopes", userScopes()...), Record: "token.json"},
			Exchange{Request: asCaseUser(newRequest(http.MethodDelete, tokenPath)), Response: noContent()},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: tokenNotFound(), Record: "token_404.json"},
			Exchange{Request: asCaseUser(newRequest(http.MethodDelete, tokenPath)), Response: tokenNotFound()},
		),
		recorded("tokens.json", sequence("hub token: list",
			Exchange{Request: asCaseUser(postRequest(tokensPath, `{"note": "for the case", "expires_in": 3600, "scopes": ["self"]}`)), Response: tokenCreated(`"for the case"`, `"<<expires=time>>"`, caseUser)},
			Exchange{
				Request:  asCaseUser(getRequest(tokensPath)),
				Response: withScopes(hubOK(`{"api_tokens": [{<<any>>}, `+tokenModel(`"for the case"`, `"<<expires>>"`, caseUser)+`]}`), "api_tokens.1.scopes", userScopes()[1:]...),
			},
		)),
		recorded("token_expiring.json", sequence("hub token: with an expiry",
			Exchange{Request: asCaseUser(postRequest(tokensPath, `{"note": "for the case", "expires_in": 3600}`)), Response: tokenCreated(`"for the case"`, `"<<expires=time>>"`, caseUser)},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: hubOK(tokenModel(`"for the case"`, `"<<expires>>"`, caseUser))},
		)),
		sequence("hub token: expired token is readable until a listing deletes it",
			createToken(`{"note": "for the case", "expires_in": true}`),
			Exchange{Request: getRequest("/users/<<caseuser>>").toHub().withAuthorization("token <<token>>"), Response: hubError(http.StatusForbidden, badCredentialsMessage), Repeat: true},
			Exchange{Request: getRequest("/user").toHub().withAuthorization("token <<token>>"), Response: hubErrorWithoutMessage(http.StatusForbidden)},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: hubOK("<<any>>")},
			Exchange{Request: asCaseUser(getRequest(tokensPath)), Response: hubOK(`{"api_tokens": [{<<members>>}]}`)},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: tokenNotFound()},
		),
		sequence("hub token: token deletes itself",
			createToken(`{}`),
			Exchange{Request: newRequest(http.MethodDelete, tokenPath).toHub().withAuthorization("token <<token>>"), Response: noContent()},
			Exchange{Request: getRequest("/user").toHub().withAuthorization("token <<token>>"), Response: hubErrorWithoutMessage(http.StatusForbidden)},
		),
		sequence("hub token: last_activity after use",
			createToken(`{}`),
			Exchange{Request: getRequest("/user").toHub().withAuthorization("token <<token>>"), Response: whoami(userModel(caseUser), userScopes())},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: hubOK(`{"user": "<<caseuser>>", "id": "<<token_id>>", <<any>>"last_activity": "<<time>>", <<any>>}`)},
		),
		scopesOf("empty scopes", `{"scopes": []}`, "read:users:groups!user=<<caseuser>>", "read:users:name!user=<<caseuser>>"),
		scopesOf("empty roles", `{"roles": []}`, "read:users:groups!user=<<caseuser>>", "read:users:name!user=<<caseuser>>"),
		scopesOf("scopes are null", `{"scopes": null}`, userScopes()...),
		scopesOf("scopes are expanded", `{"scopes": ["read:users!user=<<caseuser>>"]}`,
			"read:users:groups!user=<<caseuser>>", "read:users:name!user=<<caseuser>>", "read:users:activity!user=<<caseuser>>", "read:users!user=<<caseuser>>"),
		scopesOf("gateway's scope", `{"scopes": ["access:services!service=dask-gateway"]}`,
			"access:services!service=dask-gateway", "read:users:groups!user=<<caseuser>>", "read:users:name!user=<<caseuser>>"),
		scopesOf("scope self", `{"scopes": ["self"]}`, userScopes()[1:]...),
		scopesOf("scope inherit", `{"scopes": ["inherit"]}`, userScopes()...),
		scopesOf("role user", `{"roles": ["user"]}`, userScopes()...),
		scopesOf("role token", `{"roles": ["token"]}`, userScopes()...),
	}
	// A Hub on sqlite reuses the id of the newest token after that token is
	// deleted.
	recycled := exclusive(sequence("hub token: id is reused",
		Exchange{Request: asCaseUser(postRequest(tokensPath, `{"note": "first"}`)), Response: tokenCreated(`"first"`, "null", caseUser)},
		Exchange{Request: asCaseUser(newRequest(http.MethodDelete, tokenPath)), Response: noContent()},
		Exchange{
			Request:  asCaseUser(postRequest(tokensPath, `{"note": "second"}`)),
			Response: hubOK(`{"user": "<<caseuser>>", "id": "<<token_id>>", <<any>>"note": "second", <<any>>}`).withStatus(http.StatusCreated),
		},
		Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: hubOK(`<<any>>"note": "second", <<any>>`)},
		Exchange{Request: asCaseUser(newRequest(http.MethodDelete, tokenPath)), Response: noContent()},
		Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: tokenNotFound()},
	))
	return requiring(append(append(cases, recycled), otherUserTokenCases()...), Hub)
}

// otherUserTokenCases cover tokens of other users.
func otherUserTokenCases() []Case {
	const aliceListPath = "/users/<<alice>>/tokens"
	notGranted := func(who string) ExpectedResponse {
		return hubError(http.StatusForbidden, who+" not found or no permissions to generate tokens")
	}
	byID := func(method string) Exchange {
		return Exchange{Request: newRequest(method, "/users/<<bob>>/tokens/<<token_id>>").toHub().asUser(caseUser), Response: hubError(http.StatusNotFound, noAccessMessage)}
	}
	return append([]Case{
		recorded("token_403.json", singleRequest("hub token: created for another user", postRequest(aliceListPath, "{}").toHub().asUser(bob), notGranted("User <<alice>>"))),
		singleRequest("hub token: created for an unknown user", postRequest("/users/unknown/tokens", "{}").toHub(), notGranted("User unknown")),
		singleRequest("hub token: created without credentials", postRequest(aliceListPath, "{}").toHub().asUser(noUser), hubErrorWithoutMessage(http.StatusForbidden)),
		singleRequest("hub token: created with bad credentials", postRequest(aliceListPath, "{}").toHub().withAuthorization("token garbage"), hubErrorWithoutMessage(http.StatusForbidden)),
		singleRequest("hub token: listed without credentials", getRequest(aliceListPath).toHub().asUser(noUser), hubError(http.StatusForbidden, badCredentialsMessage)),
		singleRequest("hub token: another user's list", getRequest(aliceListPath).toHub().asUser(bob), hubError(http.StatusNotFound, noAccessMessage)),
		singleRequest("hub token: list of an unknown user", getRequest("/users/unknown/tokens").toHub(), hubError(http.StatusNotFound, noAccessMessage)),
		sequence("hub token: another user's token by id", createToken(`{}`), byID(http.MethodGet), byID(http.MethodDelete),
			Exchange{Request: getRequest(tokenPath).toHub().asUser(caseUser), Response: hubOK("<<any>>")}),
		singleRequest("hub token: PUT of the list", newRequest(http.MethodPut, "/users/<<bob>>/tokens").toHub().asUser(bob), hubErrorWithoutMessage(http.StatusMethodNotAllowed)),
		singleRequest("hub token: DELETE of the list", newRequest(http.MethodDelete, "/users/<<bob>>/tokens").toHub().asUser(bob), hubErrorWithoutMessage(http.StatusMethodNotAllowed)),
		singleRequest("hub token: PATCH of a token", newRequest(http.MethodPatch, "/users/<<bob>>/tokens/a1").toHub().asUser(bob), hubErrorWithoutMessage(http.StatusMethodNotAllowed)),
		singleRequest("hub token: POST of a token", postRequest("/users/<<bob>>/tokens/a1", "{}").toHub().asUser(bob), hubErrorWithoutMessage(http.StatusMethodNotAllowed)),
	}, requiring([]Case{
		singleRequest("hub token: administrator creates token for a user", postRequest("/users/<<bob>>/tokens", `{"note": "for the case"}`).toHub().asUser(administrator), tokenCreated(`"for the case"`, "null", bob)),
		singleRequest("hub token: administrator creates token without a note", postRequest("/users/<<bob>>/tokens", "").toHub().asUser(administrator),
			tokenCreated(`"Requested via api by service test-admin"`, "null", bob)),
		singleRequest("hub token: administrator creates token for an unknown user", postRequest("/users/unknown/tokens", "{}").toHub().asUser(administrator), notGranted("Service unknown")),
		recorded("token_404_user.json", singleRequest("hub token: administrator reads token of an unknown user", getRequest("/users/unknown/tokens/a1").toHub().asUser(administrator),
			hubError(http.StatusNotFound, "No such user: unknown"))),
		singleRequest("hub token: administrator deletes token of an unknown user", newRequest(http.MethodDelete, "/users/unknown/tokens/a1").toHub().asUser(administrator),
			hubError(http.StatusNotFound, "No such user: unknown")),
		singleRequest("hub token: administrator lists tokens of an unknown user", getRequest("/users/unknown/tokens").toHub().asUser(administrator),
			hubError(http.StatusNotFound, "No such user: unknown")),
	}, AdminService)...)
}

// hubTokenBodyCases cover the body of a POST of a token.
func hubTokenBodyCases() []Case {
	createWith := func(body string) Request { return postRequest("/users/<<bob>>/tokens", body).toHub().asUser(bob) }
	rejected := func(name, body, message string) Case {
		return singleRequest("hub token: "+name, createWith(body), hubError(http.StatusBadRequest, message))
	}
	createdWithNote := func(name, body, note string) Case {
		return singleRequest("hub token: "+name, createWith(body), tokenCreated(note, "null", bob))
	}
	byID := func(name, id, message string) Case {
		return singleRequest("hub token: "+name, getRequest("/users/<<bob>>/tokens/"+id).toHub().asUser(bob), hubError(http.StatusNotFound, "No such token "+message+" for user <<bob>>"))
	}
	return requiring([]Case{
		createdWithNote("no body", "", `"Requested via api"`),
		createdWithNote("empty object", "{}", `"Requested via api"`),
		createdWithNote("null", "null", `"Requested via api"`),
		createdWithNote("array as value", "[]", `"Requested via api"`),
		createdWithNote("unknown key", `{"extra": 1}`, `"Requested via api"`),
		createdWithNote("null note", `{"note": null}`, `"Requested via api"`),
		createdWithNote("empty note", `{"note": ""}`, `"Requested via api"`),
		createdWithNote("note is false", `{"note": false}`, `"Requested via api"`),
		createdWithNote("note beyond ASCII", `{"note": "é \"quoted\""}`, `"\u00e9 \"quoted\""`),
		createdWithNote("null expiry", `{"expires_in": null}`, `"Requested via api"`),
		singleRequest("hub token: different content type", createWith(`{"note": "x"}`).withHeader("Content-Type", "text/plain"), tokenCreated(`"x"`, "null", bob)),

		recorded("token_400.json", rejected("expiry is 0", `{"expires_in": 0}`, "expires_in must be a positive integer or null, not 0")),
		rejected("negative expiry", `{"expires_in": -1}`, "expires_in must be a positive integer or null, not -1"),
		rejected("expiry is false", `{"expires_in": false}`, "expires_in must be a positive integer or null, not 0"),
		rejected("expiry is a string", `{"expires_in": "3600"}`, "token expires_in must be null or integer, not '3600'"),
		rejected("expiry has a fraction", `{"expires_in": 1.5}`, "token expires_in must be null or integer, not 1.5"),

		recorded("token_400_scope.json", rejected("unknown scope", `{"scopes": ["nope"]}`, `\"Scope 'nope' for token does not exist\"`)),
		rejected("scope that the user lacks", `{"scopes": ["read:hub"]}`, "Not assigning requested scopes read:hub not held by User <<bob>>"),
		rejected("another user's scope", `{"scopes": ["read:users:name!user=alice"]}`, "Not assigning requested scopes read:users:name!user=alice not held by User <<bob>>"),
		rejected("another service's scope", `{"scopes": ["access:services!service=nope"]}`, "Not assigning requested scopes access:services!service=nope not held by User <<bob>>"),
		singleRequest("hub token: many scopes that the user lacks", createWith(`{"scopes": ["admin:users"]}`),
			hubError(http.StatusBadRequest, "Not assigning requested scopes <<any>>admin:users<<any>> not held by User <<bob>>")),
		rejected("scopes are a string", `{"scopes": "self"}`, "token scopes must be null or a list of strings, not 'self'"),
		rejected("scopes are numbers", `{"scopes": [1]}`, "token scopes must be null or a list of strings, not [1]"),
		rejected("unknown role", `{"roles": ["nope"]}`, "No such role: nope"),
		rejected("roles are a string", `{"roles": "user"}`, "token roles must be null or a list of strings, not 'user'"),
		singleRequest("hub token: role that the user lacks", createWith(`{"roles": ["admin"]}`),
			hubError(http.StatusBadRequest, "Not assigning requested scopes <<any>>admin:users<<any>> not held by User <<bob>>")),
		rejected("scopes and roles together", `{"scopes": ["self"], "roles": ["user"]}`, "Can only assign one of scopes or roles when creating tokens."),
		rejected("invalid JSON", "{", "Invalid JSON in body of request"),
		rejected("string as value", `"x"`, "Body must be a JSON dict or empty"),
		rejected("number as body", "3", "Body must be a JSON dict or empty"),
		singleRequest("hub token: invalid JSON, without credentials", createWith("{").asUser(noUser), hubError(http.StatusBadRequest, "Invalid JSON in body of request")),

		byID("unknown id", "a999999", "a999999"),
		byID("malformed id", "zz", "zz"),
		byID("id without its letter", "3", "3"),
		byID("id of an OAuth token", "o3", "o3"),
		byID("list with a slash", "", ""),
	}, Hub)
}
