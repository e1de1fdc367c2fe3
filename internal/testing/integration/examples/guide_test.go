// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// azureVMCluster lists the arguments of dask_cloudprovider.azure.AzureVMCluster and
// of its base classes (dask-cloudprovider 2025.9.0).
var azureVMCluster = []string{
	"location", "resource_group", "vnet", "subnet", "security_group", "subscription_id", "public_ingress", "vm_size", "scheduler_vm_size", "vm_image", "disk_size",
	"bootstrap", "auto_shutdown", "docker_image", "docker_args", "env_vars", "extra_bootstrap", "worker_class", "worker_options", "worker_module", "scheduler_options",
	"marketplace_plan", "extra_vm_options", "security", "protocol", "debug", "n_workers", "asynchronous", "silence_logs", "loop", "name", "shutdown_on_close",
}

// Compares the table of the guide with the arguments of AzureVMCluster, and with the
// variables of the example.
func TestOwnComputeGuide_listsAllArguments(t *testing.T) {
	t.Parallel()
	word := regexp.MustCompile("`([a-z_]+)`")
	_, table, _ := strings.Cut(readFile(t, repositoryRoot+"/templates/guides/own-compute.md.tmpl"), "## Every option of AzureVMCluster")
	table, _, _ = strings.Cut(table, "\n## ")
	variables := readFile(t, repositoryRoot+"/examples/own-compute/variables.tf")
	var options []string
	for line := range strings.SplitSeq(table, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			continue
		}
		for _, option := range word.FindAllStringSubmatch(cells[1], -1) {
			options = append(options, option[1])
		}
		for _, name := range word.FindAllStringSubmatch(cells[2], -1) {
			if name[1] != "tls" && !strings.Contains(variables, `variable "`+name[1]+`" {`) {
				t.Errorf("the example has no variable %s:\n%s", name[1], line)
			}
		}
	}
	for _, option := range azureVMCluster {
		if !slices.Contains(options, option) {
			t.Errorf("the guide has no row for %s", option)
		}
	}
}

// TestOwnCompute_variables requires a description, a type and a validation for each
// variable of the examples with AzureRM.
func TestOwnCompute_variables(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"own-compute/variables.tf", "own-compute/modules/dask/variables.tf", "azurerm-pairing/variables.tf"} {
		declarations := strings.Split("\n"+readFile(t, repositoryRoot+"/examples/"+file), "\nvariable ")
		if len(declarations) < 9 {
			t.Errorf("%s has %d variables", file, len(declarations)-1)
		}
		for _, block := range declarations[1:] {
			for _, want := range []string{"  description = ", "  type ", "  validation {", "    error_message = "} {
				if !strings.Contains(block, "\n"+want) {
					t.Errorf("%s: a variable has no%s:\n%s", file, want, block)
				}
			}
		}
	}
}
