// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package catalog_test

import (
	"bytes"
	_ "embed" // for the script
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// readGeoCatalog reads a collection and a SAS token with Microsoft's client, and prints
// both as the provider names them.
//
//go:embed geocatalog.py
var readGeoCatalog string

const (
	firesCollection = `{"type": "Collection", "id": "fires", "stac_version": "1.0.0", "title": "Fires", "description": "Burnt areas.", "license": "CC-BY-4.0", "links": [],
		"extent": {"spatial": {"bbox": [[-10, 35, 30.5, 60]]}, "temporal": {"interval": [["2024-01-01T00:00:00Z", null]]}},
		"assets": {"thumbnail": {"href": "https://example.com/fires.png", "title": "Fires", "roles": ["thumbnail"]}},
		"item_assets": {"image": {"type": "image/tiff; application=geotiff", "title": "Image", "roles": ["data"]}}}`
	firesItems = `{"type": "FeatureCollection", "links": [], "features": [{"type": "Feature", "stac_version": "1.0.0", "id": "fire-1", "collection": "fires", "geometry": null, "bbox": [0, 40, 1, 41],
		"properties": {"datetime": "2024-01-02T00:00:00Z"}, "links": [], "assets": {"image": {"href": "https://account1.blob.core.windows.net/fires-0a1b2c3d/0a1/fire-1/image.tif", "type": "image/tiff; application=geotiff"}}}]}`
)

// TestGeoCatalog_agreesWithMicrosoftsClient reads the mock with the provider and with
// azure-planetarycomputer, and compares every field.
func TestGeoCatalog_agreesWithMicrosoftsClient(t *testing.T) {
	t.Parallel()
	inst, err := realservers.Install(t.Context(), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	python, err := realservers.InstallGeoCatalogClient(t.Context(), inst, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	// On a clock that stands still, both tokens expire at the same time.
	server := mockserver.StartGeoCatalog(mockserver.GeoCatalogConfig{
		Secret: "s3cret", Now: clock.NewFake(clock.Real().Now()).Now,
		Collections: map[string]string{"fires": firesCollection}, Items: map[string]string{"fires": firesItems},
	})
	t.Cleanup(server.Close)

	workspace := terraform.New(t)
	workspace.Require(terraform.EphemeralResources)
	workspace.Setenv("PC_GEOCATALOG_URL="+server.URL(), "AZURE_AUTHORITY_HOST="+server.URL(), "ARM_TENANT_ID=tenant1", "ARM_CLIENT_ID=client1", "ARM_CLIENT_SECRET=s3cret")
	workspace.Write("main.tf", fmt.Sprintf(`
provider "pc" {
  ca_certificate = %q
}
data "pc_collection" "fires" {
  id = "fires"
}
ephemeral "pc_sas_token" "fires" {
  collection = "fires"
  duration   = 90
}
resource "terraform_data" "token" {
  provisioner "local-exec" {
    command     = "printf '%%s %%s' \"$EXPIRES_AT\" \"$TOKEN\" > token.txt"
    environment = { TOKEN = ephemeral.pc_sas_token.fires.token, EXPIRES_AT = ephemeral.pc_sas_token.fires.expires_at }
  }
}
output "fires" { value = data.pc_collection.fires }
`, server.CACertificate()))
	workspace.Apply()
	ours, _ := workspace.Outputs()["fires"].(map[string]any)
	token, err := os.ReadFile(workspace.Path("token.txt"))
	if err != nil {
		t.Fatal(err)
	}
	ours["expires_at"], ours["token"], _ = strings.Cut(string(token), " ")
	for _, name := range []string{"assets", "item_assets"} {
		text, _ := ours[name].(string)
		var members map[string]any
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			t.Fatal(err)
		}
		ours[name] = members
	}
	// The client does not have these fields.
	delete(ours, "region")
	delete(ours, "geocatalog_url")

	workspace.Write("ca.pem", server.CACertificate())
	cmd := exec.CommandContext(t.Context(), python, "-c", readGeoCatalog, server.URL(), workspace.Path("ca.pem"), "fires", "90")
	cmd.Env = []string{"GEOCATALOG_TOKEN=" + server.NewEntraToken(), "LANG=C.UTF-8"}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("Microsoft's client: %v\n%s", err, stderr.String())
	}
	var theirs map[string]any
	if err := json.Unmarshal(output, &theirs); err != nil {
		t.Fatal(err)
	}
	withoutSignature(t, server, ours)
	withoutSignature(t, server, theirs)
	for name := range ours {
		if !reflect.DeepEqual(ours[name], theirs[name]) {
			t.Errorf("%s: the provider has %v, Microsoft's client has %v", name, ours[name], theirs[name])
		}
	}
	if len(ours) != len(theirs) || len(ours) != 11 {
		t.Errorf("the provider has the fields %v, Microsoft's client has %v", ours, theirs)
	}
	// The requests of both differ only in the headers.
	provider, client := requestsOf(server, "terraform-provider-pc/"), requestsOf(server, "azsdk-python-planetarycomputer/")
	for request := range client {
		if !provider[request] {
			t.Errorf("only Microsoft's client sent %s; the provider sent %v", request, provider)
		}
	}
	if len(client) != 3 {
		t.Errorf("Microsoft's client sent %v", client)
	}
}

// withoutSignature removes the signature from the token after comparing it with those
// that the server has issued. Each token has a different one.
func withoutSignature(t *testing.T, server *mockserver.GeoCatalog, fields map[string]any) {
	t.Helper()
	text, _ := fields["token"].(string)
	values, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	issued := false
	for _, token := range server.Tokens() {
		issued = issued || token == values.Get("sig")
	}
	if !issued {
		t.Error("the server has not issued the token")
	}
	end, err := time.Parse(time.RFC3339, values.Get("se"))
	if err != nil || end.Format(time.RFC3339) != fields["expires_at"] {
		t.Errorf("the token ends at %s, %v, and expires_at is %v", end, err, fields["expires_at"])
	}
	values.Del("sig")
	fields["token"] = values.Encode()
}

// requestsOf returns the requests to the GeoCatalog whose User-Agent begins with agent.
func requestsOf(server *mockserver.GeoCatalog, agent string) map[string]bool {
	found := map[string]bool{}
	for _, request := range server.Requests() {
		if strings.HasPrefix(request.Header.Get("User-Agent"), agent) && strings.HasPrefix(request.Path, "/s") {
			found[request.Method+" "+request.Path+"?"+request.Query] = true
		}
	}
	return found
}
