// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// otherVariables are environment variables on the pages that are not settings of the
// provider block, with what reads them.
var otherVariables = map[string]string{
	"DASK_GATEWAY":                 "a prefix to search for",
	"JUPYTERHUB_TOKEN":             "a placeholder in the manual",
	"DASK_CONFIG":                  "Dask",
	"DASK_ROOT_CONFIG":             "Dask",
	"DASK_INTERNAL_INHERIT_CONFIG": "Dask",
	"DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_CORES": "Dask",
	"DASK_GATEWAY__CLUSTER__OPTIONS__ENVIRONMENT":  "Dask",
	"DASK_GATEWAY__CLUSTER__OPTIONS__IMAGE":        "Dask",
	"JUPYTERHUB_SERVICE_PREFIX":                    "JupyterHub",
}

// otherNames are names on the pages that other projects define, by project, and options
// of the functions, which are in no schema.
var otherNames = map[string][]string{
	"Terraform":         {"for_each", "ignore_changes", "depends_on", "required_providers", "create_before_destroy", "local_exec", "replace_triggered_by", "prevent_destroy", "filesystem_mirror", "provider_installation", "action_trigger", "include_resource", "terraform_data"},
	"Dask Gateway":      {"worker_cores", "worker_memory", "idle_timeout", "worker_start_failure_limit", "cluster_max_workers", "cluster_max_cores", "cluster_max_memory", "max_cores", "gateway_options"},
	"JupyterHub":        {"load_roles", "read_users", "user_options"},
	"Python":            {"planetary_computer", "dask_gateway", "from_name", "ssl_context", "new_cluster", "get_cluster", "get_versions", "list_clusters", "stop_cluster", "cluster_options", "retire_workers"},
	"Kerberos":          {"default_ccache_name", "dns_canonicalize_hostname"},
	"AzureRM":           {"azurerm_linux_virtual_machine", "azurerm_key_vault_secret", "azurerm_marketplace_agreement", "custom_data", "source_image_id", "auxiliary_tenant_ids", "metadata_host"},
	"AzureVMCluster":    azureVMCluster,
	"dask worker":       {"memory_limit", "worker_class", "dask_cuda"},
	"hashicorp/time":    {"time_static"},
	"hashicorp/tls":     {"server_auth", "client_auth"},
	"dask_config":       {"include_secrets"},
	"Azure":             {"microsoft_dsvm"},
	"GitHub and GitLab": {"resource_group"},
}

var (
	inlineCode      = regexp.MustCompile("`([^`\n]+)`")
	snakeCase       = regexp.MustCompile(`^[a-z]+(?:_[a-z0-9]+)+$`)
	variablePattern = regexp.MustCompile(`\b(?:PC|DASK|JUPYTERHUB)_[A-Z0-9_]*[A-Z0-9]\b`)
)

// Compares the variables on the pages, in text and in blocks, with those that the
// provider reads.
func TestEnvironmentVariables_onPagesExist(t *testing.T) {
	t.Parallel()
	var known []string
	for _, row := range settings.Table() {
		known = append(known, row.Variables...)
	}
	for _, p := range pages(t) {
		for _, name := range variablePattern.FindAllString(p.text, -1) {
			if !slices.Contains(known, name) && otherVariables[name] == "" {
				t.Errorf("%s names the variable %s, which the provider does not read", p.file, name)
			}
		}
	}
}

// TestSettingsGuide_isCurrent compares the table of the guide with the settings.
// make docs generates it.
func TestSettingsGuide_isCurrent(t *testing.T) {
	t.Parallel()
	guide := readFile(t, repositoryRoot+"/templates/guides/configuration.md.tmpl")
	for _, row := range settings.Table() {
		line := "| `" + row.Argument + "` | `" + strings.Join(row.Variables, "`<br>`") + "` |"
		if !strings.Contains(guide, line) {
			t.Errorf("the guide has no row %s: run make docs", line)
		}
	}
}

