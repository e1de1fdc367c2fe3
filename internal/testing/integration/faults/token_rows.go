// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	issuing = "A Hub token is made"
	keeping = "A Hub token is read or revoked"

	tokenConfig  = "resource \"pc_hub_token\" \"test\" {\n  note = \"ours\"\n  expires_in = \"24h\"\n}\n" //nolint:gosec // a configuration
	endlessToken = "resource \"pc_hub_token\" \"test\" {\n  note = \"ours\"\n}\n"                         //nolint:gosec // a configuration
)

// tokenRows are faults of a token's creation. An answer that is lost takes the
// token's value with it, so that the token must go.
func tokenRows() []Row {
	revoked := Want{Exit: 1, Says: []string{"was revoked"}, Requests: map[string]int{"POST " + tokenList: 1}}
	rows := []Row{
		{Fault: "The answer is lost: the connection is reset.", Promise: "The orphan is found by its note and its time, by the Hub's clock, and revoked. The error says so; the next apply makes another.", Break: fails(http.MethodPost, tokenList, answerLost), Want: revoked},
		{Fault: "The answer breaks off.", Promise: "The same.", Break: fails(http.MethodPost, tokenList, answerTorn), Want: revoked},
		{Fault: "A proxy answers 502 in its place.", Promise: "The same.", Break: fails(http.MethodPost, tokenList, late(http.StatusBadGateway)), Want: revoked},
		{Fault: "A proxy answers 504 in its place.", Promise: "The same.", Break: fails(http.MethodPost, tokenList, late(http.StatusGatewayTimeout)), Want: revoked},
		{
			Fault: "The answer is lost, and the Hub's clock is ten minutes behind.", Promise: "The same.", Skew: -10 * time.Minute,
			Break: fails(http.MethodPost, tokenList, answerLost), Want: revoked,
		},
		{
			Fault: "The answer is lost, and an older token has the same note.", Promise: "The older one is left alone.",
			Break: all(func(w *World) { w.AddTheirToken(note); w.Mock.Advance(time.Minute) }, fails(http.MethodPost, tokenList, answerLost)), Want: revoked,
		},
		{
			Fault: "The answer is lost, and another token with the same note and another lifetime appears in that moment.", Promise: "The other one is left alone.",
			Break: all(fails(http.MethodPost, tokenList, answerLost), func(w *World) { w.AddTheirToken(note) }), Want: revoked,
		},
		{
			Fault: "The Hub reads the request only when the time is over.", Promise: "The orphan that appears late is found and revoked.",
			Provider: "request_timeout = \"1s\"", Break: readLate(tokenList), Want: revoked,
		},
		{
			Fault: "The answer is lost, and the Hub is down for a while afterwards.", Promise: "It is waited for; the orphan is found and revoked.",
			Break: all(fails(http.MethodPost, tokenList, answerLost), fails(http.MethodGet, tokenList, times(12, gatewayDown))), Want: revoked,
		},
		{
			Fault: "The answer is lost, and another token with the same note and no end either appears in that moment.", Promise: "Nobody can tell which is which: none is revoked, and the error names both.",
			Config: endlessToken,
			Break:  all(fails(http.MethodPost, tokenList, answerLost), func(w *World) { w.AddTheirToken(note) }),
			Want:   Want{Exit: 1, Says: []string{"2 new tokens may be the one", "/hub/token"}, Tokens: 1, StrayTokens: 1, Requests: map[string]int{"POST " + tokenList: 1, "DELETE *": 0}},
		},
		{
			Fault: "The answer is lost, and the tokens cannot be listed.", Promise: "The error says that a token with this note may be left, and where to revoke it.",
			Break: all(fails(http.MethodPost, tokenList, answerLost), fails(http.MethodGet, tokenList, times(always, gatewayDown))),
			Want:  Want{Exit: 1, Says: []string{"a token with this note may be left on the Hub", "/hub/token"}, Tokens: 1, StrayTokens: 1, Requests: map[string]int{"POST " + tokenList: 1}},
		},
		{
			Fault: "Ctrl-C is pressed while the request is under way, and its answer is lost.", Promise: "The orphan is found and revoked before terraform ends.",
			Break: fails(http.MethodPost, tokenList, mockserver.Fault{ResponseDelay: 10 * time.Second}), Meanwhile: interrupted(http.MethodPost, tokenList), Want: revoked,
		},
		{Fault: "The connection ends before the Hub has read the request.", Promise: "No second request is sent; the error says that no new token was seen.", Break: fails(http.MethodPost, tokenList, dropped), Want: Want{Exit: 1, Says: []string{"no new token was seen"}, Requests: map[string]int{"POST " + tokenList: 1}}},
		{Fault: "The Hub refuses: 403.", Promise: "The error has its words.", Break: fails(http.MethodPost, tokenList, hubRefusal(http.StatusForbidden, "no scope for that")), Want: Want{Exit: 1, Says: []string{"no scope for that"}, Requests: map[string]int{"POST " + tokenList: 1}}},
		{Fault: "The Hub answers 429.", Promise: "The request is repeated after the time that it asks for.", Break: fails(http.MethodPost, tokenList, busy), Want: Want{State: []string{hubToken}, Tokens: 1, Requests: map[string]int{"POST " + tokenList: 2}}},
		{
			Fault: "The provider's own token was revoked meanwhile.", Promise: "The error says so, and where the token came from.",
			Break: func(w *World) { w.revoke() }, Want: Want{Exit: 1, Says: []string{"did not accept the credentials from api_token"}},
		},
	}
	for i := range rows {
		rows[i].Moment = issuing
		if rows[i].Config == "" {
			rows[i].Config = tokenConfig
		}
	}
	return rows
}

