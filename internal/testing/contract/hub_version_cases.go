// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// HubVersions returns the major versions of JupyterHub that have cases. Cases uses
// the last one.
func HubVersions() []int { return []int{1, 2, 3, 4, 5, 6} }

// HubCases returns the facts about users and tokens of a major version, 1 to 6:
// those that differ between versions, and those that the clients rely on in every
// version. They were observed with JupyterHub 1.5.1, 2.3.1, 3.1.1, 4.1.6, 5.5.4 and
// 6.1.1.
func HubCases(major int) []Case {
	h := hubVersion(major)
	cases := slices.Concat(h.userCases(), h.tokenCases(), h.bodyCases())
	if h > 2 {
		cases = append(cases, h.serverCases()...)
	}
	for i := range cases {
		cases[i].Name = fmt.Sprintf("JupyterHub %d: %s", major, cases[i].Name)
	}
	return requiring(cases, Hub)
}

// hubVersion is a major version of JupyterHub.
type hubVersion int

// errorWithoutMessage is an error whose message is null. Hubs before version 6 send
// the status text instead.
func (h hubVersion) errorWithoutMessage(status int) ExpectedResponse {
	if h < 6 {
		return hubError(status, http.StatusText(status))
	}
	return hubErrorWithoutMessage(status)
}

// created is the response to a POST that created something.
func (h hubVersion) created(response ExpectedResponse) ExpectedResponse {
	if h == 1 {
		return response.withStatus(http.StatusOK)
	}
	return response.withStatus(http.StatusCreated)
}

// userScopes are all resolved scopes of the case's user on this Hub.
func (h hubVersion) userScopes() []string {
	return slices.DeleteFunc(userScopes(), func(scope string) bool {
		return h < 6 && strings.HasPrefix(scope, "start:") || h < 5 && strings.Contains(scope, "shares")
	})
}

// userModel is the model in GET /users/NAME.
func (h hubVersion) userModel(user string) map[string]string {
	model := userModel(user)
	if h < 6 {
		delete(model, "user_info")
	}
	if h < 2 {
		delete(model, "roles")
	}
	return model
}

// selfResponse is the response to GET /user, which has more fields.
func (h hubVersion) selfResponse(model map[string]string, scopes []string) ExpectedResponse {
	if h == 1 {
		if _, isUser := model["servers"]; isUser {
			model["servers"] = "null"
		}
		return hubObject(model)
	}
	response := whoami(model, scopes)
	if h < 5 {
		delete(response.Object, "token_id")
	}
	return response
}

// tokenModel is the model of a token. JupyterHub 1 has neither roles nor scopes of
// tokens, JupyterHub 2 has roles only.
func (h hubVersion) tokenModel(note, expires string, roles string) string {
	model := tokenModel(note, expires, caseUser)
	switch h {
	case 1:
		model = strings.Replace(model, `"roles": [], "scopes": <<array>>, `, "", 1)
		return strings.Replace(model, `, "session_id": null, "oauth_client": "JupyterHub"`, "", 1)
	case 2:
		return strings.Replace(model, `"roles": [], "scopes": <<array>>, `, `"roles": `+roles+`, `, 1)
	default:
		return model
	}
}

// tokenCreated is the response to the POST of a token.
func (h hubVersion) tokenCreated(note, expires, roles string) ExpectedResponse {
	model := strings.NewReplacer("<<token_id>>", "<<token_id=id>>", "<<created>>", "<<created=time>>").Replace(h.tokenModel(note, expires, roles))
	return h.created(hubOK(model[:len(model)-1] + `, "token": "<<token=hex>>"}`))
}

// tokenGone is the response to the id of a deleted token of the case's user.
func (h hubVersion) tokenGone() ExpectedResponse {
	if h < 5 {
		return hubError(http.StatusNotFound, "Token not found None")
	}
	return tokenNotFound()
}

// withoutCredentials is the response to an invalid token.
func (h hubVersion) withoutCredentials(scopes ...string) ExpectedResponse {
	switch {
	case h == 1:
		return h.errorWithoutMessage(http.StatusForbidden)
	case h < 4:
		return needsScope(strings.Join(scopes, ", "))
	default:
		return hubError(http.StatusForbidden, badCredentialsMessage)
	}
}

// accessDenied is the response to a request for another user.
func (h hubVersion) accessDenied() ExpectedResponse {
	if h == 1 {
		return h.errorWithoutMessage(http.StatusForbidden)
	}
	return hubError(http.StatusNotFound, noAccessMessage)
}

