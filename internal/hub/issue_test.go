// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

func TestIssue_costsOneRequest(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(post, issued("a12", start))
	token, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci"})
	if err != nil || token.ID != "a12" || token.Value.IsZero() {
		t.Errorf("got %+v, %v", token, err)
	}
	server.Expect(t, post)
}

func TestIssue_revokesTheOrphanOfALostAnswer(t *testing.T) {
	t.Parallel()
	for label, answer := range map[string]reply{
		"the connection broke":    lost,
		"the proxy gave up":       {Status: 504, ContentType: "text/html", Body: "<html>"},
		"an answer without token": {Status: 201, Body: tokenJSON("a12", "ci", start, "")},
	} {
		for _, ahead := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute} {
			t.Run(fmt.Sprintf("%s, Hub %s ahead", label, ahead), func(t *testing.T) {
				t.Parallel()
				server, client, fake := newScripted(t)
				hubNow := start.Add(ahead + 10*time.Second)
				server.On(post, scripted.After(answer, func() { fake.Advance(10 * time.Second) }))
				server.On(list, listing(hubNow,
					tokenJSON("a3", "ci", hubNow.Add(-time.Minute), ""),
					tokenJSON("a11", "laptop", hubNow, ""),
					tokenJSON("a12", "ci", hubNow.Add(-9*time.Second), "")))
				server.On(remove, noContent)
				_, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci"})
				var orphaned *hub.LostTokenError
				if !errors.As(err, &orphaned) || orphaned.Revoked != "a12" || len(orphaned.Candidates) != 0 {
					t.Errorf("got %v", err)
				}
				server.Expect(t, post, list, list, remove)
			})
		}
	}
}

// A Hub that was too busy to answer reads the request late, when somebody else
// may have made a token with this note.
func TestIssue_waitsForALateOrphan(t *testing.T) {
	t.Parallel()
	ours, theirs := tokenJSON("a12", "ci", start, ""), tokenJSON("a11", "ci", start, "")
	down := reply{Status: http.StatusServiceUnavailable, ContentType: "text/html", Body: "<html>"}
	for label, test := range map[string]struct {
		lists   []reply
		revoked string
	}{
		"nothing shows at first":         {[]reply{listing(start), listing(start, ours)}, "a12"},
		"it shows as the third comes":    {[]reply{listing(start), listing(start), listing(start, ours)}, "a12"},
		"somebody else's shows first":    {[]reply{listing(start, theirs), listing(start, theirs, ours)}, ""},
		"somebody else's shows late":     {[]reply{listing(start), listing(start), listing(start, theirs), listing(start, theirs, ours)}, ""},
		"the Hub is restarted meanwhile": {[]reply{down, down, down, listing(start, ours)}, "a12"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(post, lost)
			server.On(list, test.lists...)
			server.On(remove, noContent)
			_, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci"})
			var orphaned *hub.LostTokenError
			if !errors.As(err, &orphaned) || orphaned.Revoked != test.revoked || orphaned.Unseen != nil || test.revoked == "" && len(orphaned.Candidates) != 2 {
				t.Errorf("got %v", err)
			}
		})
	}
}

// One look alone proves nothing when there was time for two.
func TestIssue_revokesNothingAfterOneLook(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(post, lost)
	server.On(list, listing(start, tokenJSON("a12", "ci", start, "")), failing(http.StatusForbidden, `"Forbidden"`))
	_, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci"})
	var orphaned *hub.LostTokenError
	if !errors.As(err, &orphaned) || orphaned.Revoked != "" || len(orphaned.Candidates) != 1 || !strings.Contains(err.Error(), "the token a12 may be the one that was made") {
		t.Errorf("got %v", err)
	}
	server.Expect(t, post, list, list)
}

