// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import "net/http"

// Words of the Hub.
const (
	badCredentials = "Missing or invalid credentials."
	noAccess       = "No access to resources or resources not found"
)

// ownScopes are all that the loner has, resolved; the first one is the gateway's.
func ownScopes() []string {
	scopes := []string{"access:services!service=dask-gateway"}
	for _, scope := range []string{
		"access:servers", "delete:servers", "read:servers", "read:shares", "read:tokens", "read:users", "read:users:activity", "read:users:groups",
		"read:users:name", "read:users:shares", "servers", "start:servers", "tokens", "users:activity", "users:shares",
	} {
		scopes = append(scopes, scope+"!user=<<loner>>")
	}
	return scopes
}

// needsScope is the refusal of what the credentials don't cover.
func needsScope(scope string) Answer {
	return hubError(http.StatusForbidden, "Action is not authorized with current scopes; requires any of ["+scope+"]")
}

// hubAuthCases are about the Hub's credentials, which it never answers 401 to.
func hubAuthCases() []Case {
	user := get("/users/<<bob>>").hub()
	self := get("/user").hub()
	model := hubObject(userModel(bob))
	badUser := hubError(http.StatusForbidden, badCredentials)
	badSelf := hubSilence(http.StatusForbidden)
	return needing([]Case{
		recorded("hub_403.json", one("hub: no credentials", user.as(nobody), badUser)),
		recorded("hub_403_null.json", one("hub: no credentials at /user", self.as(nobody), badSelf)),
		one("hub: an unknown token", user.authorization("token garbage"), badUser),
		one("hub: an unknown token at /user", self.authorization("token garbage"), badSelf),
		one("hub: the scheme token", user.authorization("token <<bob-token>>"), model),
		one("hub: the scheme in capital letters", user.authorization("TOKEN <<bob-token>>"), model),
		one("hub: the scheme bearer", user.authorization("bearer <<bob-token>>"), model),
		one("hub: the scheme Bearer", user.authorization("Bearer <<bob-token>>"), model),
		one("hub: the gateway's scheme", user.authorization("jupyterhub <<bob-token>>"), badUser),
		one("hub: the gateway's scheme at /user", self.authorization("jupyterhub <<bob-token>>"), badSelf),
		one("hub: a token without a scheme", user.authorization("<<bob-token>>"), badUser),
		one("hub: a bare scheme", user.authorization("token"), badUser),
		one("hub: a bare scheme at /user", self.authorization("token"), badSelf),
		one("hub: the scheme Basic", user.authorization("Basic Ym9iOmJvYg=="), badUser),
		one("hub: a token in the query", get("/user?token=<<bob-token>>").hub().as(nobody), badSelf),
	}, Hub)
}

// userModel is the Hub's model of a user, as the user sees it. Its keys come in
// an order that each process of the Hub chooses anew.
func userModel(user string) map[string]string {
	return map[string]string{
		"server": "null", "created": `"<<time>>"`, "name": `"<<` + user + `>>"`, "last_activity": `"<<time>>"`, "admin": "false", "roles": `["user"]`,
		"pending": "null", "kind": `"user"`, "groups": "[]", "servers": "{}", "user_info": "null",
	}
}

// hubObject is an answer of the Hub whose keys come in any order.
func hubObject(object map[string]string) Answer {
	a := hubOK("")
	a.Object = object
	return a
}

// whoami is the answer to whom a token belongs, with the model that its scopes
// show.
func whoami(model map[string]string, scopes []string) Answer {
	model["token_id"] = `"<<id>>"`
	model["session_id"] = "null"
	model["scopes"] = "<<array>>"
	a := hubObject(model)
	a.Sets = map[string][]string{"scopes": scopes}
	return a
}

