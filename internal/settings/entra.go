// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// Entra is how to authenticate to Microsoft Entra for a GeoCatalog. The arguments and the
// variables have the names that AzureRM uses.
type Entra struct {
	TenantID, ClientID                Setting[string]
	ClientSecret                      Setting[secret.String]
	ClientCertificatePath             Setting[string]
	ClientCertificatePassword         Setting[secret.String]
	UseOIDC, UseMSI                   Setting[bool]
	UseCLI                            Setting[bool]
	OIDCToken                         Setting[secret.String]
	OIDCTokenFilePath, OIDCRequestURL Setting[string]
	OIDCRequestToken                  Setting[secret.String]
	// AuthorityHost is AZURE_AUTHORITY_HOST of the environment, which the workload
	// identity webhook of AKS sets. It is not set for Azure's default.
	AuthorityHost Setting[string]
	// Problems are invalid values in the environment. They matter only where a GeoCatalog
	// is used: the same variables configure other providers.
	Problems []Problem
}

// IsUnknown reports whether an argument is known only after apply.
func (e Entra) IsUnknown() bool {
	return e.TenantID.Unknown || e.ClientID.Unknown || e.ClientSecret.Unknown || e.ClientCertificatePath.Unknown || e.ClientCertificatePassword.Unknown ||
		e.UseOIDC.Unknown || e.UseMSI.Unknown || e.UseCLI.Unknown || e.OIDCToken.Unknown || e.OIDCTokenFilePath.Unknown || e.OIDCRequestURL.Unknown || e.OIDCRequestToken.Unknown
}

// armVariables are the variables of AzureRM.
var armVariables = map[string]string{ //nolint:gosec // names of variables, not their values
	"tenant_id":                   "ARM_TENANT_ID",
	"client_id":                   "ARM_CLIENT_ID",
	"client_secret":               "ARM_CLIENT_SECRET",
	"client_certificate_path":     "ARM_CLIENT_CERTIFICATE_PATH",
	"client_certificate_password": "ARM_CLIENT_CERTIFICATE_PASSWORD",
	"use_oidc":                    "ARM_USE_OIDC",
	"oidc_token":                  "ARM_OIDC_TOKEN",
	"oidc_token_file_path":        "ARM_OIDC_TOKEN_FILE_PATH",
	"oidc_request_url":            "ARM_OIDC_REQUEST_URL",
	"oidc_request_token":          "ARM_OIDC_REQUEST_TOKEN",
	"use_msi":                     "ARM_USE_MSI",
	"use_cli":                     "ARM_USE_CLI",
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

// authorityHost has a place in the environment and none in the provider block.
const authorityHost = "authority_host"

func entraLayers(env environment.Variables) []layer {
	return []layer{variableLayer(env, armVariables), variableLayer(env, platformVariables)}
}

// entra resolves the credentials for a GeoCatalog. A problem in the provider block is
// reported at once, one in the environment only where it matters.
func (r *resolver) entra(env environment.Variables, block layer) Entra {
	own := &resolver{env: env, layers: append([]layer{block}, entraLayers(env)...)}
	text := func(text string) (string, error) { return text, nil }
	hidden := func(text string) (secret.String, error) { return secret.New(text), nil }
	e := Entra{
		TenantID:                  resolve(own, "tenant_id", text),
		ClientID:                  resolve(own, "client_id", text),
		ClientSecret:              resolve(own, "client_secret", hidden),
		ClientCertificatePath:     resolve(own, "client_certificate_path", text),
		ClientCertificatePassword: resolve(own, "client_certificate_password", hidden),
		UseOIDC:                   resolve(own, "use_oidc", parseBool),
		OIDCToken:                 resolve(own, "oidc_token", hidden),
		OIDCTokenFilePath:         resolve(own, "oidc_token_file_path", text),
		OIDCRequestURL:            resolve(own, "oidc_request_url", text),
		OIDCRequestToken:          resolve(own, "oidc_request_token", hidden),
		UseMSI:                    resolve(own, "use_msi", parseBool),
		UseCLI:                    orDefault(resolve(own, "use_cli", parseBool), true),
		AuthorityHost:             convert(resolve(own, authorityHost, addresses.ParseWeb), addresses.Web.String),
	}
	for _, problem := range own.problems {
		if problem.Argument == "" {
			e.Problems = append(e.Problems, problem)
		} else {
			r.problems = append(r.problems, problem)
		}
	}
	if len(e.Problems) > 0 {
		// An invalid value reads as unknown. Here it is an error instead.
		for _, flag := range []*Setting[bool]{&e.UseOIDC, &e.UseMSI, &e.UseCLI} {
			flag.Unknown = flag.Unknown && own.isUnknown(flag.Origin)
		}
		e.AuthorityHost.Unknown = false
	}
	return e
}

// isUnknown reports whether the value of a place is known only after apply.
func (r *resolver) isUnknown(origin string) bool {
	for _, layer := range r.layers {
		for _, f := range layer.found {
			if f.origin == origin {
				return f.unknown
			}
		}
	}
	return false
}
