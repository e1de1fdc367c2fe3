// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"errors"
	"fmt"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
)

// ActiveError reports that a server cannot be started because it is already running,
// starting or stopping.
type ActiveError struct {
	User string
	Server
}

// Error names the server and its state.
func (e *ActiveError) Error() string {
	state := "already runs"
	if e.Pending != "" {
		state = "is pending " + e.Pending
	}
	return fmt.Sprintf("%s %s", describeServer(e.User, e.Name), state)
}

// SpawnError reports that the start of a server failed.
type SpawnError struct {
	User, Name string
	// Reason is what the Hub returned as the reason, or "".
	Reason string
	// Messages are the progress messages of the start.
	Messages []string
}

// Error names the server and the reason.
func (e *SpawnError) Error() string {
	text := describeServer(e.User, e.Name) + " did not start"
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

// LostStartError reports that the response to the start of a server was lost, and that
// the lookups do not show whether the server starts.
type LostStartError struct {
	User, Name string
	// Cause is what happened to the response.
	Cause error
	// LookupError is why the last lookup failed. It is nil if an interrupt left time for
	// only one lookup, which did not find the server.
	LookupError error
}

// Error names the server and what happened to the response.
func (e *LostStartError) Error() string {
	return fmt.Sprintf("it is not known whether %s was started: %v", describeServer(e.User, e.Name), e.Cause)
}

// Unwrap returns what happened to the response.
func (e *LostStartError) Unwrap() error { return e.Cause }

func describeServer(user, name string) string {
	if name == "" {
		return "the default server of " + user
	}
	return fmt.Sprintf("the server %s of %s", name, user)
}

// ErrServersHidden reports that the token may not read the user's servers.
var ErrServersHidden = errors.New("the Hub does not show this token the servers of the user: it lacks the scope read:servers")

// GetServer returns a server of a user, and reports whether it is active: running,
// starting or stopping. The default server has the name "". Every version of the Hub
// lists the servers with the user: GET /hub/api/users/USER.
func (c *Client) GetServer(ctx context.Context, user, name string) (Server, bool, error) {
	account, err := c.GetUser(ctx, user)
	if err != nil {
		return Server{}, false, err
	}
	if account.Servers == nil {
		return Server{}, false, ErrServersHidden
	}
	server, isListed := account.Servers[name]
	return server, isListed && server.isActive(), nil
}

// FindServer is GetServer with a second lookup, after a pause, if the first finds no
// active server. The Hub does not list a server for a moment while it changes from
// one state to another.
func (c *Client) FindServer(ctx context.Context, user, name string) (Server, bool, error) {
	server, isActive, err := c.GetServer(ctx, user, name)
	if isActive || err != nil {
		return server, isActive, err
	}
	if err := c.clock.Sleep(ctx, serverPollInterval); err != nil {
		return Server{}, false, err
	}
	return c.GetServer(ctx, user, name)
}

// WaitForServer waits until a server is usable, and reports each message that the Hub
// sends about the start. It follows the progress stream, and reads the server when
// the stream ends or is not available. If the start failed, the error is a
// *SpawnError.
func (c *Client) WaitForServer(ctx context.Context, user, name string, report func(message string)) (Server, error) {
	p := &spawnProgress{client: c, user: user, name: name, report: report}
	return poll.Until(ctx, c.clock, serverPolicy, func(ctx context.Context) (Server, bool, error) {
		p.follow(ctx)
		server, isActive, err := c.GetServer(ctx, user, name)
		if err == nil && !isActive {
			if server, isActive, err = c.FindServer(ctx, user, name); err == nil && !isActive {
				return server, false, c.spawnError(ctx, p)
			}
			return server, false, err
		}
		return server, server.isUsable(), err
	})
}

// spawnError returns why a start failed. The progress stream of a server whose last
// start failed ends with the reason.
func (c *Client) spawnError(ctx context.Context, p *spawnProgress) error {
	if p.reason == "" {
		p.follow(ctx)
	}
	return &SpawnError{User: p.user, Name: p.name, Reason: p.reason, Messages: p.messages}
}

// waitUntilSettled waits while a server starts or stops, and reports whether it is
// active afterwards.
func (c *Client) waitUntilSettled(ctx context.Context, user, name string) (Server, bool, error) {
	isActive := false
	server, err := poll.Until(ctx, c.clock, serverPolicy, func(ctx context.Context) (Server, bool, error) {
		var server Server
		var err error
		server, isActive, err = c.GetServer(ctx, user, name)
		return server, !isActive || server.Pending == "", err
	})
	return server, isActive, err
}

func serverPath(user, name string, further ...string) []string {
	path := api("users", user, "server")
	if name != "" {
		path = api("users", user, "servers", name)
	}
	return append(path, further...)
}
