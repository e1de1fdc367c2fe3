// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

// Package catalog_test reads collections from an independent implementation of a
// STAC API.
package catalog_test

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

const (
	sentinelCollection = `{"type": "Collection", "id": "sentinel-2-l2a", "stac_version": "1.0.0", "title": "Sentinel-2 Level-2A", "description": "Optical imagery.", "license": "proprietary", "links": [],
		"extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [["2015-06-27T10:25:31Z", null]]}},
		"assets": {"thumbnail": {"href": "https://example.com/s2.png", "title": "Sentinel 2", "roles": ["thumbnail"]}},
		"msft:region": "westeurope", "msft:storage_account": "sentinel2l2a01", "msft:container": "sentinel2-l2"}`
	minimalCollection = `{"type": "Collection", "id": "bare", "stac_version": "1.1.0", "description": "Bare.", "license": "other", "links": [],
		"extent": {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[null, null]]}}}`
)

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

func TestCollection_readsARealServer(t *testing.T) {
	t.Parallel()
	inst, err := realservers.Install(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	server, err := realservers.StartSTAC(t.Context(), inst, map[string]string{"sentinel-2-l2a": sentinelCollection, "bare": minimalCollection})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	w := terraform.New(t)
	w.Setenv("PC_STAC_URL=" + server.URL)
	w.Write("main.tf", `
data "pc_collection" "sentinel" {
  id = "sentinel-2-l2a"
}
data "pc_collection" "bare" {
  id = "bare"
}
check "beside_the_data" {
  assert {
    condition     = data.pc_collection.sentinel.region == "northeurope"
    error_message = "The data is in ${data.pc_collection.sentinel.region}."
  }
}
output "sentinel" { value = data.pc_collection.sentinel }
output "bare" { value = data.pc_collection.bare }
`)
	if output := w.Apply().Flat(); !strings.Contains(output, "The data is in westeurope.") {
		t.Errorf("the output has no warning of the check:\n%s", output)
	}
	world := []any{[]any{-180.0, -90.0, 180.0, 90.0}}
	want := map[string]any{
		"sentinel": map[string]any{
			"id": "sentinel-2-l2a", "title": "Sentinel-2 Level-2A", "description": "Optical imagery.", "license": "proprietary",
			"region": "westeurope", "storage_account": "sentinel2l2a01", "container": "sentinel2-l2",
			"assets":      `{"thumbnail":{"href":"https://example.com/s2.png","roles":["thumbnail"],"title":"Sentinel 2"}}`,
			"extent":      map[string]any{"bbox": world, "interval": []any{[]any{"2015-06-27T10:25:31Z", nil}}},
			"item_assets": nil, "geocatalog_url": nil,
		},
		"bare": map[string]any{
			"id": "bare", "title": nil, "description": "Bare.", "license": "other", "region": nil, "storage_account": nil, "container": nil, "assets": nil,
			"extent": map[string]any{"bbox": world, "interval": []any{[]any{nil, nil}}}, "item_assets": nil, "geocatalog_url": nil,
		},
	}
	if got := w.Outputs(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	w.Write("main.tf", "data \"pc_collection\" \"none\" {\n  id = \"sentinel-2\"\n}\n")
	result := w.Run("plan", "-no-color")
	for _, part := range []string{"The collection sentinel-2 was not read", "no collection with id='sentinel-2'", "check stac_url", fmt.Sprintf("id = %q", "sentinel-2")} {
		if result.Code != 1 || !strings.Contains(result.Flat(), part) {
			t.Errorf("terraform exited with %d, without %q:\n%s", result.Code, part, result.Output)
		}
	}
}
