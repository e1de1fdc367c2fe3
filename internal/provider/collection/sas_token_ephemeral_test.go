// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package collection_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const sasToken = "pc_sas_token"

func TestAccSASToken_isRequestedForCollectionsAndContainers(t *testing.T) {
	t.Parallel()
	server := startCatalog(t, mockserver.CatalogConfig{Key: subscriptionKey})
	config := func(arguments string) string {
		return fmt.Sprintf("provider \"pc\" {\n  stac_url = %q\n  sas_url = %q\n  subscription_key = %q\n  api_token = \"t0ken\"\n}\n", server.STACURL(), server.SASURL(), subscriptionKey) +
			providertest.EchoConfig("pc_sas_token.test") + "data \"pc_collection\" \"s2\" {\n  id = \"sentinel-2-l2a\"\n}\nephemeral \"pc_sas_token\" \"test\" {\n" + arguments + "\n}\n"
	}
	hasToken := []statecheck.StateCheck{
		statecheck.ExpectKnownValue(providertest.EchoAddress, providertest.EchoPath("token"), knownvalue.StringRegexp(regexp.MustCompile(`saoid=sentinel2l2a01&scid=sentinel2-l2&sig=s1gn4ture\d+%3D$`))),
		statecheck.ExpectKnownValue(providertest.EchoAddress, providertest.EchoPath("expires_at"), providertest.IsTime),
	}
	factories := providertest.FactoriesWith()
	factories["echo"] = providertest.FactoriesWithEcho(&providertest.Mock{Clock: clock.NewFake(clock.Real().Now())})["echo"]
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factories,
		TerraformVersionChecks:   providertest.NeedsEphemeralResources,
		Steps: []resource.TestStep{
			{Config: config("  storage_account = data.pc_collection.s2.storage_account\n  container = data.pc_collection.s2.container"), ConfigStateChecks: hasToken},
			{Config: config(`  collection = "sentinel-2-l2a"`), ConfigStateChecks: hasToken},
		},
	})
	keys := 0
	for _, request := range server.Requests() {
		if request.Header.Get("Authorization") != "" {
			t.Errorf("%s received the Hub's token", request.Path)
		}
		key := request.Header.Get("Ocp-Apim-Subscription-Key")
		if forTokens := strings.HasPrefix(request.Path, "/api/sas/"); forTokens && key == subscriptionKey {
			keys++
		} else if key != "" {
			t.Errorf("%s received the key %q", request.Path, key)
		}
	}
	if keys == 0 {
		t.Error("the service received no key")
	}
}

func TestSASToken_isInNoFile(t *testing.T) {
	t.Parallel()
	server := startCatalog(t, mockserver.CatalogConfig{})
	workspace := terraform.New(t)
	workspace.Require(terraform.EphemeralResources)
	workspace.Setenv("PC_SAS_URL="+server.SASURL(), "PC_SUBSCRIPTION_KEY="+subscriptionKey, "TF_LOG=TRACE", "TF_LOG_PATH=trace.log")
	workspace.Write("main.tf", `
ephemeral "pc_sas_token" "this" {
  collection = "sentinel-2-l2a"
}
resource "terraform_data" "reader" {
  provisioner "local-exec" {
    command     = "test -n \"$SAS\""
    environment = { SAS = ephemeral.pc_sas_token.this.token }
  }
}
`)
	workspace.Must("plan", "-no-color", "-out=run.plan")
	workspace.Must("apply", "-no-color", "run.plan")
	if len(server.Tokens()) == 0 {
		t.Fatal("no token was issued")
	}
	for file, text := range workspace.ReadAll() {
		for _, hidden := range append(server.Tokens(), subscriptionKey) {
			if strings.Contains(text, hidden) {
				t.Errorf("%s is in %s", hidden, file)
			}
		}
	}
}

func TestSASToken_reportsErrors(t *testing.T) {
	t.Parallel()
	const collection, container = `AttributeName("collection")`, `AttributeName("container")`
	for name, test := range map[string]struct {
		config   map[string]any
		at       string
		messages []string
	}{
		"no such collection":               {map[string]any{"collection": "none"}, collection, []string{"No Azure storage container found for collection none", "data.pc_collection has the storage account"}},
		"a collection without a container": {map[string]any{"collection": "bare"}, collection, []string{"No Azure storage container"}},
		"a path":                           {map[string]any{"storage_account": "a", "container": "../b"}, container, []string{"is not valid as part of an address"}},
		"a wrong key":                      {map[string]any{"storage_account": "a", "container": "b"}, container, []string{"invalid subscription key", "The service rejected the subscription key from subscription_key in the provider block"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startCatalog(t, mockserver.CatalogConfig{Key: "another"})
			block := catalogBlock(server)
			if name != "a wrong key" {
				delete(block, "subscription_key")
			}
			client := providertest.NewClient(t, block)
			_, diagnostics := client.Open(t.Context(), t, sasToken, test.config)
			for _, part := range test.messages {
				providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(test.at, part))
			}
		})
	}
}

