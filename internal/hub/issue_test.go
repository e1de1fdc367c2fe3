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

// chosenNote is a request whose note the user chose, uniqueNote one whose note was
// generated.
var (
	chosenNote = hub.TokenRequest{Note: "ci"}
	uniqueNote = hub.TokenRequest{Note: "ci", HasUniqueNote: true}
)

// issueWithLostResponse issues a token whose response is lost, and returns the
// error.
func issueWithLostResponse(ctx context.Context, t *testing.T, client *hub.Client, request hub.TokenRequest) *hub.LostTokenError {
	t.Helper()
	_, err := client.IssueToken(ctx, "alice", request)
	lost, ok := errors.AsType[*hub.LostTokenError](err)
	if !ok {
		t.Fatalf("got %v, want a LostTokenError", err)
	}
	return lost
}

// expectLost compares the token that was revoked and the ids of the candidates.
func expectLost(t *testing.T, lost *hub.LostTokenError, revoked string, candidates ...string) {
	t.Helper()
	var ids []string
	for _, candidate := range lost.Candidates {
		ids = append(ids, candidate.ID)
	}
	if lost.Revoked != revoked || !slices.Equal(ids, candidates) {
		t.Errorf("revoked %q, candidates %q, want %q and %q: %v", lost.Revoked, ids, revoked, candidates, lost)
	}
}

// withTime returns a member of a token's JSON that is a time.
func withTime(name string, value time.Time) string {
	return fmt.Sprintf(`, %q: %q`, name, value.UTC().Format("2006-01-02T15:04:05.000000Z"))
}

// expiring is tokenJSON with an expiry.
func expiring(id string, expiry time.Time) string {
	return tokenJSON(id, "ci", startTime, withTime("expires_at", expiry))
}

func TestIssueToken_costsOneRequest(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(postTokens, createdToken("a12", startTime))
	token, err := client.IssueToken(t.Context(), "alice", chosenNote)
	if err != nil || token.ID != "a12" || token.Value.IsZero() {
		t.Errorf("got %+v, %v", token, err)
	}
	server.Expect(t, postTokens)
}

func TestIssueToken_revokesTheOrphanOfALostResponse(t *testing.T) {
	t.Parallel()
	for label, response := range map[string]serverReply{
		"the connection is reset":        lostResponse,
		"the proxy times out":            {Status: 504, ContentType: "text/html", Body: "<html>"},
		"the response contains no token": {Status: 201, Body: tokenJSON("a12", "ci", startTime, "")},
	} {
		for _, ahead := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute} {
			t.Run(fmt.Sprintf("%s, Hub %s ahead", label, ahead), func(t *testing.T) {
				t.Parallel()
				server, client, fake := newScripted(t)
				hubNow := startTime.Add(ahead + 10*time.Second)
				server.On(postTokens, scripted.After(response, func() { fake.Advance(10 * time.Second) }))
				server.On(listTokens, tokenList(hubNow,
					tokenJSON("a3", "ci", hubNow.Add(-time.Minute), ""),
					tokenJSON("a11", "laptop", hubNow, ""),
					tokenJSON("a12", "ci", hubNow.Add(-9*time.Second), "")))
				server.On(deleteToken, noContent)
				expectLost(t, issueWithLostResponse(t.Context(), t, client, chosenNote), "a12")
				server.Expect(t, postTokens, listTokens, listTokens, deleteToken)
			})
		}
	}
}

// TestIssueToken_findsTheOrphanByItsUniqueNote: a unique note decides at the first
// listing, regardless of the Hub's clock. A busy Hub may process the request late.
func TestIssueToken_findsTheOrphanByItsUniqueNote(t *testing.T) {
	t.Parallel()
	orphan := tokenJSON("a12", "ci", startTime, "")
	unavailable := serverReply{Status: http.StatusServiceUnavailable, ContentType: "text/html", Body: "<html>"}
	for label, lists := range map[string][]serverReply{
		"in the first listing":          {tokenList(startTime, orphan)},
		"without a Date":                {tokenList(time.Time{}, orphan)},
		"in the second listing":         {tokenList(startTime), tokenList(startTime, orphan)},
		"in the third listing":          {tokenList(startTime), tokenList(startTime), tokenList(startTime, orphan)},
		"after a restart":               {unavailable, unavailable, unavailable, tokenList(startTime, orphan)},
		"created long after the POST":   {tokenList(startTime), tokenList(startTime, tokenJSON("a12", "ci", startTime.Add(time.Minute), ""))},
		"among tokens with other notes": {tokenList(startTime, tokenJSON("a11", "ci, 2", startTime, ""), orphan)},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(postTokens, lostResponse)
			server.On(listTokens, lists...)
			server.On(deleteToken, noContent)
			lost := issueWithLostResponse(t.Context(), t, client, uniqueNote)
			expectLost(t, lost, "a12")
			if lost.ListError != nil {
				t.Error(lost.ListError)
			}
			if got := server.Count(listTokens); got != len(lists) {
				t.Errorf("%d listings, want %d", got, len(lists))
			}
		})
	}
}

