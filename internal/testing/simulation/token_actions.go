// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// ownNote is the note of the provider's own token, which the mock creates.
const ownNote = "for the tests"

// drawTokenRevoke draws which token to revoke, and returns the invocation.
func (w *world) drawTokenRevoke() func(isDisturbed bool) {
	draw := w.extras.hubRandom
	candidates := slices.DeleteFunc(w.mock.Tokens(user), func(each mockserver.Token) bool { return each.Note == ownNote })
	if len(candidates) == 0 || draw.IntN(4) == 0 {
		w.addRivalToken([]string{userNote, "laptop"}[draw.IntN(2)])
		candidates = w.mock.Tokens(user)[len(w.mock.Tokens(user))-1:]
	}
	target := candidates[draw.IntN(len(candidates))]
	config, isRight := map[string]any{}, false
	switch draw.IntN(8) {
	case 0:
		target.Note += " (another)"
	case 1:
		target = w.mock.Tokens(otherUser)[0]
	case 2:
		target = w.mock.Tokens(otherUser)[0]
		config["user"] = otherUser
	default:
		isRight = true
	}
	if draw.IntN(3) == 0 && target.User == user {
		config["user"] = user
	}
	config["id"], config["note"] = target.ID, target.Note
	return func(isDisturbed bool) { w.revokeTokenByAction(target, config, isRight, isDisturbed) }
}

// revokeTokenByAction invokes the action. A token that it reports as revoked must be
// revoked, no other token may be, and without a fault the action must succeed.
func (w *world) revokeTokenByAction(target mockserver.Token, config map[string]any, isRight, isDisturbed bool) {
	outside := w.extras.drawActionEnd()
	w.note("action: revoke token %v, faults %d %%, disturbed %t", config, w.faultRate, isDisturbed)
	key := tokenKey{target.ID, target.Created}
	before, began := w.hubTokens(), w.clock.Now()
	w.mu.Lock()
	delete(w.hub.tokenRequests, target.ID)
	w.mu.Unlock()
	var result invocation
	w.whileDisturbed(isDisturbed, func(draw *rand.Rand, done <-chan struct{}) { w.disturbToken(draw, done, key) }, func() {
		result = w.invoke("pc_hub_token_revoke", config, outside)
	})
	after := w.hubTokens()
	_, isThere := after[key]
	hasSaidSo := result.hasSaid("Token ", " is revoked") || result.hasSaid("The Hub has no token ", "")
	isOurs := target.User == user
	switch {
	case isRight && isThere && (result.succeeded || hasSaidSo):
		w.fail("the action has revoked the token %s, and it is valid", target.ID)
	case isOurs && !isRight && isThere && result.succeeded:
		w.fail("the action has succeeded with another note than that of the token %s", target.ID)
	case config["user"] == otherUser && result.succeeded:
		w.fail("the action has succeeded for a token of another user")
	case result.succeeded && !hasSaidSo:
		w.fail("the action has revoked the token %s, and its last line is %q", target.ID, result.last())
	case isRight && result.hadNoFault && !isDisturbed && !result.succeeded && !isRecycled(before, key):
		w.fail("the action has failed without a fault")
	}
	for id, createdAt := range w.rivalsSoFar().tokens {
		if !createdAt.Before(began) {
			before[id] = mockserver.Token{ID: id.id, User: user, Created: id.created, Note: w.rivalNote(id)}
		}
	}
	w.checkOnlyRevoked(target, isRight, before, after)
}

// isRecycled reports whether another token has the id.
func isRecycled(tokens map[tokenKey]mockserver.Token, key tokenKey) bool {
	for each := range tokens {
		if each.id == key.id && each != key {
			return true
		}
	}
	return false
}

// checkOnlyRevoked checks that no token is revoked but the target, and those that got its
// id when nobody could see it.
func (w *world) checkOnlyRevoked(target mockserver.Token, isRight bool, existed, after map[tokenKey]mockserver.Token) {
	firstRead := w.firstDeliveredRead(target.ID)
	for key, token := range existed {
		if _, isThere := after[key]; isThere || w.hasExpired(token) || w.isRevokedByRival(key) {
			continue
		}
		created := key.created.Add(-w.clockOffset)
		isTarget := key == tokenKey{target.ID, target.Created}
		// The action cannot know that another token had the id and the note before.
		isTakenForIt := key.id == target.ID && token.Note == target.Note && created.Before(firstRead)
		isAllowed := isRight && (isTarget || isTakenForIt || w.isRecycledUnseen(key.id, created))
		if !isAllowed {
			w.fail("the action on the token %s has revoked the token %s of %s (%q)", target.ID, key.id, token.User, token.Note)
		}
		w.mu.Lock()
		delete(w.rivals.tokens, key)
		w.mu.Unlock()
	}
}

// firstDeliveredRead is when the Hub handled the read that showed the token to the action.
func (w *world) firstDeliveredRead(id string) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, each := range w.hub.tokenRequests[id] {
		if each.method == http.MethodGet && each.isDelivered {
			return each.handled
		}
	}
	return time.Time{}
}

// disturbToken revokes the token, and often creates another one, which may get its id and
// may have its note.
func (w *world) disturbToken(draw *rand.Rand, done <-chan struct{}, key tokenKey) {
	select {
	case <-w.after(time.Duration(1 + draw.Int64N([]int64{int64(time.Second), int64(10 * time.Second)}[draw.IntN(2)]))):
	case <-done:
		return
	}
	token, isThere := w.hubTokens()[key]
	if !isThere || token.User != user || token.Note == ownNote {
		return
	}
	w.revokeAsRival(key, []string{"", "laptop", token.Note}[draw.IntN(3)])
}
