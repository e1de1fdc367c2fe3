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
		{Fault: "The response is lost: the connection is reset.", Promise: "The provider finds the orphaned token by its note and its creation time, by the Hub's clock, and revokes it. The error reports it. The next apply creates another.", Break: fails(http.MethodPost, tokensPath, responseLost), Want: failsAndRevokes},
		{Fault: "The response is cut off.", Promise: "As above.", Break: fails(http.MethodPost, tokensPath, responseCutOff), Want: failsAndRevokes},
		{Fault: "A proxy returns 502 instead.", Promise: "As above.", Break: fails(http.MethodPost, tokensPath, afterHandling(http.StatusBadGateway)), Want: failsAndRevokes},
		{Fault: "A proxy returns 504 instead.", Promise: "As above.", Break: fails(http.MethodPost, tokensPath, afterHandling(http.StatusGatewayTimeout)), Want: failsAndRevokes},
		{
			Fault: "The response is lost, and the Hub's clock is ten minutes behind.", Promise: "As above.", ClockSkew: -10 * time.Minute,
			Break: fails(http.MethodPost, tokensPath, responseLost), Want: failsAndRevokes,
		},
		{
			Fault: "The response is lost, and an older token has the same note.", Promise: "The provider leaves the older token alone.",
			Break: inOrder(func(w *World) { w.AddOtherToken(tokenNote); w.Mock.Advance(time.Minute) }, fails(http.MethodPost, tokensPath, responseLost)), Want: failsAndRevokes,
		},
		{
			Fault: "The response is lost, and a token with the same note and a different lifetime appears at that moment.", Promise: "The provider leaves the other token alone.",
			Break: inOrder(fails(http.MethodPost, tokensPath, responseLost), func(w *World) { w.AddOtherToken(tokenNote) }), Want: failsAndRevokes,
		},
		{
			Fault: "The Hub reads the request only after `request_timeout` has expired, and the note is the default.", Promise: "The provider finds the orphaned token by its random note and revokes it.",
			Config: tokenWithGeneratedNoteConfig, Provider: "request_timeout = \"1s\"", Break: requestReadLate(tokensPath), Want: failsAndRevokes,
		},
		{
			Fault: "The Hub reads the request after `request_timeout`, and you chose the note.", Promise: "The token may belong to another run with this note. The provider does not revoke it; the error lists it.",
			Provider: "request_timeout = \"1s\"", Break: requestReadLate(tokensPath), Want: listsCandidate,
		},
		{
			Fault: "The response is lost, then the Hub is down for a while, and the note is the default.", Promise: "The provider finds the orphaned token by its random note and revokes it.",
			Config: tokenWithGeneratedNoteConfig,
			Break:  inOrder(fails(http.MethodPost, tokensPath, responseLost), fails(http.MethodGet, tokensPath, times(12, gatewayDown))), Want: failsAndRevokes,
		},
		{
			Fault: "The response is lost, then the Hub is down for a while, and you chose the note.", Promise: "The token may belong to another run with this note. The provider does not revoke it; the error lists it.",
			Break: inOrder(fails(http.MethodPost, tokensPath, responseLost), fails(http.MethodGet, tokensPath, times(12, gatewayDown))), Want: listsCandidate,
		},
		{
			Fault: "A proxy returns 502 and does not forward the request, and a second later another run creates a token with the default note.", Promise: "The notes differ: the provider leaves the other token alone.",
			Config: tokenWithGeneratedNoteConfig,
			Break:  inOrder(fails(http.MethodPost, tokensPath, page(http.StatusBadGateway)), otherTokenAppears("Managed by Terraform, AAAAAAAA")), Want: leavesOther,
		},
		{
			Fault: "A proxy returns 502 and does not forward the request, and a second later another run creates a token with the same note and lifetime.", Promise: "The token may belong to another run with this note. The provider does not revoke it; the error lists it.",
			Config: tokenWithoutExpiryConfig,
			Break:  inOrder(fails(http.MethodPost, tokensPath, page(http.StatusBadGateway)), otherTokenAppears(tokenNote)), Want: listsOther,
		},
		{
			Fault: "The response is lost, and another token with the same note and no expiry appears at that moment.", Promise: "The provider cannot decide between them. It revokes neither, and the error lists both.",
			Config: tokenWithoutExpiryConfig,
			Break:  inOrder(fails(http.MethodPost, tokensPath, responseLost), func(w *World) { w.AddOtherToken(tokenNote) }),
			Want:   Want{Exit: 1, Output: []string{"one of 2 new tokens", "/hub/token"}, Tokens: 1, UnmanagedTokens: 1, Requests: map[string]int{"POST " + tokensPath: 1, "DELETE *": 0}},
		},
		{
			Fault: "The response is lost, and the provider cannot list the tokens.", Promise: "The error warns that a token may be left, and says where to revoke it.",
			Break: inOrder(fails(http.MethodPost, tokensPath, responseLost), fails(http.MethodGet, tokensPath, times(everyTime, gatewayDown))),
			Want:  Want{Exit: 1, Output: []string{"a token with this note may be left on the Hub", "/hub/token"}, Tokens: 1, UnmanagedTokens: 1, Requests: map[string]int{"POST " + tokensPath: 1}},
		},
		{
			Fault: "You press Ctrl-C during the request, and the response is lost.", Promise: "The provider finds the orphaned token and revokes it.",
			Break: fails(http.MethodPost, tokensPath, mockserver.Fault{ResponseDelay: 20 * time.Second}), During: interruptAfter(http.MethodPost, tokensPath), Want: failsAndRevokes,
		},
		{
			Fault: "You press Ctrl-C during the request, and the response takes two seconds.", Promise: "The provider waits for it, up to 5.5 s. The token is in the state.",
			Break: fails(http.MethodPost, tokensPath, mockserver.Fault{ResponseDelay: 2 * time.Second}), During: interruptAfter(http.MethodPost, tokensPath),
			Want: Want{Exit: 1, State: []string{tokenAddress}, Tokens: 1, Requests: map[string]int{"POST " + tokensPath: 1, "DELETE *": 0}},
		},
		{Fault: "The connection closes before the Hub has read the request.", Promise: "The provider does not repeat the request. The error says that it found no new token.", Break: fails(http.MethodPost, tokensPath, droppedBeforeHandling), Want: Want{Exit: 1, Output: []string{"no new token was found"}, Requests: map[string]int{"POST " + tokensPath: 1}}},
		{Fault: "The Hub rejects the request: 403.", Promise: "The error includes the Hub's message.", Break: fails(http.MethodPost, tokensPath, hubRefusal(http.StatusForbidden, "no scope for that")), Want: Want{Exit: 1, Output: []string{"no scope for that"}, Requests: map[string]int{"POST " + tokensPath: 1}}},
		{Fault: "The Hub returns 429.", Promise: "The provider repeats the request after the response's `Retry-After`.", Break: fails(http.MethodPost, tokensPath, rateLimited), Want: Want{State: []string{tokenAddress}, Tokens: 1, Requests: map[string]int{"POST " + tokensPath: 2}}},
		{
			Fault: "The provider's own token has been revoked.", Promise: "The error reports it and names the setting that the token came from.",
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
	failsUnchanged := func(says ...string) Want {
		return Want{Exit: 1, Output: says, State: []string{tokenAddress}, Tokens: 1}
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
		{Fault: "The token has expired.", Promise: "A warning reports it, and the plan creates a new token.", Command: planCommand, Break: expire, Want: plansNewToken},
		{Fault: "Another client has revoked the token.", Promise: "As above.", Command: planCommand, Break: revoke, Want: plansNewToken},
		{Fault: "The Hub has given the token's ID to another token.", Promise: "As above. The provider compares note and creation time.", Command: planCommand, Break: recycle, Want: plansNewToken},
		{Fault: "The Hub is down.", Promise: "The plan fails. The token stays in the state.", Command: planCommand, Break: fails(http.MethodGet, anyTokenPath, times(everyTime, gatewayDown)), Want: failsUnchanged("could not be read")},
		{Fault: "The proxy has no route to the Hub: a 404 that is not about the token.", Promise: "As above.", Command: planCommand, Break: fails(http.MethodGet, anyTokenPath, times(everyTime, page(http.StatusNotFound))), Want: failsUnchanged("could not be read")},
		{Fault: "You destroy a token that has expired.", Promise: "The destroy succeeds.", Command: destroyCommand, Break: expire},
		{Fault: "You destroy a token that another client has revoked.", Promise: "The destroy succeeds.", Command: destroyCommand, Break: revoke},
		{Fault: "You destroy a token whose ID the Hub has given to another token.", Promise: "The provider leaves the other token alone.", Command: destroyCommand, Break: recycle},
		{Fault: "The response to the token's DELETE is lost.", Promise: "The provider repeats the request. A token that no longer exists counts as revoked.", Command: destroyCommand, Break: fails(http.MethodDelete, anyTokenPath, responseLost)},
		{Fault: "The Hub is unavailable for a while when you destroy the token.", Promise: "The provider repeats the request for two minutes.", Command: destroyCommand, Break: fails(http.MethodDelete, anyTokenPath, times(10, gatewayDown))},
		{
			Fault: "The response to the token's DELETE is lost, and the Hub gives its ID to another token.", Promise: "The provider leaves the other token alone: it reads the token before it repeats the request.",
			Command: destroyCommand, Break: func(w *World) {
				heir := responseLost
				heir.BeforeResponse = func() { w.AddOtherToken("another's") }
				fails(http.MethodDelete, anyTokenPath, heir)(w)
			},
		},
		{Fault: "The Hub returns an error to the token's DELETE.", Promise: "The error warns that the token may be valid. It stays in the state.", Command: destroyCommand, Break: fails(http.MethodDelete, anyTokenPath, times(everyTime, mockserver.Fault{Status: http.StatusInternalServerError})), Want: failsUnchanged("may still be valid")},
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
		fails(http.MethodGet, tokensPath, mockserver.Fault{BeforeResponse: func() {
			w.Clock.Advance(time.Second)
			w.AddOtherToken(note)
		}})(w)
	}
}
