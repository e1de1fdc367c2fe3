// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	userPath  = "/hub/api/users/" + user
	otherUser = "bob"
)

// hubWatch is what the checks of actions and ephemeral tokens need of the Hub's history.
type hubWatch struct {
	// tokenRequests are the requests for a single token that the Hub handles, by id, in
	// the order of their arrival.
	tokenRequests map[string][]tokenRequest
	// userReadAt is when the Hub last handled a read of the user. The response has all
	// servers.
	userReadAt time.Time
	// revokedByRival are the tokens that the second client has revoked.
	revokedByRival map[tokenKey]bool
	// outageBegins and outageEnds are when the Hub is away. The gateway is not.
	outageBegins, outageEnds time.Time
	// rivalNotes are the notes of the second client's tokens.
	rivalNotes map[tokenKey]string
	// open are the ephemeral tokens that are open.
	open []tokenKey
}

func newHubWatch() hubWatch {
	return hubWatch{tokenRequests: map[string][]tokenRequest{}, revokedByRival: map[tokenKey]bool{}, rivalNotes: map[tokenKey]string{}}
}

// tokenRequest is a request for a single token. isDelivered means that its response
// reaches the provider.
type tokenRequest struct {
	method      string
	handled     time.Time
	isDelivered bool
}

// longestOutage is longer than the provider tolerates.
const longestOutage = 3 * time.Minute

// drawOutage sometimes draws when the Hub is away during a command with faults.
func (w *world) drawOutage(draw *rand.Rand, latest time.Duration) {
	begins, lasts := time.Duration(draw.Int64N(int64(latest))), time.Duration(draw.Int64N(int64(longestOutage)))
	if draw.IntN(2) > 0 || w.faultRate == 0 {
		return
	}
	w.note("the Hub is away in %s for %s", begins, lasts)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hub.outageBegins = w.clock.Now().Add(begins)
	w.hub.outageEnds = w.hub.outageBegins.Add(lasts)
}

// isHubAway reports whether a request is lost in an outage. The caller holds the lock.
func (w *world) isHubAway(r mockserver.Request) bool {
	now := w.clock.Now()
	return strings.HasPrefix(r.Path, "/hub/") && w.faultRate > 0 && now.After(w.hub.outageBegins) && now.Before(w.hub.outageEnds)
}

// recordHubRequest records a request that the Hub handles. The caller holds the lock.
func (w *world) recordHubRequest(r mockserver.Request, fault mockserver.Fault) {
	if fault.Drop == mockserver.DropBeforeHandling || fault.Status != 0 && !fault.HandleRequest {
		return
	}
	handled := w.clock.Now().Add(fault.RequestDelay)
	if r.Method == http.MethodGet && r.Path == userPath {
		w.hub.userReadAt = handled
	}
	if id, isToken := strings.CutPrefix(r.Path, tokensPath+"/"); isToken {
		isDelivered := fault.Drop == mockserver.NoDrop && fault.Status == 0 && fault.RequestDelay+fault.ResponseDelay < requestTimeout
		w.hub.tokenRequests[id] = append(w.hub.tokenRequests[id], tokenRequest{r.Method, handled, isDelivered})
	}
}

// isRecycledUnseen reports whether a token got its id between the read of another token
// with this id and the DELETE that followed. The Hub has no DELETE with a condition, so
// nobody can know of such a token.
func (w *world) isRecycledUnseen(id string, created time.Time) bool {
	w.mu.Lock()
	requests := slices.Clone(w.hub.tokenRequests[id])
	w.mu.Unlock()
	for i, each := range requests {
		if i == 0 || each.method != http.MethodDelete || requests[i-1].method != http.MethodGet {
			continue
		}
		if created.After(requests[i-1].handled) && created.Before(each.handled) {
			return true
		}
	}
	return false
}

// hubTokens returns the tokens of both users.
func (w *world) hubTokens() map[tokenKey]mockserver.Token {
	found := map[tokenKey]mockserver.Token{}
	for _, each := range slices.Concat(w.mock.Tokens(user), w.mock.Tokens(otherUser)) {
		found[tokenKey{each.ID, each.Created}] = each
	}
	return found
}

// hubTime is the Hub's clock.
func (w *world) hubTime() time.Time { return w.clock.Now().Add(w.clockOffset) }

func (w *world) hasExpired(token mockserver.Token) bool {
	return !token.Expires.IsZero() && !token.Expires.After(w.hubTime())
}

// revokeAsRival revokes a token, and sometimes creates another one at once, which gets
// the id if it was the highest.
func (w *world) revokeAsRival(key tokenKey, note string) {
	_, isThere := w.hubTokens()[key]
	if !isThere {
		return
	}
	w.mock.RevokeToken(user, key.id)
	w.mu.Lock()
	w.hub.revokedByRival[key] = true
	delete(w.rivals.tokens, key)
	w.mu.Unlock()
	w.note("rival: revokes the token %s", key.id)
	if note != "" {
		w.addRivalToken(note)
	}
}

func (w *world) rivalNote(key tokenKey) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hub.rivalNotes[key]
}

func (w *world) isRevokedByRival(key tokenKey) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hub.revokedByRival[key]
}
