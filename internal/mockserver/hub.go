// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"crypto/sha1" //nolint:gosec // for tags, as Tornado makes them
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// hubTimes are written with microseconds and a Z.
const hubTimes = "2006-01-02T15:04:05.000000Z"

// user is a user of the Hub.
type user struct {
	name    string
	admin   bool
	created time.Time
	// active is when a token of the user's was last seen.
	active time.Time
}

// hubPages is the Hub for browsers, and whatever has no route of its own: the
// Hub redirects that to itself, but for a POST, which lacks the Hub's cookie.
func (s *Server) hubPages(x *exchange) *reply {
	page := &reply{status: http.StatusNotFound, contentType: "text/html", body: "\n<!DOCTYPE HTML>\n<html lang=\"en\">\n  <head>\n    <title>JupyterHub</title>\n  </head>\n</html>\n"}
	_, own := below(x.path, s.cfg.HubPrefix+"/hub")
	switch {
	case x.Method != http.MethodGet && x.Method != http.MethodHead:
		page.status = http.StatusForbidden
	case !own:
		return (&reply{status: http.StatusFound, contentType: "text/html"}).set("Location", s.cfg.HubPrefix+"/hub"+x.path)
	}
	return page.set("X-Jupyterhub-Version", "6.1.1")
}

func hubReply(status int, value any) *reply {
	return (&reply{status: status, contentType: "application/json", body: dumps(value)}).set("X-Jupyterhub-Version", "6.1.1")
}

// hubRefuse is the Hub's error; its message may be null.
func hubRefuse(status int, message any) *reply {
	return hubReply(status, object{{"status", int64(status)}, {"message", message}})
}

// hub is JupyterHub's REST API, with a tag on each good answer to a GET.
func (s *Server) hub(x *exchange, path string) *reply {
	answer := s.hubAPI(x, path)
	if answer.status != http.StatusOK {
		return answer
	}
	tag := fmt.Sprintf("\"%x\"", sha1.Sum([]byte(answer.body))) //nolint:gosec // a tag, as Tornado makes it
	if x.Header.Get("If-None-Match") == tag {
		answer = (&reply{status: http.StatusNotModified}).set("X-Jupyterhub-Version", "6.1.1")
	}
	return answer.set("Etag", tag)
}

// hubAPI never answers 401.
func (s *Server) hubAPI(x *exchange, path string) *reply {
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
	case path == "/users" && (bearer == nil || !bearer.holds("list:users", "")):
		return s.only(x, func() *reply { return lacking(bearer, "list:users") }, http.MethodGet)
	case len(elements) == 2 && elements[0] == "users" && x.Method == http.MethodPost:
		return lacking(bearer, "admin:users")
	case len(elements) == 2 && elements[0] == "users" && x.Method == http.MethodDelete:
		return lacking(bearer, "delete:users")
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
		s.addUser(t.user).active = t.used
	}
	return t
}

func badCredentials() *reply {
	return hubRefuse(http.StatusForbidden, "Missing or invalid credentials.")
}

// lacking refuses those who lack a scope. What the others could do is not
// imitated.
func lacking(bearer *token, scope string) *reply {
	switch {
	case bearer == nil:
		return badCredentials()
	case !bearer.holds(scope, ""):
		return hubRefuse(http.StatusForbidden, "Action is not authorized with current scopes; requires any of ["+scope+"]")
	default:
		return hubRefuse(http.StatusMethodNotAllowed, nil)
	}
}

func info(bearer *token) *reply {
	switch {
	case bearer == nil || !bearer.holds("read:hub", ""):
		return lacking(bearer, "read:hub")
	default:
		return hubReply(http.StatusOK, object{{"version", "6.1.1"}, {"python", "3.11"}, {"sys_executable", "/usr/bin/python3"}, {"spawner", object{}}, {"authenticator", object{}}})
	}
}

func (s *Server) self(bearer *token) *reply {
	if bearer == nil {
		return hubRefuse(http.StatusForbidden, nil)
	}
	model := s.addUser(bearer.user).model(bearer)
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
	return hubReply(http.StatusOK, u.model(bearer))
}

// model is the user as far as a token's scopes show it.
func (u *user) model(bearer *token) object {
	roles := []any{"user"}
	if u.admin {
		roles = append(roles, "admin")
	}
	whole := bearer.holds("read:users", u.name)
	model := object{{"kind", "user"}, {"name", u.name}, {"admin", u.admin}, {"user_info", nil}}
	if whole || bearer.holds("read:users:groups", u.name) {
		model = append(model, member{"groups", []any{}})
	}
	if whole {
		model = append(model, object{
			{"roles", roles},
			{"server", nil},
			{"pending", nil},
			{"created", u.created.Format(hubTimes)},
			{"last_activity", timeOrNil(u.active)},
		}...)
	}
	if bearer.holds("read:servers", u.name) {
		model = append(model, member{"servers", object{}})
	}
	return model
}

func timeOrNil(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.Format(hubTimes)
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
