// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// Error messages of the Hub.
const (
	badCredentialsMessage = "Missing or invalid credentials."
	noAccessMessage       = "No access to resources or resources not found"
)

// userScopes are all resolved scopes of the case's user. The first one is the
// gateway's.
func userScopes() []string {
	scopes := []string{"access:services!service=dask-gateway"}
	for _, scope := range []string{
		"access:servers", "delete:servers", "read:servers", "read:shares", "read:tokens", "read:users", "read:users:activity", "read:users:groups",
		"read:users:name", "read:users:shares", "servers", "start:servers", "tokens", "users:activity", "users:shares",
	} {
		scopes = append(scopes, scope+"!user=<<caseuser>>")
	}
	return scopes
}

// needsScope is the Hub's response when the credentials lack a scope.
func needsScope(scope string) ExpectedResponse {
	return hubError(http.StatusForbidden, "Action is not authorized with current scopes; requires any of ["+scope+"]")
}

// hubAuthCases cover the Hub's credentials. The Hub never returns 401.
func hubAuthCases() []Case {
	user := getRequest("/users/<<bob>>").toHub()
	self := getRequest("/user").toHub()
	model := hubObject(userModel(bob))
	badUser := hubError(http.StatusForbidden, badCredentialsMessage)
	badSelf := hubErrorWithoutMessage(http.StatusForbidden)
	return requiring([]Case{
		recorded("hub_403.json", singleRequest("hub: no credentials", user.asUser(noUser), badUser)),
		recorded("hub_403_null.json", singleRequest("hub: no credentials at /user", self.asUser(noUser), badSelf)),
		singleRequest("hub: unknown token", user.withAuthorization("token garbage"), badUser),
		singleRequest("hub: unknown token at /user", self.withAuthorization("token garbage"), badSelf),
		singleRequest("hub: scheme token", user.withAuthorization("token <<bob-token>>"), model),
		singleRequest("hub: scheme in capital letters", user.withAuthorization("TOKEN <<bob-token>>"), model),
		singleRequest("hub: scheme bearer", user.withAuthorization("bearer <<bob-token>>"), model),
		singleRequest("hub: scheme Bearer", user.withAuthorization("Bearer <<bob-token>>"), model),
		singleRequest("hub: gateway's scheme", user.withAuthorization("jupyterhub <<bob-token>>"), badUser),
		singleRequest("hub: gateway's scheme at /user", self.withAuthorization("jupyterhub <<bob-token>>"), badSelf),
		singleRequest("hub: token without a scheme", user.withAuthorization("<<bob-token>>"), badUser),
		singleRequest("hub: scheme without a token", user.withAuthorization("token"), badUser),
		singleRequest("hub: scheme without a token at /user", self.withAuthorization("token"), badSelf),
		singleRequest("hub: scheme Basic", user.withAuthorization("Basic Ym9iOmJvYg=="), badUser),
		singleRequest("hub: token in the query", getRequest("/user?token=<<bob-token>>").toHub().asUser(noUser), badSelf),
	}, Hub)
}

// userModel is the Hub's model of a user in a response to the user. The order of the keys
// differs between processes of the Hub.
func userModel(user string) map[string]string {
	return map[string]string{
		"server": "null", "created": `"<<time>>"`, "name": `"<<` + user + `>>"`, "last_activity": `"<<time>>"`, "admin": "false", "roles": `["user"]`,
		"pending": "null", "kind": `"user"`, "groups": "[]", "servers": "{}", "user_info": "null",
	}
}

// hubObject is a response of the Hub with keys in any order.
func hubObject(object map[string]string) ExpectedResponse {
	response := hubOK("")
	response.Object = object
	return response
}

// whoami is the response of GET /user, with the fields that the token's scopes allow.
func whoami(model map[string]string, scopes []string) ExpectedResponse {
	model["token_id"] = `"<<id>>"`
	model["session_id"] = "null"
	model["scopes"] = "<<array>>"
	response := hubObject(model)
	response.Unordered = map[string][]string{"scopes": scopes}
	return response
}

