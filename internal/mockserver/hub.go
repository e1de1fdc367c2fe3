// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// hubTimes are written with microseconds and a Z.
const hubTimes = "2006-01-02T15:04:05.000000Z"

// gatewayAccess is the scope without which the gateway lets no token in.
const gatewayAccess = "access:services!service=dask-gateway"

// user is a user of the Hub.
type user struct {
	name    string
	admin   bool
	created time.Time
}

func hubReply(status int, value any) *reply {
	return (&reply{status: status, contentType: "application/json", body: dumps(value)}).set("X-Jupyterhub-Version", "6.1.1")
}

// hubRefuse is the Hub's error; its message may be null.
func hubRefuse(status int, message any) *reply {
	return hubReply(status, object{{"status", int64(status)}, {"message", message}})
}

// hub is JupyterHub's REST API. It never answers 401.
func (s *Server) hub(x *exchange, path string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	bearer := s.bearer(x)
	if bearer != nil {
		x.user = bearer.user
	}
	elements := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, element := range elements {
		elements[i], _ = url.PathUnescape(element)
	}
	switch {
	case path == "" || path == "/":
		return s.only(x, func() *reply { return hubReply(http.StatusOK, object{{"version", "6.1.1"}}) }, http.MethodGet)
	case path == "/info":
		return s.only(x, func() *reply { return info(bearer) }, http.MethodGet)
	case path == "/user":
		return s.only(x, func() *reply { return s.self(bearer) }, http.MethodGet)
	case len(elements) == 2 && elements[0] == "users":
		return s.only(x, func() *reply { return s.userModel(bearer, elements[1]) }, http.MethodGet)
	case len(elements) >= 3 && len(elements) <= 4 && elements[0] == "users" && elements[2] == "tokens":
		return s.tokenCall(x, bearer, elements[1], elements[3:])
	default:
		return hubRefuse(http.StatusNotFound, nil)
	}
}

func (s *Server) only(x *exchange, handle func() *reply, methods ...string) *reply {
	if x.Method != http.MethodHead && !slices.Contains(methods, x.Method) {
		return hubRefuse(http.StatusMethodNotAllowed, nil)
	}
	return handle()
}

// bearer is the token that a request brings: "token" or "bearer", in any case.
func (s *Server) bearer(x *exchange) *token {
	scheme, value, ok := strings.Cut(x.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "token") && !strings.EqualFold(scheme, "bearer") {
		return nil
	}
	t := s.tokenByValue(strings.TrimSpace(value))
	if t != nil {
		t.used = s.now.now()
	}
	return t
}

func badCredentials() *reply {
	return hubRefuse(http.StatusForbidden, "Missing or invalid credentials.")
}

func info(bearer *token) *reply {
	switch {
	case bearer == nil:
		return badCredentials()
	case !bearer.holds("read:hub", ""):
		return hubRefuse(http.StatusForbidden, "Action is not authorized with current scopes; requires any of [read:hub]")
	default:
		return hubReply(http.StatusOK, object{{"version", "6.1.1"}, {"python", "3.11"}, {"sys_executable", "/usr/bin/python3"}, {"spawner", object{}}, {"authenticator", object{}}})
	}
}

func (s *Server) self(bearer *token) *reply {
	if bearer == nil {
		return hubRefuse(http.StatusForbidden, nil)
	}
	model := s.model(s.addUser(bearer.user))
	model = append(model, member{"token_id", bearer.apiID()}, member{"session_id", nil}, member{"scopes", texts(bearer.scopes)})
	return hubReply(http.StatusOK, model)
}

func (s *Server) userModel(bearer *token, name string) *reply {
	if bearer == nil {
		return badCredentials()
	}
	u := s.state.users[name]
	if bearer.holds("read:users", "") && u == nil {
		return hubRefuse(http.StatusNotFound, nil)
	}
	if u == nil || !bearer.holds("read:users", name) {
		return hubRefuse(http.StatusNotFound, "No access to resources or resources not found")
	}
	return hubReply(http.StatusOK, s.model(u))
}

func (s *Server) model(u *user) object {
	role := "user"
	roles := []any{role}
	if u.admin {
		roles = append(roles, "admin")
	}
	return object{
		{"kind", "user"},
		{"name", u.name},
		{"admin", u.admin},
		{"groups", []any{}},
		{"roles", roles},
		{"server", nil},
		{"pending", nil},
		{"created", u.created.Format(hubTimes)},
		{"last_activity", nil},
		{"servers", object{}},
		{"user_info", object{}},
	}
}

// addUser returns the user, made if need be. Users named admin are one.
func (s *Server) addUser(name string) *user {
	u := s.state.users[name]
	if u == nil {
		u = &user{name: name, admin: name == "admin", created: s.now.now()}
		s.state.users[name] = u
	}
	return u
}

func texts(values []string) []any {
	converted := make([]any, 0, len(values))
	for _, value := range values {
		converted = append(converted, value)
	}
	return converted
}
