// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// wholeNumbers returns the configurable arguments of a schema that are numbers.
// Every number in this provider's schemas is a whole number.
func wholeNumbers(schema *tfprotov6.Schema) []string {
	var names []string
	for _, attribute := range schema.Block.Attributes {
		if (attribute.Optional || attribute.Required) && attribute.Type != nil && attribute.Type.Is(tftypes.Number) {
			names = append(names, attribute.Name)
		}
	}
	return names
}

func TestDiagnostics_reportFractionsOnTheArgument(t *testing.T) {
	t.Parallel()
	w := providertest.StartClient(t, clock.Real())
	checked := 0
	check := func(name string, diagnostics []*tfprotov6.Diagnostic) {
		checked++
		providertest.AssertPresentable(t, diagnostics)
		found := false
		for _, d := range diagnostics {
			found = found || d.Attribute.String() == `AttributeName("`+name+`")` && d.Summary == `Invalid value for "`+name+`"` &&
				d.Detail == "The value must be a whole number, not 1.5."
		}
		if !found {
			t.Errorf("%s = 1.5: %v", name, diagnostics)
		}
	}
	for typeName, schema := range w.Schema.ResourceSchemas {
		for _, name := range wholeNumbers(schema) {
			check(name, w.Validate(t, typeName, map[string]any{name: 1.5}))
		}
	}
	for typeName, schema := range w.Schema.DataSourceSchemas {
		for _, name := range wholeNumbers(schema) {
			resp, err := w.Server.ValidateDataResourceConfig(t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{
				TypeName: typeName, Config: w.Value(t, schema.ValueType(), map[string]any{name: 1.5}),
			})
			if err != nil {
				t.Fatal(err)
			}
			check(name, resp.Diagnostics)
		}
	}
	for _, name := range wholeNumbers(w.Schema.Provider) {
		resp, err := w.Server.ValidateProviderConfig(t.Context(), &tfprotov6.ValidateProviderConfigRequest{
			Config: w.Value(t, w.Schema.Provider.ValueType(), map[string]any{name: 1.5}),
		})
		if err != nil {
			t.Fatal(err)
		}
		check(name, resp.Diagnostics)
	}
	if checked < 4 {
		t.Errorf("only %d arguments were checked", checked)
	}
}

func TestDiagnostics_reportFractionsOfNestedArguments(t *testing.T) {
	t.Parallel()
	w := providertest.StartClient(t, clock.Real())
	diagnostics := w.Validate(t, "pc_dask_cluster", map[string]any{"adapt": map[string]any{"minimum": 1.5, "maximum": 3}})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("adapt").ElementKeyString("minimum")`, "must be a whole number, not 1.5"))
}

func TestDiagnostics_convertDaysToHours(t *testing.T) {
	t.Parallel()
	w := providertest.StartClient(t, clock.Real())
	diagnostics := w.Validate(t, providertest.TokenType, map[string]any{"expires_in": "30d"})
	providertest.AssertPresentable(t, diagnostics)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("expires_in")`, `Write "720h"`))
}

