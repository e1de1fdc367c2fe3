// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"fmt"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

// layer is one place that values come from: the provider block, or variables
// with one prefix. Layers are asked in order, and the first that has a value
// for an argument decides. A layer with nothing to say about an argument has
// no entry for it.
type layer struct {
	// places says, by argument, where this layer looks for it, in words that
	// follow "looked for in".
	places map[string]string
	found  map[string]finding
}

// finding is what a layer has for an argument.
type finding struct {
	// value is a string, an int64 or a bool, or what interpret makes of the text
	// of a variable of Dask's.
	value any
	// text is the value as it was written.
	text   string
	origin string
	// argument is the argument of the provider block, when it was written there.
	argument string
	unknown  bool
	// template says that Dask fills in environment variables.
	template bool
}

const inBlock = " in the provider block"

// blockLayer has the provider block's own arguments.
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
	return l
}

func addArgument[T any](l layer, argument string, value Value[T]) {
	l.places[argument] = argument + inBlock
	if value.State == Null {
		return
	}
	l.found[argument] = finding{
		value:    value.V,
		text:     fmt.Sprint(value.V),
		origin:   argument + inBlock,
		argument: argument,
		unknown:  value.State == Unknown,
	}
}

// providerVariables are the provider's own environment variables.
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
}

// hubVariables are what JupyterHub sets in each notebook server
// (jupyterhub/spawner.py, get_env).
var hubVariables = map[string]string{ //nolint:gosec // names of variables, not their values
	"api_token":   "JUPYTERHUB_API_TOKEN",
	"hub_address": "JUPYTERHUB_API_URL",
	userName:      "JUPYTERHUB_USER",
}

// userName stands beside the arguments: it has a place in the environment and
// none in the provider block.
const userName = "user"

// variableLayer has environment variables whose text is the value. An empty
// variable counts as not set, as CI systems leave them behind.
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
