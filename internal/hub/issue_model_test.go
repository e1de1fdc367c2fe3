// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// flakyHub is a Hub that reuses freed ids and loses responses. Another client creates
// a token whenever the provider revokes one.
type flakyHub struct {
	mock   *mockserver.Server
	client *hub.Client
	clock  *clock.Fake
	// hasUniqueNotes gives each request a different note.
	hasUniqueNotes bool

	mu sync.Mutex
	// requests counts the tokens that were requested.
	requests int
	// others are the tokens of the other client by note. kept are the tokens that the
	// provider has not revoked, listed those that an error lists, both by id.
	others, kept, listed map[string]hub.Token
}

func newFlakyHub(t *testing.T, seed uint64) *flakyHub {
	t.Helper()
	source := rand.New(rand.NewPCG(seed, 3)) //nolint:gosec // a test that can be repeated
	f := &flakyHub{
		clock: clock.NewFake(startTime), hasUniqueNotes: seed%2 == 0,
		others: map[string]hub.Token{}, kept: map[string]hub.Token{}, listed: map[string]hub.Token{},
	}
	mock, err := mockserver.Start(mockserver.Config{Now: func() time.Time {
		// No two tokens have the same creation time.
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
		BaseURL: base, Auth: transport.TokenAuth(secret.New(mock.NewToken("alice"))), BypassesProxy: true, IsCredentialFailure: hub.IsCredentialFailure,
		MaxRetries: 4, RetryWaitMin: time.Millisecond, RetryWaitMax: time.Millisecond, Clock: f.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.client = hub.New(sender, f.clock)
	faults := []mockserver.Fault{
		{Drop: mockserver.DropAfterHandling},
		{Drop: mockserver.DropMidResponse},
		{Drop: mockserver.DropBeforeHandling},
		{Status: http.StatusBadGateway, HandleRequest: true},
		{Status: http.StatusGatewayTimeout},
		// No fault.
		{},
	}
	for i := range 12 {
		fault := faults[source.IntN(len(faults))]
		fault.Method, fault.Path = http.MethodPost, "*/users/alice/tokens"
		if i < 4 {
			fault.Method, fault.Path, fault.BeforeResponse = http.MethodDelete, "*/users/alice/tokens/*", f.addOther
		}
		mock.FailNext(fault)
	}
	return f
}

// addOther creates a token of the other client, which may get a freed id.
func (f *flakyHub) addOther() {
	f.mu.Lock()
	defer f.mu.Unlock()
	note := fmt.Sprintf("laptop %d", len(f.others))
	f.others[note] = hub.Token{ID: f.mock.AddToken("alice", note), Note: note}
}

func (f *flakyHub) request() hub.TokenRequest {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests++
	request := hub.TokenRequest{Note: "ci", ExpiresIn: time.Hour}
	if f.hasUniqueNotes {
		request.Note, request.HasUniqueNote = fmt.Sprintf("ci %d", f.requests), true
	}
	return request
}

// use issues a token, and revokes it unless keep is set.
func (f *flakyHub) use(t *testing.T, keep bool) {
	token, err := f.client.IssueToken(t.Context(), "alice", f.request())
	if lost, ok := errors.AsType[*hub.LostTokenError](err); ok && lost.ListError == nil && lost.RevokeError == nil {
		if f.hasUniqueNotes && len(lost.Candidates) > 0 {
			t.Errorf("a unique note did not decide: %v", err)
		}
		f.add(f.listed, lost.Candidates...)
		return
	}
	switch {
	case err != nil:
		t.Errorf("IssueToken: %v", err)
	case keep:
		f.add(f.kept, token)
	default:
		if err := f.client.RevokeToken(t.Context(), "alice", token); err != nil {
			t.Errorf("RevokeToken: %v", err)
		}
	}
}

func (f *flakyHub) add(to map[string]hub.Token, tokens ...hub.Token) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, token := range tokens {
		to[token.ID] = token
	}
}

// TestTokens_areNeitherLostNorTakenFromOthers issues and revokes many tokens at once.
// In the end, the Hub has the tokens that were kept and those that an error lists,
// and no other token of the provider.
func TestTokens_areNeitherLostNorTakenFromOthers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		f := newFlakyHub(t, seed)
		// The Hub reuses only the highest id.
		for range 3 {
			f.use(t, false)
		}
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() { f.use(t, i%3 == 0) })
		}
		all.Wait()
		remaining := map[string]bool{}
		for _, token := range f.mock.Tokens("alice") {
			remaining[token.Note] = true
			if !strings.HasPrefix(token.Note, "ci") {
				continue
			}
			kept, isKept := f.kept[token.ID]
			listed, isListed := f.listed[token.ID]
			inState, inError := isKept && kept.Created.Equal(token.Created), isListed && listed.Created.Equal(token.Created)
			if !inState && !inError {
				t.Errorf("seed %d: the token %s was lost", seed, token.ID)
			}
			delete(f.kept, token.ID)
		}
		for id := range f.kept {
			t.Errorf("seed %d: the token %s was revoked", seed, id)
		}
		for note := range f.others {
			if !remaining[note] {
				t.Errorf("seed %d: the other client's token %q was revoked", seed, note)
			}
		}
	}
}
