// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"slices"
	"strings"
)

// gatewayAccess is the scope without which the gateway lets no token in.
const gatewayAccess = "access:services!service=dask-gateway"

// subscopes are the Hub's scopes with those that each of them brings along, as
// jupyterhub/scopes.py defines them.
var subscopes = map[string][]string{
	"access:servers":      nil,
	"access:services":     nil,
	"admin-ui":            nil,
	"admin:auth_state":    nil,
	"admin:groups":        {"groups", "read:roles:groups", "delete:groups"},
	"admin:server_state":  nil,
	"admin:servers":       {"admin:server_state", "servers"},
	"admin:services":      {"list:services", "read:services", "read:roles:services"},
	"admin:users":         {"admin:auth_state", "users", "read:roles:users", "delete:users"},
	"delete:groups":       nil,
	"delete:servers":      nil,
	"delete:users":        nil,
	"groups":              {"read:groups", "list:groups"},
	"groups:shares":       {"read:groups:shares"},
	"list:groups":         {"read:groups:name"},
	"list:services":       {"read:services:name"},
	"list:users":          {"read:users:name"},
	"proxy":               nil,
	"read:groups":         {"read:groups:name"},
	"read:groups:name":    nil,
	"read:groups:shares":  nil,
	"read:hub":            nil,
	"read:metrics":        nil,
	"read:roles":          {"read:roles:users", "read:roles:services", "read:roles:groups"},
	"read:roles:groups":   nil,
	"read:roles:services": nil,
	"read:roles:users":    nil,
	"read:servers":        {"read:users:name"},
	"read:services":       {"read:services:name"},
	"read:services:name":  nil,
	"read:shares":         nil,
	"read:tokens":         nil,
	"read:users":          {"read:users:name", "read:users:groups", "read:users:activity"},
	"read:users:activity": nil,
	"read:users:groups":   nil,
	"read:users:name":     nil,
	"read:users:shares":   nil,
	"servers":             {"read:servers", "start:servers", "delete:servers"},
	"shares":              {"access:servers", "read:shares", "users:shares", "groups:shares"},
	"shutdown":            nil,
	"start:servers":       nil,
	"tokens":              {"read:tokens"},
	"users":               {"read:users", "list:users", "users:activity"},
	"users:activity":      {"read:users:activity"},
	"users:shares":        {"read:users:shares"},
}

// roleScopes are the Hub's default roles but "token", which is all that the
// user may do, and "server", which means nothing without one.
var roleScopes = map[string][]string{
	"user": {"self"},
	"admin": {
		"admin-ui", "admin:users", "admin:servers", "admin:services", "tokens", "admin:groups", "list:services", "read:services", "read:hub",
		"proxy", "shutdown", "access:services", "access:servers", "read:roles", "read:metrics", "shares",
	},
}

// selfScopes are what the scope "self" stands for.
func selfScopes(user string) []string {
	var scopes []string
	for _, scope := range []string{
		"access:servers", "delete:servers", "read:servers", "read:shares", "read:tokens", "read:users", "read:users:activity", "read:users:groups",
		"read:users:name", "read:users:shares", "servers", "start:servers", "tokens", "users:activity", "users:shares",
	} {
		scopes = append(scopes, scope+"!user="+user)
	}
	return scopes
}

// heldScopes are all that the user may do: the role user reaches the gateway as
// well here.
func heldScopes(u *user) []string {
	scopes := append(selfScopes(u.name), gatewayAccess)
	if u.admin {
		scopes = append(scopes, expand(u.name, roleScopes["admin"])...)
	}
	slices.Sort(scopes)
	return scopes
}

// expand resolves scopes to all that they bring along, with their filters.
func expand(user string, scopes []string) []string {
	var all []string
	for len(scopes) > 0 {
		scope := scopes[0]
		scopes = scopes[1:]
		switch base, filter, filtered := strings.Cut(scope, "!"); {
		case scope == "self":
			scopes = append(scopes, selfScopes(user)...)
		case slices.Contains(all, scope):
		default:
			all = append(all, scope)
			for _, each := range subscopes[base] {
				if filtered {
					each += "!" + filter
				}
				scopes = append(scopes, each)
			}
		}
	}
	return all
}

// holds says whether the token has the scope for the user, or for all when the
// user is "".
func (t *token) holds(scope, user string) bool {
	return slices.Contains(t.scopes, scope) || user != "" && slices.Contains(t.scopes, scope+"!user="+user)
}
