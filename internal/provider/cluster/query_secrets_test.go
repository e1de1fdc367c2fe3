// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const queriesOfAllTypes = `
list "pc_dask_cluster" "all" {
  provider = pc
}
list "pc_hub_server" "all" {
  provider = pc
}
list "pc_hub_token" "all" {
  provider         = pc
  include_resource = true
}
`

// Only a generated configuration has the options of a cluster, because an import
// needs them.
func TestAccQuery_showsNoSecret(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMockInRealTime(t, mockserver.Config{})
	workspace := terraform.New(t)
	workspace.Require(terraform.ListResources)
	token, otherToken := mock.NewToken("alice"), mock.NewToken("alice")
	const password = "correct-horse-battery"
	name := mock.AddCluster("alice", map[string]any{"environment": map[string]string{"PASSWORD": password}})
	workspace.Setenv("PC_ADDRESS="+mock.GatewayURL(), "PC_HUB_ADDRESS="+mock.HubURL(), "PC_API_TOKEN="+token)
	workspace.Write("main.tf", "provider \"pc\" {}\n")
	workspace.Write("all.tfquery.hcl", queriesOfAllTypes)
	shown := map[string]string{
		"query":       workspace.Must("query", "-no-color").Output,
		"query -json": workspace.Must("query", "-json").Output,
	}
	for command, output := range shown {
		if !strings.Contains(output, name) || !strings.Contains(output, "for the tests") {
			t.Errorf("%s does not show the cluster and the tokens:\n%s", command, output)
		}
	}
	workspace.Write("all.tfquery.hcl", "list \"pc_dask_cluster\" \"all\" {\n  provider = pc\n}\n")
	workspace.Must("query", "-no-color", "-generate-config-out=found.tf")
	generated := workspace.ReadAll()["found.tf"]
	if !strings.Contains(generated, password) {
		t.Errorf("the generated configuration lacks the options:\n%s", generated)
	}
	workspace.Remove("found.tf")
	workspace.Write("stop.tf", "action \"pc_dask_cluster_stop\" \"one\" {\n  config {\n    name = \""+name+"\"\n  }\n}\n")
	workspace.Must("plan", "-no-color", "-invoke=action.pc_dask_cluster_stop.one", "-out=stop.plan")
	shown["apply -invoke"] = workspace.Must("apply", "-no-color", "stop.plan").Output
	if !strings.Contains(shown["apply -invoke"], name) {
		t.Errorf("the action does not name the cluster:\n%s", shown["apply -invoke"])
	}
	shown["the generated configuration"] = strings.ReplaceAll(generated, password, "")
	maps.Copy(shown, workspace.ReadAll())
	for place, text := range shown {
		for secret, value := range map[string]string{"the provider's token": token, "another token": otherToken, "the password": password} {
			if strings.Contains(text, value) {
				t.Errorf("%s shows %s:\n%s", place, secret, text)
			}
		}
	}
}