// A token that ends at another time was asked for by somebody else.
func TestIssue_tellsAnOrphanByItsLifetime(t *testing.T) {
	t.Parallel()
	ending := func(id, note string, end time.Time) string {
		return strings.Replace(tokenJSON(id, note, start, ""), `"expires_at": null`, `"expires_at": "`+end.Format(time.RFC3339)+`"`, 1)
	}
	for label, test := range map[string]struct {
		others  string
		revoked string
	}{
		"none":         {tokenJSON("a11", "ci", start, ""), "a12"},
		"a longer one": {ending("a11", "ci", start.Add(2*time.Hour)), "a12"},
		"the same":     {ending("a11", "ci", start.Add(time.Hour+time.Second)), ""},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(post, lost)
			server.On(list, listing(start, test.others, ending("a12", "ci", start.Add(time.Hour))))
			server.On(remove, noContent)
			_, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci", ExpiresIn: time.Hour})
			var orphaned *hub.LostTokenError
			if !errors.As(err, &orphaned) || orphaned.Revoked != test.revoked {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestIssue_findsAnOrphanByTheHubsOwnNote(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(post, lost)
	server.On(list, listing(start, tokenJSON("a12", "Requested via api by user bob", start, ""), tokenJSON("a11", "Server at /user/alice/", start, "")))
	server.On(remove, noContent)
	_, err := client.Issue(t.Context(), "alice", hub.TokenRequest{})
	var orphaned *hub.LostTokenError
	if !errors.As(err, &orphaned) || orphaned.Revoked != "a12" {
		t.Errorf("got %v", err)
	}
}

func TestIssue_revokesNothingInDoubt(t *testing.T) {
	t.Parallel()
	two := []string{tokenJSON("a12", "ci", start, ""), tokenJSON("a13", "ci", start, "")}
	for label, test := range map[string]struct {
		list       reply
		candidates int
		looks      int
	}{
		"two fit":                  {listing(start, two...), 2, 1},
		"none fits":                {listing(start), 0, 3},
		"the list cannot be had":   {reply{Status: 502}, 0, 9},
		"the list must not be had": {failing(403, `"Action is not authorized with current scopes"`), 0, 1},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(post, lost)
			server.On(list, test.list)
			_, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci"})
			var orphaned *hub.LostTokenError
			if !errors.As(err, &orphaned) || orphaned.Revoked != "" || len(orphaned.Candidates) != test.candidates || (orphaned.Unseen != nil) != strings.HasPrefix(label, "the list") {
				t.Errorf("got %v", err)
			}
			server.Expect(t, append([]string{post}, slices.Repeat([]string{list}, test.looks)...)...)
		})
	}
}

// TestIssue_leavesTheTokensOfOtherRuns that have the same note, and were made in
// the same moment: one is used already, the others last longer.
func TestIssue_leavesTheTokensOfOtherRuns(t *testing.T) {
	t.Parallel()
	member := func(name string, at time.Time) string {
		return fmt.Sprintf(`, %q: %q`, name, at.UTC().Format("2006-01-02T15:04:05.000000Z"))
	}
	theirs := []string{
		tokenJSON("a11", "ci", start, member("expires_at", start.Add(time.Hour))+member("last_activity", start.Add(time.Second))),
		tokenJSON("a12", "ci", start, member("expires_at", start.Add(2*time.Hour))),
		tokenJSON("a13", "ci", start, ""),
	}
	ours := tokenJSON("a14", "ci", start, member("expires_at", start.Add(time.Hour+time.Second)))
	for label, test := range map[string]struct {
		all     []string
		revoked string
	}{
		"ours never arrived": {theirs, ""},
		"ours is among them": {append(slices.Clone(theirs), ours), "a14"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(post, lost)
			server.On(list, listing(start, test.all...))
			server.On("DELETE /hub/api/users/alice/tokens/a14", noContent)
			_, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci", ExpiresIn: time.Hour})
			var orphaned *hub.LostTokenError
			if !errors.As(err, &orphaned) || orphaned.Revoked != test.revoked || len(orphaned.Candidates) != 0 {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestIssue_namesTheOrphanItCouldNotRevoke(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(post, lost)
	server.On(list, listing(start, tokenJSON("a12", "ci", start, "")))
	server.On(remove, reply{Status: 502})
	server.On(get, ok(tokenJSON("a12", "ci", start, "")))
	_, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci"})
	var orphaned *hub.LostTokenError
	if !errors.As(err, &orphaned) || orphaned.Revoked != "" || orphaned.Unrevoked == nil || len(orphaned.Candidates) != 1 || orphaned.Candidates[0].ID != "a12" {
		t.Errorf("got %v", err)
	}
}

// Tokens with the same note are made one after the other, so that what one of
// them lost is never what another one made.
func TestIssue_neverRevokesWhatItMade(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(post, issued("a11", start), lost, issued("a13", start))
	server.On(list, listing(start, tokenJSON("a11", "ci", start, ""), tokenJSON("a12", "ci", start, "")))
	server.On(remove, noContent)
	var mu sync.Mutex
	var made []string
	failures := 0
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			token, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci"})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failures++
				return
			}
			made = append(made, token.ID)
		})
	}
	all.Wait()
	slices.Sort(made)
	if failures != 1 || !slices.Equal(made, []string{"a11", "a13"}) {
		t.Errorf("made %q, %d failures", made, failures)
	}
	server.Expect(t, post, post, list, list, remove, post)
}

func TestIssue_whatWasRefusedIsNotLookedFor(t *testing.T) {
	t.Parallel()
	for label, answer := range map[string]reply{
		"a scope it lacks": failing(400, `"Not assigning requested scopes nope not held by User alice"`),
		"no permission":    failing(403, `"User bob not found or no permissions to generate tokens"`),
		"bad credentials":  failing(403, `null`),
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(post, answer)
			_, err := client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci"})
			var orphaned *hub.LostTokenError
			if err == nil || errors.As(err, &orphaned) {
				t.Errorf("got %v", err)
			}
			server.Expect(t, post)
		})
	}
}

