// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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

type wireToken struct {
	ID        string   `json:"id"`
	User      string   `json:"user"`
	Note      any      `json:"note"`
	Token     string   `json:"token"`
	Created   hubTime  `json:"created"`
	ExpiresAt hubTime  `json:"expires_at"`
	Scopes    []string `json:"scopes"`
}

func (w wireToken) token() Token {
	note, isText := w.Note.(string)
	if !isText && w.Note != nil {
		note = fmt.Sprint(w.Note)
	}
	return Token{
		ID: w.ID, User: w.User, Note: note, Value: secret.New(w.Token),
		Created: time.Time(w.Created), ExpiresAt: time.Time(w.ExpiresAt), Scopes: w.Scopes,
	}
}

// hubTime is ISO 8601 in UTC with microseconds; Hubs before 1.0 leave out the Z.
type hubTime time.Time

// UnmarshalJSON reads a time or null.
func (t *hubTime) UnmarshalJSON(raw []byte) error {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return err
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999"} {
		if parsed, err := time.Parse(layout, *text); err == nil {
			*t = hubTime(parsed.UTC())
			return nil
		}
	}
	return fmt.Errorf("%q is not a time", *text)
}

// CreateToken makes a token: POST /hub/api/users/USER/tokens, answered with 201
// (200 before JupyterHub 2). It is never repeated once it may have arrived;
// Issue knows what to do then.
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
	}, func(answer wireToken) string {
		if answer.ID == "" || answer.Token == "" {
			return "the answer holds no token"
		}
		return ""
	})
	return wire.token(), err
}

// GetToken reads one token, without its value: GET
// /hub/api/users/USER/tokens/ID.
func (c *Client) GetToken(ctx context.Context, user, id string) (Token, error) {
	token, _, err := c.getToken(ctx, user, id)
	return token, err
}

// getToken also returns the server's clock, zero if it did not tell.
func (c *Client) getToken(ctx context.Context, user, id string) (Token, time.Time, error) {
	var wire wireToken
	response, err := c.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, Path: tokensPath(user, id), Repeatable: true, Want: "the token",
		Decode: func(body io.Reader) error {
			wire = wireToken{}
			err := transport.NewDecoder(body).Decode(&wire)
			if err == nil && wire.ID != id {
				err = &transport.Error{Kind: transport.KindBody, Words: fmt.Sprintf("the answer is about the token %q", wire.ID)}
			}
			return err
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
		Method: http.MethodGet, Path: tokensPath(user), Repeatable: true, Want: "the user's tokens",
		Decode: func(body io.Reader) error {
			list.APITokens = nil
			err := transport.NewDecoder(body).Decode(&list)
			if err == nil && list.APITokens == nil {
				err = &transport.Error{Kind: transport.KindBody, Words: "the answer has no api_tokens"}
			}
			return err
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
// that is not there IsNotFound(err) is true.
func (c *Client) DeleteToken(ctx context.Context, user, id string) error {
	_, err := c.transport.Do(ctx, transport.Request{Method: http.MethodDelete, Path: tokensPath(user, id), Repeatable: true})
	return err
}

func tokensPath(user string, id ...string) []string {
	return append(api("users", user, "tokens"), id...)
}
