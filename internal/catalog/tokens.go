// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package catalog

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Token is a shared access signature. Anybody who has it can read a container of Azure
// Blob Storage.
type Token struct {
	// Value is the query of a URL without the question mark.
	Value secret.String
	// ExpiresAt is in UTC.
	ExpiresAt time.Time
}

type wireToken struct {
	Expiry *time.Time `json:"msft:expiry"`
	Token  string     `json:"token"`
}

// CollectionToken requests a token for the container of a collection with
// GET /COLLECTION.
func (c *Client) CollectionToken(ctx context.Context, collection string) (Token, error) {
	return c.token(ctx, collection)
}

// ContainerToken requests a token for a container of a storage account with
// GET /ACCOUNT/CONTAINER.
func (c *Client) ContainerToken(ctx context.Context, account, container string) (Token, error) {
	return c.token(ctx, account, container)
}

// token can be retried: the service stores nothing about a request. It creates a token or
// returns one that it has created before.
func (c *Client) token(ctx context.Context, path ...string) (Token, error) {
	wire, err := transport.Call(ctx, c.sas, transport.Request{
		Method: http.MethodGet, Path: path, Retryable: true, Want: "the token",
	}, wireToken.describeProblem)
	if err != nil {
		return Token{}, err
	}
	return Token{Value: secret.New(wire.Token), ExpiresAt: wire.Expiry.UTC()}, nil
}

// describeProblem returns what is wrong with the response, or "". It never contains the
// token.
func (w wireToken) describeProblem() string {
	switch values, err := url.ParseQuery(w.Token); {
	case w.Token == "":
		return "the response has no token"
	case err != nil || !values.Has("sig"):
		return "the token in the response is not a shared access signature: it has no sig"
	case w.Expiry == nil || w.Expiry.UTC().Year() < 1 || w.Expiry.UTC().Year() > 9999:
		return "the response has no valid expiry in msft:expiry"
	default:
		return ""
	}
}
