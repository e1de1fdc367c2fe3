// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

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
)

const credentials = "pc_dask_cluster_credentials"

// TestAccEphemeralCredentials_areThoseOfTheCluster asks for those of a cluster
// that is made in the same apply, so that the plan cannot know them.
func TestAccEphemeralCredentials_areThoseOfTheCluster(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: factoriesWithEcho(mock),
		TerraformVersionChecks:   hasEphemeral,
		Steps: []resource.TestStep{{
			Config: providerBlock(mock) + echoed(credentials+".test") + `
resource "pc_dask_cluster" "test" {}
ephemeral "pc_dask_cluster_credentials" "test" { name = pc_dask_cluster.test.name }`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.CompareValuePairs(echo, echoedAt("scheduler_address"), cluster, tfjsonpath.New("scheduler_address"), compare.ValuesSame()),
				statecheck.CompareValuePairs(echo, echoedAt("dashboard_link"), cluster, tfjsonpath.New("dashboard_link"), compare.ValuesSame()),
				statecheck.ExpectKnownValue(echo, echoedAt("tls_cert"), isPEM("CERTIFICATE")),
				statecheck.ExpectKnownValue(echo, echoedAt("tls_key"), isPEM("PRIVATE KEY")),
			},
		}},
	})
	assertNothingRuns(t, mock)
}

func isPEM(kind string) knownvalue.Check {
	return knownvalue.StringRegexp(regexp.MustCompile(`(?s)^-----BEGIN [A-Z ]*` + kind + `-----\n.*-----END [A-Z ]*` + kind + `-----\n$`))
}

func TestEphemeralCredentials_opens(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWireWith(t, mock.clock, block(mock))
	name := mock.AddCluster("alice", nil)
	mock.clock.Advance(time.Minute)
	opened, diagnostics := w.open(t.Context(), t, credentials, map[string]any{"name": name})
	assertDiagnostics(t, diagnostics, wanted{})
	if _, err := tls.X509KeyPair([]byte(opened.text(t, "tls_cert")), []byte(opened.text(t, "tls_key"))); err != nil {
		t.Error(err)
	}
	if strings.Contains(string(opened.private), "BEGIN") || !opened.renewAt.IsZero() {
		t.Error("there is more than the result")
	}
	if got := mock.CountSuccessful("", "*/api/v1/*"); got != 1 {
		t.Errorf("%d requests, want 1\n%s", got, journal(mock))
	}
	assertDiagnostics(t, w.close(t, opened), wanted{})
}

func TestEphemeralCredentials_fails(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWireWith(t, mock.clock, block(mock))
	stopped, failed, theirs := mock.AddCluster("alice", nil), mock.AddCluster("alice", nil), mock.AddCluster("bob", nil)
	mock.StopCluster(stopped)
	mock.FailCluster(failed)
	mock.clock.Advance(time.Minute)
	for name, test := range map[string]struct {
		cluster string
		want    wanted
	}{
		"stopped":     {stopped, errorAt(`AttributeName("name")`, "It is STOPPED")},
		"failed":      {failed, errorAt(`AttributeName("name")`, "It is FAILED")},
		"somebody's":  {theirs, errorAt(`AttributeName("name")`, "do not allow this")},
		"never there": {"prod.0123456789abcdef0123456789abcdef", errorAt(`AttributeName("name")`, "does not know it")},
		"not a name":  {"..", errorAt(`AttributeName("name")`, "is not the name of a cluster")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diagnostics := w.open(t.Context(), t, credentials, map[string]any{"name": test.cluster})
			assertDiagnostics(t, diagnostics, test.want)
		})
	}
}

// TestEphemeralCredentials_waits for a cluster that starts, and not for ever.
func TestEphemeralCredentials_waits(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{LongPoll: 10 * time.Millisecond})
	w := newWireWith(t, mock.clock, block(mock))
	mock.SetStartsHeld(true)
	// The wait for RUNNING is forbidden, as is the listing before the create, so that
	// the state has a cluster that is PENDING.
	mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/clusters/*", Times: 2, Status: http.StatusForbidden})
	made, _ := w.apply(t.Context(), t, "pc_dask_cluster", w.none(t), map[string]any{})
	config := map[string]any{"name": w.text(t, "pc_dask_cluster", made.state, "name"), "timeouts": map[string]any{"open": "300ms"}}
	_, diagnostics := w.open(t.Context(), t, credentials, config)
	assertDiagnostics(t, diagnostics, errorAt(`AttributeName("timeouts").AttributeName("open")`, "It was still PENDING"))
	mock.SetStartsHeld(false)
	config["timeouts"] = map[string]any{"open": "1m"}
	opened, diagnostics := w.open(t.Context(), t, credentials, config)
	assertDiagnostics(t, diagnostics, wanted{})
	if opened.text(t, "tls_key") == "" {
		t.Error("there is no key")
	}
}

func TestEphemeralCredentials_sayWhatTheGatewayDid(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWireWith(t, mock.clock, block(mock))
	name := mock.AddCluster("alice", nil)
	mock.FailNext(mockserver.Fault{
		Method: http.MethodGet, Path: "*/clusters/" + name, ContentType: "application/json",
		Status: http.StatusInternalServerError, Body: `{"error": "Permission failure verifying user's JupyterHub API token"}`,
	})
	_, diagnostics := w.open(t.Context(), t, credentials, map[string]any{"name": name})
	assertDiagnostics(t, diagnostics, errorAt(`AttributeName("name")`, "did not accept the credentials"))
}

func TestEphemeralCredentials_areUnknownUntilTheGatewayIs(t *testing.T) {
	t.Parallel()
	mock := startMock(t, mockserver.Config{})
	w := newWire(t, map[string]any{"address": unknown{}, "api_token": mock.NewToken("alice")})
	opened, diagnostics := w.open(t.Context(), t, credentials, map[string]any{"name": "prod.0123456789abcdef0123456789abcdef"})
	assertDiagnostics(t, diagnostics, wanted{})
	if opened.text(t, "tls_key") != "?" || opened.text(t, "scheduler_address") != "?" {
		t.Errorf("got %v", opened.values)
	}
}

func TestEphemeralCredentials_validate(t *testing.T) {
	t.Parallel()
	w := newWire(t, map[string]any{})
	for name, test := range map[string]struct {
		config map[string]any
		want   wanted
	}{
		"unknown":     {map[string]any{"name": unknown{}}, wanted{}},
		"not a name":  {map[string]any{"name": "../x"}, errorAt(`AttributeName("name")`, "cannot be one")},
		"no time":     {map[string]any{"name": "x", "timeouts": map[string]any{"open": "0s"}}, errorAt(`AttributeName("timeouts").AttributeName("open")`, "longer than nothing")},
		"no duration": {map[string]any{"name": "x", "timeouts": map[string]any{"open": "soon"}}, errorAt(`AttributeName("timeouts").AttributeName("open")`, "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assertDiagnostics(t, w.validateEphemeral(t, credentials, test.config), test.want)
		})
	}
}
