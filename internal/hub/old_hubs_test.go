// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// What older Hubs answer to a POST of a token, seen with 1.5.1 and 2.3.1.
const (
	hub1Token = `{"user": "alice", "id": "a12", "kind": "api_token", "created": "2026-11-23T08:00:00.831453Z", "last_activity": null, "expires_at": null, "note": "ci", ` +
		`"token": "f5c1be8f68764b75a5a9cb568d18de72"}`
	hub2Token = `{"user": "alice", "id": "a12", "kind": "api_token", "roles": ["token"], "created": "2026-11-23T08:00:00.831453Z", "last_activity": null, "expires_at": null, ` +
		`"note": "ci", "session_id": null, "oauth_client": "JupyterHub", "token": "f5c1be8f68764b75a5a9cb568d18de72"}`
)

func TestIssue_revokesWhatMayDoMoreThanAsked(t *testing.T) {
	t.Parallel()
	scopes, roles := hub.TokenRequest{Scopes: []string{"read:users"}}, hub.TokenRequest{Roles: []string{"server"}}
	for name, test := range map[string]struct {
		answer  reply
		request hub.TokenRequest
		want    string
	}{
		"scopes of JupyterHub 1": {reply{Status: http.StatusOK, Body: hub1Token}, scopes, "scopes"},
		"roles of JupyterHub 1":  {reply{Status: http.StatusOK, Body: hub1Token}, roles, "roles"},
		"scopes of JupyterHub 2": {reply{Status: http.StatusCreated, Body: hub2Token}, scopes, "scopes"},
		"roles of JupyterHub 2":  {reply{Status: http.StatusCreated, Body: hub2Token}, roles, ""},
		"neither":                {reply{Status: http.StatusOK, Body: hub1Token}, hub.TokenRequest{}, ""},
	} {
		for how, revoking := range map[string]reply{"revoked": noContent, "not revoked": hubError(http.StatusForbidden, `"Forbidden"`)} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				server, client, _ := newScripted(t)
				server.On(postTokens, test.answer)
				server.On(deleteToken, revoking)
				token, err := client.IssueToken(t.Context(), "alice", test.request)
				if test.want == "" {
					if err != nil || token.ID != "a12" || token.Value.IsZero() {
						t.Errorf("got %+v, %v", token, err)
					}
					server.Expect(t, postTokens)
					return
				}
				var ignored *hub.IgnoredArgumentError
				if !errors.As(err, &ignored) || ignored.Argument != test.want || (ignored.RevokeError == nil) != (how == "revoked") || !token.Value.IsZero() {
					t.Fatalf("got %+v, %v", token, err)
				}
				if !strings.Contains(err.Error(), "created the token a12 with all the user's rights, and the token was "+how) {
					t.Errorf("the error says %q", err)
				}
				server.Expect(t, postTokens, deleteToken)
			})
		}
	}
}

func TestLook_knowsTheWordsOfOlderHubs(t *testing.T) {
	t.Parallel()
	for words, gone := range map[string]bool{
		`"Token not found None"`: true, `"No such token a12 for user alice"`: true, `"Not Found"`: false, `null`: false, `"No access to resources or resources not found"`: false,
	} {
		server, client, _ := newScripted(t)
		server.On(getToken, hubError(http.StatusNotFound, words))
		_, there, err := client.FindToken(t.Context(), "alice", hub.Token{ID: "a12", Note: "ci", Created: startTime})
		if there || (err == nil) != gone {
			t.Errorf("%s: there %t, %v", words, there, err)
		}
	}
}

func TestWhoami_knowsBadTokensOfOlderHubs(t *testing.T) {
	t.Parallel()
	for words, want := range map[string]transport.Kind{
		`null`: transport.KindCredentials, `"Forbidden"`: transport.KindCredentials, `"Missing or invalid credentials."`: transport.KindCredentials,
		`"Action is not authorized with current scopes; requires any of [read:users]"`: transport.KindStatus,
	} {
		server, client, _ := newScripted(t)
		server.On(getSelf, hubError(http.StatusForbidden, words))
		_, err := client.Whoami(t.Context())
		var failure *transport.Error
		if !errors.As(err, &failure) || failure.Kind != want || hub.IsMissingScope(err) != (want == transport.KindStatus) {
			t.Errorf("%s: %v", words, err)
		}
	}
}