// Every string of every response is hostile, in errors and in successes.
func TestDiagnostics_areSafeWhenEveryStringIsHostile(t *testing.T) {
	t.Parallel()
	const escaped = hostileText
	long := strings.Repeat(escaped, 400)
	for name, response := range map[string]struct {
		status int
		body   string
	}{
		"gateway error":     {http.StatusUnprocessableEntity, `{"error": "` + escaped + `"}`},
		"Hub error":         {http.StatusBadRequest, `{"status": 400, "message": "` + escaped + `"}`},
		"missing":           {http.StatusNotFound, `{"error": "` + escaped + `"}`},
		"forbidden":         {http.StatusForbidden, `{"message": "` + escaped + `"}`},
		"server failure":    {http.StatusInternalServerError, `{"error": "` + escaped + `"}`},
		"cluster":           {http.StatusOK, `{"name": "` + escaped + `", "status": "` + escaped + `", "options": {"` + escaped + `": "` + escaped + `"}, "dashboard_route": "` + escaped + `", "start_time": 1}`},
		"user":              {http.StatusOK, `{"kind": "` + escaped + `", "name": "` + escaped + `", "scopes": ["` + escaped + `"], "servers": {"` + escaped + `": {"name": "` + escaped + `"}}}`},
		"option":            {http.StatusOK, `{"cluster_options": [{"field": "` + escaped + `", "label": "` + escaped + `", "default": "` + escaped + `", "spec": {"type": "select", "options": [["` + escaped + `", "` + escaped + `"]]}}]}`},
		"long option names": {http.StatusOK, `{"cluster_options": [{"field": "` + long + `", "label": "x", "default": "a", "spec": {"type": "string"}}]}`},
		"version":           {http.StatusOK, `{"version": "` + escaped + `", "status": "` + escaped + `"}`},
		"wrong type":        {http.StatusOK, `["` + escaped + `"]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			block := providertest.Block(mock)
			block["max_retries"] = 0
			client := providertest.NewClientWith(t, clock.NewFake(clock.Real().Now()), block, provider.WithRetryWait(1, 1))
			mock.FailNext(providertest.RespondAlways("*", response.status, response.body))
			for typeName, config := range map[string]map[string]any{
				"pc_clusters": {}, "pc_cluster_options": {}, "pc_dask_cluster": {"name": someCluster}, "pc_gateway": {}, "pc_hub_user": {},
			} {
				_, diagnostics := client.ReadData(t, typeName, config)
				providertest.AssertPresentable(t, diagnostics)
			}
			for typeName, config := range map[string]map[string]any{
				"pc_dask_cluster":       {"options": map[string]any{"worker_core": 1}, "workers": 1},
				providertest.TokenType:  {"note": "ci"},
				providertest.ServerType: {"name": "x"},
			} {
				plan := client.Plan(t, typeName, client.None(t), config)
				providertest.AssertPresentable(t, plan.Diagnostics)
			}
			for _, typeName := range []string{providertest.ClusterType, providertest.TokenType, providertest.ServerType} {
				_, diagnostics := client.Apply(t.Context(), t, typeName, client.None(t), nil)
				providertest.AssertPresentable(t, diagnostics)
				assertListIsPresentable(t, client, typeName)
			}
			for typeName, config := range map[string]map[string]any{"pc_dask_cluster_credentials": {"name": someCluster}, providertest.TokenType: {}} {
				_, diagnostics := client.Open(t.Context(), t, typeName, config)
				providertest.AssertPresentable(t, diagnostics)
			}
			for typeName, config := range map[string]map[string]any{
				"pc_dask_cluster_stop":  {"name": someCluster},
				"pc_dask_cluster_scale": {"name": someCluster, "workers": 1},
				"pc_hub_server_stop":    {"user": "alice"},
				"pc_hub_token_revoke":   {"user": "alice", "id": "a1", "note": "ci"},
			} {
				assertActionIsPresentable(t, client, typeName, config)
			}
		})
	}
}

const someCluster = "prod.0123456789abcdef0123456789abcdef"

// Display names repeat texts of servers, which may be hostile.
func TestListResources_areSafeWhenTheirTextsAreHostile(t *testing.T) {
	t.Parallel()
	const escaped = `\u001b[2J\r\nApply complete! Resources: 1 added\u202e\u2066\u0085\u2028`
	for path, response := range map[string]string{
		"*/clusters/": `{"` + someCluster + `": {"name": "` + someCluster + `", "status": "RUNNING", "options": {"image": "` + escaped + `", "profile": "` + escaped + `"}, "start_time": 1}}`,
		"*/tokens":    `{"api_tokens": [{"id": "a7", "user": "alice", "note": "` + escaped + `", "created": "2026-01-01T00:00:00Z"}], "oauth_tokens": []}`,
		"*/users/*":   `{"kind": "user", "name": "alice", "servers": {"` + escaped + `": {"name": "` + escaped + `", "ready": true, "started": "2026-01-01T00:00:00Z", "url": "` + escaped + `"}}}`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock), provider.WithRetryWait(1, 1))
			mock.FailNext(providertest.RespondAlways(path, http.StatusOK, response))
			for _, typeName := range []string{providertest.ClusterType, providertest.TokenType, providertest.ServerType} {
				assertListIsPresentable(t, client, typeName)
			}
		})
	}
}

func assertListIsPresentable(t *testing.T, client providertest.Client, typeName string) {
	t.Helper()
	for _, result := range client.List(t.Context(), t, typeName, providertest.ListQuery{}) {
		providertest.AssertPresentable(t, result.Diagnostics)
		providertest.AssertPresentable(t, []*tfprotov6.Diagnostic{{Summary: result.DisplayName}})
	}
}

func assertActionIsPresentable(t *testing.T, client providertest.Client, typeName string, config map[string]any) {
	t.Helper()
	messages, diagnostics := client.InvokeAction(t.Context(), t, typeName, config, nil)
	providertest.AssertPresentable(t, diagnostics)
	for _, message := range messages {
		providertest.AssertPresentable(t, []*tfprotov6.Diagnostic{{Summary: message}})
	}
}

// A destroy with a token that is known only after apply fails with the name of the
// argument. The advice must fit resources too.
func TestDiagnostics_nameTheUnknownProviderArgument(t *testing.T) {
	t.Parallel()
	client := providertest.NewClient(t, map[string]any{"address": "https://hub.example.com/services/dask-gateway/", "api_token": providertest.Unknown{}})
	unknownToken := providertest.ErrorAt("", "api_token of the provider block is known only after apply")
	for _, typeName := range []string{"pc_gateway", "pc_hub_user"} {
		_, diagnostics := client.ReadData(t, typeName, map[string]any{})
		providertest.AssertPresentable(t, diagnostics)
		providertest.AssertDiagnostics(t, diagnostics, unknownToken)
		if !strings.Contains(diagnostics[0].Detail, "depends_on") {
			t.Errorf("the advice does not name depends_on: %s", diagnostics[0].Detail)
		}
	}
	cluster := map[string]any{"name": "0123456789abcdef0123456789abcdef"}
	managed := providertest.Instance{State: client.Value(t, client.ResourceType(providertest.ClusterType), cluster)}
	_, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, managed, nil)
	providertest.AssertDiagnostics(t, diagnostics, unknownToken)
	if strings.Contains(diagnostics[0].Detail, "data source") {
		t.Errorf("the advice for a destroy is about data sources: %s", diagnostics[0].Detail)
	}
}

func TestDiagnostics_rejectNullMembersAtPlan(t *testing.T) {
	t.Parallel()
	w := providertest.StartClient(t, clock.Real())
	for _, name := range []string{"scopes", "roles"} {
		diagnostics := w.Validate(t, providertest.TokenType, map[string]any{name: []any{nil}})
		providertest.AssertPresentable(t, diagnostics)
		if len(diagnostics) == 0 || !strings.Contains(diagnostics[0].Attribute.String(), name) {
			t.Errorf("%s = [null]: %v", name, diagnostics)
		}
	}
}
