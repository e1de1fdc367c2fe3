// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// gatewayAccess is the scope that the gateway requires of a token.
const gatewayAccess = "access:services!service=dask-gateway"

// subscopes lists the Hub's scopes and the scopes that each of them includes, as in
// jupyterhub/scopes.py.
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

// selfScopes is the expansion of the scope "self", without its filter for the user.
var selfScopes = []string{"read:users", "users:shares", "read:shares", "users:activity", "servers", "tokens", "access:servers"}

// roleScopes holds the Hub's default roles. The role of users includes access to
// the gateway, as on every Hub with a gateway behind it.
var roleScopes = map[string][]string{
	"user": {"self", gatewayAccess},
	"admin": {
		"admin-ui", "admin:users", "admin:servers", "admin:services", "tokens", "admin:groups", "list:services", "read:services", "read:hub",
		"proxy", "shutdown", "access:services", "access:servers", "read:roles", "read:metrics", "shares",
	},
	"server": {"users:activity!user", "access:servers!server"},
	"token":  {"inherit"},
}

// unknownScope returns the Hub's error for an invalid scope, or "".
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

// scopeSet is a set of resolved scopes: for each scope the filters under which it
// is granted ("user=alice"), or "" for no filter.
type scopeSet map[string]map[string]bool

// union returns the set with the scopes added.
func (set scopeSet) union(scopes ...string) scopeSet {
	sum := scopeSet{}
	for _, scope := range append(set.sorted(), scopes...) {
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

// sorted returns the scopes in written form and sorted.
func (set scopeSet) sorted() []string {
	var scopes []string
	for base, filters := range set {
		for filter := range filters {
			scopes = append(scopes, strings.TrimSuffix(base+"!"+filter, "!"))
		}
	}
	slices.Sort(scopes)
	return scopes
}

// covers reports whether the set includes the scope under the filter. A scope for a
// user includes the user's servers.
func (set scopeSet) covers(scope, filter string) bool {
	filters := set[scope]
	if server, ok := strings.CutPrefix(filter, "server="); ok {
		user, _, _ := strings.Cut(server, "/")
		if filters["user="+user] {
			return true
		}
	}
	return filters[""] || filters[filter]
}

// difference returns the scopes of the set that the other set does not cover.
func (set scopeSet) difference(other scopeSet) []string {
	return slices.DeleteFunc(set.sorted(), func(scope string) bool {
		base, filter, _ := strings.Cut(scope, "!")
		return other.covers(base, filter)
	})
}

// intersection returns what both sets cover.
func (set scopeSet) intersection(other scopeSet) scopeSet {
	all := append(set.sorted(), other.sorted()...)
	return scopeSet{}.union(slices.DeleteFunc(all, func(scope string) bool {
		base, filter, _ := strings.Cut(scope, "!")
		return !set.covers(base, filter) || !other.covers(base, filter)
	})...)
}

// expand resolves written scopes with their filters and everything they include.
// "self" and "!user" mean the account.
func (o *account) expand(written []string) scopeSet {
	all := map[string]bool{}
	var add func(base, filter string)
	add = func(base, filter string) {
		// The Hub drops a server filter from scopes that read users.
		if strings.HasPrefix(filter, "server") && strings.HasPrefix(base, "read:user") {
			return
		}
		all[strings.TrimSuffix(base+"!"+filter, "!")] = true
		for _, element := range subscopes[base] {
			add(element, filter)
		}
	}
	for _, scope := range written {
		switch base, filter, _ := strings.Cut(scope, "!"); {
		case scope == "self" && o.kind == "user":
			for _, element := range selfScopes {
				add(element, "user="+o.name)
			}
		case scope == "self" || filter == "server":
			// No account of the mock is a server.
		case filter == "user" || filter == "service":
			if filter == o.kind {
				add(base, filter+"="+o.name)
			}
		default:
			add(base, filter)
		}
	}
	return scopeSet{}.union(slices.Collect(maps.Keys(all))...)
}

// identityScopes returns the scopes to read the account itself, which every token
// has.
func (o *account) identityScopes() []string {
	if o.kind == "service" {
		return []string{"read:services:name!service=" + o.name}
	}
	return []string{"read:users:name!user=" + o.name, "read:users:groups!user=" + o.name}
}
