// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package collection_test

import (
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const (
	clientSecret    = "entra-s3cret-value"
	entraTokenPath  = "*/oauth2/v2.0/token"
	firesCollection = `{"type": "Collection", "id": "fires", "title": "Fires", "description": "D", "license": "CC-BY-4.0", "links": [],
		"extent": {"spatial": {"bbox": [[-10, 35, 30.5, 60], [-10, 35, -120.25, 30.5, 60, 4800]]}, "temporal": {"interval": [["2024-01-01T00:00:00Z", null], [null, "2025-06-30T12:00:00.5Z"]]}},
		"item_assets": {"image": {"type": "image/tiff"}}, "msft:region": "northeurope"}`
	firesItems = `{"type": "FeatureCollection", "features": [{"assets": {"image": {"href": "https://account1.blob.core.windows.net/fires-0a1b2c3d/1/image.tif"}}}]}`
)

func startGeoCatalog(t *testing.T, cfg mockserver.GeoCatalogConfig) *mockserver.GeoCatalog {
	t.Helper()
	cfg.Collections, cfg.Items, cfg.Secret = map[string]string{"fires": firesCollection}, map[string]string{"fires": firesItems}, clientSecret
	server := mockserver.StartGeoCatalog(cfg)
	t.Cleanup(server.Close)
	return server
}

// geoCatalogBlock configures a GeoCatalog, and a gateway at an address where no server
// listens.
func geoCatalogBlock(server *mockserver.GeoCatalog) map[string]any {
	return map[string]any{
		"address": "http://127.0.0.1:1/services/dask-gateway/", "api_token": "hub-t0ken", "max_retries": 0,
		"geocatalog_url": server.URL() + "/", "ca_certificate": server.CACertificate(),
		"tenant_id": "tenant1", "client_id": "client1", "client_secret": clientSecret,
	}
}

// newGeoCatalogClient starts a provider that uses the server as Microsoft Entra.
func newGeoCatalogClient(t *testing.T, server *mockserver.GeoCatalog, block map[string]any, variables ...string) providertest.Client {
	t.Helper()
	variables = append(variables, "AZURE_AUTHORITY_HOST="+server.URL())
	return providertest.NewClientWith(t, clock.NewFake(clock.Real().Now()), block, provider.WithEnvironment(environment.New(variables)))
}

// assertHidden checks that the diagnostics contain no token and no secret, and that the
// server did not receive the Hub's token.
func assertHidden(t *testing.T, server *mockserver.GeoCatalog, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	text := ""
	for _, diagnostic := range diagnostics {
		text += diagnostic.Summary + diagnostic.Detail
	}
	for _, hidden := range append(server.Tokens(), clientSecret, "wrong-s3cret") {
		if strings.Contains(text, hidden) {
			t.Errorf("the diagnostics contain %q: %s", hidden, text)
		}
	}
	for _, request := range server.Requests() {
		if strings.Contains(request.Header.Get("Authorization"), "hub-t0ken") {
			t.Errorf("%s received the Hub's token", request.Path)
		}
	}
}

func TestGeoCatalog_isReadWithAnEntraToken(t *testing.T) {
	t.Parallel()
	server := startGeoCatalog(t, mockserver.GeoCatalogConfig{})
	w := newGeoCatalogClient(t, server, geoCatalogBlock(server))
	values, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": "fires"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	for attribute, want := range map[string]string{
		"title": "Fires", "description": "D", "license": "CC-BY-4.0", "storage_account": "account1", "container": "fires-0a1b2c3d",
		"item_assets": `{"image":{"type":"image/tiff"}}`,
		// The mock's host name contains no region, so the collection's field applies.
		"region": "northeurope",
	} {
		if got := plainText(values[attribute]); got != want {
			t.Errorf("%s is %q, want %q", attribute, got, want)
		}
	}
	assertExtent(t, values["extent"],
		[][]float64{{-10, 35, 30.5, 60}, {-10, 35, -120.25, 30.5, 60, 4800}},
		[][]string{{"2024-01-01T00:00:00Z", ""}, {"", "2025-06-30T12:00:00.5Z"}})
	for _, request := range server.Requests() {
		if strings.HasPrefix(request.Path, "/stac/") && !strings.HasPrefix(request.Query, "api-version=2026-04-15") {
			t.Errorf("%s has the query %q", request.Path, request.Query)
		}
	}
	if got := server.CountRequests(http.MethodPost, entraTokenPath); got != 1 {
		t.Errorf("%d Entra tokens were requested, want 1", got)
	}
	assertHidden(t, server, diagnostics)
}

