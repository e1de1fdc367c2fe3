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
	// ItemAssets is the JSON that describes the assets of each item, or nil.
	ItemAssets json.RawMessage
	Extent     Extent
}

// Extent is the area and the time of a collection's data. The first element of each
// describes the whole collection, further ones its parts (STAC 1.0.0, collection-spec).
type Extent struct {
	// BBoxes have four coordinates, or six with heights.
	BBoxes [][]float64
	// Intervals are RFC 3339 times. An open end is nil.
	Intervals [][2]*string
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
	ItemAssets     json.RawMessage `json:"item_assets"`
	Extent         json.RawMessage `json:"extent"`
}

// GetCollection reads a collection with GET /collections/ID. A response with another id
// or another type is an error.
func (c *Client) GetCollection(ctx context.Context, id string) (Collection, error) {
	wire, err := transport.Call(ctx, c.stac, c.stacRequest("the collection", "", "collections", id),
		func(wire wireCollection) string { return wire.describeMismatch(id) })
	if err != nil {
		return Collection{}, err
	}
	collection := Collection{
		ID: wire.ID, Title: wire.Title, Description: wire.Description, License: wire.License,
		Region: wire.Region, StorageAccount: wire.StorageAccount, Container: wire.Container,
		Assets: wire.Assets, ItemAssets: wire.ItemAssets, Extent: parseExtent(wire.Extent),
	}
	if c.geoCatalog != nil {
		err = c.locate(ctx, &collection)
	}
	return collection, err
}

func (c *Client) stacRequest(want, query string, path ...string) transport.Request {
	if c.geoCatalog != nil {
		path, query = append([]string{"stac"}, path...), versioned(query)
	}
	return transport.Request{Method: http.MethodGet, Path: path, Query: query, IsRetryable: true, Want: want}
}

// parseExtent returns what is valid of an extent. Catalogs with an invalid one exist, and
// everything else of their collections is of use.
func parseExtent(text json.RawMessage) Extent {
	var wire struct {
		Spatial  json.RawMessage `json:"spatial"`
		Temporal json.RawMessage `json:"temporal"`
	}
	var spatial struct {
		BBox [][]float64 `json:"bbox"`
	}
	var temporal struct {
		Interval [][]*string `json:"interval"`
	}
	if len(text) == 0 || json.Unmarshal(text, &wire) != nil {
		return Extent{}
	}
	var extent Extent
	if json.Unmarshal(wire.Spatial, &spatial) == nil {
		for _, box := range spatial.BBox {
			if len(box) == 4 || len(box) == 6 {
				extent.BBoxes = append(extent.BBoxes, box)
			}
		}
	}
	if json.Unmarshal(wire.Temporal, &temporal) == nil {
		for _, interval := range temporal.Interval {
			if len(interval) == 2 {
				extent.Intervals = append(extent.Intervals, [2]*string(interval))
			}
		}
	}
	return extent
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
	case len(w.ItemAssets) > 0 && w.ItemAssets[0] != '{' && string(w.ItemAssets) != "null":
		return "the item_assets in the response are not a JSON object"
	default:
		return ""
	}
}
