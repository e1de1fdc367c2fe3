// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// flaky is a Hub that gives freed ids again and loses answers, and on which
// somebody else makes a token when one of ours is revoked.
type flaky struct {
	mock   *mockserver.Server
	client *hub.Client
	clock  *clock.Fake

	mu sync.Mutex
	// theirs are somebody else's tokens, kept are ours that have not been revoked.
	theirs, kept map[string]hub.Token
}

func newFlaky(t *testing.T, seed uint64) *flaky {
	t.Helper()
	source := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a test that can be repeated
	f := &flaky{clock: clock.NewFake(start), theirs: map[string]hub.Token{}, kept: map[string]hub.Token{}}
	mock, err := mockserver.Start(mockserver.Config{Now: func() time.Time {
		// No two tokens are made at the same time.
		f.clock.Advance(time.Microsecond)
		return f.clock.Now()
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mock.Close)
	f.mock = mock
	base, err := url.Parse(mock.HubURL())
	if err != nil {
		t.Fatal(err)
	}
	sender, err := transport.New(transport.Config{
		BaseURL: base, Auth: transport.TokenAuth(secret.New(mock.NewToken("alice"))), NoProxy: true, IsCredentialFailure: hub.IsCredentialFailure,
		MaxRetries: 4, RetryWaitMin: time.Millisecond, RetryWaitMax: time.Millisecond, Clock: f.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.client = hub.New(sender, f.clock)
	lost := []mockserver.Fault{
		{Drop: mockserver.DropAfterHandling},
		{Drop: mockserver.DropMidResponse},
		{Drop: mockserver.DropBeforeHandling},
		{Status: http.StatusBadGateway, HandleRequest: true},
		{Status: http.StatusGatewayTimeout},
		// Nothing goes wrong.
		{},
	}
	for i := range 12 {
		fault := lost[source.IntN(len(lost))]
		fault.Method, fault.Path = http.MethodPost, "*/users/alice/tokens"
		if i < 4 {
			fault.Method, fault.Path, fault.BeforeResponse = http.MethodDelete, "*/users/alice/tokens/*", f.addTheirs
		}
		mock.FailNext(fault)
	}
	return f
}

// addTheirs makes a token that may inherit an id.
func (f *flaky) addTheirs() {
	f.mu.Lock()
	defer f.mu.Unlock()
	note := fmt.Sprintf("laptop %d", len(f.theirs))
	f.theirs[note] = hub.Token{ID: f.mock.AddToken("alice", note), Note: note}
}

// use makes a token, and revokes it again unless it is to be kept.
func (f *flaky) use(t *testing.T, keep bool) {
	token, err := f.client.Issue(t.Context(), "alice", hub.TokenRequest{Note: "ci", ExpiresIn: time.Hour})
	var lost *hub.LostTokenError
	switch {
	case errors.As(err, &lost) && len(lost.Candidates) == 0 && lost.Unseen == nil:
		return
	case err != nil:
		t.Errorf("Issue: %v", err)
		return
	case !keep:
		if err := f.client.Revoke(t.Context(), "alice", token); err != nil {
			t.Errorf("Revoke: %v", err)
		}
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept[token.ID] = token
}

// TestTokens_survive lets many make tokens and revoke them at once: what was
// made and not revoked is on the Hub in the end, and nothing else of ours is.
func TestTokens_survive(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		f := newFlaky(t, seed)
		// The id of the newest token is the one that is given again.
		for range 3 {
			f.use(t, false)
		}
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() { f.use(t, i%3 == 0) })
		}
		all.Wait()
		there := map[string]bool{}
		for _, each := range f.mock.Tokens("alice") {
			there[each.Note] = true
			was, kept := f.kept[each.ID]
			if each.Note == "ci" && (!kept || !was.Created.Equal(each.Created)) {
				t.Errorf("seed %d: the token %s is nobody's", seed, each.ID)
			}
			if each.Note == "ci" {
				delete(f.kept, each.ID)
			}
		}
		for id := range f.kept {
			t.Errorf("seed %d: the token %s was revoked", seed, id)
		}
		for note := range f.theirs {
			if !there[note] {
				t.Errorf("seed %d: somebody else's token %q was revoked", seed, note)
			}
		}
	}
}