// plainText returns a string or a number as text, and "" for null.
func plainText(value tftypes.Value) string {
	var text *string
	if value.As(&text) == nil {
		if text == nil {
			return ""
		}
		return *text
	}
	var number *big.Float
	if value.As(&number) != nil || number == nil {
		return ""
	}
	return number.Text('g', -1)
}

// assertExtent compares an extent. An open end is "".
func assertExtent(t *testing.T, extent tftypes.Value, boxes [][]float64, intervals [][]string) {
	t.Helper()
	var parts map[string]tftypes.Value
	if err := extent.As(&parts); err != nil {
		t.Fatal(err)
	}
	elements := func(value tftypes.Value) (list []tftypes.Value) {
		if err := value.As(&list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	var gotBoxes [][]string
	for _, box := range elements(parts["bbox"]) {
		var coordinates []string
		for _, coordinate := range elements(box) {
			coordinates = append(coordinates, plainText(coordinate))
		}
		gotBoxes = append(gotBoxes, coordinates)
	}
	if got, want := fmt.Sprint(gotBoxes), fmt.Sprint(boxes); got != want {
		t.Errorf("the boxes are %s, want %s", got, want)
	}
	var gotIntervals [][]string
	for _, interval := range elements(parts["interval"]) {
		var ends []string
		for _, end := range elements(interval) {
			ends = append(ends, plainText(end))
		}
		gotIntervals = append(gotIntervals, ends)
	}
	if got, want := fmt.Sprintf("%q", gotIntervals), fmt.Sprintf("%q", intervals); got != want {
		t.Errorf("the intervals are %s, want %s", got, want)
	}
}

func TestGeoCatalog_issuesTokensForTheDuration(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(clock.Real().Now())
	server := startGeoCatalog(t, mockserver.GeoCatalogConfig{Now: now.Now})
	w := newGeoCatalogClient(t, server, geoCatalogBlock(server))
	for duration, want := range map[any]time.Duration{nil: time.Hour, 90: 90 * time.Minute, 1: time.Minute} {
		opened, diagnostics := w.Open(t.Context(), t, sasToken, map[string]any{"collection": "fires", "duration": duration})
		providertest.AssertNoDiagnostics(t, diagnostics)
		end := now.Now().UTC().Add(want).Truncate(time.Second)
		if got := opened.Text(t, "expires_at"); got != end.Format(time.RFC3339) || !opened.RenewAt.Equal(end) {
			t.Errorf("with the duration %v the token ends at %s, want %s", duration, got, end)
		}
		if !strings.Contains(opened.Text(t, "token"), "sig=s1gn4ture") {
			t.Error("the token has no signature")
		}
		assertHidden(t, server, diagnostics)
	}
	for _, duration := range []any{0, -5} {
		if got := w.ValidateEphemeral(t, sasToken, map[string]any{"collection": "fires", "duration": duration}); len(got) != 1 {
			t.Errorf("the duration %v has %d errors, want 1", duration, len(got))
		}
	}
}

func TestGeoCatalog_explainsRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		cfg    mockserver.GeoCatalogConfig
		change map[string]any
		id     string
		want   string
	}{
		"no role":                 {mockserver.GeoCatalogConfig{Forbidden: true}, nil, "fires", "GeoCatalog Reader"},
		"wrong secret":            {mockserver.GeoCatalogConfig{}, map[string]any{"client_secret": "wrong-s3cret"}, "fires", "AADSTS7000215"},
		"expired secret":          {mockserver.GeoCatalogConfig{}, map[string]any{"client_secret": "expired"}, "fires", "AADSTS7000222"},
		"no credential":           {mockserver.GeoCatalogConfig{}, map[string]any{"client_secret": nil, "use_cli": false}, "fires", "no credential is configured"},
		"wrong OIDC token":        {mockserver.GeoCatalogConfig{}, map[string]any{"client_secret": nil, "use_oidc": true, "oidc_token": "wrong"}, "fires", "AADSTS700211"},
		"not found":               {mockserver.GeoCatalogConfig{}, nil, "floods", "Check the ID of the collection"},
		"foreign address":         {mockserver.GeoCatalogConfig{}, map[string]any{"geocatalog_url": "https://example.com"}, "fires", "below geocatalog.spatio.azure.com"},
		"similar address":         {mockserver.GeoCatalogConfig{}, map[string]any{"geocatalog_url": "https://a.b.westeurope.geocatalog.spatio.azure.com.example.com"}, "fires", "below geocatalog.spatio.azure.com"},
		"address without TLS":     {mockserver.GeoCatalogConfig{}, map[string]any{"geocatalog_url": "http://a.b.westeurope.geocatalog.spatio.azure.com"}, "fires", "only over https://"},
		"unknown certificate":     {mockserver.GeoCatalogConfig{}, map[string]any{"ca_certificate": nil}, "fires", "certificate"},
		"certificate is a folder": {mockserver.GeoCatalogConfig{}, map[string]any{"client_certificate_path": "/"}, "fires", "the client certificate cannot be used"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startGeoCatalog(t, test.cfg)
			block := geoCatalogBlock(server)
			maps.Copy(block, test.change)
			w := newGeoCatalogClient(t, server, block)
			_, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": test.id})
			if len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Detail, test.want) {
				t.Errorf("got %v, want %q", diagnostics, test.want)
			}
			assertHidden(t, server, diagnostics)
		})
	}
}

