// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// relaunches is how often a start is asked for again whose answer was lost and
	// of which nothing is seen.
	relaunches = 2
	// serverPause is between two looks at a server that starts or stops.
	serverPause = 2 * time.Second
	// outageTolerance is how long a stop continues while every response to one of
	// its requests is a transient error: long enough for a restart of the Hub.
	outageTolerance = 2 * time.Minute
)

// ActiveError is a server that runs, starts or stops already when it is to be
// started.
type ActiveError struct {
	User string
	Server
}

// Error names the server and what it does.
func (e *ActiveError) Error() string {
	does := "runs already"
	if e.Pending != "" {
		does = "is pending " + e.Pending
	}
	return fmt.Sprintf("%s %s", serverName(e.User, e.Name), does)
}

// SpawnError is a server whose start failed.
type SpawnError struct {
	User, Name string
	// Reason is what the Hub said of the failure, or "".
	Reason string
	// Messages are what it said while the server was starting.
	Messages []string
}

// Error names the server, and says why it did not start.
func (e *SpawnError) Error() string {
	text := serverName(e.User, e.Name) + " did not start"
	if e.Reason != "" {
		text += ": " + e.Reason
	}
	return text
}

func serverName(user, name string) string {
	if name == "" {
		return "the default server of " + user
	}
	return fmt.Sprintf("the server %s of %s", name, user)
}

// ErrServersHidden says that the token may not see the user's servers.
var ErrServersHidden = errors.New("the Hub does not show this token the servers of the user: it lacks the scope read:servers")

// GetServer reads one server of a user; false is one that neither runs, nor
// starts, nor stops. The default server has the name "". Every version of the Hub
// lists them with the user: GET /hub/api/users/USER.
func (c *Client) GetServer(ctx context.Context, user, name string) (Server, bool, error) {
	account, err := c.GetUser(ctx, user)
	if err != nil {
		return Server{}, false, err
	}
	if account.Servers == nil {
		return Server{}, false, ErrServersHidden
	}
	server, found := account.Servers[name]
	return server, found && server.active(), nil
}

// LookForServer is GetServer with a second look, after a pause, at a server that
// is not there.
func (c *Client) LookForServer(ctx context.Context, user, name string) (Server, bool, error) {
	server, found, err := c.GetServer(ctx, user, name)
	if found || err != nil {
		return server, found, err
	}
	if err := c.clock.Sleep(ctx, serverPause); err != nil {
		return Server{}, false, err
	}
	return c.GetServer(ctx, user, name)
}

// Launch asks the Hub to start a server, and returns when it has begun to:
// POST /hub/api/users/USER/server, or /servers/NAME. Options are the spawner's,
// for example {"profile": "large"}; none are sent as such, because a Hub that is
// sent nothing takes those of the last start. The end of a server that stops is
// waited for; one that is active already is an *ActiveError, and one that fails at
// once a *SpawnError. Where the answer is lost it is looked for, and asked for
// again where nothing has begun: there is only one server of a name. One that has
// begun is a success also when the context has ended meanwhile.
func (c *Client) Launch(ctx context.Context, user, name string, options map[string]any) error {
	server, active, err := c.GetServer(ctx, user, name)
	if err == nil && server.Stops() {
		active, err = c.untilStopped(ctx, user, name, &outage{clock: c.clock})
		server.Pending = ""
	}
	if err != nil {
		return err
	}
	if active {
		return &ActiveError{User: user, Server: server}
	}
	for tries := 0; ; tries++ {
		err := c.postServer(ctx, user, name, options)
		failure, ok := errors.AsType[*transport.Error](err)
		switch {
		case err == nil, ok && tries > 0 && isActive(failure):
			return nil
		case !ok, !failure.MayHaveArrived():
			return err
		case failure.JSONError && failure.Status == http.StatusInternalServerError:
			return c.spawnError(ctx, user, name, nil)
		}
		begun, lookErr := c.hasBegun(ctx, user, name)
		if begun {
			return nil
		}
		if lookErr != nil || tries == relaunches || ctx.Err() != nil {
			return err
		}
	}
}

// hasBegun says whether a server starts, or runs, of whose start there was no
// answer. After Ctrl-C there is time for one look: the Hub holds back its answer
// for ten seconds, and goes on without those who wait for it.
func (c *Client) hasBegun(ctx context.Context, user, name string) (bool, error) {
	look := c.LookForServer
	if ctx.Err() != nil {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleaning)
		defer cancel()
		ctx, look = bounded, c.GetServer
	}
	server, active, err := look(ctx, user, name)
	return active && !server.Stops(), err
}

// isActive recognises the answer to a second start.
func isActive(failure *transport.Error) bool {
	return failure.Kind == transport.KindStatus && failure.Status == http.StatusBadRequest &&
		(strings.HasSuffix(failure.RawMessage(), " is already running") || strings.HasSuffix(failure.RawMessage(), " is pending spawn"))
}

func (c *Client) postServer(ctx context.Context, user, name string, options map[string]any) error {
	body := map[string]any{}
	maps.Copy(body, options)
	// The bare form is the only one before 6. Since then it cannot say that there
	// are no options, nor have some with these names.
	_, userOptions := options["user_options"]
	_, displayName := options["display_name"]
	if (len(options) == 0 || userOptions || displayName) && !c.isBefore(ctx, 6) {
		body = map[string]any{"user_options": body}
	}
	c.servers.of(user).Changed(name)
	_, err := c.transport.Do(ctx, transport.Request{Method: http.MethodPost, Path: serverPath(user, name), Body: body})
	return err
}

