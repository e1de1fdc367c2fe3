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

// hubReleaseByMajor lists the releases that the mock imitates, by major version.
// The responses were recorded with these releases.
var hubReleaseByMajor = map[int]string{1: "1.5.1", 2: "2.3.1", 3: "3.1.1", 4: "4.1.6", 5: "5.5.4", 6: hubVersion}

// majorVersion returns the major version, or 0 for a version that the mock does not
// imitate.
func majorVersion(version string) int {
	for major, release := range hubReleaseByMajor {
		if version == release || version == fmt.Sprint(major) {
			return major
		}
	}
	return 0
}

// hubMajor is the Hub's major version.
func (s *Server) hubMajor() int { return majorVersion(s.cfg.HubVersion) }

// forHubVersion sets the version header, and the message that Hubs before version 6
// send where the message is now null.
func (s *Server) forHubVersion(response *httpResponse) *httpResponse {
	if s.hubMajor() < 6 && response.body == hubError(response.status, nil).body {
		response.body = hubError(response.status, http.StatusText(response.status)).body
	}
	return response.setHeader("X-Jupyterhub-Version", hubReleaseByMajor[s.hubMajor()])
}

// isAdmin reports whether JupyterHub 1 would allow the account everything. It had
// an admin flag instead of scopes.
func (o *account) isAdmin() bool { return o.isHubAdmin || o.scopes()["admin:users"] != nil }

// requireScopeOfOldHub is the check of JupyterHub 1, and of versions that report
// bad credentials as missing scopes. It returns false if requireScope must decide.
func (call *hubCall) requireScopeOfOldHub(scopes []string) (*httpResponse, bool) {
	switch {
	case call.hubMajor == 1 && call.bearer != nil && (call.bearer.owner.isAdmin() || call.userName != "" && call.bearer.belongsTo(call.userName)):
		return nil, true
	case call.hubMajor == 1:
		return hubError(http.StatusForbidden, nil), true
	case call.hubMajor < 4 && call.bearer == nil:
		return missingScopes(scopes), true
	default:
		return nil, false
	}
}

func missingScopes(scopes []string) *httpResponse {
	return hubError(http.StatusForbidden, "Action is not authorized with current scopes; requires any of ["+strings.Join(scopes, ", ")+"]")
}

// scopeSince is the first major version that has a scope.
var scopeSince = map[string]int{
	"start:servers": 6, "users:shares": 5, "read:users:shares": 5, "groups:shares": 5, "read:groups:shares": 5, "shares": 5, "read:shares": 5,
}

// knownScopes returns the scopes that this Hub version lists.
func (call *hubCall) knownScopes(scopes []string) []any {
	return anySlice(slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool {
		base, _, _ := strings.Cut(scope, "!")
		return call.hubMajor < scopeSince[base]
	}))
}

// without returns the object without the named members.
func (o object) without(names ...string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return slices.Contains(names, m.name) })
}

// userModel returns a user with the fields of this Hub version.
func (call *hubCall) userModel(model object) object {
	if servers, ok := model.get("servers"); ok {
		model = model.with("servers", call.serverModels(servers))
	}
	switch {
	case call.hubMajor == 1:
		return model.without("user_info", "roles", "auth_state")
	case call.hubMajor < 6:
		return model.without("user_info")
	default:
		return model
	}
}

// serverModels returns a user's servers with the fields of this Hub version.
func (call *hubCall) serverModels(servers any) object {
	models := object{}
	all, _ := servers.(object)
	for _, element := range all {
		model, _ := element.value.(object)
		if call.hubMajor < 6 {
			model = model.without("display_name")
		}
		if call.hubMajor < 5 {
			model = model.without("full_name", "full_url", "full_progress_url")
		}
		models = append(models, member{element.name, model})
	}
	return models
}

// selfModel adds the fields that only GET /user has.
func (call *hubCall) selfModel(model object) object {
	if call.hubMajor == 1 {
		if _, present := model.get("servers"); present {
			return model.with("servers", nil)
		}
		return model.with("admin", call.bearer.owner.isAdmin())
	}
	if call.hubMajor >= 5 {
		model = append(model, member{"token_id", call.bearer.apiID()})
	}
	return append(model, member{"session_id", nil}, member{"scopes", call.knownScopes(call.bearer.scopes().sorted())})
}

