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

// known is a token as the state has it.
func known(id string) hub.Token { return hub.Token{ID: id, User: "alice", Note: "ci", Created: start} }

func expectToken(t *testing.T, client *hub.Client, id string, there bool) {
	t.Helper()
	if got, same, err := client.Refresh(t.Context(), "alice", known(id)); err != nil || same != there || there && got.ID != id {
		t.Errorf("%s: got %+v, %t, %v", id, got, same, err)
	}
}

func TestRefresh_manyTokensCostOneListing(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	all := []string{tokenJSON("a12", "ci", start, "")}
	for i := range 40 {
		all = append(all, tokenJSON(fmt.Sprintf("a%d", 100+i), "ci", start, ""))
	}
	server.On(get, ok(all[0]))
	server.On(list, listing(start, all...))
	expectToken(t, client, "a12", true)
	for i := range 40 {
		expectToken(t, client, fmt.Sprintf("a%d", 100+i), true)
	}
	server.Expect(t, get, list)
}

// TestRefresh_believesNoListThatATokenIsGone asks for it by its id: for one that
// is missing, one whose id another has, and one that has expired.
func TestRefresh_believesNoListThatATokenIsGone(t *testing.T) {
	t.Parallel()
	expired := strings.Replace(tokenJSON("a12", "ci", start, ""), `"expires_at": null`, `"expires_at": "2026-11-23T07:59:59Z"`, 1)
	for label, listed := range map[string]string{
		"missing":     tokenJSON("a100", "ci", start, ""),
		"another":     tokenJSON("a12", "ci", start.Add(time.Hour), ""),
		"with a note": tokenJSON("a12", "other", start, ""),
		"expired":     expired,
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			first := "GET " + tokens + "/a1"
			server.On(first, ok(tokenJSON("a1", "ci", start, "")))
			server.On(list, listing(start, listed))
			server.On(get, noSuchToken)
			expectToken(t, client, "a1", true)
			expectToken(t, client, "a12", false)
			server.Expect(t, first, list, get)
		})
	}
}

func TestRefresh_whereTokensCannotBeListed(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	first := "GET " + tokens + "/a1"
	server.On(first, ok(tokenJSON("a1", "ci", start, "")))
	server.On(list, failing(403, `"Action is not authorized with current scopes; requires any of [read:tokens]"`))
	server.On(get, ok(tokenJSON("a12", "ci", start, "")))
	expectToken(t, client, "a1", true)
	expectToken(t, client, "a12", true)
	server.Expect(t, first, list, get)
}

func TestRefresh_aTokenOfThisRunIsReadByItself(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	first := "GET " + tokens + "/a1"
	server.On(first, ok(tokenJSON("a1", "ci", start, "")))
	server.On(post, issued("a12", start))
	server.On(get, ok(tokenJSON("a12", "ci", start, "")))
	expectToken(t, client, "a1", true)
	if _, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci"}); err != nil {
		t.Fatal(err)
	}
	expectToken(t, client, "a12", true)
	server.Expect(t, first, post, get)
}

// TestRefreshServer_many has the Hub list all servers of a user once.
func TestRefreshServer_many(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	var members []string
	for i := range 30 {
		members = append(members, fmt.Sprintf(`"s%d": {"name": "s%d", "url": "/user/alice/s%d/", "ready": true, "pending": null}`, i, i, i))
	}
	members = append(members, `"gone": {"name": "gone", "url": "/user/alice/gone/", "ready": false, "pending": null}`)
	server.On(user, withServers(strings.Join(members, ", ")))
	for i := range 30 {
		name := fmt.Sprintf("s%d", i)
		if got, active, err := client.RefreshServer(t.Context(), "alice", name); err != nil || !active || got.Name != name {
			t.Errorf("got %+v, %t, %v", got, active, err)
		}
	}
	server.Expect(t, user, user)
	// One that has stopped is looked at twice before it is believed.
	if _, active, err := client.RefreshServer(t.Context(), "alice", "gone"); active || err != nil {
		t.Errorf("got %t, %v", active, err)
	}
	server.Expect(t, user, user, user, user)
}