// azidentity uses this machine's clock, so a GeoCatalog with another clock may reject a
// token that azidentity does not renew yet.
func TestGeoCatalog_explainsAnExpiredEntraToken(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(clock.Real().Now())
	server := startGeoCatalog(t, mockserver.GeoCatalogConfig{Now: now.Now})
	w := newGeoCatalogClient(t, server, geoCatalogBlock(server))
	_, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": "fires"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	now.Advance(time.Hour)
	_, diagnostics = w.ReadData(t, collectionType, map[string]any{"id": "fires"})
	for _, want := range []string{"The access token expired.", "did not accept the token of Microsoft Entra"} {
		providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("id")`, want))
	}
	assertHidden(t, server, diagnostics)
}

func TestGeoCatalog_hasNoTokensForContainers(t *testing.T) {
	t.Parallel()
	server := startGeoCatalog(t, mockserver.GeoCatalogConfig{})
	w := newGeoCatalogClient(t, server, geoCatalogBlock(server))
	_, diagnostics := w.Open(t.Context(), t, sasToken, map[string]any{"storage_account": "a", "container": "c"})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("storage_account")`, "for collections only"))
	if got := len(server.Requests()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}

// Variables that are invalid for a GeoCatalog must not affect the public catalog.
func TestGeoCatalog_isIgnoredUntilItIsConfigured(t *testing.T) {
	t.Parallel()
	server, public := startGeoCatalog(t, mockserver.GeoCatalogConfig{}), startCatalog(t, mockserver.CatalogConfig{})
	block := catalogBlock(public)
	w := newGeoCatalogClient(t, server, block, "ARM_USE_OIDC=invalid")
	_, diagnostics := w.ReadData(t, collectionType, map[string]any{"id": "sentinel-2-l2a"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if got := len(server.Requests()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
	// The same variable is an error as soon as a GeoCatalog is read.
	_, diagnostics = w.ReadData(t, collectionType, map[string]any{"id": "fires", "geocatalog_url": server.URL()})
	if len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Detail, "ARM_USE_OIDC") {
		t.Errorf("got %v", diagnostics)
	}
}

// The argument of a data source takes precedence over the provider block. In the block,
// stac_url and sas_url take precedence over geocatalog_url. Each service receives its own
// credentials.
func TestGeoCatalog_isReadTogetherWithThePublicCatalog(t *testing.T) {
	t.Parallel()
	const geoCatalog, public = "GeoCatalog", "public catalog"
	for name, test := range map[string]struct {
		// block lists the addresses in the provider block.
		block         []string
		argument      bool
		variables     []string
		reads, issues string
	}{
		"argument":                        {argument: true, block: []string{"stac_url", "sas_url"}, reads: geoCatalog, issues: geoCatalog},
		"argument of a data source alone": {block: []string{"stac_url", "sas_url"}, reads: public, issues: public},
		"provider block":                  {block: []string{"geocatalog_url"}, variables: []string{"PC_STAC_URL", "PC_SAS_URL"}, reads: geoCatalog, issues: geoCatalog},
		"own STAC API":                    {block: []string{"geocatalog_url", "stac_url"}, reads: public, issues: geoCatalog},
		"own SAS service":                 {block: []string{"geocatalog_url", "sas_url"}, reads: geoCatalog, issues: public},
		"environment":                     {block: []string{"sas_url"}, variables: []string{"PC_GEOCATALOG_URL"}, reads: geoCatalog, issues: public},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, catalog := startGeoCatalog(t, mockserver.GeoCatalogConfig{}), mockserver.StartCatalog(mockserver.CatalogConfig{
				Collections: map[string]string{"fires": strings.Replace(firesCollection, `"links"`, `"msft:storage_account": "public1", "msft:container": "fires", "links"`, 1)},
			})
			t.Cleanup(catalog.Close)
			addresses := map[string]string{"geocatalog_url": server.URL(), "stac_url": catalog.STACURL(), "sas_url": catalog.SASURL()}
			variables := make([]string, 0, len(test.variables))
			for _, name := range test.variables {
				variables = append(variables, name+"="+addresses[map[string]string{"PC_GEOCATALOG_URL": "geocatalog_url", "PC_STAC_URL": "stac_url", "PC_SAS_URL": "sas_url"}[name]])
			}
			block := geoCatalogBlock(server)
			delete(block, "geocatalog_url")
			block["subscription_key"] = subscriptionKey
			for _, argument := range test.block {
				block[argument] = addresses[argument]
			}
			arguments := func(name, value string) map[string]any {
				arguments := map[string]any{name: value}
				if test.argument {
					arguments["geocatalog_url"] = server.URL()
				}
				return arguments
			}
			w := newGeoCatalogClient(t, server, block, variables...)
			values, diagnostics := w.ReadData(t, collectionType, arguments("id", "fires"))
			providertest.AssertNoDiagnostics(t, diagnostics)
			if got, want := plainText(values["storage_account"]), map[string]string{geoCatalog: "account1", public: "public1"}[test.reads]; got != want {
				t.Errorf("the data is in %s, want %s of the %s", got, want, test.reads)
			}
			opened, diagnostics := w.Open(t.Context(), t, sasToken, arguments("collection", "fires"))
			providertest.AssertNoDiagnostics(t, diagnostics)
			if got := strings.Contains(opened.Text(t, "token"), "saoid="); got != (test.issues == public) {
				t.Errorf("the token does not come from the %s", test.issues)
			}
			for _, request := range catalog.Requests() {
				if request.Header.Get("Authorization") != "" {
					t.Errorf("the public catalog received credentials with %s", request.Path)
				}
			}
			for _, request := range server.Requests() {
				if request.Header.Get("Ocp-Apim-Subscription-Key") != "" {
					t.Errorf("the GeoCatalog received the subscription key with %s", request.Path)
				}
			}
			assertHidden(t, server, diagnostics)
		})
	}
}

