// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/share"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// userDirectories contains one directory per user, of tokens or servers.
type userDirectories[T any] struct {
	clock clock.Clock
	list  func(ctx context.Context, user string) (map[string]T, error)

	mu     sync.Mutex
	byUser map[string]*share.Directory[T]
}

func (d *userDirectories[T]) of(user string) *share.Directory[T] {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byUser == nil {
		d.byUser = map[string]*share.Directory[T]{}
	}
	if d.byUser[user] == nil {
		d.byUser[user] = share.NewDirectory(d.clock, func(ctx context.Context) (map[string]T, error) { return d.list(ctx, user) })
	}
	return d.byUser[user]
}

// listedToken is a token with the time of the Hub's clock in the response that
// contains it; zero if the response has none.
type listedToken struct {
	Token

	serverNow time.Time
}

func (c *Client) listTokensByID(ctx context.Context, user string) (map[string]listedToken, error) {
	tokens, serverNow, err := c.ListTokens(ctx, user)
	byID := make(map[string]listedToken, len(tokens))
	for _, token := range tokens {
		byID[token.ID] = listedToken{token, serverNow}
	}
	return byID, err
}

// FindToken reads a token that was created earlier, and reports whether it is still
// valid. The token is no longer valid if the Hub has no such id, if the id now
// belongs to another token, with a different creation time or note, or if it has
// expired. The Hub's clock decides the latter: an expired token can be read until the
// Hub lists the user's tokens, and then deletes it (apihandlers/users.py).
func (c *Client) FindToken(ctx context.Context, user string, created Token) (Token, bool, error) {
	token, serverNow, err := c.getToken(ctx, user, created.ID)
	if IsNotFound(err) {
		return Token{}, false, nil
	}
	if err != nil {
		return Token{}, false, err
	}
	return token, c.isValid(listedToken{token, serverNow}, created), nil
}

// isValid reports whether a token of a response is the one that was created, and
// has not expired.
func (c *Client) isValid(listed listedToken, created Token) bool {
	now := listed.serverNow
	if now.IsZero() {
		now = c.clock.Now()
	}
	hasExpired := !listed.ExpiresAt.IsZero() && !listed.ExpiresAt.After(now)
	return listed.isSameToken(created) && !hasExpired
}

// RefreshToken is FindToken for callers that read many tokens of a user, as a refresh
// of Terraform does. They share a listing, which may be some seconds old. A single
// token costs one request. So does each token that the listing does not contain, or
// contains with other properties. If the provider's token lacks the right to list
// tokens, each token costs one request.
func (c *Client) RefreshToken(ctx context.Context, user string, created Token) (Token, bool, error) {
	listed, isListed, err := c.tokens.of(user).Find(ctx, created.ID)
	if err != nil && !isListForbidden(err) {
		return Token{}, false, err
	}
	if isListed && c.isValid(listed, created) {
		return listed.Token, true, nil
	}
	return c.FindToken(ctx, user, created)
}

// isListForbidden reports whether the Hub refused to list the tokens. It may still
// return a single token.
func isListForbidden(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind == transport.KindStatus && (failure.Status == http.StatusForbidden || failure.Status == http.StatusNotFound)
}

func (c *Client) listActiveServers(ctx context.Context, user string) (map[string]Server, error) {
	account, err := c.GetUser(ctx, user)
	if err != nil {
		return nil, err
	}
	if account.Servers == nil {
		return nil, ErrServersHidden
	}
	active := map[string]Server{}
	for name, server := range account.Servers {
		if server.isActive() {
			active[name] = server
		}
	}
	return active, nil
}

// RefreshServer is FindServer for callers that read many servers of a user. The Hub
// returns all of them in each response, and the callers share it.
func (c *Client) RefreshServer(ctx context.Context, user, name string) (Server, bool, error) {
	server, isListed, err := c.servers.of(user).Find(ctx, name)
	if isListed || err != nil {
		return server, isListed, err
	}
	return c.FindServer(ctx, user, name)
}