// isBefore says whether the Hub tells an older major version: GET /hub/api, which
// everybody may ask. A Hub that does not tell is taken for one of today's.
func (c *Client) isBefore(ctx context.Context, major int) bool {
	told, err := c.release.Get(ctx, func(ctx context.Context) (string, error) {
		answer, err := transport.Call[struct {
			Version string `json:"version"`
		}](ctx, c.transport, transport.Request{Method: http.MethodGet, Path: api(""), Anonymous: true, Retryable: true, Want: "the Hub's version"})
		return answer.Version, err
	})
	number, _, _ := strings.Cut(told, ".")
	release, parseErr := strconv.Atoi(number)
	return err == nil && parseErr == nil && release < major
}

func serverPath(user, name string, further ...string) []string {
	path := api("users", user, "server")
	if name != "" {
		path = api("users", user, "servers", name)
	}
	return append(path, further...)
}

// AwaitServer waits until a server is ready, and hands over each message that the
// Hub has for those who wait. It follows the progress stream, and looks at the
// server when that ends or cannot be had. A start that fails is a *SpawnError;
// what else may happen ends with the context.
func (c *Client) AwaitServer(ctx context.Context, user, name string, tell func(message string)) (Server, error) {
	p := &progress{client: c, user: user, name: name, tell: tell}
	for {
		p.follow(ctx)
		server, active, err := c.GetServer(ctx, user, name)
		switch {
		case ctx.Err() != nil:
			return server, ctx.Err()
		case err != nil && !passes(err):
			return server, err
		case err == nil && active && server.Ready && server.Pending == "":
			return server, nil
		case err == nil && !active:
			// It may be between two states.
			if server, active, err = c.LookForServer(ctx, user, name); err == nil && !active {
				return server, c.spawnError(ctx, user, name, p)
			}
		}
		if err := c.clock.Sleep(ctx, serverPause); err != nil {
			return server, err
		}
	}
}

// passes says of a failure to look that it may be over soon.
func passes(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Passes()
}

// spawnError asks the Hub why a start failed: the progress of a server whose last
// start did ends with the reason.
func (c *Client) spawnError(ctx context.Context, user, name string, p *progress) error {
	if p == nil {
		p = &progress{client: c, user: user, name: name, tell: func(string) {}}
	}
	if p.reason == "" {
		p.follow(ctx)
	}
	return &SpawnError{User: user, Name: name, Reason: p.reason, Messages: p.messages}
}

// StopServer stops a server, and returns when the Hub no longer lists it: DELETE
// of what Launch posts to. With remove a named one is forgotten as well, and with
// it what its spawner keeps. One that does not run is stopped already. A Hub
// before 5 lets no start be interrupted (jupyterhub/apihandlers/users.py), so
// that its end is waited for. Transient errors of DELETE and of GET are each
// tolerated for outageTolerance.
func (c *Client) StopServer(ctx context.Context, user, name string, remove bool) error {
	deletes, reads := outage{clock: c.clock}, outage{clock: c.clock}
	for {
		deleteErr := c.deleteServer(ctx, user, name, remove)
		if deleteErr != nil && !passes(deleteErr) && !isStarting(deleteErr) {
			return deleteErr
		}
		active, err := c.untilStopped(ctx, user, name, &reads)
		switch {
		case err != nil:
			return err
		case !active && (deleteErr == nil || !remove):
			return nil
		case deleteErr == nil, active && isStarting(deleteErr):
			deletes.end()
		case !deletes.tolerates(ctx):
			return deleteErr
		}
		if err := c.clock.Sleep(ctx, serverPause); err != nil {
			return err
		}
	}
}

// outage measures how long all responses have been transient errors.
type outage struct {
	clock clock.Clock
	since time.Time
}

// tolerates reports whether to continue after one more transient error.
func (o *outage) tolerates(ctx context.Context) bool {
	now := o.clock.Now()
	if o.since.IsZero() {
		o.since = now
	}
	return ctx.Err() == nil && now.Sub(o.since) < outageTolerance
}

func (o *outage) end() { o.since = time.Time{} }

// isStarting recognises an older Hub's answer to the stop of a server that starts.
func isStarting(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.JSONError && failure.Status == http.StatusBadRequest && strings.HasSuffix(failure.RawMessage(), " is pending spawn, please wait")
}

func (c *Client) deleteServer(ctx context.Context, user, name string, remove bool) error {
	c.servers.of(user).Changed(name)
	r := transport.Request{Method: http.MethodDelete, Path: serverPath(user, name), Retryable: true}
	if remove && name != "" {
		r.Body = map[string]any{"remove": true}
	}
	_, err := c.transport.Do(ctx, r)
	if failure, ok := errors.AsType[*transport.Error](err); ok && failure.JSONError && failure.Status == http.StatusNotFound {
		// A named server that the Hub has forgotten.
		return nil
	}
	return err
}

// untilStopped waits for a server that stops or starts. True is one that runs
// all the same: the request was lost, or it was started again.
func (c *Client) untilStopped(ctx context.Context, user, name string, reads *outage) (bool, error) {
	for {
		server, active, err := c.GetServer(ctx, user, name)
		switch {
		case err == nil:
			reads.end()
			if !active || server.Pending == "" {
				return active, nil
			}
		case !passes(err) || !reads.tolerates(ctx):
			return false, err
		}
		if err := c.clock.Sleep(ctx, serverPause); err != nil {
			return true, err
		}
	}
}