// hubUserCases cover the Hub itself and its users.
func hubUserCases() []Case {
	// Fields are omitted without the scopes to read them.
	scoped := whoami(map[string]string{"name": `"<<caseuser>>"`, "admin": "false", "kind": `"user"`, "groups": "[]", "user_info": "null"}, []string{
		"access:services!service=dask-gateway", "read:users:groups!user=<<caseuser>>", "read:users:name!user=<<caseuser>>",
	})
	cases := []Case{
		recorded("hub_version.json", singleRequest("hub: version needs no credentials", getRequest("/").toHub().asUser(noUser), hubOK(`{"version": "<<version>>"}`))),
		sequence("hub: matching Etag is a 304",
			Exchange{Request: getRequest("/").toHub().asUser(noUser), Response: ExpectedResponse{
				Status: http.StatusOK, ContentType: hubJSON, Body: "<<any>>", Header: map[string]string{"Etag": `"<<tag=digest>>"`},
			}},
			Exchange{Request: getRequest("/").toHub().asUser(noUser).withHeader("If-None-Match", `"<<tag>>"`), Response: ExpectedResponse{
				Status: http.StatusNotModified, Header: map[string]string{"Etag": `"<<tag>>"`},
			}},
		),
		singleRequest("hub: version without a slash", getRequest("").toHub().asUser(noUser), hubOK(`{"version": "<<version>>"}`)),
		singleRequest("hub: info without credentials", getRequest("/info").toHub().asUser(noUser), hubError(http.StatusForbidden, badCredentialsMessage)),
		recorded("hub_403_scope.json", singleRequest("hub: info without the scope", getRequest("/info").toHub(), needsScope("read:hub"))),
		recorded("hub_user.json", singleRequest("hub: own user", getRequest("/user").toHub().asUser(caseUser), whoami(userModel(caseUser), userScopes()))),
		sequence("hub: own user with few scopes",
			createToken(`{"scopes": ["access:services!service=dask-gateway"]}`),
			Exchange{Request: getRequest("/user").toHub().withAuthorization("token <<token>>"), Response: scoped, Record: "hub_user_scoped.json"},
		),
		sequence("hub: own user by name, with few scopes",
			createToken(`{"scopes": ["read:users:groups!user", "read:users:activity!user"]}`),
			Exchange{Request: getRequest("/users/<<caseuser>>").toHub().withAuthorization("token <<token>>"), Response: hubObject(map[string]string{
				"name": `"<<caseuser>>"`, "kind": `"user"`, "groups": "[]", "last_activity": `"<<time>>"`, "admin": "false", "user_info": "null",
			})},
		),
		sequence("hub: own user by name, without the scope",
			createToken(`{"scopes": ["access:services!service=dask-gateway"]}`),
			Exchange{Request: getRequest("/users/<<caseuser>>").toHub().withAuthorization("token <<token>>"), Response: hubObject(map[string]string{
				"name": `"<<caseuser>>"`, "kind": `"user"`, "groups": "[]", "admin": "false", "user_info": "null",
			})},
		),
		sequence("hub: servers only",
			createToken(`{"scopes": ["read:servers!user"]}`),
			Exchange{Request: getRequest("/users/<<caseuser>>").toHub().withAuthorization("token <<token>>"), Response: hubObject(map[string]string{
				"name": `"<<caseuser>>"`, "kind": `"user"`, "admin": "false", "user_info": "null", "servers": "{}", "groups": "[]",
			})},
		),
		singleRequest("hub: own user by name", getRequest("/users/<<caseuser>>").toHub().asUser(caseUser), hubObject(userModel(caseUser))),
		singleRequest("hub: another user", getRequest("/users/<<alice>>").toHub().asUser(bob), hubError(http.StatusNotFound, noAccessMessage)),
		recorded("hub_404_access.json", singleRequest("hub: unknown user", getRequest("/users/unknown").toHub(), hubError(http.StatusNotFound, noAccessMessage))),
		singleRequest("hub: list of users without the scope", getRequest("/users").toHub(), needsScope("list:users")),
		singleRequest("hub: /user with a slash", getRequest("/user/").toHub(), hubErrorWithoutMessage(http.StatusNotFound)),
		recorded("hub_404_null.json", singleRequest("hub: unknown path", getRequest("/nothing").toHub(), hubErrorWithoutMessage(http.StatusNotFound))),
		recorded("hub_405.json", singleRequest("hub: POST of /user", postRequest("/user", "").toHub(), hubErrorWithoutMessage(http.StatusMethodNotAllowed))),
		singleRequest("hub: DELETE of /user", newRequest(http.MethodDelete, "/user").toHub(), hubErrorWithoutMessage(http.StatusMethodNotAllowed)),
		singleRequest("hub: DELETE of the own user", newRequest(http.MethodDelete, "/users/<<bob>>").toHub().asUser(bob), needsScope("delete:users")),
		singleRequest("hub: POST of a user", postRequest("/users/carol", "").toHub(), needsScope("admin:users")),
	}
	service := whoami(map[string]string{"kind": `"service"`, "admin": "false", "name": `"test-admin"`}, []string{
		"access:services!service=dask-gateway", "admin:auth_state", "admin:server_state", "admin:servers", "admin:users", "delete:servers", "delete:users",
		"list:services", "list:users", "read:roles:users", "read:servers", "read:services:name", "read:tokens", "read:users", "read:users:activity",
		"read:users:groups", "read:users:name", "servers", "start:servers", "tokens", "users", "users:activity",
	})
	// With admin:auth_state the model has auth_state, which is null here.
	visible := userModel(caseUser)
	visible["auth_state"] = "null"
	return requiring(append(cases, requiring([]Case{
		sequence("hub: another user for an administrator",
			Exchange{Request: getRequest("/users/<<caseuser>>").toHub().asUser(caseUser), Response: hubObject(userModel(caseUser))},
			Exchange{Request: getRequest("/users/<<caseuser>>").toHub().asUser(administrator), Response: hubObject(visible)},
		),
		singleRequest("hub: service is not a user", getRequest("/users/test-admin").toHub().asUser(administrator), hubErrorWithoutMessage(http.StatusNotFound)),
		recorded("hub_service.json", singleRequest("hub: service's own model", getRequest("/user").toHub().asUser(administrator), service)),
		singleRequest("hub: unknown user for an administrator", getRequest("/users/unknown").toHub().asUser(administrator), hubErrorWithoutMessage(http.StatusNotFound)),
	}, AdminService)...), Hub)
}

