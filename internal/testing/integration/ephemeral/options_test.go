// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package ephemeral_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// signedURLConfig passes a container's signed URL to the environment of a cluster.
const signedURLConfig = `
variable "handed_over" { default = 1 }

data "pc_collection" "test" {
  id = "sentinel-2-l2a"
}
ephemeral "pc_sas_token" "test" {
  storage_account = data.pc_collection.test.storage_account
  container       = data.pc_collection.test.container
}
resource "pc_dask_cluster" "test" {
  options = {
    worker_cores = 2
    environment  = { GDAL_DISABLE_READDIR_ON_OPEN = "EMPTY_DIR" }
  }
  options_wo = {
    environment = { CONTAINER_URL = "https://example.com/x?${ephemeral.pc_sas_token.test.token}" }
  }
  options_wo_version = var.handed_over
}
output "environment" { value = pc_dask_cluster.test.options.environment }
output "effective" { value = pc_dask_cluster.test.effective_options }
output "name" { value = pc_dask_cluster.test.name }
`

// The gateway includes the options in each of its responses. They must not reach
// the state.
func TestOptions_sendSecretsAndStoreNone(t *testing.T) {
	t.Parallel()
	r := newWorkspace(t)
	r.Require(terraform.WriteOnlyArguments)
	catalog := mockserver.StartCatalog(mockserver.CatalogConfig{Collections: map[string]string{
		"sentinel-2-l2a": `{"type": "Collection", "id": "sentinel-2-l2a", "stac_version": "1.0.0", "description": "Optical imagery.", "license": "proprietary", "links": [], "extent": {},
			"msft:region": "westeurope", "msft:storage_account": "sentinel2l2a01", "msft:container": "sentinel2-l2"}`,
	}})
	t.Cleanup(catalog.Close)
	r.Setenv("TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(r.dir, "log"), "PC_STAC_URL="+catalog.STACURL(), "PC_SAS_URL="+catalog.SASURL())
	r.Write("main.tf", signedURLConfig)
	shown := map[string]string{
		"plan":       r.Must("plan", "-no-color", "-out=run.plan").Output,
		"apply":      r.Must("apply", "-no-color", "run.plan").Output,
		"show state": r.Must("show", "-json").Output,
	}
	first := r.Outputs()
	if want := map[string]any{"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR"}; !reflect.DeepEqual(first["environment"], want) {
		t.Errorf("the environment in the state is %v", first["environment"])
	}
	if effective, _ := first["effective"].(map[string]any); effective["environment"] != nil || effective["image"] == nil {
		t.Errorf("the state has the options %v as those that the configuration does not set", effective)
	}
	if sent := r.sentSignedURL(); !strings.Contains(sent, catalog.Tokens()[len(catalog.Tokens())-1]) {
		t.Errorf("the gateway received %s, and the tokens are %v", sent, catalog.Tokens())
	}

	// A different URL in every run changes nothing, and a refresh adds nothing to
	// the state.
	shown["refresh"] = r.Must("apply", "-refresh-only", "-auto-approve", "-no-color").Output
	if actions := r.Actions(); len(actions) > 0 {
		t.Errorf("a second plan would change %v", actions)
	}
	r.Setenv("TF_VAR_handed_over=2")
	if actions := r.Actions(); actions["pc_dask_cluster.test"] != "delete,create" {
		t.Errorf("with another version, the plan has %v", actions)
	}
	r.mock.ClearRequests()
	shown["second apply"] = r.Apply().Output
	if r.Outputs()["name"] == first["name"] {
		t.Error("the cluster is the same")
	}
	shown["destroy"] = r.Destroy().Output

	shown["log"] = r.readOutputFile("log")
	for name, text := range r.ReadAll() {
		shown[name] = text
		if strings.HasSuffix(name, ".plan") {
			shown[name+", unpacked"] = readArchive(t, text)
		}
	}
	for name, text := range shown {
		for _, token := range catalog.Tokens() {
			if strings.Contains(text, token) {
				t.Errorf("the token is in %s", name)
			}
		}
	}
}

// sentSignedURL returns the URL that the gateway received.
func (r *workspace) sentSignedURL() string {
	r.t.Helper()
	for _, request := range r.mock.Requests() {
		if request.Method != http.MethodPost || !strings.HasSuffix(request.Path, "/clusters/") {
			continue
		}
		var body struct {
			Options struct {
				Environment map[string]string `json:"environment"`
			} `json:"cluster_options"`
		}
		if err := json.Unmarshal(request.Body, &body); err != nil {
			r.t.Fatal(err)
		}
		if body.Options.Environment["GDAL_DISABLE_READDIR_ON_OPEN"] != "EMPTY_DIR" || len(body.Options.Environment["CONTAINER_URL"]) < 60 {
			r.t.Errorf("the gateway received %v", body.Options.Environment)
		}
		return body.Options.Environment["CONTAINER_URL"]
	}
	r.t.Fatal("no cluster was created")
	return ""
}
