// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

// hubVersion is the newest Hub's version, which every response has in its header.
const hubVersion = "6.1.1"

// activityResolution is the resolution of last_activity.
const activityResolution = 30 * time.Second

func hubResponse(status int, value any) *httpResponse {
	return (&httpResponse{status: status, contentType: "application/json", body: dumps(value)}).setHeader("X-Jupyterhub-Version", hubVersion)
}

// hubError is an error of the Hub. The message may be null.
func hubError(status int, message any) *httpResponse {
	return hubResponse(status, object{{"status", int64(status)}, {"message", message}})
}

// hubInternalError is the Hub's response when a handler raises an exception.
func hubInternalError() *httpResponse {
	return hubError(http.StatusInternalServerError, http.StatusText(http.StatusInternalServerError))
}

// hubCall is a request for the REST API with the names in its path.
type hubCall struct {
	*exchange
	// bearer is nil without valid credentials.
	bearer            *token
	userName, tokenID string
	// serverName is the name of a named server.
	serverName string
	// hubMajor is the Hub's major version.
	hubMajor int
}

// hubHandlers holds the handlers by path pattern and method. NAME, ID and SRV are
// one path element each.
var hubHandlers = map[string]map[string]func(*Server, *hubCall) *httpResponse{
	"":      {http.MethodGet: hubRoot},
	"info":  {http.MethodGet: hubInfo},
	"user":  {http.MethodGet: whoami},
	"users": {http.MethodGet: listUsers, http.MethodPost: notSupportedByMock("admin:users")},
	"users/NAME": {
		http.MethodGet: getUser, http.MethodPost: notSupportedByMock("admin:users"), http.MethodPatch: notSupportedByMock("admin:users"), http.MethodDelete: notSupportedByMock("delete:users"),
	},
	"users/NAME/tokens":               {http.MethodGet: listTokens, http.MethodPost: createToken},
	"users/NAME/tokens/ID":            {http.MethodGet: getToken, http.MethodDelete: deleteToken},
	"users/NAME/server":               {http.MethodPost: startServer, http.MethodDelete: stopServer},
	"users/NAME/servers/SRV":          {http.MethodPost: startServer, http.MethodDelete: stopServer},
	"users/NAME/server/progress":      {http.MethodGet: serverProgress},
	"users/NAME/servers/SRV/progress": {http.MethodGet: serverProgress},
}

// serveHub is JupyterHub's REST API. It never returns 401.
func (s *Server) serveHub(x *exchange, path string) *httpResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forHubVersion(s.dispatchHub(x, path))
}

func (s *Server) dispatchHub(x *exchange, path string) *httpResponse {
	call := &hubCall{exchange: x, hubMajor: s.hubMajor()}
	elements := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := range elements {
		elements[i] = unescape(elements[i])
	}
	if len(elements) > 1 && elements[0] == "users" && elements[1] != "" {
		call.userName, elements[1] = elements[1], "NAME"
	}
	if len(elements) == 4 && elements[2] == "tokens" {
		call.tokenID, elements[3] = elements[3], "ID"
	}
	if len(elements) >= 4 && elements[2] == "servers" && elements[3] != "" {
		call.serverName, elements[3] = elements[3], "SRV"
	}
	methods, ok := hubHandlers[strings.Join(elements, "/")]
	if !ok {
		return hubError(http.StatusNotFound, nil)
	}
	if x.Method == http.MethodOptions {
		return (&httpResponse{status: http.StatusOK, contentType: "application/json"}).setHeader("X-Jupyterhub-Version", hubVersion)
	}
	handle, ok := methods[x.Method]
	if !ok {
		return hubError(http.StatusMethodNotAllowed, nil)
	}
	if call.bearer = s.bearer(x); call.bearer != nil {
		x.user = call.bearer.owner.name
	}
	return withEtag(x, handle(s, call))
}

// authorization matches the header as jupyterhub/handlers/base.py does.
var authorization = regexp.MustCompile(`(?i)^(?:token|bearer)\s+(\S+)$`)

// bearer returns the token in the request's header.
func (s *Server) bearer(x *exchange) *token {
	match := authorization.FindStringSubmatch(x.Header.Get("Authorization"))
	if match == nil {
		return nil
	}
	return s.useToken(match[1])
}

// useToken returns the valid token with the value and updates its last use.
func (s *Server) useToken(value string) *token {
	t := s.validTokenByValue(value)
	if t == nil {
		return nil
	}
	now := s.clock.now().Truncate(time.Microsecond)
	for _, last := range []*time.Time{&t.lastUsed, &t.owner.lastActivity} {
		if last.IsZero() || now.Sub(*last) > activityResolution {
			*last = now
		}
	}
	return t
}

// requireScope checks the scopes for the user in the path; one of them suffices. A
// caller that has a scope for other users only receives 404, whether or not the
// user exists.
func (call *hubCall) requireScope(scopes ...string) *httpResponse {
	if rejection, decided := call.requireScopeOfOldHub(scopes); decided {
		return rejection
	}
	if call.bearer == nil {
		return hubError(http.StatusForbidden, "Missing or invalid credentials.")
	}
	granted := call.bearer.scopes()
	filtered := false
	for _, scope := range scopes {
		if granted.covers(scope, "user="+call.userName) {
			return nil
		}
		filtered = filtered || granted[scope] != nil
	}
	if filtered && call.userName != "" {
		return hubError(http.StatusNotFound, "No access to resources or resources not found")
	}
	return missingScopes(scopes)
}

// notSupportedByMock rejects callers without the scope as the Hub does, and returns
// 501 to all others.
func notSupportedByMock(scope string) func(*Server, *hubCall) *httpResponse {
	return func(_ *Server, call *hubCall) *httpResponse {
		if rejection := call.requireScope(scope); rejection != nil {
			return rejection
		}
		return hubError(http.StatusNotImplemented, "not supported by the mock")
	}
}

func hubRoot(_ *Server, call *hubCall) *httpResponse {
	return hubResponse(http.StatusOK, object{{"version", hubReleaseByMajor[call.hubMajor]}})
}

func hubInfo(_ *Server, call *hubCall) *httpResponse {
	if rejection := call.requireScope("read:hub"); rejection != nil {
		return rejection
	}
	version := hubReleaseByMajor[call.hubMajor]
	return hubResponse(http.StatusOK, object{
		{"version", version},
		{"python", "3.11.2 (main, Apr 28 2025, 14:11:48) [GCC 12.2.0]"},
		{"sys_executable", "/usr/bin/python3"},
		{"spawner", object{{"class", "jupyterhub.spawner.SimpleLocalProcessSpawner"}, {"version", version}}},
		{"authenticator", object{{"class", "jupyterhub.auth.DummyAuthenticator"}, {"version", version}}},
	})
}