func (h hubVersion) userCases() []Case {
	user, self := getRequest("/users/<<bob>>").toHub(), getRequest("/user").toHub()
	readUser := []string{"read:users", "read:users:name", "read:servers", "read:users:groups", "read:users:activity", "read:roles:users"}
	version := fmt.Sprintf(`{"version": "%d.<<any>>"}`, h)
	service := map[string]string{"kind": `"service"`, "name": `"test-admin"`, "admin": "false"}
	if h == 1 {
		service["admin"] = "true"
	}
	serviceResponse := h.selfResponse(service, nil)
	serviceResponse.Unordered = nil
	return append([]Case{
		singleRequest("version", getRequest("/").toHub().asUser(noUser), hubOK(version)),
		singleRequest("no credentials", user.asUser(noUser), h.withoutCredentials(readUser...)),
		singleRequest("unknown token", user.withAuthorization("token garbage"), h.withoutCredentials(readUser...)),
		singleRequest("unknown token at /user", self.withAuthorization("token garbage"), h.errorWithoutMessage(http.StatusForbidden)),
		singleRequest("own user", self.asUser(caseUser), h.selfResponse(h.userModel(caseUser), h.userScopes())),
		singleRequest("own user by name", getRequest("/users/<<caseuser>>").toHub().asUser(caseUser), hubObject(h.userModel(caseUser))),
		singleRequest("another user", getRequest("/users/<<alice>>").toHub().asUser(bob), h.accessDenied()),
		singleRequest("unknown user", getRequest("/users/unknown").toHub(), h.accessDenied()),
		singleRequest("unknown path", getRequest("/nothing").toHub(), h.errorWithoutMessage(http.StatusNotFound)),
		singleRequest("unknown method", postRequest("/user", "").toHub(), h.errorWithoutMessage(http.StatusMethodNotAllowed)),
	}, requiring([]Case{
		singleRequest("service's own model", self.asUser(administrator), serviceResponse),
		singleRequest("unknown user for an administrator", getRequest("/users/unknown").toHub().asUser(administrator), h.errorWithoutMessage(http.StatusNotFound)),
	}, AdminService)...)
}

// serverCases cover notebook servers of JupyterHub 3 and later. With older versions
// the test installation has no program that they could start.
func (h hubVersion) serverCases() []Case {
	const named = "/users/<<caseuser>>/servers/gpu"
	caseUserRequest := func(method, path, body string) Request {
		return Request{Method: method, Path: path, Body: body}.toHub().asUser(caseUser)
	}
	started := ExpectedResponse{Status: http.StatusCreated, ContentType: "text/plain"}
	model := func(options string) Exchange {
		text := `{"gpu": {"name": "gpu", `
		if h > 5 {
			text += `"display_name": "gpu", `
		}
		if h > 4 {
			text += `"full_name": "<<caseuser>>/gpu", `
		}
		text += `"last_activity": "<<time>>", "started": "<<time>>", "pending": null, "ready": true, "stopped": false, "url": "/user/<<caseuser>>/gpu/", ` +
			`"user_options": ` + options + `, "progress_url": "/hub/api/users/<<caseuser>>/servers/gpu/progress"`
		if h > 4 {
			text += `, "full_url": null, "full_progress_url": null`
		}
		user := h.userModel(caseUser)
		user["servers"] = text + "}}"
		return Exchange{Request: caseUserRequest(http.MethodGet, "/users/<<caseuser>>", ""), Response: hubObject(user)}
	}
	stopped := Exchange{Request: caseUserRequest(http.MethodDelete, named, ""), Response: ExpectedResponse{Status: http.StatusNoContent}}
	start := func(body string, response ExpectedResponse) Exchange {
		return Exchange{Request: caseUserRequest(http.MethodPost, named, body), Response: response}
	}
	// Before JupyterHub 6 the whole body is the options.
	wrapped, empty, broken := `{"profile": "small"}`, `{"profile": "small"}`, "Internal Server Error"
	if h < 6 {
		wrapped, empty, broken = `{"user_options": {"profile": "small"}}`, "{}", "error"
	}
	// Before JupyterHub 5 a pending start cannot be stopped.
	interrupted := stopped
	if h < 5 {
		interrupted.Response = hubError(http.StatusBadRequest, "<<caseuser>>:gpu is pending spawn, please wait")
	}
	return []Case{
		sequence("server starts with its options and stops",
			start(`{"profile": "small"}`, started), model(`{"profile": "small"}`),
			start(`{"profile": "other"}`, hubError(http.StatusBadRequest, "<<caseuser>>:gpu is already running")), stopped, stopped,
			start("", started), model(`{"profile": "small"}`), stopped,
			start(`{"user_options": {"profile": "small"}}`, started), model(wrapped), stopped,
			start(`{"profile": "small"}`, started), stopped,
			start("{}", started), model(empty), stopped,
		),
		sequence("server start fails at once",
			start(`{"profile": "broken"}`, hubError(http.StatusInternalServerError, broken)),
			Exchange{Request: caseUserRequest(http.MethodGet, named+"/progress", ""), Response: eventStream(`data: {"progress": 100, "failed": true, "message": "Spawn failed: no node has room for it"}` + "\n\n")},
			start(`{"profile": "refused"}`, hubError(http.StatusConflict, "quota reached")),
		),
		sequence("server is stopped while it starts",
			start(`{"profile": "slow"}`, ExpectedResponse{Status: http.StatusAccepted, ContentType: "text/plain"}), interrupted,
		),
		singleRequest("progress of an unknown server", caseUserRequest(http.MethodGet, named+"/progress", ""), h.errorWithoutMessage(http.StatusNotFound)),
		singleRequest("server of another user", newRequest(http.MethodPost, "/users/<<alice>>/servers/gpu").toHub().asUser(caseUser), hubError(http.StatusNotFound, noAccessMessage)),
	}
}