// Compares the names in the text of the pages with the schemas.
func TestNames_onPagesExist(t *testing.T) {
	t.Parallel()
	known := schemaNames(t)
	if len(known) < 60 {
		t.Fatalf("the schemas have only the names %v", slices.Sorted(maps.Keys(known)))
	}
	for _, names := range otherNames {
		for _, name := range names {
			known[name] = true
		}
	}
	// The examples declare further names.
	for _, file := range filesBelow(t, "examples", ".tf") {
		for _, match := range regexp.MustCompile(`(?m)^(?:variable|output|resource "[a-z_]+"|data "[a-z_]+") "([a-z_]+)"|^  +([a-z_]+) +=`).FindAllStringSubmatch(readFile(t, filepath.Join(repositoryRoot, file)), -1) {
			known[match[1]+match[2]] = true
		}
	}
	for _, p := range append(pages(t), schemaPages(t)...) {
		if p.address == "CONTRIBUTING.md" {
			continue // Its names are those of Go.
		}
		for _, match := range inlineCode.FindAllStringSubmatch(p.prose(), -1) {
			for _, word := range regexp.MustCompile(`[ .=,(){}"]+`).Split(match[1], -1) {
				if snakeCase.MatchString(word) && !known[word] {
					t.Errorf("%s names %s, which is in no schema", p.file, word)
				}
			}
		}
	}
}

// schemaPages returns the descriptions of the schemas, which become pages, too.
func schemaPages(t *testing.T) []page {
	t.Helper()
	response, err := providerserver.NewProtocol6(provider.New("test")())().GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	schemas := map[string]*tfprotov6.Schema{"the provider": response.Provider}
	for kind, all := range map[string]map[string]*tfprotov6.Schema{
		"resource": response.ResourceSchemas, "data source": response.DataSourceSchemas,
		"ephemeral resource": response.EphemeralResourceSchemas, "list resource": response.ListResourceSchemas,
	} {
		for name, schema := range all {
			schemas["the "+kind+" "+name] = schema
		}
	}
	for name, action := range response.ActionSchemas {
		schemas["the action "+name] = action.Schema
	}
	var found []page
	for name, schema := range schemas {
		text := schema.Block.Description + "\n" + descriptionsOf(schema.Block.Attributes)
		found = append(found, page{file: "the schema of " + name, text: text})
	}
	for name, function := range response.Functions {
		text := function.Description
		for _, parameter := range function.Parameters {
			text += "\n" + parameter.Description
		}
		found = append(found, page{file: "the function " + name, text: text})
	}
	return found
}

func descriptionsOf(attributes []*tfprotov6.SchemaAttribute) string {
	var text strings.Builder
	for _, attribute := range attributes {
		text.WriteString(attribute.Description + "\n")
		if attribute.NestedType != nil {
			text.WriteString(descriptionsOf(attribute.NestedType.Attributes))
		}
	}
	return text.String()
}

// schemaNames returns the names of the provider's types, functions and attributes.
func schemaNames(t *testing.T) map[string]bool {
	t.Helper()
	response, err := providerserver.NewProtocol6(provider.New("test")())().GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	addAttributes(names, response.Provider.Block.Attributes)
	for _, schemas := range []map[string]*tfprotov6.Schema{response.ResourceSchemas, response.DataSourceSchemas, response.EphemeralResourceSchemas, response.ListResourceSchemas} {
		for name, schema := range schemas {
			names[name] = true
			addAttributes(names, schema.Block.Attributes)
		}
	}
	for name, action := range response.ActionSchemas {
		names[name] = true
		addAttributes(names, action.Schema.Block.Attributes)
	}
	for name, function := range response.Functions {
		names[name] = true
		for _, parameter := range function.Parameters {
			names[parameter.Name] = true
		}
	}
	return names
}

func addAttributes(names map[string]bool, attributes []*tfprotov6.SchemaAttribute) {
	for _, attribute := range attributes {
		names[attribute.Name] = true
		if attribute.NestedType != nil {
			addAttributes(names, attribute.NestedType.Attributes)
		}
	}
}
