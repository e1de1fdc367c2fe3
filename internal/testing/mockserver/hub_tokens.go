// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// token is an API token of the Hub.
type token struct {
	id    int
	value string
	owner *account
	// note is a string or nil.
	note any
	// grantedScopes are unresolved. roles is what a Hub with token roles reports.
	grantedScopes, roles       []string
	created, expires, lastUsed time.Time
}

func (t *token) apiID() string { return fmt.Sprintf("a%d", t.id) }

// scopes returns the resolved scopes, which never exceed those of the owner.
func (t *token) scopes() scopeSet {
	if slices.Contains(t.grantedScopes, "inherit") {
		return t.owner.scopes()
	}
	return t.owner.expand(t.grantedScopes).union(t.owner.identityScopes()...).intersection(t.owner.scopes())
}

// Token describes a token for tests.
type Token struct {
	ID, User, Note string
	Created        time.Time
	// Expires is zero for a token without expiry.
	Expires time.Time
	Scopes  []string
}

// NewToken creates a token for the user and returns its value. It creates the user
// if necessary. Without scopes the token has all scopes of its user. The user admin
// is an administrator of the Hub.
func (s *Server) NewToken(user string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addTokenFor(s.addUser(user), "for the tests", scopes).value
}

// NewServiceToken creates a token for a service of the Hub that has the scopes, and
// returns its value.
func (s *Server) NewServiceToken(service string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addTokenFor(&account{kind: "service", name: service, roles: scopes}, "", nil).value
}

// AddToken creates a token as another client of the user would, and returns its id.
func (s *Server) AddToken(user, note string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addTokenFor(s.addUser(user), note, nil).apiID()
}

// Tokens returns the user's tokens in the order of their ids.
func (s *Server) Tokens(user string) []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Token
	for _, t := range s.tokensOf(user) {
		found = append(found, Token{ID: t.apiID(), User: user, Note: str(t.note), Created: t.created, Expires: t.expires, Scopes: t.scopes().sorted()})
	}
	return found
}

// RevokeToken revokes a token as another client of the user would.
func (s *Server) RevokeToken(user, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tokenByID(user, id)
	if t == nil {
		panic(fmt.Sprintf("mockserver: %s has no token %q", user, id))
	}
	delete(s.state.tokens, t.id)
}

func (s *Server) addTokenFor(o *account, note string, scopes []string) *token {
	if len(scopes) == 0 {
		scopes = roleScopes["token"]
	}
	t := &token{owner: o, note: note, grantedScopes: scopes, roles: []string{"token"}, created: s.clock.now().Truncate(time.Microsecond)}
	s.addToken(t)
	return t
}

// addToken assigns the lowest id above all existing ids, as sqlite does. After the
// newest token is deleted, the next token gets its id.
func (s *Server) addToken(t *token) {
	t.id, t.value = 1, newHex()
	for taken := range s.state.tokens {
		t.id = max(t.id, taken+1)
	}
	s.state.tokens[t.id] = t
}

// tokensOf deletes the user's expired tokens and returns the others. Until a
// listing, the Hub still returns an expired token by its id.
func (s *Server) tokensOf(user string) []*token {
	var found []*token
	for id, t := range s.state.tokens {
		switch {
		case !t.belongsTo(user):
		case s.isExpired(t):
			delete(s.state.tokens, id)
		default:
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b *token) int { return cmp.Compare(a.id, b.id) })
	return found
}

// belongsTo reports whether the token belongs to the user. A service may have the
// same name.
func (t *token) belongsTo(user string) bool { return t.owner.kind == "user" && t.owner.name == user }

func (s *Server) isExpired(t *token) bool {
	return !t.expires.IsZero() && !t.expires.After(s.clock.now())
}

// validTokenByValue returns the unexpired token with the value, or nil.
func (s *Server) validTokenByValue(value string) *token {
	for _, t := range s.state.tokens {
		if t.value == value && !s.isExpired(t) {
			return t
		}
	}
	return nil
}

func (s *Server) tokenByID(user, id string) *token {
	digits, ok := strings.CutPrefix(id, "a")
	number, err := strconv.Atoi(digits)
	if t := s.state.tokens[number]; ok && err == nil && t != nil && t.belongsTo(user) {
		return t
	}
	return nil
}

// listTokens is GET /users/NAME/tokens. The most recently used token is the last
// one.
func listTokens(s *Server, call *hubCall) *httpResponse {
	if rejection := s.requireScopeAndUser(call, "read:tokens"); rejection != nil {
		return rejection
	}
	tokens := s.tokensOf(call.userName)
	slices.SortStableFunc(tokens, func(a, b *token) int { return a.lastUsedOrCreated().Compare(b.lastUsedOrCreated()) })
	list := []any{}
	for _, t := range tokens {
		list = append(list, call.tokenModel(t))
	}
	model := object{{"api_tokens", list}}
	if call.hubMajor == 1 {
		model = append(model, member{"oauth_tokens", []any{}})
	}
	return hubResponse(http.StatusOK, model)
}

func (t *token) lastUsedOrCreated() time.Time {
	if t.lastUsed.IsZero() {
		return t.created
	}
	return t.lastUsed
}

func getToken(s *Server, call *hubCall) *httpResponse {
	return s.withToken(call, "read:tokens", func(t *token) *httpResponse { return hubResponse(http.StatusOK, call.tokenModel(t)) })
}

func deleteToken(s *Server, call *hubCall) *httpResponse {
	return s.withToken(call, "tokens", func(t *token) *httpResponse {
		delete(s.state.tokens, t.id)
		return (&httpResponse{status: http.StatusNoContent}).setHeader("X-Jupyterhub-Version", hubVersion)
	})
}

func (s *Server) withToken(call *hubCall, scope string, handle func(*token) *httpResponse) *httpResponse {
	if rejection := s.requireScopeAndUser(call, scope); rejection != nil {
		return rejection
	}
	t := s.tokenByID(call.userName, call.tokenID)
	if t == nil {
		return call.tokenNotFound()
	}
	return handle(t)
}

// requireScopeAndUser checks the scope and then that the user exists.
func (s *Server) requireScopeAndUser(call *hubCall, scope string) *httpResponse {
	if rejection := call.requireScope(scope); rejection != nil {
		return rejection
	}
	if s.state.users[call.userName] == nil && call.hubMajor == 1 {
		return hubError(http.StatusNotFound, nil)
	}
	if s.state.users[call.userName] == nil {
		return hubError(http.StatusNotFound, "No such user: "+call.userName)
	}
	return nil
}

// model returns the token without its value.
func (t *token) model() object {
	return object{
		{t.owner.kind, t.owner.name},
		{"id", t.apiID()},
		{"kind", "api_token"},
		{"roles", []any{}},
		{"scopes", anySlice(t.scopes().sorted())},
		{"created", isoFormat(t.created)},
		{"last_activity", isoFormat(t.lastUsed)},
		{"expires_at", isoFormat(t.expires)},
		{"note", t.note},
		{"session_id", nil},
		{"oauth_client", "JupyterHub"},
	}
}
