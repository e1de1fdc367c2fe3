// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// entraValues returns the credentials in the provider block's names. Flags and defaults
// that are not set are missing.
func entraValues(e settings.Entra) map[string]string {
	found := map[string]string{}
	for name, setting := range map[string]settings.Setting[string]{
		"environment": e.Environment, "tenant_id": e.TenantID, "client_id": e.ClientID, "client_id_file_path": e.ClientIDFilePath,
		"client_secret_file_path": e.ClientSecretFilePath, "client_certificate_path": e.ClientCertificatePath,
		"oidc_token_file_path": e.OIDCTokenFilePath, "oidc_request_url": e.OIDCRequestURL,
		"ado_pipeline_service_connection_id": e.ADOPipelineServiceConnectionID, "msi_endpoint": e.MSIEndpoint, "msi_api_version": e.MSIAPIVersion,
		"subscription_id": e.SubscriptionID, "authority_host": e.AuthorityHost,
		"client_secret": {Value: e.ClientSecret.Value.Reveal(), IsSet: e.ClientSecret.IsSet}, "client_certificate": {Value: e.ClientCertificate.Value.Reveal(), IsSet: e.ClientCertificate.IsSet},
		"client_certificate_password": {Value: e.ClientCertificatePassword.Value.Reveal(), IsSet: e.ClientCertificatePassword.IsSet},
		"oidc_token":                  {Value: e.OIDCToken.Value.Reveal(), IsSet: e.OIDCToken.IsSet}, "oidc_request_token": {Value: e.OIDCRequestToken.Value.Reveal(), IsSet: e.OIDCRequestToken.IsSet},
	} {
		if setting.IsSet {
			found[name] = setting.Value
		}
	}
	for name, setting := range map[string]settings.Setting[bool]{
		"use_oidc": e.UseOIDC, "use_aks_workload_identity": e.UseAKSWorkloadIdentity, "use_msi": e.UseMSI, "use_cli": e.UseCLI,
	} {
		if setting.IsSet {
			found[name] = fmt.Sprint(setting.Value)
		}
	}
	return found
}

