// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// LostTokenError reports that the response to the creation of a token was lost,
// and the token's value with it.
type LostTokenError struct {
	Cause error
	// Revoked is the id of the token that was found and revoked, or "".
	Revoked string
	// Candidates are the tokens that this request may have created, if it is
	// uncertain which one it was, or if the only one could not be revoked.
	Candidates []Token
	// RevokeError is why the only candidate could not be revoked.
	RevokeError error
	// ListError is why the user's tokens could not be listed afterwards; nil if they
	// could.
	ListError error
}

// Error states what became of the token.
func (e *LostTokenError) Error() string {
	const lost = "the response was lost"
	switch {
	case e.Revoked != "":
		return fmt.Sprintf("%s, and the token %s, which this request had created, was revoked: %v", lost, e.Revoked, e.Cause)
	case e.RevokeError != nil:
		return fmt.Sprintf("%s, and the token %s, which this request had created, could not be revoked (%v): %v", lost, e.Candidates[0].ID, e.RevokeError, e.Cause)
	case len(e.Candidates) == 1:
		return fmt.Sprintf("%s, and this request may have created the token %s: %v", lost, e.Candidates[0].ID, e.Cause)
	case len(e.Candidates) > 0:
		return fmt.Sprintf("%s, and this request may have created one of %d new tokens: %v", lost, len(e.Candidates), e.Cause)
	case e.ListError != nil:
		return fmt.Sprintf("%s, and the tokens could not be listed since, so that a token with this note may be left on the Hub: %v", lost, e.Cause)
	default:
		return fmt.Sprintf("%s, and no new token was found: %v", lost, e.Cause)
	}
}

// Unwrap returns why the response was lost.
func (e *LostTokenError) Unwrap() error { return e.Cause }

// IgnoredArgumentError reports that the Hub is too old for scopes or roles of
// tokens. It ignored them and created a token with all the user's rights.
type IgnoredArgumentError struct {
	// Argument is what the Hub ignored: "scopes" or "roles".
	Argument string
	ID       string
	// RevokeError is why the token could not be revoked; nil if it was.
	RevokeError error
}

// Error states what became of the token.
func (e *IgnoredArgumentError) Error() string {
	text := fmt.Sprintf("the Hub does not support %s of tokens: it created the token %s with all the user's rights, and the token was ", e.Argument, e.ID)
	if e.RevokeError != nil {
		return text + "not revoked: " + e.RevokeError.Error()
	}
	return text + "revoked"
}

// Unwrap returns why the token was not revoked.
func (e *IgnoredArgumentError) Unwrap() error { return e.RevokeError }

// IssueToken creates a token. If the response is lost after the request may have
// arrived, IssueToken searches for the token, revokes it if it is certain which
// one it is, and returns a *LostTokenError. It also revokes a token that has more
// rights than requested, and returns an *IgnoredArgumentError.
func (c *Client) IssueToken(ctx context.Context, user string, r TokenRequest) (Token, error) {
	// Requests with the same note are sent one at a time: the token of a lost response
	// looks like one whose response is still under way.
	unlock, err := c.created.lock(ctx, user+"\n"+r.Note)
	if err != nil {
		return Token{}, err
	}
	defer unlock()
	if err := ctx.Err(); err != nil {
		return Token{}, err
	}
	sentAt := c.clock.Now()
	posting, cancel := transport.WithCreateScope(ctx, transport.InterruptedCreateTimeout, func() { sentAt = c.clock.Now() })
	defer cancel()
	token, err := c.CreateToken(posting, user, r)
	if err == nil {
		c.created.add(token)
		return token, nil
	}
	if ignored, ok := errors.AsType[*IgnoredArgumentError](err); ok {
		cleanup, cancel := cleanupContext(ctx)
		defer cancel()
		ignored.RevokeError = c.revoke(cleanup, user, token)
		return Token{}, ignored
	}
	if !mayHaveArrived(err) {
		return Token{}, err
	}
	search := &orphanSearch{client: c, user: user, request: r, sentAt: sentAt, failedAt: c.clock.Now()}
	return Token{}, search.revokeOrphan(ctx, err)
}

func mayHaveArrived(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.MayHaveArrived()
}

// createdTokens records the tokens that the Client has created, and has a lock for
// each note.
type createdTokens struct {
	mu    sync.Mutex
	locks map[string]chan struct{}
	byID  map[string]Token
}

func newCreatedTokens() *createdTokens {
	return &createdTokens{locks: map[string]chan struct{}{}, byID: map[string]Token{}}
}

// lock waits for the lock of the key or for the end of the context.
func (t *createdTokens) lock(ctx context.Context, key string) (unlock func(), err error) {
	t.mu.Lock()
	lock, ok := t.locks[key]
	if !ok {
		lock = make(chan struct{}, 1)
		t.locks[key] = lock
	}
	t.mu.Unlock()
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (t *createdTokens) add(token Token) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byID[token.ID] = Token{ID: token.ID, Created: token.Created}
}

// has reports whether the Client created this token, and not just an earlier one with
// the same id.
func (t *createdTokens) has(token Token) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	created, ok := t.byID[token.ID]
	return ok && created.Created.Equal(token.Created)
}
