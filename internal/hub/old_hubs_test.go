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

// The responses of older Hubs to the POST of a token, seen with 1.5.1 and 2.3.1.
const (
	hub1Token = `{"user": "alice", "id": "a12", "kind": "api_token", "created": "2026-11-23T08:00:00.831453Z", "last_activity": null, "expires_at": null, "note": "ci", ` +
		`"token": "f5c1be8f68764b75a5a9cb568d18de72"}`
	hub2Token = `{"user": "alice", "id": "a12", "kind": "api_token", "roles": ["token"], "created": "2026-11-23T08:00:00.831453Z", "last_activity": null, "expires_at": null, ` +
		`"note": "ci", "session_id": null, "oauth_client": "JupyterHub", "token": "f5c1be8f68764b75a5a9cb568d18de72"}`
)

func TestIssueToken_revokesATokenWithMoreRightsThanRequested(t *testing.T) {
	t.Parallel()
	scopes, roles := hub.TokenRequest{Scopes: []string{"read:users"}}, hub.TokenRequest{Roles: []string{"server"}}
	for label, test := range map[string]struct {
		response serverReply
		request  hub.TokenRequest
		// argument is what the Hub ignores; "" for none.
		argument string
	}{
		"scopes of JupyterHub 1": {serverReply{Status: http.StatusOK, Body: hub1Token}, scopes, "scopes"},
		"roles of JupyterHub 1":  {serverReply{Status: http.StatusOK, Body: hub1Token}, roles, "roles"},
		"scopes of JupyterHub 2": {serverReply{Status: http.StatusCreated, Body: hub2Token}, scopes, "scopes"},
		"roles of JupyterHub 2":  {serverReply{Status: http.StatusCreated, Body: hub2Token}, roles, ""},
		"neither":                {serverReply{Status: http.StatusOK, Body: hub1Token}, hub.TokenRequest{}, ""},
	} {
		for outcome, deleteReply := range map[string]serverReply{"revoked": noContent, "not revoked": hubError(http.StatusForbidden, `"Forbidden"`)} {
			t.Run(label+", "+outcome, func(t *testing.T) {
				t.Parallel()
				server, client, _ := newScripted(t)
				server.On(postTokens, test.response)
				server.On(deleteToken, deleteReply)
				token, err := client.IssueToken(t.Context(), "alice", test.request)
				if test.argument == "" {
					if err != nil || token.ID != "a12" || token.Value.IsZero() {
						t.Errorf("got %+v, %v", token, err)
					}
					server.Expect(t, postTokens)
					return
				}
				var ignored *hub.IgnoredArgumentError
				if !errors.As(err, &ignored) || ignored.Argument != test.argument || (ignored.RevokeError == nil) != (outcome == "revoked") || !token.Value.IsZero() {
					t.Fatalf("got %+v, %v", token, err)
				}
				if !strings.Contains(err.Error(), "created the token a12 with all the user's rights, and the token was "+outcome) {
					t.Errorf("the error is %q", err)
				}
				server.Expect(t, postTokens, deleteToken)
			})
		}
	}
}

func TestFindToken_recognisesTheMessagesOfOlderHubs(t *testing.T) {
	t.Parallel()
	for message, isGone := range map[string]bool{
		`"Token not found None"`: true, `"No such token a12 for user alice"`: true, `"Not Found"`: false, `null`: false, `"No access to resources or resources not found"`: false,
	} {
		server, client, _ := newScripted(t)
		server.On(getToken, hubError(http.StatusNotFound, message))
		_, exists, err := client.FindToken(t.Context(), "alice", hub.Token{ID: "a12", Note: "ci", Created: startTime})
		if exists || (err == nil) != isGone {
			t.Errorf("%s: exists %t, %v", message, exists, err)
		}
	}
}

func TestWhoami_recognisesBadCredentialsOnOlderHubs(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]transport.Kind{
		`null`: transport.KindCredentials, `"Forbidden"`: transport.KindCredentials, `"Missing or invalid credentials."`: transport.KindCredentials,
		`"Action is not authorized with current scopes; requires any of [read:users]"`: transport.KindStatus,
	} {
		server, client, _ := newScripted(t)
		server.On(getSelf, hubError(http.StatusForbidden, message))
		_, err := client.Whoami(t.Context())
		var failure *transport.Error
		if !errors.As(err, &failure) || failure.Kind != want || hub.IsMissingScope(err) != (want == transport.KindStatus) {
			t.Errorf("%s: %v", message, err)
		}
	}
}
