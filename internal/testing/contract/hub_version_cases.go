// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// HubVersions are the major versions of JupyterHub that cases are known for.
// The last one is that of the table of Cases.
func HubVersions() []int { return []int{1, 2, 3, 4, 5, 6} }

// HubCases are the facts about users and tokens on a Hub of a major version,
// from 1 to 6: those by which the versions differ, and those that the clients
// rely on in each of them. They were seen with JupyterHub 1.5.1, 2.3.1, 3.1.1,
// 4.1.6, 5.5.4 and 6.1.1.
func HubCases(major int) []Case {
	h := hubVersion(major)
	cases := slices.Concat(h.userCases(), h.tokenCases(), h.bodyCases())
	if h > 2 {
		cases = append(cases, h.serverCases()...)
	}
	for i := range cases {
		cases[i].Name = fmt.Sprintf("JupyterHub %d: %s", major, cases[i].Name)
	}
	return needing(cases, Hub)
}

// hubVersion is a major version.
type hubVersion int

// silence is an error without words, for which Hubs before 6 say what the
// status means.
func (h hubVersion) silence(status int) Answer {
	if h < 6 {
		return hubError(status, http.StatusText(status))
	}
	return hubSilence(status)
}

// created is the answer to a POST that made something.
func (h hubVersion) created(a Answer) Answer {
	if h == 1 {
		return a.status(http.StatusOK)
	}
	return a.status(http.StatusCreated)
}

// ownScopes are all that the loner has on this Hub.
func (h hubVersion) ownScopes() []string {
	return slices.DeleteFunc(ownScopes(), func(scope string) bool {
		return h < 6 && strings.HasPrefix(scope, "start:") || h < 5 && strings.Contains(scope, "shares")
	})
}

// user is the model of a user as GET /users/NAME has it.
func (h hubVersion) user(user string) map[string]string {
	model := userModel(user)
	if h < 6 {
		delete(model, "user_info")
	}
	if h < 2 {
		delete(model, "roles")
	}
	return model
}

// self is what GET /user has beside it.
func (h hubVersion) self(model map[string]string, scopes []string) Answer {
	if h == 1 {
		if _, isUser := model["servers"]; isUser {
			model["servers"] = "null"
		}
		return hubObject(model)
	}
	a := whoami(model, scopes)
	if h < 5 {
		delete(a.Object, "token_id")
	}
	return a
}

