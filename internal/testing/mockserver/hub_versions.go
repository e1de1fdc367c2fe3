// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"math"
	"math/big"
	"net/http"
	"slices"
	"strings"
)

// hubReleases are the Hubs that the mock can be, by their major version: what
// each says was seen with this release of it.
var hubReleases = map[int]string{1: "1.5.1", 2: "2.3.1", 3: "3.1.1", 4: "4.1.6", 5: "5.5.4", 6: hubVersion}

// majorVersion is the number before the first dot, 0 for a Hub that the mock
// cannot be.
func majorVersion(version string) int {
	for major, release := range hubReleases {
		if version == release || version == fmt.Sprint(major) {
			return major
		}
	}
	return 0
}

// release is the major version of the Hub, by which the handlers tell Hubs
// apart.
func (s *Server) release() int { return majorVersion(s.cfg.HubVersion) }

// aged gives an answer of the Hub the version, and the words that Hubs before 6
// have where the message is null now.
func (s *Server) aged(answer *reply) *reply {
	if s.release() < 6 && answer.body == hubRefuse(answer.status, nil).body {
		answer.body = hubRefuse(answer.status, http.StatusText(answer.status)).body
	}
	return answer.set("X-Jupyterhub-Version", hubReleases[s.release()])
}

// isAdmin says whether the first Hub would let the owner do everything: it had
// a flag in the place of scopes.
func (o *owner) isAdmin() bool { return o.admin || o.scopes()["admin:users"] != nil }

// needOld is the check of rights of the first Hub, and of those whose words for
// bad credentials are those for missing scopes. False leaves it to need.
func (call *hubCall) needOld(scopes []string) (*reply, bool) {
	switch {
	case call.release == 1 && call.bearer != nil && (call.bearer.owner.isAdmin() || call.name != "" && call.bearer.of(call.name)):
		return nil, true
	case call.release == 1:
		return hubRefuse(http.StatusForbidden, nil), true
	case call.release < 4 && call.bearer == nil:
		return lacksScopes(scopes), true
	default:
		return nil, false
	}
}

func lacksScopes(scopes []string) *reply {
	return hubRefuse(http.StatusForbidden, "Action is not authorized with current scopes; requires any of ["+strings.Join(scopes, ", ")+"]")
}

// since are the first Hubs with some scopes.
var since = map[string]int{
	"start:servers": 6, "users:shares": 5, "read:users:shares": 5, "groups:shares": 5, "read:groups:shares": 5, "shares": 5, "read:shares": 5,
}

// listed are scopes as this Hub lists them, which is without those that it does
// not know.
func (call *hubCall) listed(scopes []string) []any {
	return texts(slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool {
		base, _, _ := strings.Cut(scope, "!")
		return call.release < since[base]
	}))
}

// without takes members out of a model.
func (o object) without(names ...string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return slices.Contains(names, m.name) })
}

// userModel is a user as far as this Hub has the members.
func (call *hubCall) userModel(model object) object {
	if servers, ok := model.get("servers"); ok {
		model = model.with("servers", call.serverModels(servers))
	}
	switch {
	case call.release == 1:
		return model.without("user_info", "roles", "auth_state")
	case call.release < 6:
		return model.without("user_info")
	default:
		return model
	}
}

// serverModels are a user's servers as far as this Hub has the members.
func (call *hubCall) serverModels(servers any) object {
	models := object{}
	all, _ := servers.(object)
	for _, each := range all {
		model, _ := each.value.(object)
		if call.release < 6 {
			model = model.without("display_name")
		}
		if call.release < 5 {
			model = model.without("full_name", "full_url", "full_progress_url")
		}
		models = append(models, member{each.name, model})
	}
	return models
}

// self is what GET /user adds to a model.
func (call *hubCall) self(model object) object {
	if call.release == 1 {
		if _, there := model.get("servers"); there {
			return model.with("servers", nil)
		}
		return model.with("admin", call.bearer.owner.isAdmin())
	}
	if call.release >= 5 {
		model = append(model, member{"token_id", call.bearer.apiID()})
	}
	return append(model, member{"session_id", nil}, member{"scopes", call.listed(call.bearer.scopes().list())})
}

