// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentTokenCreate       = "A Hub token is created"         //nolint:gosec // a heading of the guide
	momentTokenReadOrRevoke = "A Hub token is read or revoked" //nolint:gosec // a heading of the guide

	promiseFoundByNote = "The provider finds the token by its random note and revokes it."
	promiseListed      = "The error lists the token. It may be another run's, so it is not revoked."

	tokenConfig                  = "resource \"pc_hub_token\" \"test\" {\n  note = \"ours\"\n  expires_in = \"24h\"\n}\n" //nolint:gosec // a configuration
	tokenWithGeneratedNoteConfig = "resource \"pc_hub_token\" \"test\" {\n  expires_in = \"24h\"\n}\n"                    //nolint:gosec // a configuration
	tokenWithoutExpiryConfig     = "resource \"pc_hub_token\" \"test\" {\n  note = \"ours\"\n}\n"                         //nolint:gosec // a configuration
)

// tokenRows are faults while a token is created. A lost response loses the
// token's value, so that the provider must revoke the token.
func tokenRows() []Row {
	failsAndRevokes := Want{Exit: 1, Output: []string{"was revoked"}, Requests: map[string]int{"POST " + tokensPath: 1}}
	listsCandidate := Want{Exit: 1, Output: []string{"may have created the token", "/hub/token"}, Tokens: 1, UnmanagedTokens: 1, Requests: map[string]int{"POST " + tokensPath: 1, "DELETE *": 0}}
	leavesOther := Want{Exit: 1, Output: []string{"no new token was found"}, Requests: map[string]int{"POST " + tokensPath: 1, "DELETE *": 0}}
	listsOther := Want{Exit: 1, Output: []string{"may have created the token", "/hub/token"}, Requests: map[string]int{"POST " + tokensPath: 1, "DELETE *": 0}}
	rows := []Row{
		{Fault: "The response to a token's creation is lost or cut off.", Variant: "reset", Promise: promiseOrphanRevoked, Break: failRequests(http.MethodPost, tokensPath, responseLost), Want: failsAndRevokes},
		{Fault: "The response to a token's creation is lost or cut off.", Variant: "cut off", Promise: promiseOrphanRevoked, Break: failRequests(http.MethodPost, tokensPath, responseCutOff), Want: failsAndRevokes},
		{Fault: "A proxy returns 502 or 504 instead.", Variant: "502", Promise: promiseOrphanRevoked, Break: failRequests(http.MethodPost, tokensPath, afterHandling(http.StatusBadGateway)), Want: failsAndRevokes},
		{Fault: "A proxy returns 502 or 504 instead.", Variant: "504", Promise: promiseOrphanRevoked, Break: failRequests(http.MethodPost, tokensPath, afterHandling(http.StatusGatewayTimeout)), Want: failsAndRevokes},
		{
			Fault: "The Hub's clock is ten minutes behind.", Promise: promiseOrphanRevoked, ClockSkew: -10 * time.Minute,
			Break: failRequests(http.MethodPost, tokensPath, responseLost), Want: failsAndRevokes,
		},
		{
			Fault: "An older token has the note of the orphaned one.", Promise: promiseOtherTokenKept,
			Break: inOrder(func(w *World) { w.AddOtherToken(tokenNote); w.Mock.Advance(time.Minute) }, failRequests(http.MethodPost, tokensPath, responseLost)), Want: failsAndRevokes,
		},
		{
			Fault: "A token with that note and another lifetime appears.", Promise: promiseOtherTokenKept,
			Break: inOrder(failRequests(http.MethodPost, tokensPath, responseLost), func(w *World) { w.AddOtherToken(tokenNote) }), Want: failsAndRevokes,
		},
		{
			Fault: "The note is the default, and the Hub reads the request late or is down after losing the response.", Variant: "late", Promise: promiseFoundByNote,
			Config: tokenWithGeneratedNoteConfig, Provider: "request_timeout = \"1s\"", Break: requestReadLate(tokensPath), Want: failsAndRevokes,
		},
		{
			Fault: "The same, and you chose the note.", Variant: "late", Promise: promiseListed,
			Provider: "request_timeout = \"1s\"", Break: requestReadLate(tokensPath), Want: listsCandidate,
		},
		{
			Fault: "The note is the default, and the Hub reads the request late or is down after losing the response.", Variant: "down", Promise: promiseFoundByNote,
			Config: tokenWithGeneratedNoteConfig,
			Break:  inOrder(failRequests(http.MethodPost, tokensPath, responseLost), failRequests(http.MethodGet, tokensPath, repeated(12, gatewayDown))), Want: failsAndRevokes,
		},
		{
			Fault: "The same, and you chose the note.", Variant: "down", Promise: promiseListed,
			Break: inOrder(failRequests(http.MethodPost, tokensPath, responseLost), failRequests(http.MethodGet, tokensPath, repeated(12, gatewayDown))), Want: listsCandidate,
		},
		{
			Fault: "A proxy drops the request, and another run creates a token with the default note.", Promise: promiseOtherTokenKept,
			Config: tokenWithGeneratedNoteConfig,
			Break:  inOrder(failRequests(http.MethodPost, tokensPath, htmlResponse(http.StatusBadGateway)), otherTokenAppears("Managed by Terraform, AAAAAAAA")), Want: leavesOther,
		},
		{
			Fault: "A proxy drops the request, and another run creates a token with the same note and lifetime.", Promise: promiseListed,
			Config: tokenWithoutExpiryConfig,
			Break:  inOrder(failRequests(http.MethodPost, tokensPath, htmlResponse(http.StatusBadGateway)), otherTokenAppears(tokenNote)), Want: listsOther,
		},
		{
			Fault: "The response is lost, and another token with this note and no expiry appears.", Promise: "The error lists both. Neither is revoked.",
			Config: tokenWithoutExpiryConfig,
			Break:  inOrder(failRequests(http.MethodPost, tokensPath, responseLost), func(w *World) { w.AddOtherToken(tokenNote) }),
			Want:   Want{Exit: 1, Output: []string{"one of 2 new tokens", "/hub/token"}, Tokens: 1, UnmanagedTokens: 1, Requests: map[string]int{"POST " + tokensPath: 1, "DELETE *": 0}},
		},
		{
			Fault: "The response is lost, and listing the tokens fails.", Promise: "The error says that a token may remain, and where to revoke it.",
			Break: inOrder(failRequests(http.MethodPost, tokensPath, responseLost), failRequests(http.MethodGet, tokensPath, repeated(everyTime, gatewayDown))),
			Want:  Want{Exit: 1, Output: []string{"a token with this note may be left on the Hub", "/hub/token"}, Tokens: 1, UnmanagedTokens: 1, Requests: map[string]int{"POST " + tokensPath: 1}},
		},
		{
			Fault: "You press Ctrl-C, and a token's response is lost.", Promise: promiseOrphanRevoked,
			Break: failRequests(http.MethodPost, tokensPath, mockserver.Fault{ResponseDelay: 20 * time.Second}), During: interruptAfter(http.MethodPost, tokensPath), Want: failsAndRevokes,
		},
		{
			Fault: "You press Ctrl-C during a create.", Variant: "two seconds before the response", Promise: promiseAwaited,
			Break: failRequests(http.MethodPost, tokensPath, mockserver.Fault{ResponseDelay: 2 * time.Second}), During: interruptAfter(http.MethodPost, tokensPath),
			Want: Want{Exit: 1, State: []string{tokenAddress}, Tokens: 1, Requests: map[string]int{"POST " + tokensPath: 1, "DELETE *": 0}},
		},
		{Fault: "The connection closes before the Hub has read the request.", Promise: "The provider does not repeat the request. The error says that no new token was found.", Break: failRequests(http.MethodPost, tokensPath, droppedBeforeHandling), Want: Want{Exit: 1, Output: []string{"no new token was found"}, Requests: map[string]int{"POST " + tokensPath: 1}}},
		{Fault: "The server returns 403.", Promise: promiseForbidden, Break: failRequests(http.MethodPost, tokensPath, hubRefusal(http.StatusForbidden, "no scope for that")), Want: Want{Exit: 1, Output: []string{"no scope for that"}, Requests: map[string]int{"POST " + tokensPath: 1}}},
		{Fault: "The server returns 429 with `Retry-After`.", Promise: promiseRateLimited, Break: failRequests(http.MethodPost, tokensPath, rateLimited), Want: Want{State: []string{tokenAddress}, Tokens: 1, Requests: map[string]int{"POST " + tokensPath: 2}}},
		{
			Fault: "The token has expired or was revoked.", Promise: promiseRejected,
			Break: func(w *World) { w.revokeProviderToken() }, Want: Want{Exit: 1, Output: []string{"rejected the credentials from api_token"}},
		},
	}
	for i := range rows {
		rows[i].Moment = momentTokenCreate
		if rows[i].Config == "" {
			rows[i].Config = tokenConfig
		}
	}
	return rows
}

