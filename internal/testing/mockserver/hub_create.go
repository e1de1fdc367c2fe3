// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"bytes"
	"fmt"
	"math"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

// createToken is POST /users/NAME/tokens, with the checks in the Hub's order.
func createToken(s *Server, call *hubCall) *reply {
	body, refused := call.json()
	if refused != nil {
		return refused
	}
	if call.bearer == nil {
		return hubRefuse(http.StatusForbidden, nil)
	}
	requester := call.bearer.owner
	u := s.state.users[call.name]
	if call.release == 1 {
		if refused := call.mayMakeToken(u); refused != nil {
			return refused
		}
	} else if u == nil || !call.bearer.scopes().covers("tokens", "user="+call.name) {
		return hubRefuse(http.StatusForbidden, requester.class()+" "+call.name+" not found or no permissions to generate tokens")
	}
	asked, refused := call.tokenRequest(u, body)
	if refused != nil {
		return refused
	}
	lifetime := asked.lifetime
	t := &token{owner: u, granted: asked.scopes, roles: asked.roles, created: s.now.now().Truncate(time.Microsecond)}
	if lifetime != nil {
		t.expires = time.Unix(t.created.Unix()+inInt64(lifetime), int64(t.created.Nanosecond())).UTC()
		// Python's time ends with the year 9999.
		if lifetime.Cmp(big.NewInt(math.MaxInt32*200)) > 0 || t.expires.Year() > 9999 {
			return hubCrash()
		}
	}
	note, _ := body.get("note")
	if !truthy(note) {
		note = "Requested via api"
		if requester != u {
			note = fmt.Sprintf("Requested via api by %s %s", requester.kind, requester.name)
		}
	}
	var ok bool
	if t.note, ok = kept(note); !ok {
		return hubCrash()
	}
	s.addToken(t)
	status := http.StatusCreated
	if call.release == 1 {
		status = http.StatusOK
	}
	return hubReply(status, append(call.tokenModel(t), member{"token", t.value}))
}

// tokenRequest is what a body asks for.
type tokenRequest struct {
	// lifetime is in seconds, nil for a token without an end.
	lifetime      *big.Int
	scopes, roles []string
}

func (call *hubCall) tokenRequest(u *owner, body object) (asked tokenRequest, refused *reply) {
	if call.release < 5 {
		return call.oldRequest(u, body)
	}
	lifetime, words := checkTypes(body)
	var scopes []string
	if words == "" {
		scopes, words = u.grant(body)
	}
	if words == "" && lifetime != nil && lifetime.Sign() < 1 {
		words = fmt.Sprintf("expires_in must be a positive integer or null, not %s", lifetime)
	}
	if words != "" {
		return asked, hubRefuse(http.StatusBadRequest, words)
	}
	return tokenRequest{lifetime: lifetime, scopes: scopes}, nil
}

// json is the body of a request for the Hub: an object, or nothing at all.
func (call *hubCall) json() (object, *reply) {
	if len(call.body) == 0 {
		return nil, nil
	}
	value, err := loads(string(bytes.TrimSpace(call.body)))
	if err != nil {
		return nil, hubRefuse(http.StatusBadRequest, "Invalid JSON in body of request")
	}
	given, ok := value.(object)
	if !ok && truthy(value) {
		return nil, hubRefuse(http.StatusBadRequest, "Body must be a JSON dict or empty")
	}
	return given, nil
}

// kept is a note as the Hub's database gives it back, in which it is text; not
// ok is what it can't keep.
func kept(note any) (any, bool) {
	switch note := note.(type) {
	case string:
		return note, true
	case bool:
		return "1", true
	case int64:
		return repr(note), true
	case float64:
		if math.IsNaN(note) {
			return nil, true
		}
		text := strings.Replace(repr(note), "inf", "Inf", 1)
		if mantissa, exponent, ok := strings.Cut(text, "e"); ok && !strings.Contains(mantissa, ".") {
			text = mantissa + ".0e" + exponent
		}
		return text, true
	default:
		return nil, false
	}
}

// checkTypes checks the members that have one, and reads expires_in, which is
// nil for a token without an end.
func checkTypes(body object) (lifetime *big.Int, words string) {
	for _, key := range []string{"roles", "scopes"} {
		value, _ := body.get(key)
		if value == nil {
			continue
		}
		list, ok := value.([]any)
		if !ok || slices.ContainsFunc(list, func(each any) bool { return typeName(each) != "str" }) {
			return nil, fmt.Sprintf("token %s must be null or a list of strings, not %s", key, repr(value))
		}
	}
	value, _ := body.get("expires_in")
	if value == nil {
		return nil, ""
	}
	lifetime, ok := wholeNumber(value)
	if !ok {
		return nil, "token expires_in must be null or integer, not " + repr(value)
	}
	return lifetime, ""
}

// grant is what a token is given of that which is asked for, as it is written:
// it is resolved each time the token is used.
func (o *owner) grant(body object) (scopes []string, words string) {
	askedScopes, _ := body.get("scopes")
	askedRoles, _ := body.get("roles")
	switch {
	case askedScopes != nil && askedRoles != nil:
		return nil, "Can only assign one of scopes or roles when creating tokens."
	case askedScopes != nil:
		scopes = listOf(askedScopes)
	case askedRoles != nil:
		for _, role := range listOf(askedRoles) {
			given, ok := roleScopes[role]
			if !ok {
				return nil, "No such role: " + role
			}
			scopes = append(scopes, given...)
		}
	default:
		scopes = roleScopes["token"]
	}
	for _, scope := range scopes {
		if words := unknownScope(scope); words != "" {
			return nil, words
		}
	}
	// To inherit is to have what the owner has, which needs no check.
	rest := slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return scope == "inherit" })
	if excess := o.expand(rest).without(o.scopes()); len(excess) > 0 {
		return nil, fmt.Sprintf("Not assigning requested scopes %s not held by %s %s", strings.Join(excess, ","), o.class(), o.name)
	}
	return scopes, ""
}

// listOf are the strings of a list that checkTypes has passed.
func listOf(value any) []string {
	var texts []string
	if list, ok := value.([]any); ok {
		for _, each := range list {
			texts = append(texts, str(each))
		}
	}
	return texts
}
