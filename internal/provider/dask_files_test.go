// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// TestProvider_readsDasksFiles applies without any argument on a machine on which
// Gateway() needs none; then the file names a variable that is not set.
func TestProvider_readsDasksFiles(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	w := terraform.New(t)
	w.Write("gateway.yaml", fmt.Sprintf(`
gateway:
  address: %s
  auth:
    type: jupyterhub
    kwargs:
      api_token: "{TOKEN}"
  cluster:
    options:
      worker_cores: 3
      image: "{JUPYTER_IMAGE_SPEC}"
`, mock.GatewayURL()))
	w.Setenv("DASK_CONFIG="+w.Path("gateway.yaml"), "TOKEN="+mock.NewToken("alice"), "JUPYTER_IMAGE_SPEC=pangeo/pangeo-notebook:2026.08.01")
	w.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n  options = { worker_memory = 16 }\n}\n")
	if applied := w.Apply(); !strings.Contains(applied.Flat(), "worker_cores = 3 from the file "+w.Path("gateway.yaml")) {
		t.Errorf("the plan does not say where worker_cores comes from:\n%s", applied.Output)
	}
	if err := providertest.WantBody(mock, "/clusters/", `{"cluster_options":{"image":"pangeo/pangeo-notebook:2026.08.01","worker_cores":3,"worker_memory":16}}`); err != nil {
		t.Error(err)
	}
	if actions := w.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	w.Destroy()

	w.Write("gateway.yaml", "gateway:\n  address: \"{NOWHERE}\"\n")
	if said := w.Run("plan", "-no-color"); said.Code != 1 || !strings.Contains(said.Flat(), w.Path("gateway.yaml")) || !strings.Contains(said.Flat(), "NOWHERE") {
		t.Error(said.Output)
	}
	w.Write("gateway.yaml", "gateway: [\n")
	if said := w.Run("plan", "-no-color"); said.Code != 1 || !strings.Contains(said.Flat(), "A file of Dask's configuration is malformed") || !strings.Contains(said.Flat(), "line 1") {
		t.Error(said.Output)
	}
}
