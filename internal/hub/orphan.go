// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// maxEmptyListings is how many listings without a candidate end the search.
	maxEmptyListings = 3
	// promptListingTimeout is how soon after the failure a listing must arrive to
	// prove that its tokens existed when the request failed. Another run that
	// retries by hand or in a pipeline takes longer to create its token.
	promptListingTimeout = 300 * time.Millisecond
	// lifetimeTolerance is far more than the time between the Hub's two reads of its
	// clock, one for the creation and one for the expiry (orm.py).
	lifetimeTolerance = time.Minute
	// defaultNotePrefix begins the note of a token that was requested without one
	// (apihandlers/users.py).
	defaultNotePrefix = "Requested via api"
)

// orphanSearch searches for the orphan: the token of a lost response.
//
// A unique note identifies it. With a note that the user chose, another run may
// create a token that looks the same, so the Hub's clock decides: the orphan was
// created after the request was sent and before the request failed. The Date header
// has whole seconds. That is precise enough to prove the first, but rarely the
// second. A listing that arrives promptly after the failure proves the second for its
// tokens.
type orphanSearch struct {
	client           *Client
	user             string
	request          TokenRequest
	sentAt, failedAt time.Time

	listings int
	// candidates are the candidates of the latest listing.
	candidates []Token
	// proven are the candidates that existed when the request failed.
	proven []Token
	// orphan is the candidate that is certain to be the orphan.
	orphan *Token
	// isInterrupted makes the next listing the last one.
	isInterrupted, isDone bool
}

// revokeOrphan revokes the orphan if it is certain which token that is.
func (s *orphanSearch) revokeOrphan(ctx context.Context, cause error) *LostTokenError {
	lost := &LostTokenError{Cause: cause}
	cleanup, cancel := cleanupContext(ctx)
	defer cancel()
	err := s.run(ctx, cleanup)
	lost.Candidates = s.candidates
	if s.listings == 0 {
		lost.ListError = err
	}
	if s.orphan == nil {
		return lost
	}
	if lost.RevokeError = s.client.revoke(cleanup, s.user, *s.orphan); lost.RevokeError == nil {
		lost.Revoked, lost.Candidates = s.orphan.ID, nil
	}
	return lost
}

// run lists the user's tokens until the search is decided. After an interrupt there
// is time for one more listing.
func (s *orphanSearch) run(ctx, cleanup context.Context) error {
	_, err := poll.Until(ctx, s.client.clock, orphanPolicy, s.lookUp)
	if ctx.Err() == nil || s.isDone {
		return err
	}
	s.isInterrupted = true
	_, _, err = s.lookUp(cleanup)
	return err
}

// lookUp lists the tokens once, and reports whether the search is over: when two
// listings in a row contain the same single candidate, when there are several
// candidates, and when none appears for long enough. One listing with one candidate
// is not enough: it may be the token of another run, while the orphan appears later.
func (s *orphanSearch) lookUp(ctx context.Context) (struct{}, bool, error) {
	tokens, serverNow, err := s.client.ListTokens(ctx, s.user)
	if err != nil {
		return struct{}{}, false, err
	}
	s.listings++
	previous := s.candidates
	s.candidates = s.candidatesOf(tokens, serverNow)
	switch {
	case len(s.candidates) > 1:
		s.isDone = true
	case len(s.candidates) == 0:
		s.isDone = s.listings >= maxEmptyListings
	case s.request.HasUniqueNote:
		s.isDone, s.orphan = true, &s.candidates[0]
	case s.isInterrupted, len(previous) == 1 && previous[0].isSameToken(s.candidates[0]):
		s.isDone = true
		if slices.ContainsFunc(s.proven, s.candidates[0].isSameToken) {
			s.orphan = &s.candidates[0]
		}
	}
	return struct{}{}, s.isDone, nil
}

// candidatesOf returns the tokens that may be the orphan, in the order of their
// ids, and records which of them existed when the request failed.
func (s *orphanSearch) candidatesOf(tokens []Token, serverNow time.Time) []Token {
	now := s.client.clock.Now()
	since := transport.OnServerClock(s.sentAt, now, serverNow)
	var candidates []Token
	for _, token := range tokens {
		if s.client.created.has(token) || !s.matches(token) || token.Created.Before(since) {
			continue
		}
		candidates = append(candidates, token)
		if s.isProven(token, now, serverNow) {
			s.proven = append(s.proven, token)
		}
	}
	slices.SortFunc(candidates, func(a, b Token) int { return strings.Compare(a.ID, b.ID) })
	return candidates
}

// matches reports whether the request may have created a token like this one.
func (s *orphanSearch) matches(token Token) bool {
	if s.request.HasUniqueNote {
		return token.Note == s.request.Note
	}
	return hasNote(token, s.request.Note) && hasLifetime(token, s.request.ExpiresIn) && isUnused(token)
}

// isProven reports whether a token was created between the send and the failure of
// the request. The Hub's clock reads serverNow or up to a second more, because the
// Date header has whole seconds. So at an earlier moment it read at least serverNow
// minus the time that has passed since.
func (s *orphanSearch) isProven(token Token, now, serverNow time.Time) bool {
	if serverNow.IsZero() || token.Created.Before(serverNow.Add(s.sentAt.Sub(now))) {
		return false
	}
	isPrompt := s.listings == 1 && now.Sub(s.failedAt) <= promptListingTimeout
	return isPrompt || !token.Created.After(serverNow.Add(s.failedAt.Sub(now)))
}

func hasNote(token Token, note string) bool {
	if note == "" {
		return strings.HasPrefix(token.Note, defaultNotePrefix)
	}
	return token.Note == note
}

// isUnused reports whether a token was never used. The value of the orphan is
// lost, so a used token belongs to another run.
func isUnused(token Token) bool { return token.LastActivity.IsZero() }

// hasLifetime reports whether a token expires when the requested one would. The Hub
// chooses the lifetime of a token that was requested without one.
func hasLifetime(token Token, lifetime time.Duration) bool {
	return lifetime <= 0 || (token.ExpiresAt.Sub(token.Created)-lifetime).Abs() < lifetimeTolerance
}