func TestResolve_entraSettings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		block settings.Block
		env   []string
		want  map[string]string
	}{
		"nothing": {},
		"service principal": {
			env:  []string{"ARM_TENANT_ID=t", "ARM_CLIENT_ID=c", "ARM_CLIENT_SECRET=s", "ARM_SUBSCRIPTION_ID=sub", "AZURE_CLIENT_ID=other"},
			want: map[string]string{"tenant_id": "t", "client_id": "c", "client_secret": "s", "subscription_id": "sub"},
		},
		"files": {
			env:  []string{"ARM_CLIENT_ID_FILE_PATH=/id", "ARM_CLIENT_SECRET_FILE_PATH=/secret", "ARM_OIDC_TOKEN_FILE_PATH=/token", "AZURE_FEDERATED_TOKEN_FILE=/other"},
			want: map[string]string{"client_id_file_path": "/id", "client_secret_file_path": "/secret", "oidc_token_file_path": "/token"},
		},
		"certificate": {
			env:  []string{"ARM_CLIENT_CERTIFICATE=MIIC", "ARM_CLIENT_CERTIFICATE_PATH=/p", "ARM_CLIENT_CERTIFICATE_PASSWORD=w"},
			want: map[string]string{"client_certificate": "MIIC", "client_certificate_path": "/p", "client_certificate_password": "w"},
		},
		"GitHub Actions": {
			env:  []string{"ARM_USE_OIDC=true", "ACTIONS_ID_TOKEN_REQUEST_URL=https://a", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=a", "SYSTEM_OIDCREQUESTURI=https://s", "SYSTEM_ACCESSTOKEN=s"},
			want: map[string]string{"use_oidc": "true", "oidc_request_url": "https://a", "oidc_request_token": "a"},
		},
		"Azure Pipelines": {
			env:  []string{"ARM_USE_OIDC=true", "SYSTEM_OIDCREQUESTURI=https://s", "SYSTEM_ACCESSTOKEN=s", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID=azapi", "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID=azurerm"},
			want: map[string]string{"use_oidc": "true", "oidc_request_url": "https://s", "oidc_request_token": "s", "ado_pipeline_service_connection_id": "azurerm"},
		},
		"Azure Pipelines as in AzAPI": {
			env:  []string{"ARM_OIDC_TOKEN=o", "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID=azapi", "ARM_OIDC_REQUEST_URL=https://r", "ARM_OIDC_REQUEST_TOKEN=r", "SYSTEM_ACCESSTOKEN=s"},
			want: map[string]string{"oidc_token": "o", "ado_pipeline_service_connection_id": "azapi", "oidc_request_url": "https://r", "oidc_request_token": "r"},
		},
		"AKS": {
			env:  []string{"ARM_USE_AKS_WORKLOAD_IDENTITY=1", "AZURE_TENANT_ID=t", "AZURE_CLIENT_ID=c", "AZURE_FEDERATED_TOKEN_FILE=/f", "AZURE_AUTHORITY_HOST=https://login.microsoftonline.com/"},
			want: map[string]string{"use_aks_workload_identity": "true", "tenant_id": "t", "client_id": "c", "oidc_token_file_path": "/f", "authority_host": "https://login.microsoftonline.com"},
		},
		"managed identity": {
			env:  []string{"ARM_USE_MSI=true", "ARM_MSI_ENDPOINT=http://localhost:50342/oauth2/token", "ARM_MSI_API_VERSION=2019-08-01", "ARM_USE_CLI=false"},
			want: map[string]string{"use_msi": "true", "msi_endpoint": "http://localhost:50342/oauth2/token", "msi_api_version": "2019-08-01", "use_cli": "false"},
		},
		"cloud":            {env: []string{"ARM_ENVIRONMENT=USGovernmentL5"}, want: map[string]string{"environment": "usgovernment"}},
		"cloud in a block": {block: settings.Block{Environment: knownValue("global")}, env: []string{"ARM_ENVIRONMENT=china"}, want: map[string]string{"environment": "public"}},
		"a nearer tenant":  {block: settings.Block{TenantID: knownValue("t")}, env: []string{"ARM_SUBSCRIPTION_ID=s"}, want: map[string]string{"tenant_id": "t"}},
		"a farther tenant": {block: settings.Block{SubscriptionID: knownValue("s")}, env: []string{"ARM_TENANT_ID=t"}, want: map[string]string{"tenant_id": "t", "subscription_id": "s"}},
		"the block": {
			block: settings.Block{
				ClientIDFilePath: knownValue("/id"), ClientSecretFilePath: knownValue("/s"), ClientCertificate: knownValue("MIID"), UseAKSWorkloadIdentity: knownValue(false),
				ADOPipelineServiceConnectionID: knownValue("p"), MSIEndpoint: knownValue("https://m/"), MSIAPIVersion: knownValue("v"),
			},
			env: []string{
				"ARM_CLIENT_ID_FILE_PATH=/x", "ARM_CLIENT_SECRET_FILE_PATH=/x", "ARM_CLIENT_CERTIFICATE=x", "ARM_USE_AKS_WORKLOAD_IDENTITY=true",
				"ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID=x", "ARM_MSI_ENDPOINT=http://x", "ARM_MSI_API_VERSION=x",
			},
			want: map[string]string{
				"client_id_file_path": "/id", "client_secret_file_path": "/s", "client_certificate": "MIID", "use_aks_workload_identity": "false",
				"ado_pipeline_service_connection_id": "p", "msi_endpoint": "https://m", "msi_api_version": "v",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := mustResolve(t, test.block, test.env...).Entra
			expectEqual(t, "the settings", fmt.Sprint(entraValues(e)), fmt.Sprint(test.want))
			expectEqual(t, "unknown", e.IsUnknown, false)
			expectEqual(t, "the problems", len(e.Problems), 0)
		})
	}
}

// TestResolve_invalidEntraSettings: a value in the provider block is invalid at once, and
// one in the environment only for a GeoCatalog.
func TestResolve_invalidEntraSettings(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]string{
		"ARM_ENVIRONMENT=moon":                 "Allowed are \"public\", \"usgovernment\" and \"china\"",
		"ARM_USE_AKS_WORKLOAD_IDENTITY=please": "Allowed is true or false",
		"ARM_MSI_ENDPOINT=localhost":           "has no scheme",
		"AZURE_AUTHORITY_HOST=ftp://x":         "another scheme",
	} {
		e := mustResolve(t, settings.Block{}, variable).Entra
		if len(e.Problems) != 1 || !strings.Contains(e.Problems[0].Detail, want) || e.IsUnknown {
			t.Errorf("%s: got %v, want %q", variable, e.Problems, want)
		}
	}
	p := onlyProblem(t, settings.Block{Environment: knownValue("moon")})
	expectEqual(t, "argument", p.Argument, "environment")
	p = onlyProblem(t, settings.Block{ClientCertificate: knownValue("")})
	expectContains(t, p.Detail, "is empty")
}

func TestResolve_unknownEntraSettings(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]settings.Block{
		"secret": {ClientSecret: unknownValue[string]()}, "certificate": {ClientCertificate: unknownValue[string]()},
		"flag": {UseAKSWorkloadIdentity: unknownValue[bool]()}, "cloud": {Environment: unknownValue[string]()},
	} {
		if !mustResolve(t, block).Entra.IsUnknown {
			t.Errorf("%s: the credential is known", name)
		}
	}
	if mustResolve(t, settings.Block{Address: unknownValue[string]()}).Entra.IsUnknown {
		t.Error("the address of the gateway makes the credential unknown")
	}
}
