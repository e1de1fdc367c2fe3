// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// paginationType is the media type with which JupyterHub 2 and later return pages
	// (jupyterhub/apihandlers/base.py, PAGINATION_MEDIA_TYPE). Without it the Hub
	// returns the first page, and does not report that more exist.
	paginationType = "application/jupyterhub-pagination+json"
	// userPageSize is the Hub's default for the largest page, api_page_max_limit.
	userPageSize = 200
)

// userPage is a page of users.
type userPage struct {
	Items      []wireAccount `json:"items"`
	Pagination struct {
		Next *struct {
			Offset int `json:"offset"`
		} `json:"next"`
	} `json:"_pagination"`
}

// UnmarshalJSON also decodes the list of all users that JupyterHub 1 returns.
func (p *userPage) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '[' {
		return json.Unmarshal(raw, &p.Items)
	}
	type page userPage
	return json.Unmarshal(raw, (*page)(p))
}

// ListActiveUsers returns the users that have an active server and that the
// Client's token may list, with their servers: GET /hub/api/users, a page at a time.
// It needs the scopes list:users and read:servers; without the latter it returns
// ErrServersHidden.
func (c *Client) ListActiveUsers(ctx context.Context) ([]Account, error) {
	var users []Account
	for offset := 0; ; {
		page, err := transport.Call(ctx, c.transport, transport.Request{
			Method: http.MethodGet, Path: api("users"), Query: fmt.Sprintf("state=active&offset=%d&limit=%d", offset, userPageSize),
			Accept: paginationType, IsRetryable: true, IsLarge: true, Want: "the users of the Hub",
		}, func(page userPage) string { return page.invalidReason(offset) })
		if err != nil {
			return nil, err
		}
		for _, wire := range page.Items {
			account := wire.account()
			if account.Servers == nil {
				return nil, ErrServersHidden
			}
			users = append(users, account)
		}
		if page.Pagination.Next == nil {
			// JupyterHub 1.0 ignores the state and lists all users.
			return slices.DeleteFunc(users, func(user Account) bool { return len(user.Servers) == 0 }), nil
		}
		offset = page.Pagination.Next.Offset
	}
}

// invalidReason describes what is wrong with the page, or returns "". Without this
// check, a next page that does not follow this one would be read for ever.
func (p userPage) invalidReason(offset int) string {
	if p.Items == nil {
		return "the response has no list of users"
	}
	if next := p.Pagination.Next; next != nil && next.Offset <= offset {
		return fmt.Sprintf("the page after offset %d has the offset %d", offset, next.Offset)
	}
	for _, user := range p.Items {
		if reason := invalidUserName(user.Name); reason != "" {
			return reason
		}
		if reason := user.invalidServer(); reason != "" {
			return reason
		}
	}
	return ""
}
