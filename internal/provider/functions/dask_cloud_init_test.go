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
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

var withFunctions = []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_8_0)}

func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "cloudinit", "testdata", "cloud_init", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAccDaskCloudInit_writesWhatTheOptionsSay(t *testing.T) {
	t.Parallel()
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: providertest.FactoriesWith(),
		Steps: []resource.TestStep{{
			Config: `
locals {
  image   = "pangeo/pangeo-notebook:2026.08.01"
  nothing = null
}
output "scheduler" {
  value = provider::pc::dask_cloud_init("scheduler", {
    image  = local.image
    config = {
      distributed = { scheduler = { work-stealing = false, allowed-failures = 5 }, admin = { log_format = "it's %(name)s\n" } }
      array       = { slicing = { split_large_chunks = false } }
      jobqueue    = {}
      labels      = ["a", 1.5, true, null]
    }
    gpu = local.nothing
  })
}
output "worker" {
  value = provider::pc::dask_cloud_init("worker", {
    image             = local.image
    scheduler_address = "tcp://10.0.0.4:8786"
    nworkers          = 4
    nthreads          = 2
    memory_limit      = "14GiB"
  })
}
`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownOutputValue("scheduler", knownvalue.StringExact(golden(t, "scheduler_config"))),
				statecheck.ExpectKnownOutputValue("worker", knownvalue.StringExact(golden(t, "worker_processes"))),
			},
		}},
	})
}

// The certificates of a first plan are unknown. The plan checks the known options, and the
// apply creates the text.
func TestAccDaskCloudInit_waitsForCertificates(t *testing.T) {
	t.Parallel()
	const data = `
resource "terraform_data" "certificates" {
  input = {
    ca_certificate = file("../../cloudinit/testdata/tls/ca.pem")
    certificate    = file("../../cloudinit/testdata/tls/cert.pem")
    private_key    = file("../../cloudinit/testdata/tls/key.pem")
  }
}
`
	folder, err := filepath.Abs(filepath.Join("..", "..", "cloudinit"))
	if err != nil {
		t.Fatal(err)
	}
	config := func(image, tls string) string {
		return strings.ReplaceAll(data, "../../cloudinit", folder) + `
output "scheduler" {
  sensitive = true
  value     = provider::pc::dask_cloud_init("scheduler", { ` + image + ` = "pangeo/pangeo-notebook:2026.08.01", tls = ` + tls + ` })
}
`
	}
	const members = `{
    ca_certificate = terraform_data.certificates.output.ca_certificate
    certificate    = terraform_data.certificates.output.certificate
    private_key    = terraform_data.certificates.output.private_key
  }`
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: providertest.FactoriesWith(),
		Steps: []resource.TestStep{
			{
				Config:      config("imagee", members),
				PlanOnly:    true,
				ExpectError: regexp.MustCompile(`options\.imagee\s+is\s+not\s+an\s+option,\s+did\s+you\s+mean\s+image\?`),
			},
			{
				Config:      config("image", `merge(terraform_data.certificates.output, { extra = 1 })`),
				ExpectError: regexp.MustCompile(`options\.tls\.extra\s+is\s+not\s+an\s+option`),
			},
			{
				Config: config("image", members),
				ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{
					plancheck.ExpectEmptyPlan(),
				}},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownOutputValue("scheduler", knownvalue.StringExact(golden(t, "scheduler_tls"))),
				},
			},
		},
	})
}

func TestAccDaskCloudInit_rejectsInvalidOptions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ call, want string }{
		"invalid role":                {`"client", { image = "a" }`, `"role" parameter: (?s).*role\s+must\s+be\s+"scheduler"\s+or\s+"worker",\s+not\s+"client"`},
		"options that are a text":     {`"worker", "image"`, `options must be an object`},
		"options that are a list":     {`"worker", ["image"]`, `options must be an object`},
		"several invalid options":     {`"worker", { nthreads = 0 }`, `(?s)options\.image is required.*options\.scheduler_address is required.*options\.nthreads must be a whole\s+number from 1`},
		"invalid member of an option": {`"scheduler", { image = "a", env = { A = "x\ny" } }`, `options\.env\.A must be one line`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resource.Test(t, resource.TestCase{
				TerraformVersionChecks:   withFunctions,
				ProtoV6ProviderFactories: providertest.FactoriesWith(),
				Steps: []resource.TestStep{{
					Config:      `output "text" { value = provider::pc::dask_cloud_init(` + test.call + `) }`,
					ExpectError: regexp.MustCompile(test.want),
				}},
			})
		})
	}
}

// If the key is sensitive in Terraform, so is the text.
func TestAccDaskCloudInit_isAsSecretAsItsKey(t *testing.T) {
	t.Parallel()
	resource.Test(t, resource.TestCase{
		TerraformVersionChecks:   withFunctions,
		ProtoV6ProviderFactories: providertest.FactoriesWith(),
		Steps: []resource.TestStep{{
			Config:      `output "text" { value = provider::pc::dask_cloud_init("scheduler", { image = "a", env = { A = sensitive("s") } }) }`,
			ExpectError: regexp.MustCompile(`Output refers to sensitive values`),
		}},
	})
}
