// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Account is a user or a service. The Hub leaves out what the Client's token may not
// read (jupyterhub/apihandlers/base.py, user_model): those fields are nil, or zero
// for Created.
type Account struct {
	// Kind is "user" or "service".
	Kind, Name string
	Admin      *bool
	// Groups and Roles are in no particular order.
	Groups, Roles []string
	// Scopes are the scopes of the Client's token. Only Self returns them, and
	// JupyterHub 1 does not.
	Scopes  []string
	Created time.Time
	// Servers are the active servers by name. The default server has the name "". Nil
	// means that the token may not read them.
	Servers map[string]Server
}

// Server is a notebook server of a user.
type Server struct {
	Name string
	// URL is absolute if a public address is configured on the Hub, else a path.
	URL     string
	IsReady bool
	// Pending is "spawn", "stop" or "check", or "" for none.
	Pending string
	Started time.Time
	// UserOptions are the options that the server was started with, numbers as
	// json.Number.
	UserOptions any
}

// IsStopping reports whether the Hub is stopping the server.
func (s Server) IsStopping() bool { return s.Pending == "stop" }

// isActive reports whether the server is running, starting or stopping.
func (s Server) isActive() bool { return s.IsReady || s.Pending != "" }

// isUsable reports whether the server is running, and is not about to start or stop.
func (s Server) isUsable() bool { return s.IsReady && s.Pending == "" }

type wireAccount struct {
	Kind    string                `json:"kind"`
	Name    string                `json:"name"`
	Admin   *bool                 `json:"admin"`
	Groups  []string              `json:"groups"`
	Roles   []string              `json:"roles"`
	Scopes  []string              `json:"scopes"`
	Created hubTime               `json:"created"`
	Servers map[string]wireServer `json:"servers"`
}

type wireServer struct {
	URL         string  `json:"url"`
	FullURL     string  `json:"full_url"`
	Ready       bool    `json:"ready"`
	Pending     string  `json:"pending"`
	Started     hubTime `json:"started"`
	UserOptions any     `json:"user_options"`
}

// Self returns the owner of the Client's token, from a new request each time: GET
// /hub/api/user.
func (c *Client) Self(ctx context.Context) (Account, error) {
	return c.getAccount(ctx, api("user"), func(account wireAccount) string { return invalidUserName(account.Name) })
}

// GetUser returns a user: GET /hub/api/users/NAME. IsUserNotFound(err) is true if
// the Hub does not return that user.
func (c *Client) GetUser(ctx context.Context, name string) (Account, error) {
	if err := ValidateUserName(name); err != nil {
		return Account{}, err
	}
	return c.getAccount(ctx, api("users", name), func(account wireAccount) string {
		if account.Name != name {
			return fmt.Sprintf("the response is about the user %q", account.Name)
		}
		return ""
	})
}

func (c *Client) getAccount(ctx context.Context, path []string, invalidReason func(wireAccount) string) (Account, error) {
	wire, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: path, IsRetryable: true, Want: "a user of the Hub",
	}, invalidReason, wireAccount.invalidServer)
	if err != nil {
		return Account{}, err
	}
	return wire.account(), nil
}

// invalidServer describes what is wrong with a server of the account, or returns
// "".
func (w wireAccount) invalidServer() string {
	for name, server := range w.Servers {
		if !isServerURL(server.address()) {
			return fmt.Sprintf("the server %q has the address %q", name, server.address())
		}
	}
	return ""
}

func (w wireServer) address() string {
	if w.FullURL != "" {
		return w.FullURL
	}
	return w.URL
}

// isServerURL reports whether a browser can open the address: a path or an http
// address.
func isServerURL(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil {
		return false
	}
	if parsed.Host == "" {
		return parsed.Scheme == "" && strings.HasPrefix(parsed.Path, "/")
	}
	return parsed.User == nil && (parsed.Scheme == "http" || parsed.Scheme == "https")
}

func (w wireAccount) account() Account {
	account := Account{
		Kind: w.Kind, Name: w.Name, Admin: w.Admin, Groups: w.Groups, Roles: w.Roles, Scopes: w.Scopes, Created: time.Time(w.Created),
	}
	if w.Servers == nil {
		return account
	}
	account.Servers = make(map[string]Server, len(w.Servers))
	for name, server := range w.Servers {
		account.Servers[name] = Server{
			Name: name, URL: server.address(), IsReady: server.Ready, Pending: server.Pending, Started: time.Time(server.Started), UserOptions: server.UserOptions,
		}
	}
	return account
}

// IsUserNotFound reports whether the Hub itself returned 404 for a user. Either no
// user has that name, or the token may not read the user. The Hub returns the same
// response in both cases, except to tokens that may read every user.
func IsUserNotFound(err error) bool {
	_, isNotFound := transport.APIError(err, http.StatusNotFound)
	return isNotFound
}
