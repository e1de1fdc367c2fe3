// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// grace is how long the answer may still arrive after Ctrl-C, cleaning
	// bounds the search for the orphan after that.
	grace    = 400 * time.Millisecond
	cleaning = 500 * time.Millisecond
	// A lost token is looked for so often and with such pauses: a Hub that was too
	// busy to answer may read the request late.
	orphanLooks = 3
	orphanPause = 2 * time.Second
	// A Hub that cannot list is waited for with pauses that double up to
	// outagePause, outages of them: about two minutes, in which a Hub is restarted.
	outages     = 8
	outagePause = 30 * time.Second
	// lifetimeSlack is far above what lies between the two looks at the clock by
	// which the Hub gives a token its time and its end (orm.py).
	lifetimeSlack = time.Minute
	// unnamed begins the note that the Hub gives to a token without one
	// (apihandlers/users.py).
	unnamed = "Requested via api"
)

// LostTokenError is a token whose answer was lost, and with it the value.
type LostTokenError struct {
	Cause error
	// Revoked is the id of the orphan that was found and revoked, or "".
	Revoked string
	// Candidates are the tokens that may be the orphan, where it could not be
	// decided, or not be revoked.
	Candidates []Token
	// Unrevoked is why the only candidate could not be revoked.
	Unrevoked error
	// Unseen is why the user's tokens could not be listed since; nil if they
	// could.
	Unseen error
}

// Error says what became of the orphan.
func (e *LostTokenError) Error() string {
	switch {
	case e.Revoked != "":
		return fmt.Sprintf("the answer was lost; the token that was made, %s, was revoked: %v", e.Revoked, e.Cause)
	case e.Unrevoked != nil:
		return fmt.Sprintf("the answer was lost, and the token that was made, %s, could not be revoked (%v): %v", e.Candidates[0].ID, e.Unrevoked, e.Cause)
	case len(e.Candidates) == 1:
		return fmt.Sprintf("the answer was lost, and the token %s may be the one that was made: %v", e.Candidates[0].ID, e.Cause)
	case len(e.Candidates) > 0:
		return fmt.Sprintf("the answer was lost, and %d new tokens may be the one that was made: %v", len(e.Candidates), e.Cause)
	case e.Unseen != nil:
		return fmt.Sprintf("the answer was lost, and the tokens could not be listed since, so that a token with this note may be left on the Hub: %v", e.Cause)
	default:
		return fmt.Sprintf("the answer was lost, and no new token was seen: %v", e.Cause)
	}
}

// Unwrap returns what happened to the answer.
func (e *LostTokenError) Unwrap() error { return e.Cause }

// IgnoredError is a token that may do more than was asked for, because the Hub
// is too old for scopes or roles and made it all the same.
type IgnoredError struct {
	// Argument is what the Hub ignored: "scopes" or "roles".
	Argument string
	ID       string
	// Unrevoked is why the token could not be revoked; nil when it was.
	Unrevoked error
}

// Error says what became of the token.
func (e *IgnoredError) Error() string {
	text := fmt.Sprintf("the Hub knows no %s of tokens: it made the token %s with all that the user may do, which was ", e.Argument, e.ID)
	if e.Unrevoked != nil {
		return text + "not revoked: " + e.Unrevoked.Error()
	}
	return text + "revoked"
}

// Unwrap returns why the token was not revoked.
func (e *IgnoredError) Unwrap() error { return e.Unrevoked }

// Issue makes a token. When the answer is lost after the request may have
// arrived, the value is lost too: the orphan is looked for by its note, its
// lifetime and its time, by the server's clock, and revoked if exactly one token
// fits. A *LostTokenError says which. A token that may do more than was asked for
// is revoked too; an *IgnoredError says so.
func (c *Client) Issue(ctx context.Context, user string, r TokenRequest) (Token, error) {
	// One at a time for each note: what an orphan looks like, a token whose
	// answer is still under way looks like too.
	unlock, err := c.issuing.lock(ctx, user+"\n"+r.Note)
	if err != nil {
		return Token{}, err
	}
	defer unlock()
	if err := ctx.Err(); err != nil {
		return Token{}, err
	}
	var began time.Time
	posting, cancel := transport.WithCreateScope(ctx, grace, func() { began = c.clock.Now() })
	defer cancel()
	token, err := c.CreateToken(posting, user, r)
	if err == nil {
		c.issuing.made(token.ID, token.Created)
		return token, nil
	}
	if ignored, ok := errors.AsType[*IgnoredError](err); ok {
		revoking, cancel := transport.WithGracePeriod(ctx, grace)
		defer cancel()
		ignored.Unrevoked = c.remove(revoking, user, token)
		return Token{}, ignored
	}
	var failure *transport.Error
	if !errors.As(err, &failure) || !failure.MayHaveArrived() {
		return Token{}, err
	}
	return Token{}, c.revokeOrphan(ctx, user, r, began, err)
}

// Look reads a token that was made earlier. False means that it is gone: the
// Hub has no such id, or the id now names another token, which is told by its
// time and its note, or the token has expired. One that has can be read until
// the Hub sweeps it away, which a list of the user's tokens does
// (apihandlers/users.py); it is judged by the Hub's clock.
func (c *Client) Look(ctx context.Context, user string, was Token) (Token, bool, error) {
	token, now, err := c.getToken(ctx, user, was.ID)
	if IsNotFound(err) {
		return Token{}, false, nil
	}
	if err != nil {
		return Token{}, false, err
	}
	found, same := c.judge(seenToken{token, now}, was)
	return found, same, nil
}

// judge says whether a token is the one that was made, and still good.
func (c *Client) judge(seen seenToken, was Token) (Token, bool) {
	now := seen.now
	if now.IsZero() {
		now = c.clock.Now()
	}
	same := seen.Created.Equal(was.Created) && seen.Note == was.Note
	expired := !seen.ExpiresAt.IsZero() && !seen.ExpiresAt.After(now)
	return seen.Token, same && !expired
}

// issuing lets tokens with the same note be made one after the other, and
// remembers those that were.
type issuing struct {
	mu    sync.Mutex
	turns map[string]chan struct{}
	ids   map[string]time.Time
}

func newIssuing() *issuing {
	return &issuing{turns: map[string]chan struct{}{}, ids: map[string]time.Time{}}
}

// lock waits for the turn of the key, or for the end of the context.
func (i *issuing) lock(ctx context.Context, key string) (unlock func(), err error) {
	i.mu.Lock()
	turn, ok := i.turns[key]
	if !ok {
		turn = make(chan struct{}, 1)
		i.turns[key] = turn
	}
	i.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (i *issuing) made(id string, created time.Time) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.ids[id] = created
}

// knows tells a token that was made here from another that inherited its id.
func (i *issuing) knows(id string, created time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	at, ok := i.ids[id]
	return ok && at.Equal(created)
}
