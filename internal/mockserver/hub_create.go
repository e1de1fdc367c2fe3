// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// createToken is POST /users/NAME/tokens, with the checks in the Hub's order.
func (s *Server) createToken(x *exchange, bearer *token, name string) *reply {
	body := object{}
	if strings.TrimSpace(string(x.body)) != "" {
		value, err := loads(string(x.body))
		if err != nil {
			return hubRefuse(http.StatusBadRequest, "Invalid JSON in body of request")
		}
		given, ok := value.(object)
		if !ok && truthy(value) {
			return hubRefuse(http.StatusBadRequest, "Body must be a JSON dict or empty")
		}
		body = given
	}
	if bearer == nil {
		return hubRefuse(http.StatusForbidden, nil)
	}
	u := s.state.users[name]
	if u == nil || !bearer.holds("tokens", name) {
		return hubRefuse(http.StatusForbidden, "User "+name+" not found or no permissions to generate tokens")
	}
	lifetime, words := lifetimeOf(body)
	if words == "" {
		words = checkLists(body)
	}
	if words != "" {
		return hubRefuse(http.StatusBadRequest, words)
	}
	scopes, words := grant(u, body)
	if words == "" && lifetime != nil && *lifetime < 1 {
		words = fmt.Sprintf("expires_in must be a positive integer or null, not %d", *lifetime)
	}
	if words != "" {
		return hubRefuse(http.StatusBadRequest, words)
	}
	seconds := int64(0)
	if lifetime != nil {
		seconds = *lifetime
	}
	if note, _ := body.get("note"); truthy(note) && (typeName(note) == "dict" || typeName(note) == "list") {
		return hubRefuse(http.StatusInternalServerError, "Internal Server Error")
	}
	made := s.addToken(name, noteOf(body, bearer.user, name), scopes, time.Duration(seconds)*time.Second)
	return hubReply(http.StatusCreated, append(made.model(), member{"token", made.value}))
}

// noteOf is the note as sqlite keeps it, where a bool is a number.
func noteOf(body object, requester, owner string) string {
	note, _ := body.get("note")
	if number, ok := wholeNumber(note); ok && number != 0 {
		return str(number)
	}
	if truthy(note) {
		return str(note)
	}
	if requester != owner {
		return "Requested via api by user " + requester
	}
	return "Requested via api"
}

func checkLists(body object) string {
	for _, key := range []string{"roles", "scopes"} {
		value, _ := body.get(key)
		if value == nil {
			continue
		}
		list, ok := value.([]any)
		if !ok || slices.ContainsFunc(list, func(each any) bool { return typeName(each) != "str" }) {
			return fmt.Sprintf("token %s must be null or a list of strings, not %s", key, repr(value))
		}
	}
	return ""
}

// lifetimeOf reads expires_in; true is 1 in Python.
func lifetimeOf(body object) (*int64, string) {
	value, _ := body.get("expires_in")
	if value == nil {
		return nil, ""
	}
	seconds, ok := wholeNumber(value)
	if !ok {
		return nil, "token expires_in must be null or integer, not " + repr(value)
	}
	return &seconds, ""
}

// grant resolves what is asked for to the scopes that the token gets, which are
// more: a scope brings others along, and every token may tell whose it is.
func grant(u *user, body object) (scopes []string, words string) {
	askedScopes, _ := body.get("scopes")
	askedRoles, _ := body.get("roles")
	held := heldScopes(u)
	var asked []string
	switch {
	case askedScopes != nil && askedRoles != nil:
		return nil, "Can only assign one of scopes or roles when creating tokens."
	case askedScopes == nil && askedRoles == nil:
		return held, ""
	case askedRoles != nil:
		for _, role := range listOf(askedRoles) {
			switch scopes, ok := roleScopes[role]; {
			case role == "token":
				asked = append(asked, held...)
			case role == "user":
				asked = append(asked, append(scopes, gatewayAccess)...)
			case ok:
				asked = append(asked, scopes...)
			case role != "server":
				return nil, "No such role: " + role
			}
		}
	}
	for _, scope := range listOf(askedScopes) {
		switch base, _, _ := strings.Cut(scope, "!"); {
		case scope == "inherit":
			asked = append(asked, held...)
		case scope != "self" && !knownScope(base):
			return nil, fmt.Sprintf("\"Scope '%s' for token does not exist\"", scope)
		default:
			asked = append(asked, scope)
		}
	}
	var missing []string
	for _, scope := range expand(u.name, asked) {
		if base, _, _ := strings.Cut(scope, "!"); !slices.Contains(held, scope) && !slices.Contains(held, base) {
			missing = append(missing, scope)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Sprintf("Not assigning requested scopes %s not held by User %s", strings.Join(missing, ","), u.name)
	}
	return expand(u.name, append(asked, "read:users:name!user="+u.name, "read:users:groups!user="+u.name)), ""
}

// listOf are the strings of a list that checkLists has passed.
func listOf(value any) []string {
	var texts []string
	if list, ok := value.([]any); ok {
		for _, each := range list {
			texts = append(texts, str(each))
		}
	}
	return texts
}

func knownScope(base string) bool {
	_, known := subscopes[base]
	return known
}