func (h hubVersion) tokenCases() []Case {
	asCaseUser := func(r Request) Request { return r.toHub().asUser(caseUser) }
	note, expires := `"for the case"`, `"<<expires>>"`
	role := `["token"]`
	list := `{"api_tokens": [{<<any>>}, ` + h.tokenModel(note, expires, role) + `]}`
	if h == 1 {
		list = strings.TrimSuffix(list, "}") + `, "oauth_tokens": []}`
	}
	forOthers, forUnknown := "User <<alice>> not found or no permissions to generate tokens", hubError(http.StatusForbidden, "Service unknown not found or no permissions to generate tokens")
	unknownList := hubError(http.StatusNotFound, "No such user: unknown")
	if h == 1 {
		forOthers, forUnknown, unknownList = "Only admins can request tokens for other users", unknownList, h.errorWithoutMessage(http.StatusNotFound)
	}
	// Hubs reuse the ids of deleted tokens. If another case gets the id, a Hub before
	// version 5 describes that token in its error.
	return append([]Case{
		exclusive(sequence("token is created, read and deleted",
			Exchange{Request: asCaseUser(postRequest(tokensPath, `{"note": "for the case"}`)), Response: h.tokenCreated(note, "null", role)},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: hubOK(h.tokenModel(note, "null", role))},
			Exchange{Request: asCaseUser(newRequest(http.MethodDelete, tokenPath)), Response: noContent()},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: h.tokenGone()},
			Exchange{Request: asCaseUser(newRequest(http.MethodDelete, tokenPath)), Response: h.tokenGone()},
		)),
		sequence("token with an expiry in the list",
			Exchange{Request: asCaseUser(postRequest(tokensPath, `{"note": "for the case", "expires_in": 3600}`)), Response: h.tokenCreated(note, `"<<expires=time>>"`, role)},
			Exchange{Request: asCaseUser(getRequest(tokensPath)), Response: hubOK(list)},
		),
		exclusive(sequence("expired token is readable until a listing deletes it",
			Exchange{Request: asCaseUser(postRequest(tokensPath, `{"note": "for the case", "expires_in": 1}`)), Response: h.tokenCreated(note, `"<<expires=time>>"`, role)},
			Exchange{Request: getRequest("/user").toHub().withAuthorization("token <<token>>"), Response: h.errorWithoutMessage(http.StatusForbidden), Repeat: true},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: hubOK("<<any>>")},
			Exchange{Request: asCaseUser(getRequest(tokensPath)), Response: hubOK("<<any>>")},
			Exchange{Request: asCaseUser(getRequest(tokenPath)), Response: h.tokenGone()},
		)),
		singleRequest("invalid id", asCaseUser(getRequest(tokensPath+"/zzz")), hubError(http.StatusNotFound, "No such token zzz for user <<caseuser>>")),
		singleRequest("token for another user", postRequest("/users/<<alice>>/tokens", "").toHub().asUser(caseUser), hubError(http.StatusForbidden, forOthers)),
		singleRequest("tokens of another user", getRequest("/users/<<alice>>/tokens").toHub().asUser(caseUser), h.accessDenied()),
		singleRequest("token without credentials", postRequest(tokensPath, "{}").toHub().asUser(noUser), h.errorWithoutMessage(http.StatusForbidden)),
	}, requiring([]Case{
		singleRequest("token for an unknown user", postRequest("/users/unknown/tokens", "").toHub().asUser(administrator), forUnknown),
		singleRequest("tokens of an unknown user", getRequest("/users/unknown/tokens").toHub().asUser(administrator), unknownList),
	}, AdminService)...)
}

