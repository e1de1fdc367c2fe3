// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// TestDaskCluster_masksSecretsInResponsesToAllRequests quotes a secret in the response to
// every later request of this process and of the next, also of those about other objects.
func TestDaskCluster_masksSecretsInResponsesToAllRequests(t *testing.T) {
	t.Parallel()
	// No pattern matches this text: only the option makes it a secret.
	const password = "correct-horse-battery"
	for _, isNextProcess := range []bool{false, true} {
		for name, fault := range map[string]mockserver.Fault{
			"forbidden":    {Status: http.StatusForbidden, ContentType: "application/json", Body: `{"error": "refused: ` + password + `"}`},
			"crash":        {Status: http.StatusInternalServerError, ContentType: "text/plain", Body: "ValueError: " + password},
			"redirect":     {Status: http.StatusFound, ContentType: "text/plain", Header: http.Header{"Location": {"/login/" + password}}},
			"wrong JSON":   {Status: http.StatusOK, ContentType: "application/json", Body: `{"x": "` + password + `", `},
			"another type": {Status: http.StatusOK, ContentType: "application/json", Body: `["` + password + `"]`},
		} {
			t.Run(name+map[bool]string{true: " in the next process"}[isNextProcess], func(t *testing.T) {
				t.Parallel()
				mock := providertest.StartMock(t, mockserver.Config{})
				block := providertest.Block(mock)
				block["max_retries"] = 0
				newClient := func() providertest.Client {
					return providertest.NewClientWith(t, mock.Clock, block, provider.WithRetryWait(1, 1))
				}
				client := newClient()
				config := map[string]any{"workers": 1, "options_wo": map[string]any{"environment": map[string]any{"KEY": password}}}
				created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), config)
				providertest.AssertNoDiagnostics(t, diagnostics)
				if isNextProcess {
					// Every command of Terraform begins with a refresh.
					client = newClient()
					created, diagnostics = client.Read(t, providertest.ClusterType, created)
					providertest.AssertNoDiagnostics(t, diagnostics)
				}
				cluster := client.Text(t, providertest.ClusterType, created.State, "name")
				fault.Path, fault.Times = "*", 1<<30
				mock.FailNext(fault)

				var all []*tfprotov6.Diagnostic
				add := func(more []*tfprotov6.Diagnostic) { all = append(all, more...) }
				config["workers"] = 2
				_, diagnostics = client.Apply(t.Context(), t, providertest.ClusterType, created, config)
				add(diagnostics)
				delete(config, "workers")
				config["adapt"] = map[string]any{"minimum": 1, "maximum": 2}
				_, diagnostics = client.Apply(t.Context(), t, providertest.ClusterType, created, config)
				add(diagnostics)
				_, diagnostics = client.Apply(t.Context(), t, providertest.ClusterType, created, nil)
				add(diagnostics)
				_, diagnostics = client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{"workers": 1})
				add(diagnostics)
				_, diagnostics = client.Read(t, providertest.ClusterType, created)
				add(diagnostics)
				for typeName, config := range map[string]map[string]any{"pc_clusters": {}, "pc_cluster_options": {}, "pc_dask_cluster": {"name": cluster}} {
					_, diagnostics = client.ReadData(t, typeName, config)
					add(diagnostics)
				}
				_, diagnostics = client.Open(t.Context(), t, "pc_dask_cluster_credentials", map[string]any{"name": cluster})
				add(diagnostics)
				messages, diagnostics := client.InvokeAction(t.Context(), t, scaleActionType, map[string]any{"name": cluster, "workers": 1}, nil)
				add(diagnostics)
				stopMessages, diagnostics := client.InvokeAction(t.Context(), t, stopActionType, map[string]any{"name": cluster}, nil)
				add(diagnostics)
				text := strings.Join(append(messages, stopMessages...), "\n")
				for _, d := range all {
					text += "\n" + d.Summary + "\n" + d.Detail
				}
				// This process has the declared options already, so one read can succeed.
				if len(all) < 9 {
					t.Errorf("only %d requests met the fault", len(all))
				}
				for _, listed := range client.List(t.Context(), t, providertest.ClusterType, providertest.ListQuery{}) {
					for _, d := range listed.Diagnostics {
						text += "\n" + d.Summary + "\n" + d.Detail
					}
				}
				if at := strings.Index(text, "horse"); at >= 0 {
					t.Errorf("the value is in a message: …%s…", text[max(0, at-300):at+20])
				}
			})
		}
	}
}
