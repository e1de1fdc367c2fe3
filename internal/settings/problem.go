// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/daskconfig"
)

// argumentTexts are what a person is told about an argument.
type argumentTexts struct {
	summary string
	// allowed says what a value may look like.
	allowed string
	// hidden keeps the value, which may be secret, out of messages.
	hidden bool
}

const webAddressAllowed = "Allowed is http://HOST or https://HOST, if need be with a port and a path, without a user, a query or a fragment; " +
	"an IPv6 address stands in brackets. For example: "

var arguments = map[string]argumentTexts{
	"address": {
		summary: "The address of the Dask Gateway cannot be used",
		allowed: webAddressAllowed + "https://hub.example.com/services/dask-gateway/.",
	},
	"public_address": {
		summary: "The public address of the Dask Gateway cannot be used",
		allowed: webAddressAllowed + "https://hub.example.com/services/dask-gateway/. Where the browser is on the same host, a path alone will do: /services/dask-gateway/.",
	},
	"hub_address": {
		summary: "The address of the JupyterHub cannot be used",
		allowed: webAddressAllowed + "https://hub.example.com/.",
	},
	"proxy_address": {
		summary: "The address of the scheduler proxy cannot be used",
		allowed: "Allowed is gateway://HOST:PORT, HOST:PORT, or a port alone, which is one on the host of address; " +
			"an IPv6 address stands in brackets. For example: gateway://dask.example.com:8786.",
	},
	"auth": {
		summary: "The way to authenticate cannot be used",
		allowed: "Allowed are \"jupyterhub\" (with api_token), \"basic\" (with username and password), \"kerberos\" (with a ticket, or with keytab_path) and \"none\".",
	},
	"api_token": {
		summary: "The token for the JupyterHub cannot be used",
		allowed: "A token is one word of letters and digits. One that is read from a file may need trimspace(file(...)).",
		hidden:  true,
	},
	"username": {
		summary: "The user name cannot be used",
		allowed: "Allowed is any ASCII text without a colon. A password goes into password.",
		hidden:  true,
	},
	"password": {
		summary: "The password cannot be used",
		allowed: "Allowed is any ASCII text.",
		hidden:  true,
	},
	"principal": {
		summary: "The Kerberos principal cannot be used",
		allowed: "Allowed is NAME or NAME@REALM, for example pipeline@EXAMPLE.COM.",
	},
	"keytab_path": {
		summary: "The keytab cannot be used",
		allowed: "Allowed is the path of a file, for example \"/etc/pipeline.keytab\".",
		hidden:  true,
	},
	"ca_certificate": {
		summary: "The CA certificate cannot be used",
		allowed: "Allowed is the text of one or more PEM certificates, as file(\"ca.pem\") gives it, and not the name of a file.",
		hidden:  true,
	},
	"http_proxy": {
		summary: "The HTTP proxy cannot be used",
		allowed: "Allowed is a URL such as http://proxy.example.com:3128, false for no proxy at all, or true for the one that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. " +
			"In a user name or a password, @ : / ? # and % are percent-encoded.",
		hidden: true,
	},
	"max_retries": {
		summary: "The number of retries cannot be used",
		allowed: "Allowed is a whole number from 0 to " + strconv.Itoa(maxRetries) + ".",
	},
	"max_connections": {
		summary: "The number of connections cannot be used",
		allowed: "Allowed is a whole number from 1 to " + strconv.Itoa(maxConnections) + ".",
	},
	"request_timeout": {
		summary: "The time for a request cannot be used",
		allowed: "Allowed is a Go duration of more than 0, for example \"30s\" or \"1m30s\".",
	},
	"stac_url": {
		summary: "The address of the STAC API cannot be used",
		allowed: webAddressAllowed + defaultSTACAddress + ".",
	},
	"sas_url": {
		summary: "The address of the service for read tokens cannot be used",
		allowed: webAddressAllowed + defaultSASAddress + ".",
	},
	"subscription_key": {
		summary: "The subscription key cannot be used",
		allowed: "A key is one word of letters and digits. One that is read from a file may need trimspace(file(...)).",
		hidden:  true,
	},
	"allow_cleartext": {
		summary: "The permission to send credentials in clear text cannot be used",
		allowed: "Allowed is true or false.",
	},
}

// describe says what is wrong with a value and what is allowed. It shows no
// value that may have a password or a token in it.
func (a argumentTexts) describe(text string, err error) string {
	subject := "The value"
	if quoted, ok := addresses.Quote(text); ok && !a.hidden {
		subject = quoted
	}
	return strings.TrimSpace(subject + " " + err.Error() + ". " + a.allowed)
}

// describeTemplate says why a template could not be filled in. What looks like
// the name of a variable may be a piece of a password, unless it looks like
// nothing else.
func (a argumentTexts) describeTemplate(text string, err error) string {
	var missing *daskconfig.MissingVariableError
	if a.hidden && errors.As(err, &missing) && !isPlainlyVariable(missing.Name, text) {
		err = errors.New("it names one that is not set")
	}
	return daskconfig.DescribeTemplateError(err)
}

// variableName is one with an underscore in its midst, as no password has between
// braces.
var variableName = regexp.MustCompile(`^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$`)

// isPlainlyVariable says of a name in braces that it can be shown: it is all of
// the text and in capital letters, or written as only variables are.
func isPlainlyVariable(name, text string) bool {
	return variableName.MatchString(name) || text == "{"+name+"}" && name == strings.ToUpper(name)
}