// bodyCases cover the fields of a token request, and what Hubs that lack a field do
// with it.
func (h hubVersion) bodyCases() []Case {
	requested, role := `"Requested via api"`, `["token"]`
	created := h.tokenCreated(requested, "null", role)
	tokenWith := func(name, body string, response ExpectedResponse) Case {
		return singleRequest("token with "+name, postRequest(tokensPath, body).toHub().asUser(caseUser), response)
	}
	rejection := func(status int, message string) ExpectedResponse { return hubError(status, message) }
	internal := rejection(http.StatusInternalServerError, "Internal Server Error")
	// byVersion returns the response of this version. A key is the last version
	// with that response.
	byVersion := func(responses map[int]ExpectedResponse) ExpectedResponse {
		for version := int(h); version <= 6; version++ {
			if response, ok := responses[version]; ok {
				return response
			}
		}
		return ExpectedResponse{}
	}
	scoped := created
	if h > 2 {
		scoped.Unordered = map[string][]string{"scopes": {"access:services!service=dask-gateway", "read:users:groups!user=<<caseuser>>", "read:users:name!user=<<caseuser>>"}}
	}
	return []Case{
		// Before JupyterHub 3 this creates a token with all scopes of the user.
		tokenWith("scopes", `{"scopes": ["access:services!service=dask-gateway"]}`, scoped),
		tokenWith("unknown scope", `{"scopes": ["nope"]}`, byVersion(map[int]ExpectedResponse{2: created, 4: internal, 6: rejection(http.StatusBadRequest, `\"Scope 'nope' for token does not exist\"`)})),
		tokenWith("scope that the user lacks", `{"scopes": ["admin:users"]}`, byVersion(map[int]ExpectedResponse{2: created, 6: rejection(http.StatusBadRequest, "Not assigning requested scopes <<any>> not held by User <<caseuser>>")})),
		tokenWith("role", `{"roles": ["user"]}`, h.tokenCreated(requested, "null", `["user"]`)),
		tokenWith("unknown role", `{"roles": ["nope"]}`, byVersion(map[int]ExpectedResponse{
			1: created, 2: rejection(http.StatusNotFound, "Requested roles ['nope'] not found"), 6: rejection(http.StatusBadRequest, "No such role: nope"),
		})),
		tokenWith("role that the user lacks", `{"roles": ["admin"]}`, byVersion(map[int]ExpectedResponse{
			1: created, 2: rejection(http.StatusForbidden, "Requested roles ['admin'] cannot have higher permissions than the token owner"),
			6: rejection(http.StatusBadRequest, "Not assigning requested scopes <<any>> not held by User <<caseuser>>"),
		})),
		tokenWith("roles and scopes together", `{"roles": ["token"], "scopes": ["self"]}`, byVersion(map[int]ExpectedResponse{2: created, 6: rejection(http.StatusBadRequest, "Can only assign one of scopes or roles when creating tokens.")})),
		tokenWith("expiry is a string", `{"expires_in": "3600"}`, byVersion(map[int]ExpectedResponse{4: internal, 6: rejection(http.StatusBadRequest, "token expires_in must be null or integer, not '3600'")})),
		tokenWith("expiry is 0", `{"expires_in": 0}`, byVersion(map[int]ExpectedResponse{3: internal, 4: created, 6: rejection(http.StatusBadRequest, "expires_in must be a positive integer or null, not 0")})),
		tokenWith("negative expiry", `{"expires_in": -1}`, byVersion(map[int]ExpectedResponse{3: internal, 6: rejection(http.StatusBadRequest, "expires_in must be a positive integer or null, not -1")})),
		tokenWith("invalid JSON", `{`, rejection(http.StatusBadRequest, "Invalid JSON in body of request")),
	}
}
