// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package examples_test validates the examples in the documentation, so that no
// reader copies one that does not work.
package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	fwprovider "github.com/hashicorp/terraform-plugin-framework/provider"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

const repositoryRoot = "../../../.."

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Compares the examples with the types of the provider.
func TestTypes_haveExamples(t *testing.T) {
	t.Parallel()
	p := provider.New("test")()
	var want []string
	for _, construct := range p.Resources(t.Context()) {
		want = append(want, "resources/"+resourceName(t, construct())+"/resource.tf")
	}
	for _, construct := range p.DataSources(t.Context()) {
		want = append(want, "data-sources/"+dataSourceName(t, construct())+"/data-source.tf")
	}
	if ephemerals, ok := p.(fwprovider.ProviderWithEphemeralResources); ok {
		for _, construct := range ephemerals.EphemeralResources(t.Context()) {
			want = append(want, "ephemeral-resources/"+ephemeralName(t, construct())+"/ephemeral-resource.tf")
		}
	}
	if lists, ok := p.(fwprovider.ProviderWithListResources); ok {
		for _, construct := range lists.ListResources(t.Context()) {
			want = append(want, "list-resources/"+resourceName(t, construct())+"/list-resource.tfquery.hcl")
		}
	}
	if actions, ok := p.(fwprovider.ProviderWithActions); ok {
		for _, construct := range actions.Actions(t.Context()) {
			want = append(want, "actions/"+actionName(t, construct())+"/action.tf")
		}
	}
	if !slices.Contains(want, "resources/pc_dask_cluster/resource.tf") {
		t.Errorf("the types are %v", want)
	}
	for _, file := range want {
		readFile(t, filepath.Join(repositoryRoot, "examples", file))
	}
}

// TestListExamples_areValid validates the examples of list resources.
func TestListExamples_areValid(t *testing.T) {
	t.Parallel()
	files := filesBelow(t, "examples", ".tfquery.hcl")
	if len(files) < 4 {
		t.Fatalf("only %q were found", files)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			workspace := terraform.New(t)
			workspace.Require(terraform.ListResources)
			workspace.Write(filepath.Base(file), readFile(t, filepath.Join(repositoryRoot, file)))
			workspace.Must("validate", "-query", "-no-color")
		})
	}
}

// TestOwnCompute_keepsTheSchedulersAddress checks a dependency that a mock cannot: Azure
// assigns the lowest free address, which must go to the scheduler.
func TestOwnCompute_keepsTheSchedulersAddress(t *testing.T) {
	t.Parallel()
	waits := regexp.MustCompile(`depends_on = \[[^\]]*\bazurerm_network_interface\.scheduler,`)
	if !waits.MatchString(readFile(t, repositoryRoot+"/examples/own-compute/workers.tf")) {
		t.Error("a worker can be created before the scheduler's interface, and get its address")
	}
}

// TestPairing_registersKubernetes checks a registration that a mock does not need: a
// subscription without it rejects the cluster.
func TestPairing_registersKubernetes(t *testing.T) {
	t.Parallel()
	if !regexp.MustCompile(`resource_providers_to_register += \["Microsoft\.ContainerService"\]`).MatchString(readFile(t, repositoryRoot+"/examples/azurerm-pairing/versions.tf")) {
		t.Error("AzureRM's core does not register Microsoft.ContainerService")
	}
}
