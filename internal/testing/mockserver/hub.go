// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

// hubVersion is the newest Hub's, which it tells with every answer.
const hubVersion = "6.1.1"

// activityResolution is how exact the Hub's times of last activity are.
const activityResolution = 30 * time.Second

func hubReply(status int, value any) *reply {
	return (&reply{status: status, contentType: "application/json", body: dumps(value)}).set("X-Jupyterhub-Version", hubVersion)
}

// hubRefuse is the Hub's error; its message may be null.
func hubRefuse(status int, message any) *reply {
	return hubReply(status, object{{"status", int64(status)}, {"message", message}})
}

// hubCrash is what the Hub answers when a handler fails.
func hubCrash() *reply {
	return hubRefuse(http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError))
}

// hubCall is a request for the REST API: what it came with, whom it is about,
// and which of their tokens.
type hubCall struct {
	*exchange
	// bearer is nil without valid credentials.
	bearer   *token
	name, id string
	// server is the name in a path of a named server.
	server string
	// release is the Hub's major version.
	release int
}

// hubHandlers are the routes by pattern and method; NAME and ID are one path
// element each, and so is SRV.
var hubHandlers = map[string]map[string]func(*Server, *hubCall) *reply{
	"":      {http.MethodGet: hubRoot},
	"info":  {http.MethodGet: hubInfo},
	"user":  {http.MethodGet: whoami},
	"users": {http.MethodGet: notImitated("list:users"), http.MethodPost: notImitated("admin:users")},
	"users/NAME": {
		http.MethodGet: getUser, http.MethodPost: notImitated("admin:users"), http.MethodPatch: notImitated("admin:users"), http.MethodDelete: notImitated("delete:users"),
	},
	"users/NAME/tokens":               {http.MethodGet: listTokens, http.MethodPost: createToken},
	"users/NAME/tokens/ID":            {http.MethodGet: getToken, http.MethodDelete: deleteToken},
	"users/NAME/server":               {http.MethodPost: startServer, http.MethodDelete: stopServer},
	"users/NAME/servers/SRV":          {http.MethodPost: startServer, http.MethodDelete: stopServer},
	"users/NAME/server/progress":      {http.MethodGet: serverProgress},
	"users/NAME/servers/SRV/progress": {http.MethodGet: serverProgress},
}

// hub is JupyterHub's REST API. It never answers 401.
func (s *Server) hub(x *exchange, path string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.aged(s.hubAnswer(x, path))
}

func (s *Server) hubAnswer(x *exchange, path string) *reply {
	call := &hubCall{exchange: x, release: s.release()}
	elements := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range elements {
		elements[i] = unescape(elements[i])
	}
	if len(elements) > 1 && elements[0] == "users" && elements[1] != "" {
		call.name, elements[1] = elements[1], "NAME"
	}
	if len(elements) == 4 && elements[2] == "tokens" {
		call.id, elements[3] = elements[3], "ID"
	}
	if len(elements) >= 4 && elements[2] == "servers" && elements[3] != "" {
		call.server, elements[3] = elements[3], "SRV"
	}
	methods, ok := hubHandlers[strings.Join(elements, "/")]
	if !ok {
		return hubRefuse(http.StatusNotFound, nil)
	}
	if x.Method == http.MethodOptions {
		return (&reply{status: http.StatusOK, contentType: "application/json"}).set("X-Jupyterhub-Version", hubVersion)
	}
	handle, ok := methods[x.Method]
	if !ok {
		return hubRefuse(http.StatusMethodNotAllowed, nil)
	}
	if call.bearer = s.bearer(x); call.bearer != nil {
		x.user = call.bearer.owner.name
	}
	return tagged(x, handle(s, call))
}

// authorization is the header that the Hub reads, jupyterhub/handlers/base.py.
var authorization = regexp.MustCompile(`(?i)^(?:token|bearer)\s+(\S+)$`)

// bearer is the token that a request brings.
func (s *Server) bearer(x *exchange) *token {
	found := authorization.FindStringSubmatch(x.Header.Get("Authorization"))
	if found == nil {
		return nil
	}
	return s.useToken(found[1])
}

// useToken finds a token that is good, and takes note of its use.
func (s *Server) useToken(value string) *token {
	t := s.tokenByValue(value)
	if t == nil {
		return nil
	}
	now := s.now.now().Truncate(time.Microsecond)
	for _, last := range []*time.Time{&t.used, &t.owner.active} {
		if last.IsZero() || now.Sub(*last) > activityResolution {
			*last = now
		}
	}
	return t
}

// need is the Hub's check of scopes for one user: any of them is enough. Who
// has one for others only is not told whether there is such a user.
func (call *hubCall) need(scopes ...string) *reply {
	if refused, decided := call.needOld(scopes); decided {
		return refused
	}
	if call.bearer == nil {
		return hubRefuse(http.StatusForbidden, "Missing or invalid credentials.")
	}
	held := call.bearer.scopes()
	filtered := false
	for _, scope := range scopes {
		if held.covers(scope, "user="+call.name) {
			return nil
		}
		filtered = filtered || held[scope] != nil
	}
	if filtered && call.name != "" {
		return hubRefuse(http.StatusNotFound, "No access to resources or resources not found")
	}
	return lacksScopes(scopes)
}

// notImitated refuses those who lack the scope as the Hub does, and tells the
// others that this is a mock.
func notImitated(scope string) func(*Server, *hubCall) *reply {
	return func(_ *Server, call *hubCall) *reply {
		if refused := call.need(scope); refused != nil {
			return refused
		}
		return hubRefuse(http.StatusNotImplemented, "the mock does not imitate this")
	}
}

func hubRoot(_ *Server, call *hubCall) *reply {
	return hubReply(http.StatusOK, object{{"version", hubReleases[call.release]}})
}

func hubInfo(_ *Server, call *hubCall) *reply {
	if refused := call.need("read:hub"); refused != nil {
		return refused
	}
	version := hubReleases[call.release]
	return hubReply(http.StatusOK, object{
		{"version", version},
		{"python", "3.11.2 (main, Apr 28 2025, 14:11:48) [GCC 12.2.0]"},
		{"sys_executable", "/usr/bin/python3"},
		{"spawner", object{{"class", "jupyterhub.spawner.SimpleLocalProcessSpawner"}, {"version", version}}},
		{"authenticator", object{{"class", "jupyterhub.auth.DummyAuthenticator"}, {"version", version}}},
	})
}
