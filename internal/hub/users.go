// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package hub is a client of JupyterHub's REST API: one method for each
// endpoint, and what has to be done around tokens, whose values are told once
// and whose ids are given again. It knows nothing of Terraform.
package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/share"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Client talks to one Hub with one token. It is safe for concurrent use.
type Client struct {
	transport *transport.Client
	clock     clock.Clock
	whoami    share.Value[User]
	release   share.Value[string]
	issuing   *issuing
	tokens    perUser[seenToken]
	servers   perUser[Server]
}

// New makes a Client. The transport's base address is the Hub's, without
// hub/api. It sends nothing.
func New(t *transport.Client, c clock.Clock) *Client {
	if c == nil {
		c = clock.Real()
	}
	client := &Client{transport: t, clock: c, issuing: newIssuing()}
	client.tokens.list, client.servers.list = client.seenTokens, client.activeServers
	client.tokens.clock, client.servers.clock = c, c
	return client
}

// IsCredentialFailure recognises how a Hub turns a token down: never with 401,
// but with 403 and one of two texts, of which one is null, and before JupyterHub
// 6 "Forbidden" (apihandlers/base.py). A missing scope is another 403, except
// for JupyterHub 1, which has no scopes and one text for all.
func IsCredentialFailure(status int, words string) bool {
	return status == http.StatusUnauthorized ||
		status == http.StatusForbidden && (words == "" || words == http.StatusText(status) || strings.HasPrefix(words, "Missing or invalid credentials"))
}

// IsRights says that the Hub turned a request down for a missing scope. Before
// JupyterHub 4 it says the same to a token that it does not know.
func IsRights(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind == transport.KindStatus && failure.Status == http.StatusForbidden && strings.HasPrefix(failure.RawMessage(), "Action is not authorized with current scopes")
}

// User is who a token belongs to.
type User struct {
	// Kind is "user" or "service".
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	Admin  bool     `json:"admin"`
	Scopes []string `json:"scopes"`
}

// Whoami asks whose token the Client has: GET /hub/api/user. All who ask one
// Client share one answer.
func (c *Client) Whoami(ctx context.Context) (User, error) {
	return c.whoami.Get(ctx, func(ctx context.Context) (User, error) {
		return transport.Call(ctx, c.transport, transport.Request{
			Method: http.MethodGet, Path: api("user"), Retryable: true, Want: "the token's user",
		}, func(answer User) string {
			if isUserName(answer.Name) {
				return ""
			}
			return fmt.Sprintf("the answer names no user: %q", answer.Name)
		})
	})
}

// IsNotFound says that the Hub itself answered 404: "No such token ..." or "No
// such user: ...", before JupyterHub 5 also "Token not found None". The Hub gives the same status with another text where the
// token may not see the user, and without any for a path that it does not
// have; neither is proof of anything.
func IsNotFound(err error) bool {
	var failure *transport.Error
	return errors.As(err, &failure) && failure.Kind == transport.KindStatus && failure.Status == http.StatusNotFound && failure.JSONError &&
		(strings.HasPrefix(failure.RawMessage(), "No such ") || strings.HasPrefix(failure.RawMessage(), "Token not found"))
}

func api(elements ...string) []string { return append([]string{"hub", "api"}, elements...) }