// TestIssueToken_listsTokensCreatedAfterTheFailure: with a note that the user chose,
// a token that appears after the request failed may belong to another run.
func TestIssueToken_listsTokensCreatedAfterTheFailure(t *testing.T) {
	t.Parallel()
	late := func(id string, after time.Duration) string { return tokenJSON(id, "ci", startTime.Add(after), "") }
	unavailable := serverReply{Status: http.StatusServiceUnavailable, ContentType: "text/html", Body: "<html>"}
	listAt := func(after time.Duration, all ...string) serverReply { return tokenList(startTime.Add(after), all...) }
	for label, test := range map[string]struct {
		lists      []serverReply
		candidates []string
	}{
		"0.3 s later":                 {[]serverReply{listAt(0), listAt(2*time.Second, late("a12", 300*time.Millisecond))}, []string{"a12"}},
		"1 s later":                   {[]serverReply{listAt(0), listAt(2*time.Second, late("a12", time.Second))}, []string{"a12"}},
		"in the third listing":        {[]serverReply{listAt(0), listAt(2 * time.Second), listAt(4*time.Second, late("a12", 3*time.Second))}, []string{"a12"}},
		"another run's appears first": {[]serverReply{listAt(0, late("a11", 0)), listAt(2*time.Second, late("a11", 0), late("a12", time.Second))}, []string{"a11", "a12"}},
		"another run's appears late": {
			[]serverReply{listAt(0), listAt(2 * time.Second), listAt(4*time.Second, late("a11", 3*time.Second)), listAt(6*time.Second, late("a11", 3*time.Second), late("a12", 0))},
			[]string{"a11", "a12"},
		},
		"after a restart": {[]serverReply{unavailable, unavailable, unavailable, listAt(14*time.Second, late("a12", 10*time.Second))}, []string{"a12"}},
		"without a Date":  {[]serverReply{tokenList(time.Time{}, late("a12", 0))}, []string{"a12"}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(postTokens, lostResponse)
			server.On(listTokens, test.lists...)
			lost := issueWithLostResponse(t.Context(), t, client, chosenNote)
			expectLost(t, lost, "", test.candidates...)
			if lost.ListError != nil {
				t.Error(lost.ListError)
			}
		})
	}
}

// TestIssueToken_revokesAfterASlowListing: the Hub's clock proves that the token was
// created before a request failed that took five seconds.
func TestIssueToken_revokesAfterASlowListing(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		createdAfter time.Duration
		revoked      string
		candidates   []string
	}{
		"created while the request was under way": {time.Second, "a12", nil},
		"created after it failed":                 {5500 * time.Millisecond, "", []string{"a12"}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			token := tokenJSON("a12", "ci", startTime.Add(test.createdAfter), "")
			slow := func(sent, received time.Duration) serverReply {
				return scripted.After(tokenList(startTime.Add(received), token), func() { fake.Advance(received - sent) })
			}
			server.On(postTokens, scripted.After(lostResponse, func() { fake.Advance(5 * time.Second) }))
			server.On(listTokens, slow(5*time.Second, 6*time.Second), slow(8*time.Second, 9*time.Second))
			server.On(deleteToken, noContent)
			expectLost(t, issueWithLostResponse(t.Context(), t, client, chosenNote), test.revoked, test.candidates...)
		})
	}
}

// TestIssueToken_revokesNothingAfterOneListing: one listing proves nothing when
// there was time for two.
func TestIssueToken_revokesNothingAfterOneListing(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(postTokens, lostResponse)
	server.On(listTokens, tokenList(startTime, tokenJSON("a12", "ci", startTime, "")), hubError(http.StatusForbidden, `"Forbidden"`))
	lost := issueWithLostResponse(t.Context(), t, client, chosenNote)
	expectLost(t, lost, "", "a12")
	if !strings.Contains(lost.Error(), "this request may have created the token a12") {
		t.Error(lost)
	}
	server.Expect(t, postTokens, listTokens, listTokens)
}

