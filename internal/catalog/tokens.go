// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package catalog

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
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
// GET /COLLECTION, or GET /sas/token/COLLECTION from a GeoCatalog. A duration of 0 minutes
// leaves the lifetime to the service.
func (c *Client) CollectionToken(ctx context.Context, collection string, minutes int64) (Token, error) {
	return c.token(ctx, minutes, collection)
}

// ErrNoContainerTokens is returned for a container of a GeoCatalog, which has no such
// endpoint (azure-planetarycomputer 1.0.0, operations/_operations.py).
var ErrNoContainerTokens = errors.New("a GeoCatalog issues tokens for collections only, not for a storage account and a container")

// ContainerToken requests a token for a container of a storage account with
// GET /ACCOUNT/CONTAINER.
func (c *Client) ContainerToken(ctx context.Context, account, container string, minutes int64) (Token, error) {
	if c.geoCatalog != nil {
		return Token{}, ErrNoContainerTokens
	}
	return c.token(ctx, minutes, account, container)
}

// token can be retried: the service stores nothing about a request. It creates a token or
// returns one that it has created before.
func (c *Client) token(ctx context.Context, minutes int64, path ...string) (Token, error) {
	query := ""
	if minutes != 0 {
		query = "duration=" + strconv.FormatInt(minutes, 10)
	}
	if c.geoCatalog != nil {
		path, query = append([]string{"sas", "token"}, path...), versioned(query)
	}
	wire, err := transport.Call(ctx, c.sas, transport.Request{
		Method: http.MethodGet, Path: path, Query: query, IsRetryable: true, Want: "the token", ConfidentialMember: "token",
	}, wireToken.describeProblem)
	if err != nil {
		return Token{}, err
	}
	return Token{Value: secret.New(strings.TrimPrefix(wire.Token, "?")), ExpiresAt: wire.Expiry.UTC()}, nil
}

// describeProblem returns what is wrong with the response, or "". It never contains the
// token.
func (w wireToken) describeProblem() string {
	switch values, err := url.ParseQuery(strings.TrimPrefix(w.Token, "?")); {
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