// hubUserListCases cover the list of all users and its pages.
func hubUserListCases() []Case {
	const paginated = "application/jupyterhub-pagination+json"
	list := func(query string) Request { return getRequest("/users" + query).toHub().asUser(administrator) }
	page := func(query string) Request { return list(query).withHeader("Accept", "application/json, "+paginated) }
	// Each user sends a request first, so that the list has at least two users.
	afterUsers := func(name string, request Request, response ExpectedResponse) Case {
		user := getRequest("/user").toHub()
		return sequence("hub users: "+name,
			Exchange{Request: user.asUser(caseUser), Response: hubOK("<<any>>")}, Exchange{Request: user.asUser(bob), Response: hubOK("<<any>>")},
			Exchange{Request: request, Response: response})
	}
	rejected := func(name, query, message string) Case {
		return singleRequest("hub users: "+name, list(query), hubError(http.StatusBadRequest, message))
	}
	return requiring([]Case{
		singleRequest("hub users: no credentials", getRequest("/users").toHub().asUser(noUser), hubError(http.StatusForbidden, badCredentialsMessage)),
		afterUsers("list without pages", list("?limit=1"), hubOK("[{<<any>>}]")),
		afterUsers("list of one user by name", list("?name_filter=<<caseuser>>&limit=1&sort=name"), hubOK(`[{<<any>>"name": "<<caseuser>>"<<any>>}]`)),
		afterUsers("first page", page("?limit=1"), hubOK(
			`{"items": [{<<any>>}], "_pagination": {"offset": 0, "limit": 1, "total": <<int>>, "next": {"offset": 1, "limit": 1, "url": "http://<<any>>/hub/api/users?limit=1&offset=1"}}}`)),
		afterUsers("default limit of a page", page("?sort=-id"), hubOK(`{"items": [{<<any>>}], "_pagination": {"offset": 0, "limit": 50, "total": <<int>>, "next": <<any>>}}`)),
		afterUsers("largest limit, sign ignored", page("?limit=-1000&offset=-1"), hubOK(`{"items": [{<<any>>}], "_pagination": {"offset": 1, "limit": 200, "total": <<int>>, "next": <<any>>}}`)),
		afterUsers("page after the end", page("?offset=1000000"), hubOK(`{"items": [], "_pagination": {"offset": 1000000, "limit": 50, "total": <<int>>, "next": null}}`)),
		afterUsers("limit of 0 counts as 1", page("?limit=0"), hubOK(`{"items": [{<<any>>}], "_pagination": {"offset": 0, "limit": 1, "total": <<int>>, "next": {<<any>>}}}`)),
		afterUsers("inactive users", list("?state=inactive&limit=1"), hubOK("[{<<any>>}]")),
		rejected("invalid limit", "?limit=x", "Invalid argument type, offset and limit must be integers"),
		rejected("empty offset", "?offset=", "Invalid argument type, offset and limit must be integers"),
		rejected("unknown sort", "?sort=age", "sort must be 'id', 'name', or 'last_activity', not 'age'"),
		rejected("sort without a column", "?sort=-", "sort must be 'id', 'name', or 'last_activity', not '-'"),
		rejected("unknown state", "?state=busy", "Unrecognized state filter: 'busy'"),
	}, Hub, AdminService)
}
