// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"errors"
	"strconv"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/daskconfig"
	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

// argumentTexts are the parts of a message about an argument.
type argumentTexts struct {
	// allowed describes valid values.
	allowed string
	// isHidden keeps the value, which may be secret, out of messages.
	isHidden bool
}

// invalidValue is the summary of a diagnostic about an argument.
func invalidValue(argument string) string { return "Invalid value for " + strconv.Quote(argument) }

const webAddressAllowed = "Allowed is http://HOST or https://HOST, optionally with a port and a path, without a user, a query or a fragment. " +
	"An IPv6 address needs brackets. For example: "

var arguments = map[string]argumentTexts{
	"address": {
		allowed: webAddressAllowed + "https://hub.example.com/services/dask-gateway/.",
	},
	"public_address": {
		allowed: webAddressAllowed + "https://hub.example.com/services/dask-gateway/. A path is enough where the browser uses the same host: /services/dask-gateway/.",
	},
	"hub_address": {
		allowed: webAddressAllowed + "https://hub.example.com/.",
	},
	"proxy_address": {
		allowed: "Allowed is gateway://HOST:PORT, HOST:PORT, or a port on the host of address. " +
			"An IPv6 address needs brackets. For example: gateway://dask.example.com:8786.",
	},
	"auth": {
		allowed: "Allowed are \"jupyterhub\" (with api_token), \"basic\" (with username and password), \"kerberos\" (with a ticket, or with keytab_path) and \"none\".",
	},
	"api_token": {
		allowed:  "A token is one word of letters and digits. If you read it from a file, use trimspace(file(...)).",
		isHidden: true,
	},
	"username": {
		allowed:  "Allowed is any ASCII text without a colon. A password goes into password.",
		isHidden: true,
	},
	"password": {
		allowed:  "Allowed is any ASCII text.",
		isHidden: true,
	},
	"principal": {
		allowed: "Allowed is NAME or NAME@REALM, for example pipeline@EXAMPLE.COM.",
	},
	"keytab_path": {
		allowed:  "Allowed is the path of a file, for example \"/etc/pipeline.keytab\".",
		isHidden: true,
	},
	"ca_certificate": {
		allowed:  "Allowed is the text of one or more PEM certificates, as file(\"ca.pem\") returns it, and not the name of a file.",
		isHidden: true,
	},
	"http_proxy": {
		allowed: "Allowed is a URL such as http://proxy.example.com:3128, false for no proxy, or true for HTTPS_PROXY, HTTP_PROXY and NO_PROXY. " +
			"In a user name or a password, percent-encode @ : / ? # and %.",
		isHidden: true,
	},
	"max_retries": {
		allowed: "Allowed is a whole number from 0 to " + strconv.Itoa(maxRetries) + ".",
	},
	"max_connections": {
		allowed: "Allowed is a whole number from 1 to " + strconv.Itoa(maxConnections) + ".",
	},
	"request_timeout": {
		allowed: "Allowed is a positive Go duration, for example \"30s\" or \"1m30s\".",
	},
	"stac_url": {
		allowed: webAddressAllowed + defaultSTACAddress + ".",
	},
	"sas_url": {
		allowed: webAddressAllowed + defaultSASAddress + ".",
	},
	"subscription_key": {
		allowed:  "A key is one word of letters and digits. If you read it from a file, use trimspace(file(...)).",
		isHidden: true,
	},
	"geocatalog_url": {
		allowed: webAddressAllowed + "https://mycatalog.0123456789abcdef.westeurope.geocatalog.spatio.azure.com.",
	},
	"environment":             {allowed: "Allowed are \"public\", \"usgovernment\" and \"china\", as in AzureRM."},
	"client_id":               {allowed: "Allowed is the ID of an application or of a managed identity."},
	"client_id_file_path":     {allowed: "Allowed is the path of a file.", isHidden: true},
	"tenant_id":               {allowed: "Allowed is the ID or the domain of a tenant."},
	"client_secret":           {allowed: "Allowed is the secret of an application.", isHidden: true},
	"client_secret_file_path": {allowed: "Allowed is the path of a file.", isHidden: true},
	"client_certificate":      {allowed: "Allowed is a PKCS#12 bundle in base64, as filebase64(\"app.pfx\") returns it.", isHidden: true},
	"client_certificate_path": {
		allowed:  "Allowed is the path of a PKCS#12 or PEM file.",
		isHidden: true,
	},
	"oidc_token":                         {allowed: "Allowed is a JSON Web Token.", isHidden: true},
	"oidc_token_file_path":               {allowed: "Allowed is the path of a file.", isHidden: true},
	"oidc_request_url":                   {allowed: "Allowed is a URL.", isHidden: true},
	"oidc_request_token":                 {allowed: "Allowed is a token.", isHidden: true},
	"ado_pipeline_service_connection_id": {allowed: "Allowed is the ID of a service connection."},
	"use_oidc":                           {allowed: "Allowed is true or false."},
	"use_aks_workload_identity":          {allowed: "Allowed is true or false."},
	"use_msi":                            {allowed: "Allowed is true or false."},
	"msi_endpoint":                       {allowed: webAddressAllowed + "http://localhost:50342/oauth2/token."},
	"msi_api_version":                    {allowed: "Allowed is a date, for example \"2018-02-01\"."},
	"use_cli":                            {allowed: "Allowed is true or false."},
	"subscription_id":                    {allowed: "Allowed is the ID of a subscription."},
	authorityHost:                        {allowed: "Allowed is https://HOST, for example https://login.microsoftonline.com/."},
	"allow_cleartext": {
		allowed: "Allowed is true or false.",
	},
}

// describe returns the detail of a diagnostic: what is wrong with a value, and
// what is allowed. It does not print a value that may contain a secret.
func (a argumentTexts) describe(text string, err error) string {
	subject := "The value"
	if quoted, ok := addresses.Quote(text); ok && !a.isHidden {
		subject = quoted
	}
	return strings.TrimSpace(subject + " " + err.Error() + ". " + a.allowed)
}

// describeTemplate returns the detail for a template that cannot be filled in. The
// name of a variable is printed only if it cannot be a part of a password.
func (a argumentTexts) describeTemplate(text string, err error) string {
	var missing *daskconfig.MissingVariableError
	if a.isHidden && errors.As(err, &missing) && !isPrintableVariable(missing.Name, text) {
		err = errors.New("it names one that is not set")
	}
	return daskconfig.DescribeTemplateError(err)
}

// variableName matches names with an underscore between capital letters, which
// are unlikely in a password.
var variableName = lazy.Regexp(`^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$`)

// isPrintableVariable reports whether a name in braces can be printed: it is the
// whole text in capital letters, or matches variableName.
func isPrintableVariable(name, text string) bool {
	return variableName().MatchString(name) || text == "{"+name+"}" && name == strings.ToUpper(name)
}