// token is the model of a token: the first Hub has neither roles nor scopes of
// them, the second one roles alone.
func (h hubVersion) token(note, expires string, roles string) string {
	model := tokenModel(note, expires, loner)
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

// newToken is the answer to a POST.
func (h hubVersion) newToken(note, expires, roles string) Answer {
	model := strings.NewReplacer("<<token_id>>", "<<token_id=id>>", "<<created>>", "<<created=time>>").Replace(h.token(note, expires, roles))
	return h.created(hubOK(model[:len(model)-1] + `, "token": "<<token=hex>>"}`))
}

// gone is the answer to an id that was the loner's.
func (h hubVersion) gone() Answer {
	if h < 5 {
		return hubError(http.StatusNotFound, "Token not found None")
	}
	return noToken()
}

// withoutCredentials is the answer to a token that is none.
func (h hubVersion) withoutCredentials(scopes ...string) Answer {
	switch {
	case h == 1:
		return h.silence(http.StatusForbidden)
	case h < 4:
		return needsScope(strings.Join(scopes, ", "))
	default:
		return hubError(http.StatusForbidden, badCredentials)
	}
}

// notAllowed is the answer to who asks for another user.
func (h hubVersion) notAllowed() Answer {
	if h == 1 {
		return h.silence(http.StatusForbidden)
	}
	return hubError(http.StatusNotFound, noAccess)
}

func (h hubVersion) userCases() []Case {
	user, self := get("/users/<<bob>>").hub(), get("/user").hub()
	readUser := []string{"read:users", "read:users:name", "read:servers", "read:users:groups", "read:users:activity", "read:roles:users"}
	version := fmt.Sprintf(`{"version": "%d.<<any>>"}`, h)
	service := map[string]string{"kind": `"service"`, "name": `"test-admin"`, "admin": "false"}
	if h == 1 {
		service["admin"] = "true"
	}
	serviceAnswer := h.self(service, nil)
	serviceAnswer.Sets = nil
	return append([]Case{
		one("the version", get("/").hub().as(nobody), hubOK(version)),
		one("no credentials", user.as(nobody), h.withoutCredentials(readUser...)),
		one("an unknown token", user.authorization("token garbage"), h.withoutCredentials(readUser...)),
		one("an unknown token at /user", self.authorization("token garbage"), h.silence(http.StatusForbidden)),
		one("who am I", self.as(loner), h.self(h.user(loner), h.ownScopes())),
		one("oneself by name", get("/users/<<loner>>").hub().as(loner), hubObject(h.user(loner))),
		one("another user", get("/users/<<alice>>").hub().as(bob), h.notAllowed()),
		one("a user who is not there", get("/users/unknown").hub(), h.notAllowed()),
		one("a path that is not there", get("/nothing").hub(), h.silence(http.StatusNotFound)),
		one("a method that is not there", post("/user", "").hub(), h.silence(http.StatusMethodNotAllowed)),
	}, needing([]Case{
		one("who is a service", self.as(administrator), serviceAnswer),
		one("a user who is not there, for who may see all", get("/users/unknown").hub().as(administrator), h.silence(http.StatusNotFound)),
	}, Administrator)...)
}

// serverCases are about servers, of JupyterHub 3 and later: for those before it,
// no program that they could start is installed with the real ones.
func (h hubVersion) serverCases() []Case {
	const named = "/users/<<loner>>/servers/gpu"
	at := func(method, path, body string) Request {
		return Request{Method: method, Path: path, Body: body}.hub().as(loner)
	}
	begun := Answer{Status: http.StatusCreated, Type: "text/plain"}
	model := func(options string) Exchange {
		text := `{"gpu": {"name": "gpu", `
		if h > 5 {
			text += `"display_name": "gpu", `
		}
		if h > 4 {
			text += `"full_name": "<<loner>>/gpu", `
		}
		text += `"last_activity": "<<time>>", "started": "<<time>>", "pending": null, "ready": true, "stopped": false, "url": "/user/<<loner>>/gpu/", ` +
			`"user_options": ` + options + `, "progress_url": "/hub/api/users/<<loner>>/servers/gpu/progress"`
		if h > 4 {
			text += `, "full_url": null, "full_progress_url": null`
		}
		user := h.user(loner)
		user["servers"] = text + "}}"
		return Exchange{Request: at(http.MethodGet, "/users/<<loner>>", ""), Answer: hubObject(user)}
	}
	stopped := Exchange{Request: at(http.MethodDelete, named, ""), Answer: Answer{Status: http.StatusNoContent}}
	start := func(body string, answer Answer) Exchange {
		return Exchange{Request: at(http.MethodPost, named, body), Answer: answer}
	}
	// Before JupyterHub 6 the whole body is the options.
	wrapped, empty, broken := `{"profile": "small"}`, `{"profile": "small"}`, "Internal Server Error"
	if h < 6 {
		wrapped, empty, broken = `{"user_options": {"profile": "small"}}`, "{}", "error"
	}
	// Before JupyterHub 5 a start cannot be interrupted.
	interrupted := stopped
	if h < 5 {
		interrupted.Answer = hubError(http.StatusBadRequest, "<<loner>>:gpu is pending spawn, please wait")
	}
	return []Case{
		story("a server starts with its options, is there and stops",
			start(`{"profile": "small"}`, begun), model(`{"profile": "small"}`),
			start(`{"profile": "other"}`, hubError(http.StatusBadRequest, "<<loner>>:gpu is already running")), stopped, stopped,
			start("", begun), model(`{"profile": "small"}`), stopped,
			start(`{"user_options": {"profile": "small"}}`, begun), model(wrapped), stopped,
			start(`{"profile": "small"}`, begun), stopped,
			start("{}", begun), model(empty), stopped,
		),
		story("a server that fails at once",
			start(`{"profile": "broken"}`, hubError(http.StatusInternalServerError, broken)),
			Exchange{Request: at(http.MethodGet, named+"/progress", ""), Answer: stream(`data: {"progress": 100, "failed": true, "message": "Spawn failed: no node has room for it"}` + "\n\n")},
			start(`{"profile": "refused"}`, hubError(http.StatusConflict, "quota reached")),
		),
		story("a server that is stopped while it starts",
			start(`{"profile": "slow"}`, Answer{Status: http.StatusAccepted, Type: "text/plain"}), interrupted,
		),
		one("the progress of no server", at(http.MethodGet, named+"/progress", ""), h.silence(http.StatusNotFound)),
		one("a server of somebody else", send(http.MethodPost, "/users/<<alice>>/servers/gpu").hub().as(loner), hubError(http.StatusNotFound, noAccess)),
	}
}

func (h hubVersion) tokenCases() []Case {
	asLoner := func(r Request) Request { return r.hub().as(loner) }
	note, expires := `"for the case"`, `"<<expires>>"`
	role := `["token"]`
	list := `{"api_tokens": [{<<any>>}, ` + h.token(note, expires, role) + `]}`
	if h == 1 {
		list = strings.TrimSuffix(list, "}") + `, "oauth_tokens": []}`
	}
	forOthers, forUnknown := "User <<alice>> not found or no permissions to generate tokens", hubError(http.StatusForbidden, "Service unknown not found or no permissions to generate tokens")
	unknownList := hubError(http.StatusNotFound, "No such user: unknown")
	if h == 1 {
		forOthers, forUnknown, unknownList = "Only admins can request tokens for other users", unknownList, h.silence(http.StatusNotFound)
	}
	return append([]Case{
		story("a token is made, read, deleted, and gone",
			Exchange{Request: asLoner(post(ownList, `{"note": "for the case"}`)), Answer: h.newToken(note, "null", role)},
			Exchange{Request: asLoner(get(ownOne)), Answer: hubOK(h.token(note, "null", role))},
			Exchange{Request: asLoner(send(http.MethodDelete, ownOne)), Answer: noContent()},
			Exchange{Request: asLoner(get(ownOne)), Answer: h.gone()},
			Exchange{Request: asLoner(send(http.MethodDelete, ownOne)), Answer: h.gone()},
		),
		story("a token with an end, in the list",
			Exchange{Request: asLoner(post(ownList, `{"note": "for the case", "expires_in": 3600}`)), Answer: h.newToken(note, `"<<expires=time>>"`, role)},
			Exchange{Request: asLoner(get(ownList)), Answer: hubOK(list)},
		),
		story("an expired token can be read until a list sweeps it away",
			Exchange{Request: asLoner(post(ownList, `{"note": "for the case", "expires_in": 1}`)), Answer: h.newToken(note, `"<<expires=time>>"`, role)},
			Exchange{Request: get("/user").hub().authorization("token <<token>>"), Answer: h.silence(http.StatusForbidden), Until: true},
			Exchange{Request: asLoner(get(ownOne)), Answer: hubOK("<<any>>")},
			Exchange{Request: asLoner(get(ownList)), Answer: hubOK("<<any>>")},
			Exchange{Request: asLoner(get(ownOne)), Answer: h.gone()},
		),
		one("an id that is none", asLoner(get(ownList+"/zzz")), hubError(http.StatusNotFound, "No such token zzz for user <<loner>>")),
		one("a token for another user", post("/users/<<alice>>/tokens", "").hub().as(loner), hubError(http.StatusForbidden, forOthers)),
		one("the tokens of another user", get("/users/<<alice>>/tokens").hub().as(loner), h.notAllowed()),
		one("a token without credentials", post(ownList, "{}").hub().as(nobody), h.silence(http.StatusForbidden)),
	}, needing([]Case{
		one("a token for a user who is not there", post("/users/unknown/tokens", "").hub().as(administrator), forUnknown),
		one("the tokens of a user who is not there", get("/users/unknown/tokens").hub().as(administrator), unknownList),
	}, Administrator)...)
}

// bodyCases are about what a request for a token may ask for, and about what
// Hubs make of it that do not know it.
func (h hubVersion) bodyCases() []Case {
	requested, role := `"Requested via api"`, `["token"]`
	made := h.newToken(requested, "null", role)
	ask := func(name, body string, answer Answer) Case {
		return one("a token with "+name, post(ownList, body).hub().as(loner), answer)
	}
	refusal := func(status int, words string) Answer { return hubError(status, words) }
	crashed := refusal(http.StatusInternalServerError, "Internal Server Error")
	// byVersion is the first answer whose last version this one is not beyond.
	byVersion := func(answers map[int]Answer) Answer {
		for version := int(h); version <= 6; version++ {
			if answer, ok := answers[version]; ok {
				return answer
			}
		}
		return Answer{}
	}
	scoped := made
	if h > 2 {
		scoped.Sets = map[string][]string{"scopes": {"access:services!service=dask-gateway", "read:users:groups!user=<<loner>>", "read:users:name!user=<<loner>>"}}
	}
	return []Case{
		// Before JupyterHub 3, this is a token with all that the user may do.
		ask("scopes", `{"scopes": ["access:services!service=dask-gateway"]}`, scoped),
		ask("a scope that is none", `{"scopes": ["nope"]}`, byVersion(map[int]Answer{2: made, 4: crashed, 6: refusal(http.StatusBadRequest, `\"Scope 'nope' for token does not exist\"`)})),
		ask("a scope that the user has not", `{"scopes": ["admin:users"]}`, byVersion(map[int]Answer{2: made, 6: refusal(http.StatusBadRequest, "Not assigning requested scopes <<any>> not held by User <<loner>>")})),
		ask("a role", `{"roles": ["user"]}`, h.newToken(requested, "null", `["user"]`)),
		ask("a role that is none", `{"roles": ["nope"]}`, byVersion(map[int]Answer{
			1: made, 2: refusal(http.StatusNotFound, "Requested roles ['nope'] not found"), 6: refusal(http.StatusBadRequest, "No such role: nope"),
		})),
		ask("a role that the user has not", `{"roles": ["admin"]}`, byVersion(map[int]Answer{
			1: made, 2: refusal(http.StatusForbidden, "Requested roles ['admin'] cannot have higher permissions than the token owner"),
			6: refusal(http.StatusBadRequest, "Not assigning requested scopes <<any>> not held by User <<loner>>"),
		})),
		ask("roles and scopes", `{"roles": ["token"], "scopes": ["self"]}`, byVersion(map[int]Answer{2: made, 6: refusal(http.StatusBadRequest, "Can only assign one of scopes or roles when creating tokens.")})),
		ask("an end that is a text", `{"expires_in": "3600"}`, byVersion(map[int]Answer{4: crashed, 6: refusal(http.StatusBadRequest, "token expires_in must be null or integer, not '3600'")})),
		ask("an end at once", `{"expires_in": 0}`, byVersion(map[int]Answer{3: crashed, 4: made, 6: refusal(http.StatusBadRequest, "expires_in must be a positive integer or null, not 0")})),
		ask("an end in the past", `{"expires_in": -1}`, byVersion(map[int]Answer{3: crashed, 6: refusal(http.StatusBadRequest, "expires_in must be a positive integer or null, not -1")})),
		ask("a body that is no JSON", `{`, refusal(http.StatusBadRequest, "Invalid JSON in body of request")),
	}
}
