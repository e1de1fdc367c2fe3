// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package collection_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const clientSecret = "entra-s3cret-value"

// TestGeoCatalog_isReadWithATokenOfEntra reads collections and tokens, and checks that no
// token is in a diagnostic, and that the Hub's token reaches nobody.
//
//nolint:paralleltest // the environment belongs to the whole process
func TestGeoCatalog_isReadWithATokenOfEntra(t *testing.T) {
	href := `{"type": "FeatureCollection", "features": [{"assets": {"image": {"href": "https://account1.blob.core.windows.net/fires-0a1b2c3d/1/image.tif"}}}]}`
	collections := map[string]string{
		"fires": `{"type": "Collection", "id": "fires", "title": "Fires", "description": "D", "license": "CC-BY-4.0", "links": [],
			"extent": {"spatial": {"bbox": [[-10, 35, 30, 60]]}, "temporal": {"interval": [["2024-01-01T00:00:00Z", null]]}},
			"item_assets": {"image": {"type": "image/tiff"}}}`,
	}
	start := func(t *testing.T, cfg mockserver.GeoCatalogConfig) *mockserver.GeoCatalog {
		t.Helper()
		cfg.Collections, cfg.Items, cfg.Secret = collections, map[string]string{"fires": href}, clientSecret
		server := mockserver.StartGeoCatalog(cfg)
		t.Cleanup(server.Close)
		t.Setenv("AZURE_AUTHORITY_HOST", server.URL())
		return server
	}
	block := func(server *mockserver.GeoCatalog) map[string]any {
		return map[string]any{
			"address": "http://127.0.0.1:1/services/dask-gateway/", "api_token": "t0ken", "max_retries": 0,
			"geocatalog_url": server.URL() + "/", "ca_certificate": server.CACertificate(),
			"tenant_id": "tenant1", "client_id": "client1", "client_secret": clientSecret,
		}
	}
	assertHidden := func(t *testing.T, server *mockserver.GeoCatalog, diagnostics []*tfprotov6.Diagnostic) {
		t.Helper()
		text := fmt.Sprint(diagnostics)
		for _, diagnostic := range diagnostics {
			text += diagnostic.Summary + diagnostic.Detail
		}
		for _, hidden := range append(server.Tokens(), clientSecret) {
			if strings.Contains(text, hidden) {
				t.Errorf("the diagnostics contain %q: %s", hidden, text)
			}
		}
		for _, request := range server.Requests() {
			if strings.Contains(request.Header.Get("Authorization"), "t0ken") && !strings.HasPrefix(request.Header.Get("Authorization"), "Bearer entra-t0ken-") {
				t.Errorf("%s received the Hub's token", request.Path)
			}
		}
	}

	t.Run("collection and token", func(t *testing.T) {
		server := start(t, mockserver.GeoCatalogConfig{})
		w := providertest.NewClient(t, block(server))
		values, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": "fires"})
		providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
		text := fmt.Sprint(values)
		for _, want := range []string{"Fires", "CC-BY-4.0", "account1", "fires-0a1b2c3d", "2024-01-01T00:00:00Z", "image/tiff"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is missing in %s", want, text)
			}
		}
		if !values["region"].IsNull() {
			t.Errorf("region is %v, want null", values["region"])
		}
		opened, diagnostics := w.Open(t.Context(), t, sasToken, map[string]any{"collection": "fires", "duration": 90})
		providertest.AssertDiagnostics(t, diagnostics, providertest.ExpectedDiagnostic{})
		if !strings.Contains(opened.Text(t, "token"), "sig=s1gn4ture") {
			t.Error("the token has no signature")
		}
		entraRequests := 0
		for _, request := range server.Requests() {
			if request.Method == "POST" {
				entraRequests++
			} else if strings.HasPrefix(request.Path, "/s") && !strings.HasPrefix(request.Query, "api-version=2026-04-15") {
				t.Errorf("%s has the query %q", request.Path, request.Query)
			}
		}
		if entraRequests != 1 {
			t.Errorf("%d Entra tokens were requested, want 1", entraRequests)
		}
		assertHidden(t, server, diagnostics)
	})
	for name, test := range map[string]struct {
		cfg    mockserver.GeoCatalogConfig
		change map[string]any
		id     string
		want   string
	}{
		"no role":         {mockserver.GeoCatalogConfig{Forbidden: true}, nil, "fires", "GeoCatalog Reader"},
		"wrong secret":    {mockserver.GeoCatalogConfig{}, map[string]any{"client_secret": "wrong-s3cret"}, "fires", "AADSTS7000215"},
		"expired secret":  {mockserver.GeoCatalogConfig{}, map[string]any{"client_secret": "expired"}, "fires", "AADSTS7000222"},
		"not found":       {mockserver.GeoCatalogConfig{}, nil, "floods", "Check the ID of the collection"},
		"foreign address": {mockserver.GeoCatalogConfig{}, map[string]any{"geocatalog_url": "https://example.com"}, "fires", "below geocatalog.spatio.azure.com"},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, test.cfg)
			configured := block(server)
			maps.Copy(configured, test.change)
			w := providertest.NewClient(t, configured)
			_, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": test.id})
			if len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Detail, test.want) || strings.Contains(diagnostics[0].Detail, "wrong-s3cret") {
				t.Errorf("got %v, want %q", diagnostics, test.want)
			}
			assertHidden(t, server, diagnostics)
		})
	}
	t.Run("container", func(t *testing.T) {
		server := start(t, mockserver.GeoCatalogConfig{})
		w := providertest.NewClient(t, block(server))
		_, diagnostics := w.Open(t.Context(), t, sasToken, map[string]any{"storage_account": "a", "container": "c"})
		providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("storage_account")`, "for collections only"))
		if got := len(server.Requests()); got != 0 {
			t.Errorf("%d requests were sent", got)
		}
	})
	t.Run("not configured", func(t *testing.T) {
		server := start(t, mockserver.GeoCatalogConfig{})
		configured := block(server)
		delete(configured, "geocatalog_url")
		t.Setenv("ARM_USE_OIDC", "invalid")
		_ = providertest.NewClient(t, configured)
		if got := len(server.Requests()); got != 0 {
			t.Errorf("%d requests were sent", got)
		}
	})
}
