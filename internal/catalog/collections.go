// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Collection is a STAC collection, a data set of many items.
type Collection struct {
	ID, Title, Description, License string
	// Region, StorageAccount and Container are the location of the data in Azure. The
	// Planetary Computer adds them as msft:region, msft:storage_account and
	// msft:container. A missing one is "".
	Region, StorageAccount, Container string
	// Assets is the JSON of the assets of the collection as a whole, or nil.
	Assets json.RawMessage
}

type wireCollection struct {
	Type           string          `json:"type"`
	ID             string          `json:"id"`
	Title          string          `json:"title"`
	Description    string          `json:"description"`
	License        string          `json:"license"`
	Region         string          `json:"msft:region"`
	StorageAccount string          `json:"msft:storage_account"`
	Container      string          `json:"msft:container"`
	Assets         json.RawMessage `json:"assets"`
}

// GetCollection reads a collection with GET /collections/ID. A response with another id
// or another type is an error.
func (c *Client) GetCollection(ctx context.Context, id string) (Collection, error) {
	wire, err := transport.Call(ctx, c.stac, transport.Request{
		Method: http.MethodGet, Path: []string{"collections", id}, Retryable: true, Want: "the collection",
	}, func(wire wireCollection) string { return wire.describeMismatch(id) })
	if err != nil {
		return Collection{}, err
	}
	return Collection{
		ID: wire.ID, Title: wire.Title, Description: wire.Description, License: wire.License,
		Region: wire.Region, StorageAccount: wire.StorageAccount, Container: wire.Container, Assets: wire.Assets,
	}, nil
}

// describeMismatch returns what is wrong with the response to a request for id, or "".
func (w wireCollection) describeMismatch(id string) string {
	switch {
	case w.ID != id:
		return fmt.Sprintf("the response describes the collection %q", w.ID)
	case w.Type != "Collection":
		return fmt.Sprintf("the response has the type %q instead of Collection. Check that this is a STAC API of version 1", w.Type)
	case len(w.Assets) > 0 && w.Assets[0] != '{' && string(w.Assets) != "null":
		return "the assets in the response are not a JSON object"
	default:
		return ""
	}
}
