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

// TestProvider_readsDasksFiles applies without provider arguments on a machine on which
// Gateway() needs none. Then the file is invalid.
func TestProvider_readsDasksFiles(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	workspace := terraform.New(t)
	workspace.Write("gateway.yaml", fmt.Sprintf(`
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
	workspace.Setenv("DASK_CONFIG="+workspace.Path("gateway.yaml"), "TOKEN="+mock.NewToken("alice"), "JUPYTER_IMAGE_SPEC=pangeo/pangeo-notebook:2026.08.01")
	workspace.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n  options = { worker_memory = 16 }\n}\n")
	if applied := workspace.Apply(); !strings.Contains(applied.Flat(), "worker_cores = 3 from the file "+workspace.Path("gateway.yaml")) {
		t.Errorf("the plan does not name the origin of worker_cores:\n%s", applied.Output)
	}
	if err := providertest.WantBody(mock, "/clusters/", `{"cluster_options":{"image":"pangeo/pangeo-notebook:2026.08.01","worker_cores":3,"worker_memory":16}}`); err != nil {
		t.Error(err)
	}
	if actions := workspace.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	workspace.Destroy()

	workspace.Write("gateway.yaml", "gateway:\n  address: \"{NOWHERE}\"\n")
	if planned := workspace.Run("plan", "-no-color"); planned.Code != 1 || !strings.Contains(planned.Flat(), workspace.Path("gateway.yaml")) || !strings.Contains(planned.Flat(), "NOWHERE") {
		t.Error(planned.Output)
	}
	workspace.Write("gateway.yaml", "gateway: [\n")
	if planned := workspace.Run("plan", "-no-color"); planned.Code != 1 || !strings.Contains(planned.Flat(), "A file of Dask's configuration is malformed") || !strings.Contains(planned.Flat(), "line 1") {
		t.Error(planned.Output)
	}
}