func TestIssue_interrupted(t *testing.T) {
	t.Parallel()
	t.Run("the answer still comes", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(post, scripted.After(issued("a12", start), cancel))
		if token, err := client.Issue(ctx, "alice", hub.TokenRequest{Note: "ci"}); err != nil || token.ID != "a12" {
			t.Errorf("got %+v, %v", token, err)
		}
	})
	t.Run("the orphan is revoked", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(post, scripted.After(lost, cancel))
		server.On(list, listing(start, tokenJSON("a12", "ci", start, "")))
		server.On(remove, noContent)
		_, err := client.Issue(ctx, "alice", hub.TokenRequest{Note: "ci"})
		var orphaned *hub.LostTokenError
		if !errors.As(err, &orphaned) || orphaned.Revoked != "a12" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("while it looks for the orphan", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(post, lost)
		server.On(list, scripted.After(lost, cancel), listing(start, tokenJSON("a12", "ci", start, "")))
		server.On(remove, noContent)
		_, err := client.Issue(ctx, "alice", hub.TokenRequest{Note: "ci"})
		var orphaned *hub.LostTokenError
		if !errors.As(err, &orphaned) || orphaned.Revoked != "a12" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the token may do more than asked", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(post, scripted.After(reply{Status: http.StatusOK, Body: hub1Token}, cancel))
		server.On(remove, noContent)
		_, err := client.Issue(ctx, "alice", hub.TokenRequest{Note: "ci", Roles: []string{"server"}})
		if ignored, ok := errors.AsType[*hub.IgnoredError](err); !ok || ignored.Unrevoked != nil {
			t.Errorf("got %v", err)
		}
		server.Expect(t, post, remove)
	})
	t.Run("the Hub hangs", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		hang := make(chan struct{})
		t.Cleanup(func() { close(hang) })
		server.On(post, scripted.After(lost, func() { cancel(); <-hang }))
		server.On(list, scripted.After(lost, func() { <-hang }))
		before := clock.Real().Now()
		if _, err := client.Issue(ctx, "alice", hub.TokenRequest{Note: "ci"}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if took := clock.Real().Now().Sub(before); took > 2*time.Second {
			t.Errorf("took %s", took)
		}
	})
	t.Run("before anything was sent", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := client.Issue(ctx, "alice", hub.TokenRequest{Note: "ci"}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		server.Expect(t)
	})
}

// Hubs on sqlite give a freed id to the next token.
func TestLookAndRevoke_tellATokenFromItsHeir(t *testing.T) {
	t.Parallel()
	was := hub.Token{ID: "a12", User: "alice", Note: "ci", Created: start.Add(123456 * time.Microsecond)}
	for label, test := range map[string]struct {
		answer  reply
		there   bool
		revoked bool
	}{
		"the same token":           {ok(tokenJSON("a12", "ci", was.Created, "")), true, true},
		"a later token":            {ok(tokenJSON("a12", "ci", was.Created.Add(time.Microsecond), "")), false, false},
		"a token of another note":  {ok(tokenJSON("a12", "laptop", was.Created, "")), false, false},
		"no token":                 {noSuchToken, false, false},
		"a token of another user":  {failing(404, `"No such token a12 for user alice"`), false, false},
		"a user that is gone, too": {failing(404, `"No such user: alice"`), false, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, test.answer)
			server.On(remove, noContent)
			token, there, err := client.Look(t.Context(), "alice", was)
			if err != nil || there != test.there || there && token.ID != "a12" {
				t.Errorf("Look = %+v, %t, %v", token, there, err)
			}
			server.Expect(t, get)
			if err := client.Revoke(t.Context(), "alice", was); err != nil {
				t.Errorf("Revoke: %v", err)
			}
			if test.revoked {
				server.Expect(t, get, get, remove)
			} else {
				server.Expect(t, get, get)
			}
		})
	}
}

