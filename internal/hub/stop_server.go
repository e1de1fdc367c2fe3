// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"net/http"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// StopServer stops a server, and returns when the Hub no longer lists it: DELETE with
// the path of StartServer. With remove, the Hub also deletes a named server and the
// data of its spawner. StopServer succeeds if the server is not running.
//
// A Hub before JupyterHub 5 refuses to stop a server that is starting
// (apihandlers/users.py), so StopServer waits until the start has ended. It tolerates
// transient errors for outageTolerance, and pauses after every attempt. Without
// errors, only the context limits the wait.
func (c *Client) StopServer(ctx context.Context, user, name string, remove bool) error {
	needsDelete := true
	var deleteErr error
	_, err := poll.Until(ctx, c.clock, stopPolicy, func(ctx context.Context) (struct{}, bool, error) {
		if needsDelete {
			deleteErr = c.deleteServer(ctx, user, name, remove)
			if deleteErr != nil && !isStopRetryable(deleteErr) {
				return struct{}{}, false, deleteErr
			}
			needsDelete = false
		}
		server, isActive, err := c.GetServer(ctx, user, name)
		switch {
		case err != nil:
			return struct{}{}, false, err
		case isActive && server.Pending != "":
			return struct{}{}, false, nil
		case !isActive && (deleteErr == nil || !remove):
			return struct{}{}, true, nil
		}
		// The request was lost, or the server was started again.
		needsDelete = true
		if isActive && isStarting(deleteErr) {
			return struct{}{}, false, nil
		}
		return struct{}{}, false, deleteErr
	})
	return err
}

func isStopRetryable(err error) bool { return transport.IsTransient(err) || isStarting(err) }

// isStarting reports whether a Hub before JupyterHub 5 refused to stop a server
// because it is starting.
func isStarting(err error) bool {
	failure, ok := transport.APIError(err, http.StatusBadRequest)
	return ok && strings.HasSuffix(failure.RawMessage(), " is pending spawn, please wait")
}

func (c *Client) deleteServer(ctx context.Context, user, name string, remove bool) error {
	if err := ValidateUserName(user); err != nil {
		return err
	}
	c.servers.of(user).Changed(name)
	r := transport.Request{Method: http.MethodDelete, Path: serverPath(user, name), IsRetryable: true}
	if remove && name != "" {
		r.Body = map[string]any{"remove": true}
	}
	_, err := c.transport.Do(ctx, r)
	if _, isNotFound := transport.APIError(err, http.StatusNotFound); isNotFound {
		// The Hub no longer has the named server.
		return nil
	}
	return err
}
