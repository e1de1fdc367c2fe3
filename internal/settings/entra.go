// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"errors"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// The Azure clouds.
const (
	PublicCloud     = "public"
	GovernmentCloud = "usgovernment"
	ChinaCloud      = "china"
)

// Entra is how to authenticate to Microsoft Entra for a GeoCatalog. The arguments and the
// variables have the names that AzureRM uses.
type Entra struct {
	// Environment is one of the clouds above. It is not set for the GeoCatalog's own.
	Environment                             Setting[string]
	TenantID, ClientID, ClientIDFilePath    Setting[string]
	ClientSecret                            Setting[secret.String]
	ClientSecretFilePath                    Setting[string]
	ClientCertificate                       Setting[secret.String]
	ClientCertificatePath                   Setting[string]
	ClientCertificatePassword               Setting[secret.String]
	UseOIDC, UseAKSWorkloadIdentity, UseMSI Setting[bool]
	UseCLI                                  Setting[bool]
	OIDCToken                               Setting[secret.String]
	OIDCTokenFilePath, OIDCRequestURL       Setting[string]
	OIDCRequestToken                        Setting[secret.String]
	ADOPipelineServiceConnectionID          Setting[string]
	MSIEndpoint, MSIAPIVersion              Setting[string]
	// SubscriptionID selects the account of the Azure CLI. It is not set if TenantID is set
	// in a nearer place.
	SubscriptionID Setting[string]
	// AuthorityHost is AZURE_AUTHORITY_HOST of the environment, which the workload
	// identity webhook of AKS sets. It is not set for Azure's default.
	AuthorityHost Setting[string]
	// IsUnknown reports whether an argument is known only after apply.
	IsUnknown bool
	// Problems are invalid values in the environment. They matter only where a GeoCatalog
	// is used: the same variables configure other providers.
	Problems []Problem
}

// armVariables are the variables of AzureRM.
var armVariables = map[string]string{ //nolint:gosec // names of variables, not their values
	"environment":                        "ARM_ENVIRONMENT",
	"tenant_id":                          "ARM_TENANT_ID",
	"client_id":                          "ARM_CLIENT_ID",
	"client_id_file_path":                "ARM_CLIENT_ID_FILE_PATH",
	"client_secret":                      "ARM_CLIENT_SECRET",
	"client_secret_file_path":            "ARM_CLIENT_SECRET_FILE_PATH",
	"client_certificate":                 "ARM_CLIENT_CERTIFICATE",
	"client_certificate_path":            "ARM_CLIENT_CERTIFICATE_PATH",
	"client_certificate_password":        "ARM_CLIENT_CERTIFICATE_PASSWORD",
	"use_oidc":                           "ARM_USE_OIDC",
	"use_aks_workload_identity":          "ARM_USE_AKS_WORKLOAD_IDENTITY",
	"oidc_token":                         "ARM_OIDC_TOKEN",
	"oidc_token_file_path":               "ARM_OIDC_TOKEN_FILE_PATH",
	"oidc_request_url":                   "ARM_OIDC_REQUEST_URL",
	"oidc_request_token":                 "ARM_OIDC_REQUEST_TOKEN",
	"ado_pipeline_service_connection_id": "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
	"use_msi":                            "ARM_USE_MSI",
	"msi_endpoint":                       "ARM_MSI_ENDPOINT",
	"msi_api_version":                    "ARM_MSI_API_VERSION",
	"use_cli":                            "ARM_USE_CLI",
	"subscription_id":                    "ARM_SUBSCRIPTION_ID",
}

// platformVariables are those that the platform sets: the workload identity webhook of AKS,
// and GitHub Actions.
var platformVariables = map[string]string{
	"tenant_id":            "AZURE_TENANT_ID",
	"client_id":            "AZURE_CLIENT_ID",
	"oidc_token_file_path": "AZURE_FEDERATED_TOKEN_FILE",
	"oidc_request_url":     "ACTIONS_ID_TOKEN_REQUEST_URL",
	"oidc_request_token":   "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
	authorityHost:          "AZURE_AUTHORITY_HOST",
}

