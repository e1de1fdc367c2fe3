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
	// ID is unique in the Hub at a time; Hubs on sqlite give a freed id to the
	// next token.
	ID, User, Note string
	// Value is known only when the token has just been made.
	Value   secret.String
	Created time.Time
	// ExpiresAt is zero for a token that does not expire.
	ExpiresAt time.Time
	// LastActivity is when somebody last used it; zero for never.
	LastActivity time.Time
	// Scopes are what the Hub resolved the requested ones to, which is more,
	// in no order.
	Scopes []string
}

// TokenRequest says what token to make. Zero values leave the Hub's defaults:
// no end, and all that the user may do.
type TokenRequest struct {
	Note string
	// ExpiresIn is in whole seconds.
	ExpiresIn     time.Duration
	Scopes, Roles []string
}

// CreateToken makes a token: POST /hub/api/users/USER/tokens, answered with 201
// (200 before JupyterHub 2). It is never repeated once it may have arrived;
// Issue knows what to do then, and after an *IgnoredError, which comes with the
// token.
func (c *Client) CreateToken(ctx context.Context, user string, r TokenRequest) (Token, error) {
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
	}, wireToken.valueObjection)
	c.tokens.of(user).Changed(wire.ID)
	if ignored := wire.ignored(r); err == nil && ignored != "" {
		err = &IgnoredError{Argument: ignored, ID: wire.ID}
	}
	return wire.token(), err
}

// IsTooLong says that the Hub refused the lifetime of a token, because it allows
// less: token_expires_in_max_seconds (apihandlers/users.py, since JupyterHub
// 5.1). A request without one gets the longest.
func IsTooLong(err error) bool {
	var failure *transport.Error
	return errors.As(err, &failure) && failure.Kind == transport.KindStatus && failure.Status == http.StatusBadRequest && failure.JSONError &&
		strings.HasPrefix(failure.RawMessage(), "token expires_in: ") && strings.Contains(failure.RawMessage(), " must not exceed ")
}

// GetToken reads one token, without its value: GET
// /hub/api/users/USER/tokens/ID.
func (c *Client) GetToken(ctx context.Context, user, id string) (Token, error) {
	token, _, err := c.getToken(ctx, user, id)
	return token, err
}

// getToken also returns the server's clock, zero if it did not tell.
func (c *Client) getToken(ctx context.Context, user, id string) (Token, time.Time, error) {
	if !isID(id) {
		return Token{}, time.Time{}, fmt.Errorf("the id of a token cannot be %.80q", id)
	}
	var wire wireToken
	response, err := c.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, Path: tokensPath(user, id), Retryable: true, Want: "the token",
		Decode: func(body io.Reader) error {
			wire = wireToken{}
			if err := transport.NewDecoder(body).Decode(&wire); err != nil {
				return err
			}
			if wire.ID != id {
				return unusable(fmt.Sprintf("the answer is about the token %q", wire.ID))
			}
			return unusable(wire.objection())
		},
	})
	if err != nil {
		return Token{}, time.Time{}, err
	}
	return wire.token(), response.Date, nil
}

// ListTokens lists a user's tokens: GET /hub/api/users/USER/tokens. It also
// returns the server's clock, zero if it did not tell.
func (c *Client) ListTokens(ctx context.Context, user string) ([]Token, time.Time, error) {
	var list struct {
		APITokens *[]wireToken `json:"api_tokens"`
	}
	response, err := c.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, Path: tokensPath(user), Retryable: true, Want: "the user's tokens",
		Decode: func(body io.Reader) error {
			list.APITokens = nil
			if err := transport.NewDecoder(body).Decode(&list); err != nil {
				return err
			}
			if list.APITokens == nil {
				return unusable("the answer has no api_tokens")
			}
			for _, wire := range *list.APITokens {
				if err := unusable(wire.objection()); err != nil {
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

// DeleteToken revokes a token: DELETE /hub/api/users/USER/tokens/ID. For an id
// that is not there IsNotFound(err) is true. It is never repeated once it may
// have arrived, because another token may have the id by then; Revoke knows what
// to do.
func (c *Client) DeleteToken(ctx context.Context, user, id string) error {
	if !isID(id) {
		return fmt.Errorf("the id of a token cannot be %.80q", id)
	}
	c.tokens.of(user).Changed(id)
	_, err := c.transport.Do(ctx, transport.Request{Method: http.MethodDelete, Path: tokensPath(user, id)})
	return err
}

func tokensPath(user string, id ...string) []string {
	return append(api("users", user, "tokens"), id...)
}