// The test reads from all servers with one provider, and redirects the GeoCatalog to each
// of them.
func TestGeoCatalog_aloneReceivesTheEntraToken(t *testing.T) {
	t.Parallel()
	server, public, redirectTarget := startGeoCatalog(t, mockserver.GeoCatalogConfig{}), startCatalog(t, mockserver.CatalogConfig{}), startGeoCatalog(t, mockserver.GeoCatalogConfig{})
	hub := providertest.StartMock(t, mockserver.Config{})
	block := geoCatalogBlock(server)
	block["address"], block["api_token"] = hub.GatewayURL(), hub.NewToken("alice")
	block["stac_url"], block["sas_url"] = public.STACURL(), public.SASURL()
	delete(block, "geocatalog_url")
	w := newGeoCatalogClient(t, server, block)
	fromGeoCatalog := func(name, value string) map[string]any {
		return map[string]any{"geocatalog_url": server.URL(), name: value}
	}
	for _, read := range []struct {
		name      string
		arguments map[string]any
	}{
		{collectionType, fromGeoCatalog("id", "fires")},
		{collectionType, map[string]any{"id": "sentinel-2-l2a"}},
		{"pc_gateway", map[string]any{}},
		{"pc_hub_user", map[string]any{}},
		{"pc_clusters", map[string]any{}},
	} {
		_, diagnostics := w.ReadData(t, read.name, read.arguments)
		providertest.AssertNoDiagnostics(t, diagnostics)
	}
	for _, arguments := range []map[string]any{fromGeoCatalog("collection", "fires"), {"collection": "sentinel-2-l2a"}} {
		_, diagnostics := w.Open(t.Context(), t, sasToken, arguments)
		providertest.AssertNoDiagnostics(t, diagnostics)
	}
	for _, target := range []string{redirectTarget.URL() + "/stac/collections/fires", hub.HubURL(), hub.GatewayURL(), public.STACURL(), public.SASURL(), "https://account1.blob.core.windows.net/fires-0a1b2c3d"} {
		server.FailNext(mockserver.GeoCatalogFault{Path: "/s*", Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {target}}})
		_, diagnostics := w.ReadData(t, collectionType, fromGeoCatalog("id", "fires"))
		if len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Detail, "redirects to "+target) {
			t.Errorf("got %v, want the redirect to %s", diagnostics, target)
		}
		assertHidden(t, server, diagnostics)
	}
	if got := len(redirectTarget.Requests()); got != 0 {
		t.Errorf("the target of a redirect received %d requests", got)
	}
	otherRequests := append(hub.Requests(), public.Requests()...)
	if len(otherRequests) < 5 {
		t.Errorf("the Hub, the gateway and the public catalog received %d requests", len(otherRequests))
	}
	for _, request := range otherRequests {
		if text := fmt.Sprint(request.Header, request.Query); strings.Contains(text, "entra-t0ken-") || strings.Contains(text, clientSecret) {
			t.Errorf("%s received credentials of Entra", request.Path)
		}
	}
}

