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

// createToken is POST /users/NAME/tokens. The checks have the Hub's order.
func createToken(s *Server, call *hubCall) *httpResponse {
	body, rejection := call.jsonObject()
	if rejection != nil {
		return rejection
	}
	if call.bearer == nil {
		return hubError(http.StatusForbidden, nil)
	}
	requester := call.bearer.owner
	u := s.state.users[call.userName]
	if call.hubMajor == 1 {
		if rejection := call.checkTokenCreation(u); rejection != nil {
			return rejection
		}
	} else if u == nil || !call.bearer.scopes().covers("tokens", "user="+call.userName) {
		return hubError(http.StatusForbidden, requester.kindTitle()+" "+call.userName+" not found or no permissions to generate tokens")
	}
	requested, rejection := call.tokenRequest(u, body)
	if rejection != nil {
		return rejection
	}
	lifetime := requested.lifetime
	t := &token{owner: u, grantedScopes: requested.scopes, roles: requested.roles, created: s.clock.now().Truncate(time.Microsecond)}
	if lifetime != nil {
		t.expires = time.Unix(t.created.Unix()+clampToInt64(lifetime), int64(t.created.Nanosecond())).UTC()
		// Python's datetime ends with the year 9999.
		if lifetime.Cmp(big.NewInt(math.MaxInt32*200)) > 0 || t.expires.Year() > 9999 {
			return hubInternalError()
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
	if t.note, ok = storedNote(note); !ok {
		return hubInternalError()
	}
	s.addToken(t)
	status := http.StatusCreated
	if call.hubMajor == 1 {
		status = http.StatusOK
	}
	return hubResponse(status, append(call.tokenModel(t), member{"token", t.value}))
}

// tokenRequest is the validated body of a token request.
type tokenRequest struct {
	// lifetime is in seconds; nil means no expiry.
	lifetime      *big.Int
	scopes, roles []string
}

func (call *hubCall) tokenRequest(u *account, body object) (requested tokenRequest, rejection *httpResponse) {
	if call.hubMajor < 5 {
		return call.tokenRequestOfOldHub(u, body)
	}
	lifetime, message := validateTypes(body)
	var scopes []string
	if message == "" {
		scopes, message = u.grant(body)
	}
	if message == "" && lifetime != nil && lifetime.Sign() < 1 {
		message = fmt.Sprintf("expires_in must be a positive integer or null, not %s", lifetime)
	}
	if message != "" {
		return requested, hubError(http.StatusBadRequest, message)
	}
	return tokenRequest{lifetime: lifetime, scopes: scopes}, nil
}

// jsonObject returns the request's JSON object, or nil for an empty body.
func (call *hubCall) jsonObject() (object, *httpResponse) {
	if len(call.body) == 0 {
		return nil, nil
	}
	value, err := loads(string(bytes.TrimSpace(call.body)))
	if err != nil {
		return nil, hubError(http.StatusBadRequest, "Invalid JSON in body of request")
	}
	body, ok := value.(object)
	if !ok && truthy(value) {
		return nil, hubError(http.StatusBadRequest, "Body must be a JSON dict or empty")
	}
	return body, nil
}

// storedNote is a note after a round trip through the Hub's database, which stores
// text. ok is false for values that it cannot store.
func storedNote(note any) (any, bool) {
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

// validateTypes checks the types of scopes, roles and expires_in. lifetime is nil
// for a token without expiry.
func validateTypes(body object) (lifetime *big.Int, message string) {
	for _, key := range []string{"roles", "scopes"} {
		value, _ := body.get(key)
		if value == nil {
			continue
		}
		list, ok := value.([]any)
		if !ok || slices.ContainsFunc(list, func(element any) bool { return typeName(element) != "str" }) {
			return nil, fmt.Sprintf("token %s must be null or a list of strings, not %s", key, repr(value))
		}
	}
	value, _ := body.get("expires_in")
	if value == nil {
		return nil, ""
	}
	lifetime, ok := asInteger(value)
	if !ok {
		return nil, "token expires_in must be null or integer, not " + repr(value)
	}
	return lifetime, ""
}

// grant returns the scopes for a token as they are written. The Hub resolves them
// at each use of the token.
func (o *account) grant(body object) (scopes []string, message string) {
	requestedScopes, _ := body.get("scopes")
	requestedRoles, _ := body.get("roles")
	switch {
	case requestedScopes != nil && requestedRoles != nil:
		return nil, "Can only assign one of scopes or roles when creating tokens."
	case requestedScopes != nil:
		scopes = stringElements(requestedScopes)
	case requestedRoles != nil:
		for _, role := range stringElements(requestedRoles) {
			granted, ok := roleScopes[role]
			if !ok {
				return nil, "No such role: " + role
			}
			scopes = append(scopes, granted...)
		}
	default:
		scopes = roleScopes["token"]
	}
	for _, scope := range scopes {
		if message := unknownScope(scope); message != "" {
			return nil, message
		}
	}
	// inherit means the owner's own scopes and needs no check.
	rest := slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return scope == "inherit" })
	if excess := o.expand(rest).difference(o.scopes()); len(excess) > 0 {
		return nil, fmt.Sprintf("Not assigning requested scopes %s not held by %s %s", strings.Join(excess, ","), o.kindTitle(), o.name)
	}
	return scopes, ""
}

// stringElements returns the strings of a list that validateTypes accepted.
func stringElements(value any) []string {
	var texts []string
	if list, ok := value.([]any); ok {
		for _, element := range list {
			texts = append(texts, str(element))
		}
	}
	return texts
}