// TestIssueToken_recognisesTheLifetime: a token that expires at another time belongs
// to another run.
func TestIssueToken_recognisesTheLifetime(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		other      string
		revoked    string
		candidates []string
	}{
		"no expiry":         {tokenJSON("a11", "ci", startTime, ""), "a12", nil},
		"a longer lifetime": {expiring("a11", startTime.Add(2*time.Hour)), "a12", nil},
		"the same lifetime": {expiring("a11", startTime.Add(time.Hour+time.Second)), "", []string{"a11", "a12"}},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(postTokens, lostResponse)
			server.On(listTokens, tokenList(startTime, test.other, expiring("a12", startTime.Add(time.Hour))))
			server.On(deleteToken, noContent)
			lost := issueWithLostResponse(t.Context(), t, client, hub.TokenRequest{Note: "ci", ExpiresIn: time.Hour})
			expectLost(t, lost, test.revoked, test.candidates...)
		})
	}
}

func TestIssueToken_recognisesTheHubsDefaultNote(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(postTokens, lostResponse)
	server.On(listTokens, tokenList(startTime, tokenJSON("a12", "Requested via api by user bob", startTime, ""), tokenJSON("a11", "Server at /user/alice/", startTime, "")))
	server.On(deleteToken, noContent)
	expectLost(t, issueWithLostResponse(t.Context(), t, client, hub.TokenRequest{}), "a12")
}

func TestIssueToken_revokesNothingInDoubt(t *testing.T) {
	t.Parallel()
	two := []string{tokenJSON("a12", "ci", startTime, ""), tokenJSON("a13", "ci", startTime, "")}
	for label, test := range map[string]struct {
		response   serverReply
		candidates []string
		// listings are how often the client lists the tokens.
		listings     int
		hasListError bool
	}{
		"two candidates": {tokenList(startTime, two...), []string{"a12", "a13"}, 1, false},
		"no candidate":   {tokenList(startTime), nil, 3, false},
		// The pauses double up to 30 s, for two minutes.
		"the Hub is unavailable":   {serverReply{Status: 502}, nil, 8, true},
		"listing is not permitted": {hubError(403, `"Action is not authorized with current scopes"`), nil, 1, true},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(postTokens, lostResponse)
			server.On(listTokens, test.response)
			lost := issueWithLostResponse(t.Context(), t, client, chosenNote)
			expectLost(t, lost, "", test.candidates...)
			if (lost.ListError != nil) != test.hasListError {
				t.Error(lost.ListError)
			}
			server.Expect(t, append([]string{postTokens}, slices.Repeat([]string{listTokens}, test.listings)...)...)
		})
	}
}

// TestIssueToken_leavesTheTokensOfOtherRuns: they have the same note and the same
// creation time, but one has been used, and the others have other lifetimes.
func TestIssueToken_leavesTheTokensOfOtherRuns(t *testing.T) {
	t.Parallel()
	others := []string{
		tokenJSON("a11", "ci", startTime, withTime("expires_at", startTime.Add(time.Hour))+withTime("last_activity", startTime.Add(time.Second))),
		tokenJSON("a12", "ci", startTime, withTime("expires_at", startTime.Add(2*time.Hour))),
		tokenJSON("a13", "ci", startTime, ""),
	}
	orphan := expiring("a14", startTime.Add(time.Hour+time.Second))
	for label, test := range map[string]struct {
		tokens  []string
		revoked string
	}{
		"the request never arrived": {others, ""},
		"the request arrived":       {append(slices.Clone(others), orphan), "a14"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(postTokens, lostResponse)
			server.On(listTokens, tokenList(startTime, test.tokens...))
			server.On("DELETE /hub/api/users/alice/tokens/a14", noContent)
			lost := issueWithLostResponse(t.Context(), t, client, hub.TokenRequest{Note: "ci", ExpiresIn: time.Hour})
			expectLost(t, lost, test.revoked)
		})
	}
}

func TestIssueToken_reportsAnOrphanThatItCouldNotRevoke(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(postTokens, lostResponse)
	server.On(listTokens, tokenList(startTime, tokenJSON("a12", "ci", startTime, "")))
	server.On(deleteToken, serverReply{Status: 502})
	server.On(getToken, jsonReply(tokenJSON("a12", "ci", startTime, "")))
	lost := issueWithLostResponse(t.Context(), t, client, chosenNote)
	expectLost(t, lost, "", "a12")
	if lost.RevokeError == nil {
		t.Error("RevokeError is nil")
	}
}