// tokenModel returns a token with the fields of this Hub version. JupyterHub 1 has
// neither roles nor scopes of tokens, JupyterHub 2 has roles only.
func (call *hubCall) tokenModel(t *token) object {
	model := t.model().with("scopes", call.knownScopes(t.scopes().sorted()))
	switch call.hubMajor {
	case 1:
		return model.without("roles", "scopes", "session_id", "oauth_client")
	case 2:
		return model.with("roles", anySlice(t.roles)).without("scopes")
	default:
		return model
	}
}

// tokenNotFound is the response to an id that is not a token of the user.
func (call *hubCall) tokenNotFound() *httpResponse {
	if digits, ok := strings.CutPrefix(call.tokenID, "a"); ok && call.hubMajor < 5 && strings.Trim(digits, "0123456789") == "" {
		return hubError(http.StatusNotFound, "Token not found None")
	}
	return hubError(http.StatusNotFound, "No such token "+call.tokenID+" for user "+call.userName)
}

// checkTokenCreation is the check of JupyterHub 1 of who may create a token for
// whom.
func (call *hubCall) checkTokenCreation(u *account) *httpResponse {
	switch {
	case !call.bearer.owner.isAdmin() && !call.bearer.belongsTo(call.userName):
		return hubError(http.StatusForbidden, "Only admins can request tokens for other users")
	case u == nil:
		return hubError(http.StatusNotFound, "No such user: "+call.userName)
	default:
		return nil
	}
}

// tokenRequestOfOldHub reads a token request like Hubs before version 5, which do
// not check types, and fails where they fail.
func (call *hubCall) tokenRequestOfOldHub(u *account, body object) (requested tokenRequest, rejection *httpResponse) {
	requested = tokenRequest{scopes: roleScopes["token"], roles: []string{"token"}}
	value, _ := body.get("expires_in")
	if requested.lifetime, rejection = call.lifetimeOfOldHub(value); rejection != nil {
		return requested, rejection
	}
	scopes, _ := body.get("scopes")
	roles, _ := body.get("roles")
	switch {
	case call.hubMajor == 1 || call.hubMajor == 2 && roles == nil:
		return requested, nil
	case call.hubMajor == 2:
		return call.rolesOfOldHub(u, roles)
	}
	if _, message := validateTypes(body.without("expires_in")); message != "" {
		return requested, hubInternalError()
	}
	if slices.ContainsFunc(stringElements(scopes), func(scope string) bool { return unknownScope(scope) != "" }) {
		return requested, hubInternalError()
	}
	granted, message := u.grant(body)
	if message != "" {
		return requested, hubError(http.StatusBadRequest, message)
	}
	requested.scopes = granted
	return requested, nil
}

func (call *hubCall) lifetimeOfOldHub(value any) (*big.Int, *httpResponse) {
	number, ok := value.(float64)
	switch {
	case value == nil:
		return nil, nil
	case ok:
		// These Hubs accept fractions of a second. The mock rounds up.
		return big.NewInt(int64(math.Ceil(number))), nil
	}
	lifetime, ok := asInteger(value)
	switch {
	case !ok || call.hubMajor < 4 && lifetime.Sign() < 1:
		return nil, hubInternalError()
	case lifetime.Sign() < 0:
		return nil, hubError(http.StatusBadRequest, fmt.Sprintf("expires_in must be a positive integer or null, not %s", lifetime))
	case lifetime.Sign() == 0:
		return nil, nil
	default:
		return lifetime, nil
	}
}

// rolesOfOldHub is how JupyterHub 2 grants roles, which it stores.
func (call *hubCall) rolesOfOldHub(u *account, value any) (requested tokenRequest, rejection *httpResponse) {
	requested.roles = stringElements(value)
	for _, role := range requested.roles {
		scopes, ok := roleScopes[role]
		if !ok {
			return requested, hubError(http.StatusNotFound, fmt.Sprintf("Requested roles %s not found", repr([]any{role})))
		}
		if !slices.Contains(scopes, "inherit") && len(u.expand(scopes).difference(u.scopes())) > 0 {
			return requested, hubError(http.StatusForbidden, fmt.Sprintf("Requested roles %s cannot have higher permissions than the token owner", repr([]any{role})))
		}
		requested.scopes = append(requested.scopes, scopes...)
	}
	return requested, nil
}
