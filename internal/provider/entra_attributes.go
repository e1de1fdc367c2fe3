// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
)

// entraAttributes are the arguments for credentials of Microsoft Entra. Their names
// are those of the AzureRM provider.
func entraAttributes() map[string]schema.Attribute {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{MarkdownDescription: description, Optional: true}
	}
	hidden := func(description string) schema.Attribute {
		return schema.StringAttribute{MarkdownDescription: description, Optional: true, Sensitive: true}
	}
	flag := func(description string) schema.Attribute {
		return schema.BoolAttribute{MarkdownDescription: description, Optional: true}
	}
	return map[string]schema.Attribute{
		"environment": text("Azure cloud of the GeoCatalog: `public` or `usgovernment`, as in AzureRM. `china` is an error, because no GeoCatalog is known there. " +
			"Default: from the end of the GeoCatalog's host name. Environment: `ARM_ENVIRONMENT`."),
		"tenant_id":                   text("Microsoft Entra tenant of the GeoCatalog. Default: the tenant of the Azure CLI. Environment: `ARM_TENANT_ID`, `AZURE_TENANT_ID`."),
		"client_id":                   text("Client ID of the service principal, or of a user-assigned managed identity. Environment: `ARM_CLIENT_ID`, `AZURE_CLIENT_ID`."),
		"client_id_file_path":         text("Path of a file with the client ID, which must agree with `client_id` if both are set. Environment: `ARM_CLIENT_ID_FILE_PATH`."),
		"client_secret":               hidden("Secret of the service principal. Environment: `ARM_CLIENT_SECRET`."),
		"client_secret_file_path":     text("Path of a file with the secret, which must agree with `client_secret` if both are set. Environment: `ARM_CLIENT_SECRET_FILE_PATH`."),
		"client_certificate":          hidden("Certificate and key of the service principal, as a PKCS#12 bundle in base64. Environment: `ARM_CLIENT_CERTIFICATE`."),
		"client_certificate_path":     text("Path of the service principal's certificate and key, in PKCS#12 or PEM. `client_certificate` takes precedence. Environment: `ARM_CLIENT_CERTIFICATE_PATH`."),
		"client_certificate_password": hidden("Password of the PKCS#12 bundle. Environment: `ARM_CLIENT_CERTIFICATE_PASSWORD`."),
		"use_oidc":                    flag("Whether to exchange the token of another identity provider, such as GitHub Actions, Azure Pipelines or AKS. Default: `false`. Environment: `ARM_USE_OIDC`."),
		"use_aks_workload_identity": flag("Whether to use a pod's workload identity in AKS: `use_oidc` with the variables that AKS sets, `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_FEDERATED_TOKEN_FILE`. " +
			"Default: `false`. Environment: `ARM_USE_AKS_WORKLOAD_IDENTITY`."),
		"oidc_token":                         hidden("Token of the other identity provider, for `use_oidc`. Environment: `ARM_OIDC_TOKEN`."),
		"oidc_token_file_path":               text("Path of a file with that token. The provider reads it for each new Entra token. Environment: `ARM_OIDC_TOKEN_FILE_PATH`, `AZURE_FEDERATED_TOKEN_FILE` (set by AKS)."),
		"oidc_request_url":                   text("Address from which to request `oidc_token`. Environment: `ARM_OIDC_REQUEST_URL`, `ACTIONS_ID_TOKEN_REQUEST_URL` (set by GitHub Actions), `SYSTEM_OIDCREQUESTURI` (set by Azure Pipelines)."),
		"oidc_request_token":                 hidden("Credential for `oidc_request_url`. Environment: `ARM_OIDC_REQUEST_TOKEN`, `ACTIONS_ID_TOKEN_REQUEST_TOKEN` (set by GitHub Actions), `SYSTEM_ACCESSTOKEN` (in Azure Pipelines, map it from `$(System.AccessToken)`)."),
		"ado_pipeline_service_connection_id": text("ID of the service connection in Azure Pipelines, for `use_oidc`. Environment: `ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID`, `ARM_OIDC_AZURE_SERVICE_CONNECTION_ID`."),
		"use_msi":                            flag("Whether to use the managed identity of the machine. Default: `false`. Environment: `ARM_USE_MSI`."),
		"msi_endpoint":                       text("Address of the instance metadata service, if not the machine's. App Service and Container Apps need no setting. Environment: `ARM_MSI_ENDPOINT`."),
		"msi_api_version":                    text("Version of the instance metadata service's API. Default: `2018-02-01`. Environment: `ARM_MSI_API_VERSION`."),
		"use_cli":                            flag("Whether to use the login of the Azure CLI if nothing else is configured. Default: `true`. Environment: `ARM_USE_CLI`."),
		"subscription_id":                    text("Subscription whose Azure CLI account to use, if you have logged in to several tenants. A `tenant_id` in a nearer place takes precedence. Environment: `ARM_SUBSCRIPTION_ID`."),
	}
}
