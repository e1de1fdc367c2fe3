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
	owner *owner
	// note is a string, or nil.
	note any
	// granted are the token's scopes as they are written; roles are what the Hub
	// shows, if it is one that keeps them.
	granted, roles         []string
	created, expires, used time.Time
}

func (t *token) apiID() string { return fmt.Sprintf("a%d", t.id) }

// scopes are the token's scopes resolved, and never more than its owner has.
func (t *token) scopes() scopeSet {
	if slices.Contains(t.granted, "inherit") {
		return t.owner.scopes()
	}
	return t.owner.expand(t.granted).plus(t.owner.identity()...).within(t.owner.scopes())
}

// Token is what a test may know of a token.
type Token struct {
	ID, User, Note string
	Created        time.Time
	// Expires is zero for a token that does not.
	Expires time.Time
	Scopes  []string
}

// NewToken makes a token for the user, who is made as well if need be, and
// returns its value. No scopes means all that the user may do. The user admin
// may see and make everybody's tokens.
func (s *Server) NewToken(user string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addTokenFor(s.addUser(user), "for the tests", scopes).value
}

// NewServiceToken makes a token for a service of the Hub that has the scopes,
// as an administrator does who automates, and returns its value.
func (s *Server) NewServiceToken(service string, scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addTokenFor(&owner{kind: "service", name: service, roles: scopes}, "", nil).value
}

// AddToken makes a token as another client of the user would, and returns its
// id.
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
		found = append(found, Token{ID: t.apiID(), User: user, Note: str(t.note), Created: t.created, Expires: t.expires, Scopes: t.scopes().list()})
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

func (s *Server) addTokenFor(o *owner, note string, scopes []string) *token {
	if len(scopes) == 0 {
		scopes = roleScopes["token"]
	}
	t := &token{owner: o, note: note, granted: scopes, roles: []string{"token"}, created: s.now.now().Truncate(time.Microsecond)}
	s.addToken(t)
	return t
}

// addToken gives the lowest id above all that are taken, as sqlite does: when
// the newest token goes, the next one inherits its id.
func (s *Server) addToken(t *token) {
	t.id, t.value = 1, newHex()
	for taken := range s.state.tokens {
		t.id = max(t.id, taken+1)
	}
	s.state.tokens[t.id] = t
}

// tokensOf sweeps away the user's tokens that have expired. Until then they can
// be read like any other.
func (s *Server) tokensOf(user string) []*token {
	var found []*token
	for id, t := range s.state.tokens {
		switch {
		case !t.of(user):
		case s.expired(t):
			delete(s.state.tokens, id)
		default:
			found = append(found, t)
		}
	}
	slices.SortFunc(found, func(a, b *token) int { return cmp.Compare(a.id, b.id) })
	return found
}

// of says whether the token is the user's, and not a service's of that name.
func (t *token) of(user string) bool { return t.owner.kind == "user" && t.owner.name == user }

func (s *Server) expired(t *token) bool { return !t.expires.IsZero() && !t.expires.After(s.now.now()) }

// tokenByValue is the token that a request may come with.
func (s *Server) tokenByValue(value string) *token {
	for _, t := range s.state.tokens {
		if t.value == value && !s.expired(t) {
			return t
		}
	}
	return nil
}

func (s *Server) tokenByID(user, id string) *token {
	digits, ok := strings.CutPrefix(id, "a")
	number, err := strconv.Atoi(digits)
	if t := s.state.tokens[number]; ok && err == nil && t != nil && t.of(user) {
		return t
	}
	return nil
}

// listTokens is GET /users/NAME/tokens: the one used last comes last.
func listTokens(s *Server, call *hubCall) *reply {
	if refused := s.needUser(call, "read:tokens"); refused != nil {
		return refused
	}
	found := s.tokensOf(call.name)
	slices.SortStableFunc(found, func(a, b *token) int { return a.lastSeen().Compare(b.lastSeen()) })
	list := []any{}
	for _, t := range found {
		list = append(list, call.tokenModel(t))
	}
	model := object{{"api_tokens", list}}
	if call.release == 1 {
		model = append(model, member{"oauth_tokens", []any{}})
	}
	return hubReply(http.StatusOK, model)
}

func (t *token) lastSeen() time.Time {
	if t.used.IsZero() {
		return t.created
	}
	return t.used
}

func getToken(s *Server, call *hubCall) *reply {
	return s.withToken(call, "read:tokens", func(t *token) *reply { return hubReply(http.StatusOK, call.tokenModel(t)) })
}

func deleteToken(s *Server, call *hubCall) *reply {
	return s.withToken(call, "tokens", func(t *token) *reply {
		delete(s.state.tokens, t.id)
		return (&reply{status: http.StatusNoContent}).set("X-Jupyterhub-Version", hubVersion)
	})
}

func (s *Server) withToken(call *hubCall, scope string, handle func(*token) *reply) *reply {
	if refused := s.needUser(call, scope); refused != nil {
		return refused
	}
	t := s.tokenByID(call.name, call.id)
	if t == nil {
		return call.noToken()
	}
	return handle(t)
}

// needUser is the check of the scope for a user, and of the user.
func (s *Server) needUser(call *hubCall, scope string) *reply {
	if refused := call.need(scope); refused != nil {
		return refused
	}
	if s.state.users[call.name] == nil && call.release == 1 {
		return hubRefuse(http.StatusNotFound, nil)
	}
	if s.state.users[call.name] == nil {
		return hubRefuse(http.StatusNotFound, "No such user: "+call.name)
	}
	return nil
}

// model is a token without its value.
func (t *token) model() object {
	return object{
		{t.owner.kind, t.owner.name},
		{"id", t.apiID()},
		{"kind", "api_token"},
		{"roles", []any{}},
		{"scopes", texts(t.scopes().list())},
		{"created", isoFormat(t.created)},
		{"last_activity", isoFormat(t.used)},
		{"expires_at", isoFormat(t.expires)},
		{"note", t.note},
		{"session_id", nil},
		{"oauth_client", "JupyterHub"},
	}
}