// tokenEndRows are faults of tokens that exist already.
func tokenEndRows() []Row {
	plansNewToken := Want{Exit: 2, Output: []string{"1 to add"}, State: []string{tokenAddress}}
	failsUnchanged := func(output ...string) Want {
		return Want{Exit: 1, Output: output, State: []string{tokenAddress}, Tokens: 1}
	}
	revoke := func(w *World) { w.Mock.RevokeToken(configUser, w.TokenID()) }
	// recycle gives the ID to another token, as the Hub's SQLite database does.
	recycle := func(w *World) {
		revoke(w)
		w.AddOtherToken("another's")
	}
	expire := func(w *World) {
		w.Mock.Advance(25 * time.Hour)
	}
	rows := []Row{
		{Fault: "A token has expired or was revoked.", Variant: "expired", Promise: promiseEnded, Command: planCommand, Break: expire, Want: plansNewToken},
		{Fault: "A token has expired or was revoked.", Variant: "revoked", Promise: promiseEnded, Command: planCommand, Break: revoke, Want: plansNewToken},
		{Fault: "The Hub has reused a token's ID (note or creation time differ).", Promise: promiseEnded, Command: planCommand, Break: recycle, Want: plansNewToken},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Promise: promiseFails, Command: planCommand, Break: failRequests(http.MethodGet, anyTokenPath, repeated(everyTime, gatewayDown)), Want: failsUnchanged("could not be read")},
		{Fault: "A proxy has no route and returns its own 404.", Promise: promiseNotTheAPI, Command: planCommand, Break: failRequests(http.MethodGet, anyTokenPath, repeated(everyTime, htmlResponse(http.StatusNotFound))), Want: failsUnchanged("could not be read")},
		{Fault: "You destroy what has already ended.", Variant: "expired", Promise: promiseDestroyed, Command: destroyCommand, Break: expire},
		{Fault: "You destroy what has already ended.", Variant: "revoked", Promise: promiseDestroyed, Command: destroyCommand, Break: revoke},
		{Fault: "The Hub has reused the ID of the token that you destroy.", Variant: "before the destroy", Promise: promiseOtherTokenKept, Command: destroyCommand, Break: recycle},
		{Fault: "The response to a token's DELETE is lost.", Promise: promiseTokenRevoked, Command: destroyCommand, Break: failRequests(http.MethodDelete, anyTokenPath, responseLost)},
		{Fault: "The Hub is down for a while during a token's destroy.", Promise: "The provider repeats the request for two minutes.", Command: destroyCommand, Break: failRequests(http.MethodDelete, anyTokenPath, repeated(10, gatewayDown))},
		{
			Fault: "The Hub has reused the ID of the token that you destroy.", Variant: "after a lost DELETE", Promise: promiseOtherTokenKept,
			Command: destroyCommand, Break: func(w *World) {
				heir := responseLost
				heir.BeforeResponse = func() { w.AddOtherToken("another's") }
				failRequests(http.MethodDelete, anyTokenPath, heir)(w)
			},
		},
		{Fault: "The Hub rejects every DELETE of a managed token.", Promise: "The error warns that the token may be valid.", Command: destroyCommand, Break: failRequests(http.MethodDelete, anyTokenPath, repeated(everyTime, mockserver.Fault{Status: http.StatusInternalServerError})), Want: failsUnchanged("may still be valid")},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Config, rows[i].AppliedBefore = momentTokenReadOrRevoke, tokenConfig, true
	}
	return rows
}

// otherTokenAppears creates a token of another run one second after the first
// listing.
func otherTokenAppears(note string) func(*World) {
	return func(w *World) {
		failRequests(http.MethodGet, tokensPath, mockserver.Fault{BeforeResponse: func() {
			w.Clock.Advance(time.Second)
			w.AddOtherToken(note)
		}})(w)
	}
}
