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

// Collection is a STAC collection: a data set of many items.
type Collection struct {
	ID, Title, Description, License string
	// Region, StorageAccount and Container say where the data is, in Azure: the
	// msft:region, msft:storage_account and msft:container that the Planetary
	// Computer adds. Each is "" where it is not given.
	Region, StorageAccount, Container string
	// Assets are those of the whole collection, as they came; nil for none.
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

// GetCollection reads one collection: GET /collections/ID. What has another id,
// or is no collection, is an error.
func (c *Client) GetCollection(ctx context.Context, id string) (Collection, error) {
	wire, err := transport.Call(ctx, c.stac, transport.Request{
		Method: http.MethodGet, Path: []string{"collections", id}, Retryable: true, Want: "the collection",
	}, func(answer wireCollection) string { return answer.objection(id) })
	if err != nil {
		return Collection{}, err
	}
	return Collection{
		ID: wire.ID, Title: wire.Title, Description: wire.Description, License: wire.License,
		Region: wire.Region, StorageAccount: wire.StorageAccount, Container: wire.Container, Assets: wire.Assets,
	}, nil
}

// objection says what is wrong with the answer, or "".
func (w wireCollection) objection(id string) string {
	switch {
	case w.ID != id:
		return fmt.Sprintf("the answer is about the collection %q", w.ID)
	case w.Type != "Collection":
		return fmt.Sprintf("the answer is of the type %q, not a Collection: is this a STAC API of version 1?", w.Type)
	case len(w.Assets) > 0 && w.Assets[0] != '{' && string(w.Assets) != "null":
		return "the assets of the answer are no JSON object"
	default:
		return ""
	}
}
