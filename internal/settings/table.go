// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import "strings"

// TableRow describes one argument of the provider block and the other places of
// its value.
type TableRow struct {
	Argument    string
	Description string
	// Variables are the environment variables, in the order of their precedence. Those
	// of Dask and of Python's planetary_computer can also be set in files.
	Variables []string
	// DaskKey is the key in Dask's YAML files, "" if there is none.
	DaskKey string
	// Default is the value in effect if no place has one, in Markdown.
	Default string
}

// Table returns a row for each argument of the provider block. The documentation is
// generated from it.
func Table() []TableRow {
	rows := make([]TableRow, 0, len(tableTexts))
	for _, text := range tableTexts {
		row := TableRow{Argument: text.argument, Description: text.description, Default: text.defaultText}
		row.Variables = appendVariable(row.Variables, providerVariables[row.Argument])
		if key, ok := daskKeys[row.Argument]; ok {
			row.Variables = append(row.Variables, key.variable)
			row.DaskKey = "gateway." + strings.Join(key.keys, ".")
		}
		row.Variables = appendVariable(row.Variables, sdkVariables[row.Argument])
		row.Variables = appendVariable(row.Variables, hubVariables[row.Argument])
		row.Variables = appendVariable(row.Variables, armVariables[row.Argument])
		row.Variables = appendVariable(row.Variables, platformVariables[row.Argument])
		rows = append(rows, row)
	}
	return rows
}

func appendVariable(variables []string, name string) []string {
	if name == "" {
		return variables
	}
	return append(variables, name)
}

// tableTexts are in the order in which a reader meets the arguments.
var tableTexts = []struct{ argument, description, defaultText string }{
	{"address", "Address of the Dask Gateway", "none; needed by everything that uses the gateway"},
	{"proxy_address", "Address of the proxy in front of the schedulers", "host and port of `address`"},
	{"public_address", "Address of the gateway as a browser opens it", "`address`"},
	{"hub_address", "Address of the JupyterHub", "derived from `address` if that ends in `/services/NAME/`, else `JUPYTERHUB_API_URL`"},
	{"auth", "How to authenticate to the gateway", "inferred from the first credentials that are found, else `jupyterhub`"},
	{"api_token", "Token of the JupyterHub", "none"},
	{"username", "User name for `basic`", "name of the operating system's user"},
	{"password", "Password for `basic`", "empty"},
	{"principal", "Kerberos principal", "the first one in the keytab, or that of the credential cache"},
	{"keytab_path", "Path of a Kerberos keytab", "the tickets in the credential cache"},
	{"ca_certificate", "PEM certificates of further authorities to trust", "none"},
	{"http_proxy", "URL of an HTTP proxy, or `false` for none", "`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`"},
	{"max_retries", "Number of retries after a transient error", "4"},
	{"max_connections", "Number of connections to the gateway, and of those to the Hub", "32"},
	{"request_timeout", "Time that one request may take", "`30s`"},
	{"allow_cleartext", "Whether to send credentials over `http://` to hosts that are not nearby", "`false`"},
	{"stac_url", "Address of the STAC API", "`" + defaultSTACAddress + "`"},
	{"sas_url", "Address of the service for read tokens", "`" + defaultSASAddress + "`"},
	{"subscription_key", "Subscription key for `sas_url`", "none"},
	{"geocatalog_url", "Address of a GeoCatalog (Planetary Computer Pro)", "none; the public catalog"},
	{"tenant_id", "Tenant of Microsoft Entra, for a GeoCatalog", "the tenant of the Azure CLI"},
	{"client_id", "Client ID of a service principal or a managed identity", "none"},
	{"client_secret", "Secret of a service principal", "none"},
	{"client_certificate_path", "Path of the certificate of a service principal, in PKCS#12 or PEM", "none"},
	{"client_certificate_password", "Password of the certificate", "empty"},
	{"use_oidc", "Whether to use a token of another identity provider (workload identity)", "`false`"},
	{"oidc_token", "Token of the other identity provider", "none"},
	{"oidc_token_file_path", "Path of a file with that token", "none"},
	{"oidc_request_url", "Address at which to request that token", "none"},
	{"oidc_request_token", "Credential for `oidc_request_url`", "none"},
	{"use_msi", "Whether to use the managed identity of the machine", "`false`"},
	{"use_cli", "Whether to use the login of the Azure CLI if nothing else is configured", "`true`"},
}