// tokenModel is a token as far as this Hub has the members: the first one has
// neither roles nor scopes of tokens, the second one roles alone.
func (call *hubCall) tokenModel(t *token) object {
	model := t.model().with("scopes", call.listed(t.scopes().list()))
	switch call.release {
	case 1:
		return model.without("roles", "scopes", "session_id", "oauth_client")
	case 2:
		return model.with("roles", texts(t.roles)).without("scopes")
	default:
		return model
	}
}

// noToken is the answer to an id of no token of the user's.
func (call *hubCall) noToken() *reply {
	if digits, ok := strings.CutPrefix(call.id, "a"); ok && call.release < 5 && strings.Trim(digits, "0123456789") == "" {
		return hubRefuse(http.StatusNotFound, "Token not found None")
	}
	return hubRefuse(http.StatusNotFound, "No such token "+call.id+" for user "+call.name)
}

// mayMakeToken is the first Hub's check of who makes a token for whom.
func (call *hubCall) mayMakeToken(u *owner) *reply {
	switch {
	case !call.bearer.owner.isAdmin() && !call.bearer.of(call.name):
		return hubRefuse(http.StatusForbidden, "Only admins can request tokens for other users")
	case u == nil:
		return hubRefuse(http.StatusNotFound, "No such user: "+call.name)
	default:
		return nil
	}
}

// oldRequest reads what the Hubs before 5 read of a request for a token, and
// fails where they do: they check no types.
func (call *hubCall) oldRequest(u *owner, body object) (asked tokenRequest, refused *reply) {
	asked = tokenRequest{scopes: roleScopes["token"], roles: []string{"token"}}
	value, _ := body.get("expires_in")
	if asked.lifetime, refused = call.oldLifetime(value); refused != nil {
		return asked, refused
	}
	scopes, _ := body.get("scopes")
	roles, _ := body.get("roles")
	switch {
	case call.release == 1 || call.release == 2 && roles == nil:
		return asked, nil
	case call.release == 2:
		return call.oldRoles(u, roles)
	}
	if _, words := checkTypes(body.without("expires_in")); words != "" {
		return asked, hubCrash()
	}
	if slices.ContainsFunc(listOf(scopes), func(scope string) bool { return unknownScope(scope) != "" }) {
		return asked, hubCrash()
	}
	granted, words := u.grant(body)
	if words != "" {
		return asked, hubRefuse(http.StatusBadRequest, words)
	}
	asked.scopes = granted
	return asked, nil
}

func (call *hubCall) oldLifetime(value any) (*big.Int, *reply) {
	number, ok := value.(float64)
	switch {
	case value == nil:
		return nil, nil
	case ok:
		// These Hubs count fractions of a second, the mock does not.
		return big.NewInt(int64(math.Ceil(number))), nil
	}
	lifetime, ok := wholeNumber(value)
	switch {
	case !ok || call.release < 4 && lifetime.Sign() < 1:
		return nil, hubCrash()
	case lifetime.Sign() < 0:
		return nil, hubRefuse(http.StatusBadRequest, fmt.Sprintf("expires_in must be a positive integer or null, not %s", lifetime))
	case lifetime.Sign() == 0:
		return nil, nil
	default:
		return lifetime, nil
	}
}

// oldRoles is how JupyterHub 2 gives roles, which it keeps.
func (call *hubCall) oldRoles(u *owner, value any) (asked tokenRequest, refused *reply) {
	asked.roles = listOf(value)
	for _, role := range asked.roles {
		scopes, ok := roleScopes[role]
		if !ok {
			return asked, hubRefuse(http.StatusNotFound, fmt.Sprintf("Requested roles %s not found", repr([]any{role})))
		}
		if !slices.Contains(scopes, "inherit") && len(u.expand(scopes).without(u.scopes())) > 0 {
			return asked, hubRefuse(http.StatusForbidden, fmt.Sprintf("Requested roles %s cannot have higher permissions than the token owner", repr([]any{role})))
		}
		asked.scopes = append(asked.scopes, scopes...)
	}
	return asked, nil
}
