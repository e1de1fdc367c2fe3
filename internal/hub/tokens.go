// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Token is an API token of a user.
type Token struct {
	// ID is unique among the tokens that exist. A Hub on sqlite gives the id of a
	// deleted token to the next one.
	ID, User, Note string
	// Value is set only by the response that created the token.
	Value   secret.String
	Created time.Time
	// ExpiresAt is zero for a token that does not expire.
	ExpiresAt time.Time
	// LastActivity is when the token was last used; zero if it never was.
	LastActivity time.Time
	// Scopes are the scopes to which the Hub expanded the requested ones, in no
	// particular order.
	Scopes []string
}

// isSameToken reports whether two responses are about the same token. The id alone is
// not enough, because a Hub may reuse it.
func (t Token) isSameToken(other Token) bool {
	return t.ID == other.ID && t.Note == other.Note && t.Created.Equal(other.Created)
}

// TokenRequest describes the token to create. Zero values select the Hub's
// defaults: a token that does not expire and has all the user's rights.
type TokenRequest struct {
	Note string
	// HasUniqueNote states that the note was generated for this request, so that
	// no other token has it. A token whose response is lost is then certain to be
	// found.
	HasUniqueNote bool
	// ExpiresIn is in whole seconds.
	ExpiresIn     time.Duration
	Scopes, Roles []string
}

// CreateToken creates a token: POST /hub/api/users/USER/tokens. The Hub returns 201
// (200 before JupyterHub 2). The request is never sent again once it may have
// arrived. CreateToken returns an *IgnoredArgumentError together with the token.
// IssueToken handles this error, and a lost response.
func (c *Client) CreateToken(ctx context.Context, user string, r TokenRequest) (Token, error) {
	if err := ValidateUserName(user); err != nil {
		return Token{}, err
	}
	body := map[string]any{}
	if r.Note != "" {
		body["note"] = r.Note
	}
	if r.ExpiresIn > 0 {
		body["expires_in"] = int64(r.ExpiresIn / time.Second)
	}
	if len(r.Scopes) > 0 {
		body["scopes"] = r.Scopes
	}
	if len(r.Roles) > 0 {
		body["roles"] = r.Roles
	}
	wire, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodPost, Path: tokensPath(user), Body: body, Want: "the new token",
	}, wireToken.invalidNewReason)
	c.tokens.of(user).Changed(wire.ID)
	if argument := wire.ignoredArgument(r); err == nil && argument != "" {
		err = &IgnoredArgumentError{Argument: argument, ID: wire.ID}
	}
	return wire.token(), err
}

// IsLifetimeTooLong reports whether the Hub rejected the lifetime of a token because
// of its limit, token_expires_in_max_seconds (apihandlers/users.py, since JupyterHub
// 5.1). A request without a lifetime gets the longest allowed one.
func IsLifetimeTooLong(err error) bool {
	failure, isBadRequest := transport.APIError(err, http.StatusBadRequest)
	return isBadRequest && strings.HasPrefix(failure.RawMessage(), "token expires_in: ") && strings.Contains(failure.RawMessage(), " must not exceed ")
}

// GetToken returns a token, without its value: GET
// /hub/api/users/USER/tokens/ID.
func (c *Client) GetToken(ctx context.Context, user, id string) (Token, error) {
	token, _, err := c.getToken(ctx, user, id)
	return token, err
}

// getToken also returns the time of the Hub's clock, or zero if the response has
// none.
func (c *Client) getToken(ctx context.Context, user, id string) (Token, time.Time, error) {
	if err := errors.Join(ValidateUserName(user), validateTokenID(id)); err != nil {
		return Token{}, time.Time{}, err
	}
	var wire wireToken
	response, err := c.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, Path: tokensPath(user, id), IsRetryable: true, Want: "the token",
		Decode: func(body io.Reader) error {
			wire = wireToken{}
			if err := transport.NewDecoder(body).Decode(&wire); err != nil {
				return err
			}
			if wire.ID != id {
				return bodyError(fmt.Sprintf("the response is about the token %q", wire.ID))
			}
			return bodyError(wire.invalidReason())
		},
	})
	if err != nil {
		return Token{}, time.Time{}, err
	}
	return wire.token(), response.Date, nil
}

// ListTokens lists the tokens of a user: GET /hub/api/users/USER/tokens. It also
// returns the time of the Hub's clock, or zero if the response has none.
func (c *Client) ListTokens(ctx context.Context, user string) ([]Token, time.Time, error) {
	if err := ValidateUserName(user); err != nil {
		return nil, time.Time{}, err
	}
	var list struct {
		APITokens *[]wireToken `json:"api_tokens"`
	}
	response, err := c.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, Path: tokensPath(user), IsRetryable: true, Want: "the user's tokens",
		Decode: func(body io.Reader) error {
			list.APITokens = nil
			if err := transport.NewLargeDecoder(body).Decode(&list); err != nil {
				return err
			}
			if list.APITokens == nil {
				return bodyError("the response has no api_tokens")
			}
			for _, wire := range *list.APITokens {
				if err := bodyError(wire.invalidReason()); err != nil {
					return err
				}
			}
			return nil
		},
	})
	if err != nil {
		return nil, time.Time{}, err
	}
	tokens := make([]Token, 0, len(*list.APITokens))
	for _, wire := range *list.APITokens {
		tokens = append(tokens, wire.token())
	}
	return tokens, response.Date, nil
}

// DeleteToken revokes whichever token has the id: DELETE
// /hub/api/users/USER/tokens/ID. IsNotFound(err) is true if no token has it. The
// request is never sent again once it may have arrived, because another token may
// have the id by then. RevokeToken handles a lost response.
func (c *Client) DeleteToken(ctx context.Context, user, id string) error {
	if err := errors.Join(ValidateUserName(user), validateTokenID(id)); err != nil {
		return err
	}
	c.tokens.of(user).Changed(id)
	_, err := c.transport.Do(ctx, transport.Request{Method: http.MethodDelete, Path: tokensPath(user, id)})
	return err
}

func tokensPath(user string, id ...string) []string {
	return append(api("users", user, "tokens"), id...)
}
