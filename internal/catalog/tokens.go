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

// Token is a shared access signature, which lets whoever has it read a container
// of Azure Blob Storage.
type Token struct {
	// Value is the query of a URL, without the question mark.
	Value secret.String
	// ExpiresAt is its end, in UTC.
	ExpiresAt time.Time
}

type wireToken struct {
	Expiry *time.Time `json:"msft:expiry"`
	Token  string     `json:"token"`
}

// CollectionToken asks for a token for the container of a collection:
// GET /COLLECTION.
func (c *Client) CollectionToken(ctx context.Context, collection string) (Token, error) {
	return c.token(ctx, collection)
}

// ContainerToken asks for a token for a container of a storage account:
// GET /ACCOUNT/CONTAINER.
func (c *Client) ContainerToken(ctx context.Context, account, container string) (Token, error) {
	return c.token(ctx, account, container)
}

// token is not told twice apart: the service makes a new one, or gives one that
// it has, and forgets whom it gave it to.
func (c *Client) token(ctx context.Context, path ...string) (Token, error) {
	wire, err := transport.Call(ctx, c.sas, transport.Request{
		Method: http.MethodGet, Path: path, Retryable: true, Want: "the token",
	}, wireToken.objection)
	if err != nil {
		return Token{}, err
	}
	return Token{Value: secret.New(wire.Token), ExpiresAt: wire.Expiry.UTC()}, nil
}

// objection says what is wrong with the answer, or "", without the token.
func (w wireToken) objection() string {
	switch values, err := url.ParseQuery(w.Token); {
	case w.Token == "":
		return "the answer has no token"
	case err != nil || !values.Has("sig"):
		return "the token of the answer is no shared access signature: it has no sig"
	case w.Expiry == nil || w.Expiry.UTC().Year() < 1 || w.Expiry.UTC().Year() > 9999:
		return "the answer does not say in msft:expiry when the token ends"
	default:
		return ""
	}
}
