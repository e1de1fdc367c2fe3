// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package examples_test validates what the documentation shows, so that no
// reader copies what does not work.
package examples_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	fwprovider "github.com/hashicorp/terraform-plugin-framework/provider"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

const root = "../../../.."

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// workspace holds the texts as .tf files, with a terraform block unless one of
// them has it.
func workspace(t *testing.T, texts map[string]string) *terraform.Workspace {
	t.Helper()
	w := terraform.New(t)
	for name, text := range texts {
		if strings.Contains(text, "required_providers") {
			w.Remove("versions.tf")
		}
		w.Write(name, text)
	}
	return w
}

// TestExamples validates each folder below examples. An import block stands
// beside a resource, one at a time, as a reader would use it.
func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(root + "/examples/*/*.tf")
	if err != nil {
		t.Fatal(err)
	}
	deeper, err := filepath.Glob(root + "/examples/*/*/*.tf")
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]map[string]string{}
	for _, file := range append(files, deeper...) {
		name, folder := filepath.Base(file), filepath.Dir(file)
		text := read(t, file)
		if strings.HasPrefix(name, "import") {
			folders[file] = map[string]string{name: text, "resource.tf": read(t, filepath.Join(folder, "resource.tf"))}
			continue
		}
		if folders[folder] == nil {
			folders[folder] = map[string]string{}
		}
		folders[folder][name] = text
	}
	if len(folders) < 6 {
		t.Errorf("only %d examples were found", len(folders))
	}
	elsewhere := read(t, root+"/internal/tools/examples.sh")
	for name, texts := range folders {
		t.Run(strings.TrimPrefix(name, root+"/examples/"), func(t *testing.T) {
			t.Parallel()
			if strings.Contains(texts["versions.tf"], "hashicorp/") {
				// Its other providers cannot be had by every machine.
				if !strings.Contains(elsewhere, "/"+filepath.Base(name)+"\"") {
					t.Errorf("make examples does not check %s", name)
				}
				loads(t, name)
				return
			}
			w := workspace(t, texts)
			if strings.Contains(name, "identity") {
				w.Require(terraform.ImportByIdentity)
			}
			if strings.Contains(name, "ephemeral") {
				w.Require(terraform.EphemeralResources)
			}
			w.Must("validate", "-no-color")
		})
	}
}

// loads has terraform read a folder with its modules, for which it needs no
// provider. A second required_providers block once went unseen, because the file
// that had it was replaced where Helm's plugin is missing.
func loads(t *testing.T, folder string) {
	t.Helper()
	w := terraform.New(t)
	w.Require(terraform.WriteOnlyArguments)
	w.Remove("versions.tf")
	if err := os.CopyFS(w.Path("."), os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	w.Must("get", "-no-color")
}

// TestGuides validates each Terraform snippet of the guides. The snippets of
// one guide may speak of what an earlier one declares.
func TestGuides(t *testing.T) {
	t.Parallel()
	guides, err := filepath.Glob(root + "/templates/guides/*.tmpl")
	if err != nil || len(guides) == 0 {
		t.Fatalf("no guides: %v", err)
	}
	block := regexp.MustCompile("(?s)```terraform\n(.*?)```")
	for _, guide := range guides {
		for i, found := range block.FindAllStringSubmatch(read(t, guide), -1) {
			snippet := found[1]
			t.Run(filepath.Base(guide)+"/"+string(rune('a'+i)), func(t *testing.T) {
				t.Parallel()
				workspace(t, map[string]string{"main.tf": snippet}).Must("validate", "-no-color")
			})
		}
	}
}

// TestEveryTypeHasAnExample holds the examples against what the provider has.
func TestEveryTypeHasAnExample(t *testing.T) {
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
	if !slices.Contains(want, "resources/pc_dask_cluster/resource.tf") {
		t.Errorf("the types are %v", want)
	}
	for _, file := range want {
		read(t, filepath.Join(root, "examples", file))
	}
}

// TestOwnCompute_keepsTheSchedulersAddress: Azure gives the lowest address that is
// free, and the scheduler's is the lowest of all. A mock shows no order.
func TestOwnCompute_keepsTheSchedulersAddress(t *testing.T) {
	t.Parallel()
	waits := regexp.MustCompile(`depends_on = \[[^\]]*\bazurerm_network_interface\.scheduler,`)
	if !waits.MatchString(read(t, root+"/examples/own-compute/workers.tf")) {
		t.Error("a worker can be made before the scheduler's interface, and take its address")
	}
}

// TestPairing_registersKubernetes: a subscription that never had a cluster knows
// no such resource. A mock asks no subscription.
func TestPairing_registersKubernetes(t *testing.T) {
	t.Parallel()
	if !regexp.MustCompile(`resource_providers_to_register += \["Microsoft\.ContainerService"\]`).MatchString(read(t, root+"/examples/azurerm-pairing/versions.tf")) {
		t.Error("AzureRM's core does not register Microsoft.ContainerService")
	}
}