// TestIssueToken_neverRevokesATokenThatItReturned issues tokens with the same note
// at once. They are issued one after the other, so that the orphan of one is never
// the token of another.
func TestIssueToken_neverRevokesATokenThatItReturned(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(postTokens, createdToken("a11", startTime), lostResponse, createdToken("a13", startTime))
	server.On(listTokens, tokenList(startTime, tokenJSON("a11", "ci", startTime, ""), tokenJSON("a12", "ci", startTime, "")))
	server.On(deleteToken, noContent)
	var mu sync.Mutex
	var issued []string
	failures := 0
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			token, err := client.IssueToken(t.Context(), "alice", chosenNote)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failures++
				return
			}
			issued = append(issued, token.ID)
		})
	}
	all.Wait()
	slices.Sort(issued)
	if failures != 1 || !slices.Equal(issued, []string{"a11", "a13"}) {
		t.Errorf("issued %q, %d failures", issued, failures)
	}
	server.Expect(t, postTokens, postTokens, listTokens, listTokens, deleteToken, postTokens)
}

func TestIssueToken_searchesForNothingAfterARejection(t *testing.T) {
	t.Parallel()
	for label, response := range map[string]serverReply{
		"a scope that the user lacks": hubError(400, `"Not assigning requested scopes nope not held by User alice"`),
		"no permission":               hubError(403, `"User bob not found or no permissions to generate tokens"`),
		"bad credentials":             hubError(403, `null`),
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(postTokens, response)
			_, err := client.IssueToken(t.Context(), "alice", chosenNote)
			if _, isLost := errors.AsType[*hub.LostTokenError](err); err == nil || isLost {
				t.Errorf("got %v", err)
			}
			server.Expect(t, postTokens)
		})
	}
}

func TestIssueToken_afterAnInterrupt(t *testing.T) {
	t.Parallel()
	t.Run("returns a token whose response arrives", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(postTokens, scripted.After(createdToken("a12", startTime), cancel))
		if token, err := client.IssueToken(ctx, "alice", chosenNote); err != nil || token.ID != "a12" {
			t.Errorf("got %+v, %v", token, err)
		}
	})
	t.Run("returns a token whose response takes two seconds", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(postTokens, scripted.After(createdToken("a12", startTime), func() { cancel(); pause(t, 2*time.Second) }))
		if token, err := client.IssueToken(ctx, "alice", chosenNote); err != nil || token.ID != "a12" {
			t.Errorf("got %+v, %v", token, err)
		}
		server.Expect(t, postTokens)
	})
	t.Run("revokes the orphan", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(postTokens, scripted.After(lostResponse, cancel))
		server.On(listTokens, tokenList(startTime, tokenJSON("a12", "ci", startTime, "")))
		server.On(deleteToken, noContent)
		expectLost(t, issueWithLostResponse(ctx, t, client, chosenNote), "a12")
	})
	t.Run("revokes the orphan if the interrupt comes during the search", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(postTokens, lostResponse)
		server.On(listTokens, scripted.After(lostResponse, cancel), tokenList(startTime, tokenJSON("a12", "ci", startTime, "")))
		server.On(deleteToken, noContent)
		expectLost(t, issueWithLostResponse(ctx, t, client, chosenNote), "a12")
	})
	t.Run("revokes a token with more rights than requested", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(postTokens, scripted.After(serverReply{Status: http.StatusOK, Body: hub1Token}, cancel))
		server.On(deleteToken, noContent)
		_, err := client.IssueToken(ctx, "alice", hub.TokenRequest{Note: "ci", Roles: []string{"server"}})
		if ignored, ok := errors.AsType[*hub.IgnoredArgumentError](err); !ok || ignored.RevokeError != nil {
			t.Errorf("got %v", err)
		}
		server.Expect(t, postTokens, deleteToken)
	})
	t.Run("gives up after seven seconds if the Hub hangs", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		hang := make(chan struct{})
		t.Cleanup(func() { close(hang) })
		server.On(postTokens, scripted.After(lostResponse, func() { cancel(); <-hang }))
		server.On(listTokens, scripted.After(lostResponse, func() { <-hang }))
		began := clock.Real().Now()
		if _, err := client.IssueToken(ctx, "alice", chosenNote); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if took := clock.Real().Now().Sub(began); took < 5500*time.Millisecond || took > 7400*time.Millisecond {
			t.Errorf("took %s", took)
		}
	})
	t.Run("sends nothing if it comes first", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := client.IssueToken(ctx, "alice", chosenNote); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		server.Expect(t)
	})
}
