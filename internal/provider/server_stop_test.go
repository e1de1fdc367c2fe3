// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const interruptedAdvice = "The operation was interrupted."

// stoppedClient returns a client of a provider that Terraform has stopped.
func stoppedClient(t *testing.T) (*providertest.Mock, providertest.Client) {
	t.Helper()
	mock := providertest.StartMock(t, mockserver.Config{})
	block := providertest.Block(mock)
	block["hub_address"] = mock.HubURL()
	client := providertest.NewClientWith(t, mock.Clock, block)
	if _, err := client.Server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	mock.ClearRequests()
	return mock, client
}

func assertInterrupted(t *testing.T, mock *providertest.Mock, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	if !providertest.HasError(diagnostics) {
		t.Error("a call after the interrupt has no error")
	}
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError && !strings.Contains(d.Detail, interruptedAdvice) {
			t.Errorf("the error does not name the interrupt: %s: %s", d.Summary, d.Detail)
		}
	}
	for _, request := range mock.Requests() {
		if request.Method != http.MethodGet {
			t.Errorf("after the interrupt the provider sent %s %s", request.Method, request.Path)
		}
	}
}

// TestStopProvider_createsNothingLater stops the provider before Terraform applies a
// resource: the call may have been under way when the interrupt arrived.
func TestStopProvider_createsNothingLater(t *testing.T) {
	t.Parallel()
	for typeName, config := range map[string]map[string]any{
		"pc_dask_cluster": {"workers": 1}, "pc_hub_token": {}, "pc_hub_server": {"name": "extra"},
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			mock, client := stoppedClient(t)
			none := providertest.Instance{State: client.Value(t, client.ResourceType(typeName), nil)}
			after, diagnostics := client.Apply(t.Context(), t, typeName, none, config)
			assertInterrupted(t, mock, diagnostics)
			if client.Attributes(t, client.ResourceType(typeName), after.State) != nil {
				t.Error("a refused create is in the state")
			}
		})
	}
}

func TestStopProvider_opensAndInvokesNothingLater(t *testing.T) {
	t.Parallel()
	t.Run("ephemeral resource", func(t *testing.T) {
		t.Parallel()
		mock, client := stoppedClient(t)
		_, diagnostics := client.Open(t.Context(), t, "pc_hub_token", map[string]any{})
		assertInterrupted(t, mock, diagnostics)
	})
	t.Run("action", func(t *testing.T) {
		t.Parallel()
		mock, client := stoppedClient(t)
		name := mock.AddCluster("alice", nil)
		_, diagnostics := client.InvokeAction(t.Context(), t, "pc_dask_cluster_stop", map[string]any{"name": name}, nil)
		assertInterrupted(t, mock, diagnostics)
	})
}

// TestStopProvider_limitsTheCloseOfATokenLater closes a token after the interrupt while
// the Hub does not respond. Terraform exits at a second interrupt, which GitHub Actions
// sends after 7.5 s.
func TestStopProvider_limitsTheCloseOfATokenLater(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	block := providertest.Block(mock)
	block["hub_address"] = mock.HubURL()
	openEphemerals := &clients.OpenEphemerals{}
	client := providertest.NewClientWith(t, mock.Clock, block, provider.WithOpenEphemerals(openEphemerals))
	opened, diagnostics := client.Open(t.Context(), t, providertest.TokenType, map[string]any{})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if _, err := client.Server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	unblock := make(chan struct{})
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/tokens/*", BeforeResponse: func() { <-unblock }})
	closed := make(chan []*tfprotov6.Diagnostic, 1)
	go func() { closed <- client.Close(t, opened) }()
	select {
	case diagnostics = <-closed:
		providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "The token may still be valid"))
	case <-time.After(7 * time.Second):
		t.Error("the close of the token does not end")
	}
	close(unblock)
	if err := openEphemerals.CloseAll(t.Context()); err != nil {
		t.Error(err)
	}
	if got := providertest.TokenNotes(mock)[opened.Text(t, "note")]; got != 0 {
		t.Errorf("%d tokens are left at the end of the process", got)
	}
}

// TestStopProvider_keepsTheStateOfLaterChanges stops the provider before Terraform
// updates and destroys a cluster.
func TestStopProvider_keepsTheStateOfLaterChanges(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{"workers": 1})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if _, err := client.Server.StopProvider(t.Context(), &tfprotov6.StopProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	mock.ClearRequests()
	name := client.Text(t, providertest.ClusterType, created.State, "name")
	for _, config := range []map[string]any{{"workers": 2}, nil} {
		after, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, created, config)
		assertInterrupted(t, mock, diagnostics)
		if got := client.Text(t, providertest.ClusterType, after.State, "name"); got != name {
			t.Errorf("the state has the cluster %q after the interrupt, before it %q", got, name)
		}
	}
}

// TestConfigureProvider_beginsAnotherRun configures a provider again that was stopped,
// as every command does with a provider in debug mode.
func TestConfigureProvider_beginsAnotherRun(t *testing.T) {
	t.Parallel()
	mock, client := stoppedClient(t)
	resp, err := client.Server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: client.Value(t, client.Schema.Provider.ValueType(), providertest.Block(mock)),
	})
	if err != nil || len(resp.Diagnostics) > 0 {
		t.Fatal(err, resp)
	}
	_, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{"workers": 1})
	providertest.AssertNoDiagnostics(t, diagnostics)
}
