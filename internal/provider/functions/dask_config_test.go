// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package functions_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

func TestAccDaskConfig_writesWhatTheOptionsSay(t *testing.T) {
	t.Parallel()
	// A null in Terraform is an argument that is not set.
	want, err := os.ReadFile(filepath.Join("..", "..", "daskconfig", "testdata", "dask_config", "cluster_options.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: providertest.FactoriesWith(),
		Steps: []resource.TestStep{{
			Config: `
output "config" {
  value = provider::pc::dask_config({
    address         = "https://hub.example.com/services/dask-gateway/"
    proxy_address   = null
    cluster_options = {
      image = "{JUPYTER_IMAGE_SPEC}", worker_cores = 2, worker_memory = 1.5, tiny = 1e-7, gpu = true, yes = "no", none = null
      environment = { A = "{kept}", N = "010", E = null }, list = [1, "on", []], empty = {}
    }
  })
}`,
			ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("config", knownvalue.StringExact(strings.Replace(string(want), "        \"E\": null\n", "", 1)))},
		}},
	})
}

// TestAccDaskConfig_ofTheProvidersAddresses reads the addresses from pc_gateway. The text
// is unknown while an option is.
func TestAccDaskConfig_ofTheProvidersAddresses(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := func(argument string) string {
		return providertest.ProviderBlock(mock) + "data \"pc_gateway\" \"this\" {}\nresource \"terraform_data\" \"later\" {\n  input = \"small\"\n}\noutput \"config\" {\n  value = provider::pc::dask_config(" + argument + ")\n}\n"
	}
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config:           config("{ address = data.pc_gateway.this.address, proxy_address = data.pc_gateway.this.proxy_address, cluster_options = { profile = terraform_data.later.output } }"),
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectUnknownOutputValue("config")}},
				ConfigStateChecks: []statecheck.StateCheck{statecheck.ExpectKnownOutputValue("config", knownvalue.StringRegexp(regexp.MustCompile(
					`(?s)address: "http://127\.0\.0\.1:\d+/services/dask-gateway"\n  proxy-address: "gateway://127\.0\.0\.1:\d+"\n.*"profile": "small"`)))},
			},
			{Config: config(`"text"`), ExpectError: regexp.MustCompile("options must be an object")},
			{Config: config("{ address = \"https://h/\", api_token = \"s3cr3t\" }"), ExpectError: regexp.MustCompile(`options\.api_token is a\s+secret`)},
			// The final destroy needs a valid configuration.
			{Config: config(`{ address = "https://h/" }`)},
		},
	})
}
