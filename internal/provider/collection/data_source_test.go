// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package collection_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const (
	collectionType  = "pc_collection"
	subscriptionKey = "0123456789abcdef"
)

// collections contains one of the Planetary Computer, and one with only the fields that STAC
// requires.
var collections = map[string]string{
	"sentinel-2-l2a": `{"type": "Collection", "id": "sentinel-2-l2a", "stac_version": "1.0.0", "title": "Sentinel-2 Level-2A", "description": "Optical imagery.", "license": "proprietary",
		"links": [], "extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [["2015-06-27T10:25:31Z", null]]}},
		"assets": {"thumbnail": {"href": "https://example.com/s2.png", "roles": ["thumbnail"]}, "geoparquet-items": {"href": "abfs://items/s2.parquet", "table:row_count": 9007199254740993}},
		"msft:region": "westeurope", "msft:storage_account": "sentinel2l2a01", "msft:container": "sentinel2-l2"}`,
	"bare": `{"type": "Collection", "id": "bare", "stac_version": "1.1.0", "description": "Bare.", "license": "other", "links": [], "extent": {}}`,
}

func startCatalog(t *testing.T, cfg mockserver.CatalogConfig) *mockserver.Catalog {
	t.Helper()
	cfg.Collections = collections
	server := mockserver.StartCatalog(cfg)
	t.Cleanup(server.Close)
	return server
}

// catalogBlock configures the data services, and a gateway and a Hub at addresses where no
// server listens.
func catalogBlock(server *mockserver.Catalog) map[string]any {
	return map[string]any{
		"address": "http://127.0.0.1:1/services/dask-gateway/", "api_token": "t0ken", "max_retries": 1,
		"stac_url": server.STACURL(), "sas_url": server.SASURL(), "subscription_key": subscriptionKey,
	}
}

func TestAccCollection_readsLocationOfData(t *testing.T) {
	t.Parallel()
	server := startCatalog(t, mockserver.CatalogConfig{})
	config := func(id string) string {
		return fmt.Sprintf("provider \"pc\" {\n  stac_url = \"%s/\"\n  api_token = \"t0ken\"\n}\ndata \"pc_collection\" \"test\" {\n  id = %q\n}\n", server.STACURL(), id)
	}
	is := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.pc_collection.test", tfjsonpath.New(attribute), value)
	}
	text := knownvalue.StringExact
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.FactoriesWith(),
		Steps: []resource.TestStep{
			{
				Config: config("sentinel-2-l2a"),
				ConfigStateChecks: []statecheck.StateCheck{
					is("title", text("Sentinel-2 Level-2A")), is("description", text("Optical imagery.")), is("license", text("proprietary")),
					is("region", text("westeurope")), is("storage_account", text("sentinel2l2a01")), is("container", text("sentinel2-l2")),
					is("assets", text(`{"geoparquet-items":{"href":"abfs://items/s2.parquet","table:row_count":9007199254740993},"thumbnail":{"href":"https://example.com/s2.png","roles":["thumbnail"]}}`)),
				},
			},
			{
				Config: config("bare"),
				ConfigStateChecks: []statecheck.StateCheck{
					is("title", knownvalue.Null()), is("description", text("Bare.")), is("license", text("other")),
					is("region", knownvalue.Null()), is("storage_account", knownvalue.Null()), is("container", knownvalue.Null()), is("assets", knownvalue.Null()),
				},
			},
		},
	})
	for _, request := range server.Requests() {
		if request.Header.Get("Authorization") != "" {
			t.Errorf("%s received the Hub's token", request.Path)
		}
	}
}

func TestCollection_errorsContainAdvice(t *testing.T) {
	t.Parallel()
	at := `AttributeName("id")`
	for name, test := range map[string]struct {
		id                string
		status            int
		contentType, body string
		messages          []string
		requests          int
	}{
		"no such":       {id: "sentinel-2", messages: []string{"Collection sentinel-2 does not exist.", "check stac_url"}, requests: 1},
		"a path":        {id: "a/../b", messages: []string{"is not valid as part of an address"}},
		"another page":  {id: "bare", status: http.StatusOK, contentType: "text/html", body: "<title>Data Catalog</title>", messages: []string{"expected the collection as JSON, got text/html: Data Catalog"}, requests: 1},
		"broken":        {id: "bare", status: http.StatusInternalServerError, contentType: "application/json", body: `{"code": "RuntimeError", "description": "boom"}`, messages: []string{"500", "boom", "The server failed"}, requests: 2},
		"a single page": {id: "bare", status: http.StatusNotFound, contentType: "text/html", body: "<title>Not Found</title>", messages: []string{"Not Found", "check stac_url"}, requests: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startCatalog(t, mockserver.CatalogConfig{})
			for range 2 {
				if test.status != 0 {
					server.RespondNext(test.status, test.contentType, test.body)
				}
			}
			client := providertest.NewClient(t, catalogBlock(server))
			_, diagnostics := client.ReadData(t, collectionType, map[string]any{"id": test.id})
			for _, part := range test.messages {
				providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(at, part))
			}
			if got := len(server.Requests()); got != test.requests {
				t.Errorf("%d requests were made, want %d", got, test.requests)
			}
		})
	}
}