// The Hub goes on telling of a token that has expired.
func TestLook_anExpiredTokenIsGone(t *testing.T) {
	t.Parallel()
	was := hub.Token{ID: "a12", User: "alice", Note: "ci", Created: start}
	ends := start.Add(time.Hour)
	body := strings.Replace(tokenJSON("a12", "ci", start, ""), `"expires_at": null`, `"expires_at": "`+ends.Format(time.RFC3339)+`"`, 1)
	for label, test := range map[string]struct {
		server, local time.Time
		there         bool
	}{
		"before its end":                {ends.Add(-time.Second), start, true},
		"at its end":                    {ends, start, false},
		"after its end":                 {ends.Add(time.Second), start, false},
		"the Hub's clock is late":       {ends.Add(-time.Second), ends.Add(time.Minute), true},
		"a Hub without a clock, before": {time.Time{}, ends.Add(-time.Second), true},
		"a Hub without a clock, after":  {time.Time{}, ends.Add(time.Second), false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, passing := newScripted(t)
			passing.Advance(test.local.Sub(start))
			server.On(get, reply{Status: http.StatusOK, Body: body, Date: test.server})
			_, there, err := client.Look(t.Context(), "alice", was)
			if err != nil || there != test.there {
				t.Errorf("Look = %t, %v, want %t", there, err, test.there)
			}
		})
	}
}

// A DELETE whose answer is lost is not sent again before a look at what has the
// id now.
func TestRevoke_looksBeforeItAsksAgain(t *testing.T) {
	t.Parallel()
	was := hub.Token{ID: "a12", Note: "ci", Created: start}
	ours, heir := ok(tokenJSON("a12", "ci", start, "")), ok(tokenJSON("a12", "laptop", start.Add(time.Second), ""))
	for label, test := range map[string]struct {
		seen reply
		sent []string
	}{
		"it is gone":              {noSuchToken, []string{get, remove, get}},
		"it has an heir":          {heir, []string{get, remove, get}},
		"it is as good as before": {ours, []string{get, remove, get, remove}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			for _, answer := range []reply{lost, {Status: 502}, {Status: 504, ContentType: "text/html", Body: "<html>"}, failing(500, `"Internal Server Error"`)} {
				server, client, _ := newScripted(t)
				server.On(get, ours, test.seen)
				server.On(remove, answer, noContent)
				if err := client.Revoke(t.Context(), "alice", was); err != nil {
					t.Error(err)
				}
				server.Expect(t, test.sent...)
			}
		})
	}
}

func TestRevoke_succeedsWhenAnotherWasFaster(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(get, ok(tokenJSON("a12", "ci", start, "")))
	server.On(remove, noSuchToken)
	if err := client.Revoke(t.Context(), "alice", hub.Token{ID: "a12", Note: "ci", Created: start}); err != nil {
		t.Error(err)
	}
}

func TestLookAndRevoke_whatProvesNothingIsAnError(t *testing.T) {
	t.Parallel()
	for label, answer := range map[string]reply{
		"a user not to be seen": failing(404, `"No access to resources or resources not found"`),
		"a path not there":      failing(404, `null`),
		"the proxy's page":      {Status: 404, ContentType: "text/html", Body: "<html><h1>404 : Not Found</h1></html>"},
		"bad credentials":       failing(403, `"Missing or invalid credentials."`),
		"a crash":               failing(500, `"Internal Server Error"`),
		"a lost answer":         lost,
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(get, answer)
			was := hub.Token{ID: "a12", Note: "ci", Created: start}
			if _, there, err := client.Look(t.Context(), "alice", was); err == nil || there {
				t.Errorf("Look = %t, %v", there, err)
			}
			if err := client.Revoke(t.Context(), "alice", was); err == nil {
				t.Error("Revoke: no error")
			}
			server.Expect(t, get, get)
		})
	}
}
