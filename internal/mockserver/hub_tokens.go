// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// token is an API token of the Hub.
type token struct {
	id                     int
	value, user, note      string
	scopes                 []string
	created, expires, used time.Time
}

func (t *token) apiID() string { return fmt.Sprintf("a%d", t.id) }

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
	u := s.addUser(user)
	if len(scopes) == 0 {
		scopes = heldScopes(u)
	}
	return s.addToken(user, "for the tests", scopes, 0).value
}

// AddToken makes a token as another client of the user would, and returns its
// id.
func (s *Server) AddToken(user, note string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addToken(user, note, heldScopes(s.addUser(user)), 0).apiID()
}

// Tokens returns the user's tokens in the order of their ids.
func (s *Server) Tokens(user string) []Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Token
	for _, t := range s.tokensOf(user) {
		found = append(found, Token{ID: t.apiID(), User: t.user, Note: t.note, Created: t.created, Expires: t.expires, Scopes: t.scopes})
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

// addToken gives the lowest id above all that are taken, as sqlite does: when
// the newest token goes, the next one inherits its id.
func (s *Server) addToken(user, note string, scopes []string, lifetime time.Duration) *token {
	id := 1
	for taken := range s.state.tokens {
		id = max(id, taken+1)
	}
	t := &token{id: id, value: newHex(), user: user, note: note, scopes: scopes, created: s.now.now().Truncate(time.Microsecond)}
	if lifetime > 0 {
		t.expires = t.created.Add(lifetime)
	}
	s.state.tokens[id] = t
	return t
}

// tokensOf sweeps away the user's tokens that have expired. Until then they can
// be read like any other.
func (s *Server) tokensOf(user string) []*token {
	var found []*token
	for id, t := range s.state.tokens {
		switch {
		case t.user != user:
		case s.expired(t):
			delete(s.state.tokens, id)
		default:
			found = append(found, t)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].id < found[j].id })
	return found
}

func (s *Server) expired(t *token) bool { return !t.expires.IsZero() && t.expires.Before(s.now.now()) }

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
	number, err := strconv.Atoi(strings.TrimPrefix(id, "a"))
	t := s.state.tokens[number]
	if err != nil || !strings.HasPrefix(id, "a") || t == nil || t.user != user {
		return nil
	}
	return t
}

// tokenCall is everything below /users/NAME/tokens.
func (s *Server) tokenCall(x *exchange, bearer *token, name string, rest []string) *reply {
	if len(rest) == 0 {
		switch x.Method {
		case http.MethodPost:
			return s.createToken(x, bearer, name)
		case http.MethodGet, http.MethodHead:
			return s.withAccess(bearer, "read:tokens", name, func() *reply { return s.listTokens(name) })
		}
		return hubRefuse(http.StatusMethodNotAllowed, nil)
	}
	switch x.Method {
	case http.MethodGet, http.MethodHead:
		return s.withAccess(bearer, "read:tokens", name, func() *reply {
			return s.withToken(name, rest[0], func(t *token) *reply { return hubReply(http.StatusOK, t.model()) })
		})
	case http.MethodDelete:
		return s.withAccess(bearer, "tokens", name, func() *reply {
			return s.withToken(name, rest[0], func(t *token) *reply {
				delete(s.state.tokens, t.id)
				return (&reply{status: http.StatusNoContent}).set("X-Jupyterhub-Version", "6.1.1")
			})
		})
	}
	return hubRefuse(http.StatusMethodNotAllowed, nil)
}

// withAccess is the Hub's check of a scope for one user.
func (s *Server) withAccess(bearer *token, scope, name string, handle func() *reply) *reply {
	switch {
	case bearer == nil:
		return badCredentials()
	case !slices.ContainsFunc(bearer.scopes, func(held string) bool { return held == scope || strings.HasPrefix(held, scope+"!") }):
		return hubRefuse(http.StatusForbidden, "Action is not authorized with current scopes; requires any of ["+scope+"]")
	case !bearer.holds(scope, name):
		return hubRefuse(http.StatusNotFound, "No access to resources or resources not found")
	case s.state.users[name] == nil:
		return hubRefuse(http.StatusNotFound, "No such user: "+name)
	default:
		return handle()
	}
}

func (s *Server) withToken(name, id string, handle func(*token) *reply) *reply {
	t := s.tokenByID(name, id)
	if t == nil {
		return hubRefuse(http.StatusNotFound, "No such token "+id+" for user "+name)
	}
	return handle(t)
}

func (s *Server) listTokens(name string) *reply {
	list := []any{}
	for _, t := range s.tokensOf(name) {
		list = append(list, t.model())
	}
	return hubReply(http.StatusOK, object{{"api_tokens", list}})
}

// model is a token without its value.
func (t *token) model() object {
	return object{
		{"user", t.user},
		{"id", t.apiID()},
		{"kind", "api_token"},
		{"roles", []any{}},
		{"scopes", texts(t.scopes)},
		{"created", timeOrNil(t.created)},
		{"last_activity", timeOrNil(t.used)},
		{"expires_at", timeOrNil(t.expires)},
		{"note", t.note},
		{"session_id", nil},
		{"oauth_client", "JupyterHub"},
	}
}