// hubUserCases are about the Hub itself and its users.
func hubUserCases() []Case {
	// Without the scopes to read them, keys are left out.
	scoped := whoami(map[string]string{"name": `"<<loner>>"`, "admin": "false", "kind": `"user"`, "groups": "[]", "user_info": "null"}, []string{
		"access:services!service=dask-gateway", "read:users:groups!user=<<loner>>", "read:users:name!user=<<loner>>",
	})
	cases := []Case{
		recorded("hub_version.json", one("hub: the version needs no credentials", get("/").hub().as(nobody), hubOK(`{"version": "<<version>>"}`))),
		story("hub: what has not changed",
			Exchange{Request: get("/").hub().as(nobody), Answer: Answer{
				Status: http.StatusOK, Type: hubJSON, Body: "<<any>>", Header: map[string]string{"Etag": `"<<tag=digest>>"`},
			}},
			Exchange{Request: get("/").hub().as(nobody).with("If-None-Match", `"<<tag>>"`), Answer: Answer{
				Status: http.StatusNotModified, Header: map[string]string{"Etag": `"<<tag>>"`},
			}},
		),
		one("hub: the version without a slash", get("").hub().as(nobody), hubOK(`{"version": "<<version>>"}`)),
		one("hub: info without credentials", get("/info").hub().as(nobody), hubError(http.StatusForbidden, badCredentials)),
		recorded("hub_403_scope.json", one("hub: info without the scope", get("/info").hub(), needsScope("read:hub"))),
		recorded("hub_user.json", one("hub: who am I", get("/user").hub().as(loner), whoami(userModel(loner), ownScopes()))),
		story("hub: who am I, with few scopes",
			token(`{"scopes": ["access:services!service=dask-gateway"]}`),
			Exchange{Request: get("/user").hub().authorization("token <<token>>"), Answer: scoped, Record: "hub_user_scoped.json"},
		),
		story("hub: oneself by name, with few scopes",
			token(`{"scopes": ["read:users:groups!user", "read:users:activity!user"]}`),
			Exchange{Request: get("/users/<<loner>>").hub().authorization("token <<token>>"), Answer: hubObject(map[string]string{
				"name": `"<<loner>>"`, "kind": `"user"`, "groups": "[]", "last_activity": `"<<time>>"`, "admin": "false", "user_info": "null",
			})},
		),
		story("hub: oneself by name, without the scope",
			token(`{"scopes": ["access:services!service=dask-gateway"]}`),
			Exchange{Request: get("/users/<<loner>>").hub().authorization("token <<token>>"), Answer: hubObject(map[string]string{
				"name": `"<<loner>>"`, "kind": `"user"`, "groups": "[]", "admin": "false", "user_info": "null",
			})},
		),
		story("hub: servers alone",
			token(`{"scopes": ["read:servers!user"]}`),
			Exchange{Request: get("/users/<<loner>>").hub().authorization("token <<token>>"), Answer: hubObject(map[string]string{
				"name": `"<<loner>>"`, "kind": `"user"`, "admin": "false", "user_info": "null", "servers": "{}", "groups": "[]",
			})},
		),
		one("hub: oneself by name", get("/users/<<loner>>").hub().as(loner), hubObject(userModel(loner))),
		one("hub: another user", get("/users/<<alice>>").hub().as(bob), hubError(http.StatusNotFound, noAccess)),
		recorded("hub_404_access.json", one("hub: a user who is not there", get("/users/unknown").hub(), hubError(http.StatusNotFound, noAccess))),
		one("hub: all users", get("/users").hub(), needsScope("list:users")),
		one("hub: /user with a slash", get("/user/").hub(), hubSilence(http.StatusNotFound)),
		recorded("hub_404_null.json", one("hub: a path that is not there", get("/nothing").hub(), hubSilence(http.StatusNotFound))),
		recorded("hub_405.json", one("hub: POST of /user", post("/user", "").hub(), hubSilence(http.StatusMethodNotAllowed))),
		one("hub: DELETE of /user", send(http.MethodDelete, "/user").hub(), hubSilence(http.StatusMethodNotAllowed)),
		one("hub: DELETE of oneself", send(http.MethodDelete, "/users/<<bob>>").hub().as(bob), needsScope("delete:users")),
		one("hub: POST of a user", post("/users/carol", "").hub(), needsScope("admin:users")),
	}
	service := whoami(map[string]string{"kind": `"service"`, "admin": "false", "name": `"test-admin"`}, []string{
		"access:services!service=dask-gateway", "admin:auth_state", "admin:server_state", "admin:servers", "admin:users", "delete:servers", "delete:users",
		"list:services", "list:users", "read:roles:users", "read:servers", "read:services:name", "read:tokens", "read:users", "read:users:activity",
		"read:users:groups", "read:users:name", "servers", "start:servers", "tokens", "users", "users:activity",
	})
	// Whoever may see the state of logins is shown that there is none.
	seen := userModel(loner)
	seen["auth_state"] = "null"
	return needing(append(cases, needing([]Case{
		story("hub: another user, for who may see all",
			Exchange{Request: get("/users/<<loner>>").hub().as(loner), Answer: hubObject(userModel(loner))},
			Exchange{Request: get("/users/<<loner>>").hub().as(administrator), Answer: hubObject(seen)},
		),
		one("hub: a service is no user", get("/users/test-admin").hub().as(administrator), hubSilence(http.StatusNotFound)),
		recorded("hub_service.json", one("hub: who is a service", get("/user").hub().as(administrator), service)),
		one("hub: a user who is not there, for who may see all", get("/users/unknown").hub().as(administrator), hubSilence(http.StatusNotFound)),
	}, Administrator)...), Hub)
}
