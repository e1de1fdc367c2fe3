// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	pc "github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// TestSchemas_areValid finds mistakes in schemas without Terraform.
func TestSchemas_areValid(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	p := pc.New("test")()
	var provided provider.SchemaResponse
	p.Schema(ctx, provider.SchemaRequest{}, &provided)
	if d := provided.Schema.ValidateImplementation(ctx); d.HasError() {
		t.Errorf("provider: %v", d)
	}
	for _, construct := range p.Resources(ctx) {
		var schema resource.SchemaResponse
		construct().Schema(ctx, resource.SchemaRequest{}, &schema)
		if d := schema.Schema.ValidateImplementation(ctx); d.HasError() {
			t.Errorf("%T: %v", construct(), d)
		}
	}
	for _, construct := range p.DataSources(ctx) {
		var schema datasource.SchemaResponse
		construct().Schema(ctx, datasource.SchemaRequest{}, &schema)
		if d := schema.Schema.ValidateImplementation(ctx); d.HasError() {
			t.Errorf("%T: %v", construct(), d)
		}
	}
}

// configureProvider returns the diagnostics of a provider block.
func configureProvider(ctx context.Context, t *testing.T, plain map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	w := providertest.StartClient(t, clock.Real())
	config := w.Value(t, w.Schema.Provider.ValueType(), plain)
	validated, err := w.Server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	if providertest.HasError(validated.Diagnostics) {
		return validated.Diagnostics
	}
	resp, err := w.Server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.11.4", Config: config})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

func TestProvider_rejectsInvalidArguments(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		argument string
		value    any
		detail   string
	}{
		"no scheme":        {"address", "hub.example.com/services/dask-gateway/", "http"},
		"other scheme":     {"address", "ftp://hub.example.com/", "http"},
		"no host":          {"address", "https:///services/dask-gateway/", "host"},
		"query":            {"address", "https://hub.example.com/?a=b", "query"},
		"password inside":  {"address", "https://alice:pw@hub.example.com/", "password"},
		"public address":   {"public_address", "hub", "http"},
		"hub address":      {"hub_address", "hub", "http"},
		"keytab type":      {"keytab_path", "KEYRING:x", "another type than FILE"},
		"principal":        {"principal", "alice@", "NAME@REALM"},
		"unknown auth":     {"auth", "magic", "jupyterhub"},
		"certificate":      {"ca_certificate", "nonsense", "certificate"},
		"http_proxy":       {"http_proxy", "proxy:3128", "http"},
		"retries":          {"max_retries", 21, "20"},
		"negative retries": {"max_retries", -1, "0"},
		"timeout":          {"request_timeout", "soon", "uration"},
		"zero timeout":     {"request_timeout", "0s", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := map[string]any{"address": "https://hub.example.com/services/dask-gateway/", "api_token": "t"}
			plain[test.argument] = test.value
			providertest.AssertDiagnostics(t, configureProvider(t.Context(), t, plain), providertest.ErrorAt(`AttributeName("`+test.argument+`")`, test.detail))
		})
	}
}