// tokenEndRows are tokens that were made earlier.
func tokenEndRows() []Row {
	anew := Want{Exit: 2, Says: []string{"1 to add"}, State: []string{hubToken}}
	stays := func(says ...string) Want { return Want{Exit: 1, Says: says, State: []string{hubToken}, Tokens: 1} }
	revoke := func(w *World) { w.Mock.RevokeToken(user, w.TokenID()) }
	// recycle lets another token inherit the id, as the Hub's sqlite database does.
	recycle := func(w *World) {
		revoke(w)
		w.AddTheirToken("another's")
	}
	expire := func(w *World) {
		w.Mock.Advance(25 * time.Hour)
	}
	rows := []Row{
		{Fault: "It has expired.", Promise: "It leaves the state with a warning, and the plan makes another.", Command: plan, Break: expire, Want: anew},
		{Fault: "Somebody revoked it.", Promise: "The same.", Command: plan, Break: revoke, Want: anew},
		{Fault: "Another token has inherited its id.", Promise: "It is told by its note and its time: the same.", Command: plan, Break: recycle, Want: anew},
		{Fault: "The Hub is down.", Promise: "The plan fails; the token stays in the state.", Command: plan, Break: fails(http.MethodGet, oneToken, times(always, gatewayDown)), Want: stays("could not be read")},
		{Fault: "The Hub's route is unknown: a 404 that is not about the token.", Promise: "The same.", Command: plan, Break: fails(http.MethodGet, oneToken, times(always, page(http.StatusNotFound))), Want: stays("could not be read")},
		{Fault: "It has expired, and is destroyed.", Promise: "That is a success.", Command: destroy, Break: expire},
		{Fault: "Somebody revoked it, and it is destroyed.", Promise: "That is a success.", Command: destroy, Break: revoke},
		{Fault: "Another token has inherited its id, and it is destroyed.", Promise: "The other one is left alone.", Command: destroy, Break: recycle},
		{Fault: "The answer to its DELETE is lost.", Promise: "The request is repeated; that it is gone is a success.", Command: destroy, Break: fails(http.MethodDelete, oneToken, answerLost)},
		{
			Fault: "The answer to its DELETE is lost, and another token inherits its id.", Promise: "The Hub is asked what has the id now before the request is repeated: the other one is left alone.",
			Command: destroy, Break: func(w *World) {
				heir := answerLost
				heir.BeforeResponse = func() { w.AddTheirToken("another's") }
				fails(http.MethodDelete, oneToken, heir)(w)
			},
		},
		{Fault: "The Hub fails when it is revoked.", Promise: "The error says that the token may still be valid; it stays in the state.", Command: destroy, Break: fails(http.MethodDelete, oneToken, times(always, mockserver.Fault{Status: http.StatusInternalServerError})), Want: stays("may still be valid")},
	}
	for i := range rows {
		rows[i].Moment, rows[i].Config, rows[i].Applied = keeping, tokenConfig, true
	}
	return rows
}
