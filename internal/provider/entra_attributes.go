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
		"environment": text("Azure cloud of Microsoft Entra for a GeoCatalog: `public` or `usgovernment`, as in AzureRM. It must be the cloud of the GeoCatalog. " +
			"No GeoCatalogs are known in `china`, so that value is an error. Default: the cloud of the GeoCatalog, from the end of its host name. Environment: `ARM_ENVIRONMENT`."),
		"tenant_id":                   text("Tenant of Microsoft Entra for a GeoCatalog, as in AzureRM, like the other `ARM_*` settings. Default: the tenant of the Azure CLI. Environment: `ARM_TENANT_ID`, `AZURE_TENANT_ID`."),
		"client_id":                   text("Client ID of the service principal, or of a user-assigned managed identity. Environment: `ARM_CLIENT_ID`, `AZURE_CLIENT_ID`."),
		"client_id_file_path":         text("Path of a file with the client ID. If `client_id` is set, too, both must agree. Environment: `ARM_CLIENT_ID_FILE_PATH`."),
		"client_secret":               hidden("Secret of the service principal. Environment: `ARM_CLIENT_SECRET`."),
		"client_secret_file_path":     text("Path of a file with the secret. If `client_secret` is set, too, both must agree. Environment: `ARM_CLIENT_SECRET_FILE_PATH`."),
		"client_certificate":          hidden("Certificate and key of the service principal, as a PKCS#12 bundle in base64. Environment: `ARM_CLIENT_CERTIFICATE`."),
		"client_certificate_path":     text("Path of the certificate and key of the service principal, in PKCS#12 or PEM. `client_certificate` has priority. Environment: `ARM_CLIENT_CERTIFICATE_PATH`."),
		"client_certificate_password": hidden("Password of the PKCS#12 bundle. Environment: `ARM_CLIENT_CERTIFICATE_PASSWORD`."),
		"use_oidc":                    flag("Whether to exchange a token of another identity provider (workload identity in GitHub Actions, Azure Pipelines or AKS). Default: `false`. Environment: `ARM_USE_OIDC`."),
		"use_aks_workload_identity": flag("Whether to use the workload identity of a pod in AKS: `use_oidc` with the variables that AKS sets, `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_FEDERATED_TOKEN_FILE`. " +
			"Default: `false`. Environment: `ARM_USE_AKS_WORKLOAD_IDENTITY`."),
		"oidc_token":                         hidden("Token of the other identity provider, for `use_oidc`. Environment: `ARM_OIDC_TOKEN`."),
		"oidc_token_file_path":               text("Path of a file with that token. The provider reads it for each new Entra token. Environment: `ARM_OIDC_TOKEN_FILE_PATH`, `AZURE_FEDERATED_TOKEN_FILE`, which AKS sets."),
		"oidc_request_url":                   text("Address at which to request that token. Environment: `ARM_OIDC_REQUEST_URL`, `ACTIONS_ID_TOKEN_REQUEST_URL`, which GitHub Actions sets, `SYSTEM_OIDCREQUESTURI`, which Azure Pipelines sets."),
		"oidc_request_token":                 hidden("Credential for `oidc_request_url`. Environment: `ARM_OIDC_REQUEST_TOKEN`, `ACTIONS_ID_TOKEN_REQUEST_TOKEN`, which GitHub Actions sets, `SYSTEM_ACCESSTOKEN`, which a step of Azure Pipelines must map from `$(System.AccessToken)`."),
		"ado_pipeline_service_connection_id": text("ID of the service connection whose token to request from Azure Pipelines, for `use_oidc`. Environment: `ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID`, `ARM_OIDC_AZURE_SERVICE_CONNECTION_ID`."),
		"use_msi":                            flag("Whether to use the managed identity of the machine. Default: `false`. Environment: `ARM_USE_MSI`."),
		"msi_endpoint":                       text("Address to use instead of the machine's instance metadata service. App Service and Container Apps name theirs themselves. Environment: `ARM_MSI_ENDPOINT`."),
		"msi_api_version":                    text("Version of the instance metadata service's API. Default: `2018-02-01`. Environment: `ARM_MSI_API_VERSION`."),
		"use_cli":                            flag("Whether to use the login of the Azure CLI if nothing else is configured. Default: `true`. Environment: `ARM_USE_CLI`."),
		"subscription_id":                    text("Subscription whose account in the Azure CLI to use. It is of use if you have logged in to several tenants. It is not used if `tenant_id` is set in a nearer place. Environment: `ARM_SUBSCRIPTION_ID`."),
	}
}