// The provider reads the keytab when it is configured, so that the error is on the
// argument.
func TestProvider_rejectsInvalidKeytabs(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "broken.keytab")
	if err := os.WriteFile(broken, []byte("s3cr3t"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, detail := range map[string]string{"/nowhere.keytab": "/nowhere.keytab does not exist", broken: "is not valid or has no key", filepath.Dir(broken): "is not a regular file but a directory"} {
		diagnostics := configureProvider(t.Context(), t, map[string]any{"address": "https://hub.example.com/", "auth": "kerberos", "keytab_path": path})
		providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("keytab_path")`, detail))
	}
}

// TestProvider_kerberosWithoutATicket configures the provider without a ticket. Only the
// operation that needs the ticket fails.
func TestProvider_kerberosWithoutATicket(t *testing.T) {
	t.Setenv("KRB5_CONFIG", "/nowhere/krb5.conf")
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, map[string]any{"address": mock.GatewayURL(), "auth": "kerberos"})
	resp := client.Plan(t, providertest.ClusterType, client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, resp.Diagnostics, providertest.ErrorAt("", "Run kinit to get a ticket and klist to list your tickets"))
	if got := len(mock.Requests()); got != 0 {
		t.Errorf("%d requests were sent without a ticket", got)
	}
}

func TestProvider_acceptsUnknownArguments(t *testing.T) {
	t.Parallel()
	for _, argument := range []string{"address", "proxy_address", "public_address", "hub_address", "auth", "api_token", "principal", "keytab_path", "ca_certificate", "http_proxy", "max_retries", "request_timeout", "allow_cleartext"} {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			plain := map[string]any{"address": "http://127.0.0.1:1/services/dask-gateway/", "api_token": "t", "max_retries": 0}
			plain[argument] = providertest.Unknown{}
			client := providertest.NewClient(t, plain)
			resp := client.Plan(t, providertest.ClusterType, client.None(t), map[string]any{})
			for _, d := range resp.Diagnostics {
				if d.Severity == tfprotov6.DiagnosticSeverityError {
					t.Errorf("%s: %s", d.Summary, d.Detail)
				}
			}
		})
	}
}

// TestProvider_sendsNoCredentialsInClearText plans with a host to which credentials must
// not be sent in clear text.
func TestProvider_sendsNoCredentialsInClearText(t *testing.T) {
	t.Parallel()
	client := providertest.NewClient(t, map[string]any{"address": "http://hub.example.com/services/dask-gateway/", "api_token": "t"})
	resp := client.Plan(t, providertest.ClusterType, client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, resp.Diagnostics, providertest.ErrorAt("", "allow_cleartext = true"))
}

func TestProvider_sendsUserAgent(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClient(t, providertest.Block(mock))
	client.Plan(t, providertest.ClusterType, client.None(t), map[string]any{})
	requests := mock.Requests()
	if len(requests) != 1 || !strings.HasPrefix(requests[0].Header.Get("User-Agent"), "terraform-provider-pc/test (Terraform 1.14.0; ") {
		t.Errorf("User-Agent %q in %d requests", requests[0].Header.Get("User-Agent"), len(requests))
	}
}

func TestProvider_usesBasicAuth(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{Auth: "basic", Password: "qwerty"})
	block := map[string]any{"address": mock.GatewayURL(), "auth": "basic", "username": "alice", "password": "qwerty"}
	client := providertest.NewClient(t, block)
	created, diagnostics := client.Apply(t.Context(), t, providertest.ClusterType, client.None(t), map[string]any{})
	providertest.AssertNoDiagnostics(t, diagnostics)
	_, diagnostics = client.Apply(t.Context(), t, providertest.ClusterType, created, nil)
	providertest.AssertNoDiagnostics(t, diagnostics)
	providertest.AssertNothingRuns(t, mock)

	mock.ClearRequests()
	block["password"] = "wrong"
	client = providertest.NewClient(t, block)
	resp := client.Plan(t, providertest.ClusterType, client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, resp.Diagnostics, providertest.ErrorAt("", "The password comes from password in the provider block. Correct username and password"))
	if got := mock.CountRequests(http.MethodGet, "*"); got != 1 {
		t.Errorf("a wrong password was tried %d times", got)
	}

	client = providertest.NewClient(t, map[string]any{"address": mock.GatewayURL(), "auth": "none"})
	resp = client.Plan(t, providertest.ClusterType, client.None(t), map[string]any{})
	providertest.AssertDiagnostics(t, resp.Diagnostics, providertest.ErrorAt("", `The gateway requires auth = "basic", and the provider uses auth = "none"`))
}

// A password or a key is in an argument that is not sensitive, so Terraform would show
// what a diagnostic quotes.
func TestDiagnostics_hideMisplacedSecrets(t *testing.T) {
	t.Parallel()
	keytab := base64.StdEncoding.EncodeToString([]byte("\x05\x02\x00\x00\x00\x40s3cr3t-key-of-alice"))
	assertHidden := func(name string, diagnostics []*tfprotov6.Diagnostic) {
		t.Helper()
		if !providertest.HasError(diagnostics) {
			t.Errorf("%s was accepted", name)
		}
		for _, d := range diagnostics {
			if text := d.Summary + d.Detail; strings.Contains(text, "s3cr3t") || strings.Contains(text, keytab[:12]) {
				t.Errorf("%s: the secret is in %s", name, text)
			}
		}
	}
	for argument, value := range map[string]string{
		"username": "alice:s3cr3t", "keytab_path": keytab, "principal": "alice:s3cr3t@", "api_token": "s3cr3t token",
		"address": "https://alice:s3cr3t@h/", "hub_address": "https://alice:s3cr3t@h/", "public_address": "https://alice:s3cr3t@h/", "proxy_address": "tls://alice:s3cr3t@h:1",
		"http_proxy": "ftp://alice:s3cr3t@h:1", "stac_url": "https://alice:s3cr3t@h/", "sas_url": "https://alice:s3cr3t@h/", "geocatalog_url": "https://alice:s3cr3t@h/",
	} {
		block := map[string]any{"address": "https://hub.example.com/services/dask-gateway/"}
		block[argument] = value
		if argument == "username" {
			block["password"] = "x"
		}
		assertHidden(argument, configureProvider(t.Context(), t, block))
	}
	client := providertest.StartClient(t, clock.Real())
	for _, address := range []string{"http://alice:s3cr3t@h:8787", "tls://alice:s3cr3t@h:8786", "https://h:8787/?token=s3cr3t"} {
		assertHidden("dashboard_url = "+address, client.ValidateData(t, "pc_dask_scheduler", map[string]any{"dashboard_url": address}))
	}
	for _, address := range []string{"tls://alice:s3cr3t@h:8786", "https://alice:s3cr3t@h:1", "tls://h:8786/?token=s3cr3t", "alice:s3cr3t@h"} {
		assertHidden("address = "+address, client.ValidateData(t, "pc_dask_scheduler", map[string]any{"dashboard_url": "http://h:8787", "address": address}))
	}
}
