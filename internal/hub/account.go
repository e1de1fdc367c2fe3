// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Account is a user or a service, as far as the Client's token may see it. What
// it may not see the Hub leaves out (jupyterhub/apihandlers/base.py,
// user_model): nil, or zero for Created.
type Account struct {
	// Kind is "user" or "service".
	Kind, Name string
	Admin      *bool
	// Groups and Roles are in the Hub's order, which is none.
	Groups, Roles []string
	// Scopes are those of the Client's token, and only told of its own owner;
	// JupyterHub 1 has none.
	Scopes  []string
	Created time.Time
	// Servers are those that run, start or stop, by name; that of the default
	// server is "". A nil map is not an empty one.
	Servers map[string]Server
}

// Server is a notebook server of a user.
type Server struct {
	Name string
	// URL is absolute on a Hub that knows its public address, else a path.
	URL   string
	Ready bool
	// Pending is "spawn", "stop" or "check", or "" for none.
	Pending string
	Started time.Time
	// UserOptions are what the server was started with, numbers as json.Number.
	UserOptions any
}

// Stops says whether it is being stopped.
func (s Server) Stops() bool { return s.Pending == "stop" }

// active says whether it runs, starts or stops.
func (s Server) active() bool { return s.Ready || s.Pending != "" }

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

// Self reads whom the Client's token belongs to, anew each time: GET
// /hub/api/user.
func (c *Client) Self(ctx context.Context) (Account, error) {
	return c.account(ctx, api("user"), func(answer wireAccount) string {
		return objectionToName(answer.Name)
	})
}

// GetUser reads one user: GET /hub/api/users/NAME. IsUnseen(err) is true for one
// that the Hub does not show.
func (c *Client) GetUser(ctx context.Context, name string) (Account, error) {
	if !ValidUserName(name) {
		return Account{}, fmt.Errorf("%.80q is not the name of a user", name)
	}
	return c.account(ctx, api("users", name), func(answer wireAccount) string {
		if answer.Name != name {
			return fmt.Sprintf("the answer is about the user %q", answer.Name)
		}
		return ""
	})
}

func (c *Client) account(ctx context.Context, path []string, check func(wireAccount) string) (Account, error) {
	answer, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: path, Retryable: true, Want: "a user of the Hub",
	}, check, wireAccount.objection)
	if err != nil {
		return Account{}, err
	}
	return answer.account(), nil
}

func objectionToName(name string) string {
	if isUserName(name) {
		return ""
	}
	return fmt.Sprintf("the answer names no user: %q", name)
}

// objection says what is wrong with a user's servers, or "".
func (w wireAccount) objection() string {
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

// isServerURL takes what a browser can open: a path or an http address.
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
			Name: name, URL: server.address(), Ready: server.Ready, Pending: server.Pending, Started: time.Time(server.Started), UserOptions: server.UserOptions,
		}
	}
	return account
}

// ValidUserName says whether a Hub may have a user of this name.
func ValidUserName(name string) bool { return isUserName(name) }

// IsUnseen says that the Hub itself answered 404 to the question for a user: there
// is none of that name, or the token may not see it. The Hub makes no difference,
// but for tokens that may see all.
func IsUnseen(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind == transport.KindStatus && failure.Status == http.StatusNotFound && failure.JSONError
}
