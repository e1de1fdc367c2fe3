// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// account is a user or a service of the Hub. Both can have tokens.
type account struct {
	// kind is "user" or "service".
	kind, name string
	// id numbers users in the order of their creation.
	id         int
	isHubAdmin bool
	// roles holds the unresolved scopes of the account's roles.
	roles   []string
	created time.Time
	// lastActivity is the last use of one of the account's tokens.
	lastActivity time.Time
	servers      []*hubServer
}

// kindTitle is the kind with a capital letter, as in error messages.
func (o *account) kindTitle() string { return strings.ToUpper(o.kind[:1]) + o.kind[1:] }

// scopes returns all resolved scopes of the account.
func (o *account) scopes() scopeSet { return o.expand(o.roles) }

// gatewayUser returns the user name of the account at the gateway.
func (o *account) gatewayUser() string {
	if o.kind != "user" || strings.Contains(o.name, ":") {
		return o.kind + ":" + o.name
	}
	return o.name
}

// addUser returns the user and creates it if necessary. The user named admin is an
// administrator.
func (s *Server) addUser(name string) *account {
	u := s.state.users[name]
	if u == nil {
		u = &account{kind: "user", name: name, id: len(s.state.users) + 1, isHubAdmin: name == "admin", roles: roleScopes["user"], created: s.clock.now()}
		if u.isHubAdmin {
			u.roles = append(slices.Clip(u.roles), roleScopes["admin"]...)
		}
		s.state.users[name] = u
	}
	return u
}

// whoami is GET /user. Every token may read its owner.
func whoami(_ *Server, call *hubCall) *httpResponse {
	if call.bearer == nil {
		return hubError(http.StatusForbidden, nil)
	}
	granted := call.bearer.scopes()
	visible := granted.union(call.bearer.owner.identityScopes()...)
	return hubResponse(http.StatusOK, call.selfModel(call.userModel(call.bearer.owner.model(visible))))
}

// getUser is GET /users/NAME.
func getUser(s *Server, call *hubCall) *httpResponse {
	rejection := call.requireScope("read:users", "read:users:name", "read:servers", "read:users:groups", "read:users:activity", "read:roles:users")
	if rejection != nil {
		return rejection
	}
	u := s.state.users[call.userName]
	if u == nil {
		return hubError(http.StatusNotFound, nil)
	}
	return hubResponse(http.StatusOK, call.userModel(u.model(call.bearer.scopes())))
}

// scopesByField lists the scopes that show a field of the user's model, as in
// jupyterhub/apihandlers/base.py.
var scopesByField = map[string][]string{
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

// model returns the account with the fields that the scopes show. A real Hub
// chooses a new order of the fields at each start.
func (o *account) model(granted scopeSet) object {
	if o.kind == "service" {
		return object{{"kind", o.kind}, {"name", o.name}, {"admin", o.isHubAdmin}}
	}
	roles := []any{"user"}
	if o.isHubAdmin {
		roles = []any{"admin", "user"}
	}
	address, pending := o.defaultServerState()
	model := object{}
	for _, m := range (object{
		{"kind", o.kind},
		{"name", o.name},
		{"admin", o.isHubAdmin},
		{"groups", []any{}},
		{"roles", roles},
		{"server", address},
		{"pending", pending},
		{"created", isoFormat(o.created)},
		{"last_activity", isoFormat(o.lastActivity)},
		{"auth_state", nil},
		{"servers", o.serverModels()},
		{"user_info", nil},
	}) {
		for _, scope := range scopesByField[m.name] {
			if granted.covers(scope, "user="+o.name) {
				model = append(model, m)
				break
			}
		}
	}
	return model
}

// isoFormat is Python's isoformat with a Z; nil for the zero time.
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

func anySlice(values []string) []any {
	converted := make([]any, 0, len(values))
	for _, value := range values {
		converted = append(converted, value)
	}
	return converted
}
