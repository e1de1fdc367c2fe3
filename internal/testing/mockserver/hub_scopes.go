// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// gatewayAccess is the scope without which the gateway lets no token in.
const gatewayAccess = "access:services!service=dask-gateway"

// subscopes are the Hub's scopes with those that each of them brings along, as
// jupyterhub/scopes.py defines them.
var subscopes = map[string][]string{
	"(no_scope)":          nil,
	"self":                nil,
	"inherit":             nil,
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

// selfScopes are what the scope "self" stands for, with a filter for the user.
var selfScopes = []string{"read:users", "users:shares", "read:shares", "users:activity", "servers", "tokens", "access:servers"}

// roleScopes are the Hub's default roles; that of users reaches the gateway as
// well, as it does on every Hub with a gateway behind it.
var roleScopes = map[string][]string{
	"user": {"self", gatewayAccess},
	"admin": {
		"admin-ui", "admin:users", "admin:servers", "admin:services", "tokens", "admin:groups", "list:services", "read:services", "read:hub",
		"proxy", "shutdown", "access:services", "access:servers", "read:roles", "read:metrics", "shares",
	},
	"server": {"users:activity!user", "access:servers!server"},
	"token":  {"inherit"},
}

// unknownScope says what is wrong with the name of a scope; "" if nothing is.
func unknownScope(scope string) string {
	base, filter, filtered := strings.Cut(scope, "!")
	kind, name, named := strings.Cut(filter, "=")
	_, known := subscopes[base]
	switch {
	case base == "all":
		return `"Draft scope 'all' is now called 'inherit'"`
	case !known:
		return fmt.Sprintf(`"Scope '%s' for token does not exist"`, scope)
	case !filtered || filter == "":
		return ""
	case !slices.Contains([]string{"user", "service", "server", "group"}, kind) || kind == "group" && !named:
		return fmt.Sprintf(`"Scope filter %s '!%s' in scope '%s' for token does not exist"`, filter, filter, scope)
	case named && name == "":
		return "Empty string is not a valid filter: " + scope
	default:
		return ""
	}
}

// scopeSet is a set of resolved scopes: of each scope the filters under which
// it is held ("user=alice"), or "" if it is held for everything.
type scopeSet map[string]map[string]bool

// plus is the set with more scopes in it.
func (held scopeSet) plus(scopes ...string) scopeSet {
	sum := scopeSet{}
	for _, scope := range append(held.list(), scopes...) {
		base, filter, _ := strings.Cut(scope, "!")
		switch filters := sum[base]; {
		case filters[""]:
		case filters == nil || filter == "":
			sum[base] = map[string]bool{filter: true}
		default:
			filters[filter] = true
		}
	}
	return sum
}

// list is the set in order, as it is written.
func (held scopeSet) list() []string {
	var scopes []string
	for base, filters := range held {
		for filter := range filters {
			scopes = append(scopes, strings.TrimSuffix(base+"!"+filter, "!"))
		}
	}
	slices.Sort(scopes)
	return scopes
}

// covers says whether the scope is held under the filter. Whoever has it for a
// user has it for the user's servers.
func (held scopeSet) covers(scope, filter string) bool {
	filters := held[scope]
	if server, ok := strings.CutPrefix(filter, "server="); ok {
		user, _, _ := strings.Cut(server, "/")
		if filters["user="+user] {
			return true
		}
	}
	return filters[""] || filters[filter]
}

// without is what the set has that the other one does not cover.
func (held scopeSet) without(other scopeSet) []string {
	return slices.DeleteFunc(held.list(), func(scope string) bool {
		base, filter, _ := strings.Cut(scope, "!")
		return other.covers(base, filter)
	})
}

// within is what both sets have.
func (held scopeSet) within(other scopeSet) scopeSet {
	all := append(held.list(), other.list()...)
	return scopeSet{}.plus(slices.DeleteFunc(all, func(scope string) bool {
		base, filter, _ := strings.Cut(scope, "!")
		return !held.covers(base, filter) || !other.covers(base, filter)
	})...)
}

// expand resolves scopes as they are written to all that they bring along, with
// their filters, for an owner who is meant by "self" and "!user".
func (o *owner) expand(written []string) scopeSet {
	all := map[string]bool{}
	var add func(base, filter string)
	add = func(base, filter string) {
		// The name of a server's user is no matter of the server.
		if strings.HasPrefix(filter, "server") && strings.HasPrefix(base, "read:user") {
			return
		}
		all[strings.TrimSuffix(base+"!"+filter, "!")] = true
		for _, each := range subscopes[base] {
			add(each, filter)
		}
	}
	for _, scope := range written {
		switch base, filter, _ := strings.Cut(scope, "!"); {
		case scope == "self" && o.kind == "user":
			for _, each := range selfScopes {
				add(each, "user="+o.name)
			}
		case scope == "self" || filter == "server":
			// Nobody here is a server.
		case filter == "user" || filter == "service":
			if filter == o.kind {
				add(base, filter+"="+o.name)
			}
		default:
			add(base, filter)
		}
	}
	return scopeSet{}.plus(slices.Collect(maps.Keys(all))...)
}

// identity are the scopes to tell who the owner is, which every token has.
func (o *owner) identity() []string {
	if o.kind == "service" {
		return []string{"read:services:name!service=" + o.name}
	}
	return []string{"read:users:name!user=" + o.name, "read:users:groups!user=" + o.name}
}
