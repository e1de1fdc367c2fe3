// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// owner is a user or a service of the Hub: whoever may hold tokens.
type owner struct {
	// kind is "user" or "service".
	kind, name string
	admin      bool
	// roles are the scopes that the owner's roles give, as they are written.
	roles   []string
	created time.Time
	// active is when a token of the owner's was last seen.
	active  time.Time
	servers []*hubServer
}

// class is the owner's kind with a capital letter, as it is in errors.
func (o *owner) class() string { return strings.ToUpper(o.kind[:1]) + o.kind[1:] }

// scopes are all that the owner may do.
func (o *owner) scopes() scopeSet { return o.expand(o.roles) }

// gatewayName is whom the gateway takes the owner for.
func (o *owner) gatewayName() string {
	if o.kind != "user" || strings.Contains(o.name, ":") {
		return o.kind + ":" + o.name
	}
	return o.name
}

// addUser returns the user, made if need be. Users named admin are one.
func (s *Server) addUser(name string) *owner {
	u := s.state.users[name]
	if u == nil {
		u = &owner{kind: "user", name: name, admin: name == "admin", roles: roleScopes["user"], created: s.now.now()}
		if u.admin {
			u.roles = append(slices.Clip(u.roles), roleScopes["admin"]...)
		}
		s.state.users[name] = u
	}
	return u
}

// whoami is GET /user: a token may always ask whose it is.
func whoami(_ *Server, call *hubCall) *reply {
	if call.bearer == nil {
		return hubRefuse(http.StatusForbidden, nil)
	}
	held := call.bearer.scopes()
	seen := held.plus(call.bearer.owner.identity()...)
	return hubReply(http.StatusOK, call.self(call.userModel(call.bearer.owner.model(seen))))
}

// getUser is GET /users/NAME.
func getUser(s *Server, call *hubCall) *reply {
	refused := call.need("read:users", "read:users:name", "read:servers", "read:users:groups", "read:users:activity", "read:roles:users")
	if refused != nil {
		return refused
	}
	u := s.state.users[call.name]
	if u == nil {
		return hubRefuse(http.StatusNotFound, nil)
	}
	return hubReply(http.StatusOK, call.userModel(u.model(call.bearer.scopes())))
}

// shown says which scopes show which members of a user's model, as
// jupyterhub/apihandlers/base.py does.
var shown = map[string][]string{
	"kind":          {"read:users", "read:users:name", "read:users:groups", "read:users:activity", "read:servers", "read:roles:users", "admin:auth_state"},
	"name":          {"read:users", "read:users:name", "read:users:groups", "read:users:activity", "read:servers", "read:roles:users", "admin:auth_state"},
	"admin":         {"read:users", "read:users:name", "read:roles:users"},
	"groups":        {"read:users", "read:users:groups"},
	"roles":         {"read:users", "read:roles:users"},
	"server":        {"read:users"},
	"pending":       {"read:users"},
	"created":       {"read:users"},
	"last_activity": {"read:users", "read:users:activity"},
	"auth_state":    {"admin:auth_state"},
	"servers":       {"read:servers"},
	"user_info":     {"read:users", "read:users:name"},
}

// model is the owner as far as the scopes show it. A real Hub gives the members
// in an order that it chooses anew with each start.
func (o *owner) model(held scopeSet) object {
	if o.kind == "service" {
		return object{{"kind", o.kind}, {"name", o.name}, {"admin", o.admin}}
	}
	roles := []any{"user"}
	if o.admin {
		roles = []any{"admin", "user"}
	}
	address, pending := o.defaultServer()
	model := object{}
	for _, m := range (object{
		{"kind", o.kind},
		{"name", o.name},
		{"admin", o.admin},
		{"groups", []any{}},
		{"roles", roles},
		{"server", address},
		{"pending", pending},
		{"created", isoFormat(o.created)},
		{"last_activity", isoFormat(o.active)},
		{"auth_state", nil},
		{"servers", o.serverModels()},
		{"user_info", nil},
	}) {
		for _, scope := range shown[m.name] {
			if held.covers(scope, "user="+o.name) {
				model = append(model, m)
				break
			}
		}
	}
	return model
}

// isoFormat is Python's isoformat of a time, with a Z; nil for the zero time.
func isoFormat(at time.Time) any {
	switch {
	case at.IsZero():
		return nil
	case at.Nanosecond() < 1000:
		return at.Format("2006-01-02T15:04:05Z")
	default:
		return at.Format("2006-01-02T15:04:05.000000Z")
	}
}

func texts(values []string) []any {
	converted := make([]any, 0, len(values))
	for _, value := range values {
		converted = append(converted, value)
	}
	return converted
}
