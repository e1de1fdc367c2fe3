// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"fmt"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

// layer is one source of values: the provider block, or the variables with one
// prefix. The provider uses the value from the first layer that has one. An argument
// without a value has no entry.
type layer struct {
	// places describes, by argument, the place that this layer searches, for errors.
	places map[string]string
	found  map[string]finding
}

// finding is a layer's value for an argument.
type finding struct {
	// value is a string, an int64 or a bool. Values from Dask's configuration may
	// have other types.
	value any
	// text is the value as written.
	text   string
	origin string
	// argument is the argument of the provider block that contains the value, or "".
	argument  string
	isUnknown bool
	// isTemplate means that Dask fills environment variables into the text.
	isTemplate bool
}

const inBlock = " in the provider block"

// blockLayer contains the arguments of the provider block.
func blockLayer(b Block) layer {
	l := layer{places: map[string]string{}, found: map[string]finding{}}
	addArgument(l, "address", b.Address)
	addArgument(l, "proxy_address", b.ProxyAddress)
	addArgument(l, "public_address", b.PublicAddress)
	addArgument(l, "hub_address", b.HubAddress)
	addArgument(l, "auth", b.Auth)
	addArgument(l, "api_token", b.APIToken)
	addArgument(l, "username", b.Username)
	addArgument(l, "password", b.Password)
	addArgument(l, "principal", b.Principal)
	addArgument(l, "keytab_path", b.KeytabPath)
	addArgument(l, "ca_certificate", b.CACertificate)
	addArgument(l, "http_proxy", b.HTTPProxy)
	addArgument(l, "max_retries", b.MaxRetries)
	addArgument(l, "max_connections", b.MaxConnections)
	addArgument(l, "request_timeout", b.RequestTimeout)
	addArgument(l, "allow_cleartext", b.AllowCleartext)
	addArgument(l, "stac_url", b.STACAddress)
	addArgument(l, "sas_url", b.SASAddress)
	addArgument(l, "subscription_key", b.SubscriptionKey)
	addArgument(l, "geocatalog_url", b.GeoCatalogURL)
	addArgument(l, "environment", b.Environment)
	addArgument(l, "tenant_id", b.TenantID)
	addArgument(l, "client_id", b.ClientID)
	addArgument(l, "client_id_file_path", b.ClientIDFilePath)
	addArgument(l, "client_secret", b.ClientSecret)
	addArgument(l, "client_secret_file_path", b.ClientSecretFilePath)
	addArgument(l, "client_certificate", b.ClientCertificate)
	addArgument(l, "client_certificate_path", b.ClientCertificatePath)
	addArgument(l, "client_certificate_password", b.ClientCertificatePassword)
	addArgument(l, "use_oidc", b.UseOIDC)
	addArgument(l, "use_aks_workload_identity", b.UseAKSWorkloadIdentity)
	addArgument(l, "oidc_token", b.OIDCToken)
	addArgument(l, "oidc_token_file_path", b.OIDCTokenFilePath)
	addArgument(l, "oidc_request_url", b.OIDCRequestURL)
	addArgument(l, "oidc_request_token", b.OIDCRequestToken)
	addArgument(l, "ado_pipeline_service_connection_id", b.ADOPipelineServiceConnectionID)
	addArgument(l, "use_msi", b.UseMSI)
	addArgument(l, "msi_endpoint", b.MSIEndpoint)
	addArgument(l, "msi_api_version", b.MSIAPIVersion)
	addArgument(l, "use_cli", b.UseCLI)
	addArgument(l, "subscription_id", b.SubscriptionID)
	return l
}

func addArgument[T any](l layer, argument string, value Value[T]) {
	l.places[argument] = argument + inBlock
	if value.State == Null {
		return
	}
	l.found[argument] = finding{
		value:     value.V,
		text:      fmt.Sprint(value.V),
		origin:    argument + inBlock,
		argument:  argument,
		isUnknown: value.State == Unknown,
	}
}

// providerVariables maps arguments to the provider's environment variables.
var providerVariables = map[string]string{ //nolint:gosec // names of variables, not their values
	"address":          "PC_ADDRESS",
	"proxy_address":    "PC_PROXY_ADDRESS",
	"public_address":   "PC_PUBLIC_ADDRESS",
	"hub_address":      "PC_HUB_ADDRESS",
	"auth":             "PC_AUTH",
	"api_token":        "PC_API_TOKEN",
	"username":         "PC_USERNAME",
	"password":         "PC_PASSWORD",
	"principal":        "PC_PRINCIPAL",
	"keytab_path":      "PC_KEYTAB_PATH",
	"ca_certificate":   "PC_CA_CERTIFICATE",
	"http_proxy":       "PC_HTTP_PROXY",
	"max_retries":      "PC_MAX_RETRIES",
	"max_connections":  "PC_MAX_CONNECTIONS",
	"request_timeout":  "PC_REQUEST_TIMEOUT",
	"allow_cleartext":  "PC_ALLOW_CLEARTEXT",
	"stac_url":         "PC_STAC_URL",
	"sas_url":          "PC_SAS_URL",
	"subscription_key": "PC_SUBSCRIPTION_KEY",
	"geocatalog_url":   "PC_GEOCATALOG_URL",
}

// hubVariables are set by JupyterHub in each notebook server
// (jupyterhub/spawner.py, get_env).
var hubVariables = map[string]string{ //nolint:gosec // names of variables, not their values
	"api_token":   "JUPYTERHUB_API_TOKEN",
	"hub_address": "JUPYTERHUB_API_URL",
	userName:      "JUPYTERHUB_USER",
}

// userName is not an argument of the provider block. It only has an environment
// variable.
const userName = "user"

// variableLayer contains environment variables whose text is the value. An empty
// variable counts as not set, because CI systems set empty variables.
func variableLayer(env environment.Variables, variables map[string]string) layer {
	l := layer{places: map[string]string{}, found: map[string]finding{}}
	for argument, name := range variables {
		l.places[argument] = environment.Describe(name)
		if text, _ := env.Lookup(name); text != "" {
			l.found[argument] = finding{value: text, text: text, origin: environment.Describe(name)}
		}
	}
	return l
}
