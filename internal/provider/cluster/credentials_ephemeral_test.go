// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"crypto/tls"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/compare"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const credentialsType = "pc_dask_cluster_credentials"

// TestAccEphemeralCredentials_areThoseOfTheCluster opens the credentials of a cluster
// that is created in the same apply, so that the plan cannot contain them.
func TestAccEphemeralCredentials_areThoseOfTheCluster(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.FactoriesWithEcho(mock),
		TerraformVersionChecks:   providertest.NeedsEphemeralResources,
		Steps: []resource.TestStep{{
			Config: providertest.ProviderBlock(mock) + providertest.EchoConfig(credentialsType+".test") + `
resource "pc_dask_cluster" "test" {}
ephemeral "pc_dask_cluster_credentials" "test" { name = pc_dask_cluster.test.name }`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.CompareValuePairs(providertest.EchoAddress, providertest.EchoPath("scheduler_address"), providertest.ClusterAddress, tfjsonpath.New("scheduler_address"), compare.ValuesSame()),
				statecheck.CompareValuePairs(providertest.EchoAddress, providertest.EchoPath("dashboard_link"), providertest.ClusterAddress, tfjsonpath.New("dashboard_link"), compare.ValuesSame()),
				statecheck.ExpectKnownValue(providertest.EchoAddress, providertest.EchoPath("tls_cert"), isPEM("CERTIFICATE")),
				statecheck.ExpectKnownValue(providertest.EchoAddress, providertest.EchoPath("tls_key"), isPEM("PRIVATE KEY")),
			},
		}},
	})
	providertest.AssertNothingRuns(t, mock)
}

func isPEM(kind string) knownvalue.Check {
	return knownvalue.StringRegexp(regexp.MustCompile(`(?s)^-----BEGIN [A-Z ]*` + kind + `-----\n.*-----END [A-Z ]*` + kind + `-----\n$`))
}

func TestEphemeralCredentials_opens(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	name := mock.AddCluster("alice", nil)
	mock.Clock.Advance(time.Minute)
	opened, diagnostics := client.Open(t.Context(), t, credentialsType, map[string]any{"name": name})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if _, err := tls.X509KeyPair([]byte(opened.Text(t, "tls_cert")), []byte(opened.Text(t, "tls_key"))); err != nil {
		t.Error(err)
	}
	if strings.Contains(string(opened.Private), "BEGIN") || !opened.RenewAt.IsZero() {
		t.Error("the result has private data or a renewal time")
	}
	if got := mock.CountSuccessful("", "*/api/v1/*"); got != 1 {
		t.Errorf("%d requests, want 1\n%s", got, providertest.Journal(mock))
	}
	providertest.AssertNoDiagnostics(t, client.Close(t, opened))
}

func TestEphemeralCredentials_reportsClustersThatDoNotRun(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	stopped, failed, theirs := mock.AddCluster("alice", nil), mock.AddCluster("alice", nil), mock.AddCluster("bob", nil)
	mock.StopCluster(stopped)
	mock.FailCluster(failed)
	mock.Clock.Advance(time.Minute)
	for name, test := range map[string]struct {
		cluster string
		want    providertest.ExpectedDiagnostic
	}{
		"stopped":        {stopped, providertest.ErrorAt(`AttributeName("name")`, "It is STOPPED")},
		"failed":         {failed, providertest.ErrorAt(`AttributeName("name")`, "It is FAILED")},
		"another user's": {theirs, providertest.ErrorAt(`AttributeName("name")`, "the cluster to another user")},
		"never existed":  {"prod.0123456789abcdef0123456789abcdef", providertest.ErrorAt(`AttributeName("name")`, "does not have it")},
		"not a name":     {"..", providertest.ErrorAt(`AttributeName("name")`, "is not the name of a cluster")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diagnostics := client.Open(t.Context(), t, credentialsType, map[string]any{"name": test.cluster})
			providertest.AssertDiagnostics(t, diagnostics, test.want)
		})
	}
}

// TestEphemeralCredentials_waitsForAStartingCluster also checks that the wait is
// limited.
func TestEphemeralCredentials_waitsForAStartingCluster(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{LongPoll: 10 * time.Millisecond})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	mock.SetStartsHeld(true)
	// The wait for RUNNING is forbidden, as is the listing before the create, so that
	// the state has a cluster that is PENDING.
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/*", Times: 2, Status: http.StatusForbidden})
	created, _ := client.Apply(t.Context(), t, "pc_dask_cluster", client.None(t), map[string]any{})
	config := map[string]any{"name": client.Text(t, "pc_dask_cluster", created.State, "name"), "timeouts": map[string]any{"open": "300ms"}}
	_, diagnostics := client.Open(t.Context(), t, credentialsType, config)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("timeouts").ElementKeyString("open")`, "It was still PENDING"))
	mock.SetStartsHeld(false)
	config["timeouts"] = map[string]any{"open": "1m"}
	opened, diagnostics := client.Open(t.Context(), t, credentialsType, config)
	providertest.AssertNoDiagnostics(t, diagnostics)
	if opened.Text(t, "tls_key") == "" {
		t.Error("tls_key is empty")
	}
}

func TestEphemeralCredentials_reportsRejectedCredentials(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	name := mock.AddCluster("alice", nil)
	mock.FailNext(mockserver.Fault{
		Method: http.MethodGet, Path: "*/clusters/" + name, ContentType: "application/json",
		Status: http.StatusInternalServerError, Body: `{"error": "Permission failure verifying user's JupyterHub API token"}`,
	})
	_, diagnostics := client.Open(t.Context(), t, credentialsType, map[string]any{"name": name})
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("name")`, "rejected the credentials"))
}

func TestEphemeralCredentials_areUnknownUntilTheGatewayIs(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, map[string]any{"address": providertest.Unknown{}, "api_token": mock.NewToken("alice")})
	opened, diagnostics := client.Open(t.Context(), t, credentialsType, map[string]any{"name": "prod.0123456789abcdef0123456789abcdef"})
	providertest.AssertNoDiagnostics(t, diagnostics)
	if opened.Text(t, "tls_key") != "?" || opened.Text(t, "scheduler_address") != "?" {
		t.Errorf("got %v", opened.Values)
	}
}

func TestEphemeralCredentials_validatesArguments(t *testing.T) {
	t.Parallel()
	client := providertest.NewClient(t, map[string]any{})
	for name, test := range map[string]struct {
		config map[string]any
		want   providertest.ExpectedDiagnostic
	}{
		"unknown":          {map[string]any{"name": providertest.Unknown{}}, providertest.ExpectedDiagnostic{}},
		"not a name":       {map[string]any{"name": "../x"}, providertest.ErrorAt(`AttributeName("name")`, "is not a valid name")},
		"zero timeout":     {map[string]any{"name": "x", "timeouts": map[string]any{"open": "0s"}}, providertest.ErrorAt(`AttributeName("timeouts").ElementKeyString("open")`, "Timeout must be positive")},
		"invalid duration": {map[string]any{"name": "x", "timeouts": map[string]any{"open": "soon"}}, providertest.ErrorAt(`AttributeName("timeouts").ElementKeyString("open")`, "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			providertest.AssertDiagnostics(t, client.ValidateEphemeral(t, credentialsType, test.config), test.want)
		})
	}
}
