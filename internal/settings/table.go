// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import "strings"

// TableRow describes one argument of the provider block and the other places of
// its value.
type TableRow struct {
	Argument string
	// Variables are the environment variables, in the order of their precedence. Those
	// of Dask and of Python's planetary_computer can also be set in files.
	Variables []string
	// DaskKey is the key in Dask's YAML files, "" if there is none.
	DaskKey string
}

// Table returns a row for each argument of the provider block. The documentation is
// generated from it.
func Table() []TableRow {
	rows := make([]TableRow, 0, len(tableArguments))
	for _, argument := range tableArguments {
		row := TableRow{Argument: argument}
		row.Variables = appendVariable(row.Variables, providerVariables[row.Argument])
		if key, ok := daskKeys[row.Argument]; ok {
			row.Variables = append(row.Variables, key.variable)
			row.DaskKey = "gateway." + strings.Join(key.keys, ".")
		}
		row.Variables = appendVariable(row.Variables, sdkVariables[row.Argument])
		row.Variables = appendVariable(row.Variables, hubVariables[row.Argument])
		for _, variables := range entraVariables {
			row.Variables = appendVariable(row.Variables, variables[row.Argument])
		}
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

// tableArguments are in the order in which a reader meets them.
var tableArguments = []string{
	"address", "proxy_address", "public_address", "hub_address", "auth", "api_token", "username", "password",
	"principal", "keytab_path", "ca_certificate", "http_proxy", "max_retries", "max_connections", "request_timeout",
	"allow_cleartext", "stac_url", "sas_url", "subscription_key", "geocatalog_url", "environment", "tenant_id",
	"client_id", "client_id_file_path", "client_secret", "client_secret_file_path", "client_certificate",
	"client_certificate_path", "client_certificate_password", "use_oidc", "use_aks_workload_identity", "oidc_token",
	"oidc_token_file_path", "oidc_request_url", "oidc_request_token", "ado_pipeline_service_connection_id", "use_msi",
	"msi_endpoint", "msi_api_version", "use_cli", "subscription_id",
}
