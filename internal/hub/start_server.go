// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// maxStartRetries is how often StartServer repeats a request whose response was lost,
// while the server is not active.
const maxStartRetries = 2

// StartServer requests the start of a server, and returns when the start has begun:
// POST /hub/api/users/USER/server, or /servers/NAME. The options are those of the
// spawner, for example {"profile": "large"}. An empty set is sent explicitly, because
// without options the Hub uses those of the last start.
//
// If the server is stopping, StartServer waits until it has stopped. If it is already
// active, the error is an *ActiveError. If the start fails at once, the error is a
// *SpawnError. If the response is lost, StartServer looks up the server, and sends
// the request again if it is not active: a user has at most one server of a name. It
// succeeds with isConfirmed = false if only the lookup showed that the server is
// active. Another client of the same user may then have started it. If the
// lookup fails, or an interrupt ends the lookups, the error is a *LostStartError.
//
// After the first interrupt, StartServer waits for the response of a request that
// is under way, and sends no other.
//
// The Hub responds to two starts at the same time with success for both. So a second
// start of a server by this Client is an *ActiveError while the first is under way.
func (c *Client) StartServer(ctx context.Context, user, name string, options map[string]any) (isConfirmed bool, err error) {
	if err := c.CheckServerName(ctx, name); err != nil {
		return false, err
	}
	key := serverKey(user, name)
	if _, isStarting := c.starting.LoadOrStore(key, nil); isStarting {
		return false, &ActiveError{User: user, Server: Server{Name: name, Pending: "spawn"}}
	}
	defer c.starting.Delete(key)
	if isConfirmed, err = c.startServer(ctx, user, name, options); err == nil {
		c.started.Store(key, nil)
	}
	return isConfirmed, err
}

// HasStarted reports whether this Client has started a server of this name, or is
// starting one. A provider has one Client for each plan or apply.
func (c *Client) HasStarted(user, name string) bool {
	key := serverKey(user, name)
	_, isStarting := c.starting.Load(key)
	_, isStarted := c.started.Load(key)
	return isStarting || isStarted
}

func serverKey(user, name string) string { return strings.Join(serverPath(user, name), "/") }

func (c *Client) startServer(ctx context.Context, user, name string, options map[string]any) (isConfirmed bool, err error) {
	server, isActive, err := c.GetServer(ctx, user, name)
	if err == nil && server.IsStopping() {
		server, isActive, err = c.waitUntilSettled(ctx, user, name)
	}
	if err != nil {
		return false, err
	}
	if isActive {
		server.Name = name
		return false, &ActiveError{User: user, Server: server}
	}
	for tries := 0; ; tries++ {
		err := c.postServer(ctx, user, name, options)
		_, isCrash := transport.APIError(err, http.StatusInternalServerError)
		switch {
		case err == nil:
			return true, nil
		case tries > 0 && isAlreadyActive(err):
			return false, nil
		case !mayHaveArrived(err):
			return false, err
		case isCrash:
			return false, c.spawnError(ctx, &spawnProgress{client: c, user: user, name: name, report: func(string) {}})
		}
		hasBegun, lookupErr := c.hasBegun(ctx, user, name)
		if hasBegun {
			return false, nil
		}
		if lookupErr != nil || ctx.Err() != nil {
			return false, &LostStartError{User: user, Name: name, Cause: err, LookupError: lookupErr}
		}
		if tries == maxStartRetries {
			return false, err
		}
	}
}

// hasBegun reports whether a server is starting or running after the response to its
// start was lost. After an interrupt there is time for one lookup.
func (c *Client) hasBegun(ctx context.Context, user, name string) (bool, error) {
	server, isActive, err := Server{}, false, ctx.Err()
	if err == nil {
		server, isActive, err = c.FindServer(ctx, user, name)
	}
	if ctx.Err() != nil && !isActive {
		cleanup, cancel := cleanupContext(ctx)
		defer cancel()
		server, isActive, err = c.GetServer(cleanup, user, name)
	}
	return isActive && !server.IsStopping(), err
}

// isAlreadyActive reports whether the Hub rejected a start because of an earlier
// one.
func isAlreadyActive(err error) bool {
	failure, ok := transport.APIError(err, http.StatusBadRequest)
	return ok && (strings.HasSuffix(failure.RawMessage(), " is already running") || strings.HasSuffix(failure.RawMessage(), " is pending spawn"))
}

// postServer sends the request. The Hub holds its response for up to ten seconds
// while the server starts (slow_spawn_timeout). After an interrupt, the request
// therefore also ends when the Hub lists the server.
func (c *Client) postServer(ctx context.Context, user, name string, options map[string]any) error {
	body := map[string]any{}
	maps.Copy(body, options)
	// Before JupyterHub 6, the body can only be the options themselves. Since then, that
	// form cannot express an empty set of options, or options with these names.
	_, hasUserOptions := options["user_options"]
	_, hasDisplayName := options["display_name"]
	if len(options) == 0 || hasUserOptions || hasDisplayName {
		if version := c.MajorVersion(ctx); version == 0 || version >= 6 {
			body = map[string]any{"user_options": body}
		}
	}
	posting, cancel := transport.WithCreateScope(ctx, transport.InterruptedCreateTimeout, func() {})
	defer cancel()
	stopLookup := context.AfterFunc(ctx, func() {
		if c.waitUntilActive(posting, user, name) {
			cancel()
		}
	})
	defer stopLookup()
	c.servers.of(user).Changed(name)
	_, err := c.transport.Do(posting, transport.Request{Method: http.MethodPost, Path: serverPath(user, name), Body: body})
	return err
}

// waitUntilActive waits for a server whose start was interrupted, and reports
// whether the Hub lists it in time.
func (c *Client) waitUntilActive(ctx context.Context, user, name string) bool {
	isActive, err := poll.Until(ctx, c.clock, interruptedStartPolicy, func(ctx context.Context) (bool, bool, error) {
		server, isActive, err := c.GetServer(ctx, user, name)
		isActive = isActive && !server.IsStopping()
		return isActive, isActive, err
	})
	return err == nil && isActive
}