// The same apply may create the GeoCatalog.
func TestGeoCatalog_waitsForAnUnknownAddress(t *testing.T) {
	t.Parallel()
	server := startGeoCatalog(t, mockserver.GeoCatalogConfig{})
	block := geoCatalogBlock(server)
	block["geocatalog_url"] = providertest.Unknown{}
	inBlock := newGeoCatalogClient(t, server, block)
	delete(block, "geocatalog_url")
	block["client_secret"] = providertest.Unknown{}
	inCredential := newGeoCatalogClient(t, server, block)
	for name, test := range map[string]struct {
		client    providertest.Client
		arguments map[string]any
	}{
		"address in the block": {inBlock, map[string]any{"collection": "fires"}},
		"argument":             {inCredential, map[string]any{"collection": "fires", "geocatalog_url": providertest.Unknown{}}},
		"credential":           {inCredential, map[string]any{"collection": "fires", "geocatalog_url": server.URL()}},
	} {
		opened, diagnostics := test.client.Open(t.Context(), t, sasToken, test.arguments)
		providertest.AssertNoDiagnostics(t, diagnostics)
		if opened.Text(t, "token") != "?" || opened.Text(t, "expires_at") != "?" {
			t.Errorf("%s: got %v", name, opened.Values)
		}
	}
	_, diagnostics := inBlock.ReadData(t, collectionType, map[string]any{"id": "fires"})
	if len(diagnostics) != 1 || !strings.Contains(diagnostics[0].Detail, "geocatalog_url of the provider block is known only after apply") {
		t.Errorf("got %v", diagnostics)
	}
	if got := len(server.Requests()); got != 0 {
		t.Errorf("%d requests were sent", got)
	}
}