func TestSASToken_requiresCollectionOrContainer(t *testing.T) {
	t.Parallel()
	w := providertest.StartClient(t, clock.NewFake(clock.Real().Now()))
	for name, test := range map[string]struct {
		config map[string]any
		errors int
	}{
		"a collection":      {map[string]any{"collection": "c"}, 0},
		"a container":       {map[string]any{"storage_account": "a", "container": "c"}, 0},
		"unknown":           {map[string]any{"storage_account": providertest.Unknown{}, "container": providertest.Unknown{}}, 0},
		"nothing":           {map[string]any{}, 1},
		"both":              {map[string]any{"collection": "c", "storage_account": "a", "container": "c"}, 1},
		"half":              {map[string]any{"storage_account": "a"}, 1},
		"an empty name":     {map[string]any{"collection": ""}, 1},
		"the other half":    {map[string]any{"container": "c"}, 2},
		"one and the other": {map[string]any{"collection": "c", "container": "c"}, 1},
	} {
		if got := w.ValidateEphemeral(t, sasToken, test.config); len(got) != test.errors {
			t.Errorf("%s: %d errors, want %d: %v", name, len(got), test.errors, got)
		}
	}
}

// The run takes longer than the lifetime of the token.
func TestSASToken_warnsThatItExpired(t *testing.T) {
	t.Parallel()
	now := clock.NewFake(clock.Real().Now())
	server := startCatalog(t, mockserver.CatalogConfig{Now: now.Now, Lifetime: time.Hour})
	client := providertest.NewClientWith(t, now, catalogBlock(server))
	opened, diagnostics := client.Open(t.Context(), t, sasToken, map[string]any{"collection": "sentinel-2-l2a"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	end := now.Now().Add(time.Hour).Truncate(time.Second)
	if !opened.RenewAt.Equal(end) || opened.Text(t, "expires_at") != end.UTC().Format(time.RFC3339) {
		t.Errorf("the token ends at %s and is renewed at %s, want %s", opened.Text(t, "expires_at"), opened.RenewAt, end)
	}
	if strings.Contains(string(opened.Private), "s1gn4ture") {
		t.Error("Terraform stores the token")
	}
	providertest.AssertNoDiagnostics(t, client.Close(t, opened))
	now.Advance(time.Hour + time.Second)
	renewAt, diagnostics := client.Renew(t, opened)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if !renewAt.IsZero() {
		t.Errorf("it would be renewed again at %s", renewAt)
	}
	providertest.AssertDiagnostics(t, client.Close(t, opened), providertest.WarningAt("", "It expired at "+end.UTC().Format(time.RFC3339)))
	if got := len(server.Tokens()); got != 1 {
		t.Errorf("%d tokens were issued", got)
	}
}

func TestSASToken_isUnknownWhileTheAddressIsUnknown(t *testing.T) {
	t.Parallel()
	client := providertest.NewClient(t, map[string]any{"sas_url": providertest.Unknown{}})
	opened, diagnostics := client.Open(t.Context(), t, sasToken, map[string]any{"collection": "sentinel-2-l2a"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if opened.Text(t, "token") != "?" || opened.Text(t, "expires_at") != "?" {
		t.Errorf("got %v", opened.Values)
	}
	providertest.AssertNoDiagnostics(t, client.Close(t, opened))
}

// Python's planetary_computer reads the same file. An invalid file is an error for the data
// services only.
func TestCatalog_readsTheSettingsOfPlanetaryComputer(t *testing.T) {
	t.Parallel()
	server := startCatalog(t, mockserver.CatalogConfig{})
	home := t.TempDir()
	file := filepath.Join(home, ".planetarycomputer", "settings.env")
	write := func(text string) {
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	workspace := terraform.New(t)
	workspace.Require(terraform.EphemeralResources)
	workspace.Setenv("HOME="+home, "PC_STAC_URL="+server.STACURL())
	workspace.Write("main.tf", "data \"pc_collection\" \"this\" {\n  id = \"sentinel-2-l2a\"\n}\nephemeral \"pc_sas_token\" \"this\" {\n  collection = data.pc_collection.this.id\n}\n")
	write("PC_SDK_SAS_URL=" + server.SASURL() + "\nPC_SDK_SUBSCRIPTION_KEY=" + subscriptionKey + "\n")
	workspace.Apply()
	got := ""
	for _, request := range server.Requests() {
		got += request.Header.Get("Ocp-Apim-Subscription-Key")
	}
	if !strings.HasPrefix(got, subscriptionKey) {
		t.Errorf("the keys sent are %q", got)
	}
	write("no settings\n")
	if result := workspace.Run("apply", "-auto-approve", "-no-color"); result.Code != 1 || !strings.Contains(result.Flat(), "Could not read the settings of Python's planetary_computer") || !strings.Contains(result.Flat(), file) {
		t.Error(result.Output)
	}
	workspace.Write("main.tf", "provider \"pc\" {\n  address = \"http://127.0.0.1:1\"\n  auth = \"none\"\n  max_retries = 0\n}\ndata \"pc_clusters\" \"this\" {}\n")
	if result := workspace.Run("apply", "-auto-approve", "-no-color"); strings.Contains(result.Flat(), "planetary_computer") || !strings.Contains(result.Flat(), http.MethodGet) {
		t.Error(result.Output)
	}
}
