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

// perUser has a directory of what each user has.
type perUser[T any] struct {
	clock clock.Clock
	list  func(ctx context.Context, user string) (map[string]T, error)

	mu    sync.Mutex
	users map[string]*share.Directory[T]
}

func (p *perUser[T]) of(user string) *share.Directory[T] {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.users == nil {
		p.users = map[string]*share.Directory[T]{}
	}
	if p.users[user] == nil {
		p.users[user] = share.NewDirectory(p.clock, func(ctx context.Context) (map[string]T, error) { return p.list(ctx, user) })
	}
	return p.users[user]
}

// seenToken is a token, and the server's clock when it was seen.
type seenToken struct {
	Token

	now time.Time
}

func (c *Client) seenTokens(ctx context.Context, user string) (map[string]seenToken, error) {
	tokens, now, err := c.ListTokens(ctx, user)
	seen := make(map[string]seenToken, len(tokens))
	for _, token := range tokens {
		seen[token.ID] = seenToken{token, now}
	}
	return seen, err
}

// Refresh is Look for those who look for many tokens of a user, as Terraform's
// refresh does: they share a listing, which may be some seconds old. One token
// alone costs one request, and so does each that the listing lacks or that is
// another one there, or all of them where the Hub does not let this token list.
func (c *Client) Refresh(ctx context.Context, user string, was Token) (Token, bool, error) {
	seen, listed, err := c.tokens.of(user).Find(ctx, was.ID)
	if err != nil && !isRefusal(err) {
		return Token{}, false, err
	}
	if token, same := c.judge(seen, was); listed && same {
		return token, true, nil
	}
	return c.Look(ctx, user, was)
}

// isRefusal recognises what a Hub says to one that may read a token, but not all.
func isRefusal(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind == transport.KindStatus && (failure.Status == http.StatusForbidden || failure.Status == http.StatusNotFound)
}

func (c *Client) activeServers(ctx context.Context, user string) (map[string]Server, error) {
	account, err := c.GetUser(ctx, user)
	if err != nil {
		return nil, err
	}
	if account.Servers == nil {
		return nil, ErrServersHidden
	}
	active := map[string]Server{}
	for name, server := range account.Servers {
		if server.active() {
			active[name] = server
		}
	}
	return active, nil
}

// RefreshServer is LookForServer for those who look for many servers of a user:
// the Hub lists them all with each answer, and they share it.
func (c *Client) RefreshServer(ctx context.Context, user, name string) (Server, bool, error) {
	server, listed, err := c.servers.of(user).Find(ctx, name)
	if listed || err != nil {
		return server, listed, err
	}
	return c.LookForServer(ctx, user, name)
}
