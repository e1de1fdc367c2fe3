// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package hub is a client of JupyterHub's REST API. It has one method for each
// endpoint, and methods that complete a task: the Hub returns a token's value only
// once, reuses token ids, and starts and stops servers in the background. The package
// does not depend on Terraform.
package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/share"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Client sends requests to one Hub with one token. It is safe for concurrent use.
type Client struct {
	transport *transport.Client
	clock     clock.Clock
	whoami    share.Value[User]
	version   share.Value[string]
	created   *createdTokens
	tokens    userDirectories[listedToken]
	servers   userDirectories[Server]
	// starting and started are the servers, by their path, whose start this Client has
	// under way or has requested.
	starting, started sync.Map
}

// New returns a Client. The transport's base address is the address of the Hub,
// without hub/api. New sends no request.
func New(t *transport.Client, c clock.Clock) *Client {
	c = clock.OrReal(c)
	client := &Client{transport: t, clock: c, created: newCreatedTokens()}
	client.tokens.list, client.servers.list = client.listTokensByID, client.listActiveServers
	client.tokens.clock, client.servers.clock = c, c
	return client
}

// IsCredentialFailure reports whether a status and a message reject the token. The
// Hub never sends 401 for that. It sends 403 with the message null or "Missing or
// invalid credentials", before JupyterHub 6 also with "Forbidden"
// (apihandlers/base.py). The 403 for a missing scope has a different message, except
// in JupyterHub 1, which has no scopes and one message for both cases.
func IsCredentialFailure(status int, message string) bool {
	return status == http.StatusUnauthorized ||
		status == http.StatusForbidden && (message == "" || message == http.StatusText(status) || strings.HasPrefix(message, "Missing or invalid credentials"))
}

// IsMissingScope reports whether the Hub rejected a request because the token lacks
// a scope. Before JupyterHub 4 the Hub sends the same message for a token that
// does not exist.
func IsMissingScope(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind == transport.KindStatus && failure.Status == http.StatusForbidden && strings.HasPrefix(failure.RawMessage(), "Action is not authorized with current scopes")
}

// IsNotFound reports whether the Hub itself returned 404 for a token or its user: "No
// such token ..." or "No such user: ...", before JupyterHub 5 also "Token not found
// None". For a user that the token may not read, and for an unknown path, the Hub
// returns 404 with a different message or none. Such a 404 proves nothing.
func IsNotFound(err error) bool {
	failure, isNotFound := transport.APIError(err, http.StatusNotFound)
	return isNotFound && (strings.HasPrefix(failure.RawMessage(), "No such ") || strings.HasPrefix(failure.RawMessage(), "Token not found"))
}

// User is the owner of a token.
type User struct {
	// Kind is "user" or "service".
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	Admin  bool     `json:"admin"`
	Scopes []string `json:"scopes"`
}

// Whoami returns the owner of the Client's token: GET /hub/api/user. All callers
// of one Client share one response.
func (c *Client) Whoami(ctx context.Context) (User, error) {
	return c.whoami.Get(ctx, func(ctx context.Context) (User, error) {
		return transport.Call(ctx, c.transport, transport.Request{
			Method: http.MethodGet, Path: api("user"), IsRetryable: true, Want: "the token's user",
		}, func(user User) string { return invalidUserName(user.Name) })
	})
}

// invalidUserName describes what is wrong with the user name of a response, or
// returns "".
func invalidUserName(name string) string {
	if isUserName(name) {
		return ""
	}
	return fmt.Sprintf("the response names no user: %q", name)
}

func api(elements ...string) []string { return append([]string{"hub", "api"}, elements...) }
