// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
)

// tokenA12 is a token that was created earlier.
var tokenA12 = hub.Token{ID: "a12", User: "alice", Note: "ci", Created: startTime}

// TestFindTokenAndRevokeToken_neverTouchAnotherToken: a Hub on sqlite gives a freed
// id to the next token.
func TestFindTokenAndRevokeToken_neverTouchAnotherToken(t *testing.T) {
	t.Parallel()
	token := tokenA12
	token.Created = startTime.Add(123456 * time.Microsecond)
	for label, test := range map[string]struct {
		response serverReply
		exists   bool
		revoked  bool
	}{
		"the same token":               {jsonReply(tokenJSON("a12", "ci", token.Created, "")), true, true},
		"a later token":                {jsonReply(tokenJSON("a12", "ci", token.Created.Add(time.Microsecond), "")), false, false},
		"a token of another note":      {jsonReply(tokenJSON("a12", "laptop", token.Created, "")), false, false},
		"no token":                     {tokenNotFound, false, false},
		"a token of another user":      {hubError(404, `"No such token a12 for user alice"`), false, false},
		"a user that no longer exists": {hubError(404, `"No such user: alice"`), false, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getToken, test.response)
			server.On(deleteToken, noContent)
			found, exists, err := client.FindToken(t.Context(), "alice", token)
			if err != nil || exists != test.exists || exists && found.ID != "a12" {
				t.Errorf("FindToken = %+v, %t, %v", found, exists, err)
			}
			server.Expect(t, getToken)
			if err := client.RevokeToken(t.Context(), "alice", token); err != nil {
				t.Errorf("RevokeToken: %v", err)
			}
			if test.revoked {
				server.Expect(t, getToken, getToken, deleteToken)
			} else {
				server.Expect(t, getToken, getToken)
			}
		})
	}
}

// TestFindToken_reportsNoExpiredToken: the Hub still returns a token that has
// expired.
func TestFindToken_reportsNoExpiredToken(t *testing.T) {
	t.Parallel()
	expiry := startTime.Add(time.Hour)
	for label, test := range map[string]struct {
		server, local time.Time
		exists        bool
	}{
		"before the expiry":              {expiry.Add(-time.Second), startTime, true},
		"at the expiry":                  {expiry, startTime, false},
		"after the expiry":               {expiry.Add(time.Second), startTime, false},
		"the Hub's clock is behind":      {expiry.Add(-time.Second), expiry.Add(time.Minute), true},
		"no Date, and before the expiry": {time.Time{}, expiry.Add(-time.Second), true},
		"no Date, and after the expiry":  {time.Time{}, expiry.Add(time.Second), false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			fake.Advance(test.local.Sub(startTime))
			server.On(getToken, serverReply{Status: http.StatusOK, Body: expiring("a12", expiry), Date: test.server})
			_, exists, err := client.FindToken(t.Context(), "alice", tokenA12)
			if err != nil || exists != test.exists {
				t.Errorf("FindToken = %t, %v, want %t", exists, err, test.exists)
			}
		})
	}
}

// TestRevokeToken_readsTheTokenBeforeItRetries: after a lost response, or while a proxy has
// no route to the Hub, somebody else may revoke the token, and another one gets the id.
func TestRevokeToken_readsTheTokenBeforeItRetries(t *testing.T) {
	t.Parallel()
	unchanged, another := jsonReply(tokenJSON("a12", "ci", startTime, "")), jsonReply(tokenJSON("a12", "laptop", startTime.Add(time.Second), ""))
	for label, test := range map[string]struct {
		afterwards serverReply
		requests   []string
	}{
		"the token is gone":        {tokenNotFound, []string{getToken, deleteToken, getToken}},
		"another token has the id": {another, []string{getToken, deleteToken, getToken}},
		"the token still exists":   {unchanged, []string{getToken, deleteToken, getToken, deleteToken}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			for _, response := range []serverReply{lostResponse, {Status: 502}, {Status: 504, ContentType: "text/html", Body: "<html>"}, hubError(500, `"Internal Server Error"`), {Status: 404, ContentType: "text/plain", Body: "Not Found\n"}} {
				server, client, _ := newScripted(t)
				server.On(getToken, unchanged, test.afterwards)
				server.On(deleteToken, response, noContent)
				if err := client.RevokeToken(t.Context(), "alice", tokenA12); err != nil {
					t.Error(err)
				}
				server.Expect(t, test.requests...)
			}
		})
	}
}

// TestRevokeToken_toleratesAnOutage of almost two minutes, of DELETE and of GET.
func TestRevokeToken_toleratesAnOutage(t *testing.T) {
	t.Parallel()
	unavailable := slices.Repeat([]serverReply{{Status: http.StatusServiceUnavailable}}, 8)
	exists := jsonReply(tokenJSON("a12", "ci", startTime, ""))
	for label, test := range map[string]struct{ gets, deletes []serverReply }{
		"DELETE is unavailable": {[]serverReply{exists}, append(slices.Clone(unavailable), noContent)},
		"GET is unavailable":    {append(slices.Clone(unavailable), exists), []serverReply{noContent}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			server.On(getToken, test.gets...)
			server.On(deleteToken, test.deletes...)
			if err := client.RevokeToken(t.Context(), "alice", tokenA12); err != nil {
				t.Error(err)
			}
			if lasted := fake.Now().Sub(startTime); lasted < 30*time.Second {
				t.Errorf("the outage lasted only %s", lasted)
			}
		})
	}
}

func TestRevokeToken_succeedsIfTheTokenIsAlreadyGone(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getToken, jsonReply(tokenJSON("a12", "ci", startTime, "")))
	server.On(deleteToken, tokenNotFound)
	if err := client.RevokeToken(t.Context(), "alice", tokenA12); err != nil {
		t.Error(err)
	}
}

func TestFindTokenAndRevokeToken_returnAnErrorForWhatProvesNothing(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		response serverReply
		// isTransient makes RevokeToken retry for two minutes.
		isTransient bool
	}{
		"a user that the token may not see": {hubError(404, `"No access to resources or resources not found"`), false},
		"an unknown path":                   {hubError(404, `null`), false},
		"a proxy's page":                    {serverReply{Status: 404, ContentType: "text/html", Body: "<html><h1>404 : Not Found</h1></html>"}, true},
		"bad credentials":                   {hubError(403, `"Missing or invalid credentials."`), false},
		"a crash":                           {hubError(500, `"Internal Server Error"`), true},
		"a lost response":                   {lostResponse, true},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			server.On(getToken, test.response)
			if _, exists, err := client.FindToken(t.Context(), "alice", tokenA12); err == nil || exists {
				t.Errorf("FindToken = %t, %v", exists, err)
			}
			server.Expect(t, getToken)
			if err := client.RevokeToken(t.Context(), "alice", tokenA12); err == nil {
				t.Error("RevokeToken: no error")
			}
			if !test.isTransient {
				server.Expect(t, getToken, getToken)
				return
			}
			if requests, took := server.Count(getToken), fake.Now().Sub(startTime); took < 2*time.Minute || took > 3*time.Minute || requests > 20 {
				t.Errorf("%d requests in %s, want two minutes", requests, took)
			}
		})
	}
}
