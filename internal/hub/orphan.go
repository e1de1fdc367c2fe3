// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// revokeOrphan revokes the token of a lost answer, if it is certain which it is.
func (c *Client) revokeOrphan(ctx context.Context, user string, r TokenRequest, began time.Time, cause error) *LostTokenError {
	lost := &LostTokenError{Cause: cause}
	var certain bool
	lost.Candidates, certain, lost.Unseen = c.findOrphan(ctx, user, r, began)
	if !certain {
		return lost
	}
	revoking, cancel := hurried(ctx)
	defer cancel()
	if lost.Unrevoked = c.remove(revoking, user, lost.Candidates[0]); lost.Unrevoked == nil {
		lost.Revoked, lost.Candidates = lost.Candidates[0].ID, nil
	}
	return lost
}

// findOrphan looks for the token of a lost answer until two looks in a row show
// the same one, which is certain then: the first that shows may be somebody else's,
// and ours be late. It ends as well when there are two, and when none shows for
// long enough. After Ctrl-C there is time for one look, which has to do.
func (c *Client) findOrphan(ctx context.Context, user string, r TokenRequest, began time.Time) (found []Token, certain bool, unseen error) {
	outage := 0
	for look := 1; ; look++ {
		interrupted := ctx.Err() != nil
		looking, cancel := hurried(ctx)
		seen, err := c.orphans(looking, user, r, began)
		cancel()
		same := len(seen) == 1 && slices.EqualFunc(seen, found, isSame)
		switch {
		case err != nil && !interrupted && ctx.Err() != nil:
			// Ctrl-C has ended this look.
			look--
			continue
		case err != nil && !interrupted && outage < outages && passes(err):
			// Nobody has looked.
			_ = c.clock.Sleep(ctx, min(orphanPause<<outage, outagePause))
			outage++
			look--
			continue
		case err != nil && look == 1:
			return nil, false, err
		case err != nil:
			return found, false, nil //nolint:nilerr // an earlier look succeeded
		case len(seen) > 1, len(seen) == 0 && look >= orphanLooks:
			return seen, false, err
		case same, interrupted:
			return seen, len(seen) == 1, err
		}
		found = seen
		// Interrupted, it looks once more.
		_ = c.clock.Sleep(ctx, orphanPause)
	}
}

// hurried is the context, or after its end one for what must be done all the
// same.
func hurried(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), cleaning)
}

// orphans are the tokens that may be that of a lost answer.
func (c *Client) orphans(ctx context.Context, user string, r TokenRequest, began time.Time) ([]Token, error) {
	tokens, serverNow, err := c.ListTokens(ctx, user)
	if err != nil {
		return nil, err
	}
	since := transport.OnServerClock(began, c.clock.Now(), serverNow)
	var found []Token
	for _, token := range tokens {
		if hasNote(token, r) && isUnused(token) && hasLifetime(token, r) && !token.Created.Before(since) && !c.issuing.knows(token.ID, token.Created) {
			found = append(found, token)
		}
	}
	slices.SortFunc(found, func(a, b Token) int { return strings.Compare(a.ID, b.ID) })
	return found, nil
}

func hasNote(token Token, r TokenRequest) bool {
	if r.Note == "" {
		return strings.HasPrefix(token.Note, unnamed)
	}
	return token.Note == r.Note
}

// isUnused says whether nobody has used a token. Nobody knows the value of the lost
// one, so another run, which may have the same note, has made what is in use.
func isUnused(token Token) bool { return token.LastActivity.IsZero() }

// hasLifetime says whether a token ends when it should. Without a lifetime a Hub
// gives its longest, whatever that is.
func hasLifetime(token Token, r TokenRequest) bool {
	return r.ExpiresIn <= 0 || (token.ExpiresAt.Sub(token.Created)-r.ExpiresIn).Abs() < lifetimeSlack
}

func isSame(a, b Token) bool { return a.ID == b.ID && a.Note == b.Note && a.Created.Equal(b.Created) }
