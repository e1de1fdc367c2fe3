// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
)

// stateToken is a token of the state.
func stateToken(id string) hub.Token {
	return hub.Token{ID: id, User: "alice", Note: "ci", Created: startTime}
}

func expectToken(t *testing.T, client *hub.Client, id string, exists bool) {
	t.Helper()
	if got, found, err := client.RefreshToken(t.Context(), "alice", stateToken(id)); err != nil || found != exists || exists && got.ID != id {
		t.Errorf("%s: got %+v, %t, %v", id, got, found, err)
	}
}

func TestRefreshToken_listsOnceForManyTokens(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	all := []string{tokenJSON("a12", "ci", startTime, "")}
	for i := range 40 {
		all = append(all, tokenJSON(fmt.Sprintf("a%d", 100+i), "ci", startTime, ""))
	}
	server.On(getToken, jsonReply(all[0]))
	server.On(listTokens, tokenList(startTime, all...))
	expectToken(t, client, "a12", true)
	for i := range 40 {
		expectToken(t, client, fmt.Sprintf("a%d", 100+i), true)
	}
	server.Expect(t, getToken, listTokens)
}

// TestRefreshToken_readsATokenThatTheListingLacks by its id. The same applies if
// another token has the id, or if the token has expired.
func TestRefreshToken_readsATokenThatTheListingLacks(t *testing.T) {
	t.Parallel()
	expired := strings.Replace(tokenJSON("a12", "ci", startTime, ""), `"expires_at": null`, `"expires_at": "2026-11-23T07:59:59Z"`, 1)
	for label, listed := range map[string]string{
		"missing":     tokenJSON("a100", "ci", startTime, ""),
		"another":     tokenJSON("a12", "ci", startTime.Add(time.Hour), ""),
		"with a note": tokenJSON("a12", "other", startTime, ""),
		"expired":     expired,
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			first := "GET " + tokensPath + "/a1"
			server.On(first, jsonReply(tokenJSON("a1", "ci", startTime, "")))
			server.On(listTokens, tokenList(startTime, listed))
			server.On(getToken, tokenNotFound)
			expectToken(t, client, "a1", true)
			expectToken(t, client, "a12", false)
			server.Expect(t, first, listTokens, getToken)
		})
	}
}

func TestRefreshToken_readsEachTokenIfListingIsForbidden(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	first := "GET " + tokensPath + "/a1"
	server.On(first, jsonReply(tokenJSON("a1", "ci", startTime, "")))
	server.On(listTokens, hubError(403, `"Action is not authorized with current scopes; requires any of [read:tokens]"`))
	server.On(getToken, jsonReply(tokenJSON("a12", "ci", startTime, "")))
	expectToken(t, client, "a1", true)
	expectToken(t, client, "a12", true)
	server.Expect(t, first, listTokens, getToken)
}

func TestRefreshToken_readsATokenOfThisRun(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	first := "GET " + tokensPath + "/a1"
	server.On(first, jsonReply(tokenJSON("a1", "ci", startTime, "")))
	server.On(postTokens, createdToken("a12", startTime))
	server.On(getToken, jsonReply(tokenJSON("a12", "ci", startTime, "")))
	expectToken(t, client, "a1", true)
	if _, err := client.IssueToken(t.Context(), "alice", hub.TokenRequest{Note: "ci"}); err != nil {
		t.Fatal(err)
	}
	expectToken(t, client, "a12", true)
	server.Expect(t, first, postTokens, getToken)
}

func TestRefreshServer_listsOnceForManyServers(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	var members []string
	for i := range 30 {
		members = append(members, fmt.Sprintf(`"s%d": {"name": "s%d", "url": "/user/alice/s%d/", "ready": true, "pending": null}`, i, i, i))
	}
	members = append(members, `"gone": {"name": "gone", "url": "/user/alice/gone/", "ready": false, "pending": null}`)
	server.On(getAlice, aliceWith(strings.Join(members, ", ")))
	for i := range 30 {
		name := fmt.Sprintf("s%d", i)
		if got, active, err := client.RefreshServer(t.Context(), "alice", name); err != nil || !active || got.Name != name {
			t.Errorf("got %+v, %t, %v", got, active, err)
		}
	}
	server.Expect(t, getAlice, getAlice)
	// A second lookup confirms that a server has stopped.
	if _, active, err := client.RefreshServer(t.Context(), "alice", "gone"); active || err != nil {
		t.Errorf("got %t, %v", active, err)
	}
	server.Expect(t, getAlice, getAlice, getAlice, getAlice)
}