// The test searches the files and the output of terraform for tokens, secrets and
// assertions, also after failures. The mock's errors quote rejected credentials.
func TestGeoCatalog_leavesNoSecretInFiles(t *testing.T) {
	t.Parallel()
	const wrongSecret, wrongAssertion, missing = "wrong-s3cret", "wrong-oidc-t0ken", "floods"
	server := startGeoCatalog(t, mockserver.GeoCatalogConfig{})
	workspace := terraform.New(t)
	workspace.Require(terraform.EphemeralResources)
	workspace.Setenv("PC_GEOCATALOG_URL="+server.URL(), "AZURE_AUTHORITY_HOST="+server.URL(), "ARM_TENANT_ID=tenant1", "ARM_CLIENT_ID=client1",
		"ARM_CLIENT_SECRET="+clientSecret, "TF_LOG=TRACE", "TF_LOG_PATH=trace.log")
	write := func(arguments, collection string) {
		workspace.Write("main.tf", fmt.Sprintf(`
provider "pc" {
  ca_certificate = %q
  max_retries    = 0
  %s
}
data "pc_collection" "this" {
  id = %q
}
ephemeral "pc_sas_token" "this" {
  collection = data.pc_collection.this.id
}
resource "terraform_data" "reader" {
  input = data.pc_collection.this.storage_account
  provisioner "local-exec" {
    command     = "test -n \"$SAS\""
    environment = { SAS = ephemeral.pc_sas_token.this.token }
  }
}
`, server.CACertificate(), arguments, collection))
	}
	write("", "fires")
	workspace.Must("plan", "-no-color", "-out=run.plan")
	printed := workspace.Must("apply", "-no-color", "run.plan").Output
	for _, failure := range []struct{ arguments, collection, want string }{
		{fmt.Sprintf("client_secret = %q", wrongSecret), "fires", "AADSTS7000215"},
		{"", missing, "does not exist"},
	} {
		write(failure.arguments, failure.collection)
		result := workspace.Run("plan", "-no-color")
		if result.Code != 1 || !strings.Contains(result.Flat(), failure.want) {
			t.Errorf("terraform exited with %d and does not print %q: %s", result.Code, failure.want, result.Output)
		}
		printed += result.Output
	}
	server.FailNext(mockserver.GeoCatalogFault{Path: "/stac/*", Status: http.StatusForbidden, ContentType: "application/json", Body: `{"error": {"code": "Forbidden", "message": "No role for the owner of TOKEN"}}`, QuoteToken: true})
	write("", "fires")
	printed += workspace.Run("plan", "-no-color").Output
	if !strings.Contains(printed, "GeoCatalog Reader") {
		t.Errorf("the missing role is not explained: %s", printed)
	}
	write(fmt.Sprintf("use_oidc = true\n  oidc_token = %q", wrongAssertion), "fires")
	workspace.Setenv("ARM_CLIENT_SECRET=")
	if result := workspace.Run("plan", "-no-color"); !strings.Contains(result.Flat(), "AADSTS700211") {
		t.Errorf("the wrong assertion is not explained: %s", result.Output)
	} else {
		printed += result.Output
	}
	texts := workspace.ReadAll()
	texts["the output"] = printed
	if texts["run.plan/tfplan"] == "" || texts["terraform.tfstate"] == "" || !strings.Contains(texts["trace.log"], "/stac/collections/fires") {
		t.Error("the plan, the state or the log is missing")
	}
	if got := len(server.Tokens()); got < 6 {
		t.Errorf("%d tokens were issued", got)
	}
	delete(texts, "main.tf")
	for file, text := range texts {
		for _, hidden := range append(server.Tokens(), clientSecret, wrongSecret, wrongAssertion) {
			if strings.Contains(text, hidden) {
				t.Errorf("%s is in %s", hidden, file)
			}
		}
	}
}