// pipelinesVariables are those of Azure Pipelines, and AzAPI's name for the service
// connection, which AzureRM reads, too.
var pipelinesVariables = map[string]string{
	"oidc_request_url":                   "SYSTEM_OIDCREQUESTURI",
	"oidc_request_token":                 "SYSTEM_ACCESSTOKEN",
	"ado_pipeline_service_connection_id": "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
}

// entraVariables are in the order in which they count.
var entraVariables = []map[string]string{armVariables, platformVariables, pipelinesVariables}

// authorityHost has a place in the environment and none in the provider block.
const authorityHost = "authority_host"

func entraLayers(env environment.Variables) []layer {
	layers := make([]layer, 0, len(entraVariables))
	for _, variables := range entraVariables {
		layers = append(layers, variableLayer(env, variables))
	}
	return layers
}

// entra resolves the credentials for a GeoCatalog. A problem in the provider block is
// reported at once, one in the environment only where it matters.
func (r *resolver) entra(env environment.Variables, block layer) Entra {
	own := &resolver{env: env, layers: append([]layer{block}, entraLayers(env)...)}
	text := func(text string) (string, error) { return text, nil }
	hidden := func(text string) (secret.String, error) { return secret.New(text), nil }
	e := Entra{
		Environment:                    resolve(own, "environment", parseCloud),
		TenantID:                       resolve(own, "tenant_id", text),
		ClientID:                       resolve(own, "client_id", text),
		ClientIDFilePath:               resolve(own, "client_id_file_path", text),
		ClientSecret:                   resolve(own, "client_secret", hidden),
		ClientSecretFilePath:           resolve(own, "client_secret_file_path", text),
		ClientCertificate:              resolve(own, "client_certificate", hidden),
		ClientCertificatePath:          resolve(own, "client_certificate_path", text),
		ClientCertificatePassword:      resolve(own, "client_certificate_password", hidden),
		UseOIDC:                        resolve(own, "use_oidc", parseBool),
		UseAKSWorkloadIdentity:         resolve(own, "use_aks_workload_identity", parseBool),
		OIDCToken:                      resolve(own, "oidc_token", hidden),
		OIDCTokenFilePath:              resolve(own, "oidc_token_file_path", text),
		OIDCRequestURL:                 resolve(own, "oidc_request_url", text),
		OIDCRequestToken:               resolve(own, "oidc_request_token", hidden),
		ADOPipelineServiceConnectionID: resolve(own, "ado_pipeline_service_connection_id", text),
		UseMSI:                         resolve(own, "use_msi", parseBool),
		MSIEndpoint:                    convert(resolve(own, "msi_endpoint", addresses.ParseWeb), addresses.Web.String),
		MSIAPIVersion:                  resolve(own, "msi_api_version", text),
		UseCLI:                         orDefault(resolve(own, "use_cli", parseBool), true),
		AuthorityHost:                  convert(resolve(own, authorityHost, addresses.ParseWeb), addresses.Web.String),
	}
	if own.outranks("subscription_id", "tenant_id") {
		e.SubscriptionID = resolve(own, "subscription_id", text)
	}
	for argument := range armVariables {
		e.IsUnknown = e.IsUnknown || block.found[argument].isUnknown
	}
	for _, problem := range own.problems {
		if problem.Argument == "" {
			e.Problems = append(e.Problems, problem)
		} else {
			r.problems = append(r.problems, problem)
		}
	}
	return e
}

// parseCloud reads the names of AzureRM and of its SDK.
func parseCloud(text string) (string, error) {
	switch strings.ToLower(text) {
	case PublicCloud, "global":
		return PublicCloud, nil
	case GovernmentCloud, "usgovernmentl4", "usgovernmentl5", "dod":
		return GovernmentCloud, nil
	case ChinaCloud:
		return ChinaCloud, nil
	default:
		return "", errors.New("is not the name of an Azure cloud")
	}
}
