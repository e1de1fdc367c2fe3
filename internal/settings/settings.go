// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package settings finds the values that the provider uses. It reads the provider
// block and the environment, records the origin of each value, and derives
// missing values as the Python client does. It sends no requests.
package settings

import (
	"net/url"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// Setting is a value and its origin. Set means that the value was found or derived
// from a value that was found. Unknown means that the value is known only after
// apply. If both are false, Value is the default.
type Setting[T any] struct {
	Value     T
	Origin    string
	IsSet     bool
	IsUnknown bool
}

// Settings are the values in effect.
type Settings struct {
	// Address and PublicAddress are http or https URLs without a slash at the end,
	// as in Python's Gateway. PublicAddress is Address by default, and may be only a
	// path.
	Address       Setting[string]
	PublicAddress Setting[string]
	// ProxyAddress is gateway://HOST:PORT, or has no port if the user wrote none. By
	// default it has the host and port of Address.
	ProxyAddress Setting[string]
	// HubAddress is the URL of the Hub, without hub/api and without a slash at the end.
	HubAddress Setting[string]
	// Auth is "jupyterhub", "basic", "kerberos" or "none".
	Auth     Setting[string]
	APIToken Setting[secret.String]
	// Username and Password are for "basic". The defaults are Python's: the name of
	// the operating system's user, and no password.
	Username Setting[string]
	Password Setting[secret.String]
	// Principal and KeytabPath are for "kerberos": the client principal, and the path
	// of its keytab. Without a keytab, the tickets come from CredentialCache.
	Principal  Setting[string]
	KeytabPath Setting[string]
	// CredentialCache and KerberosConfig are KRB5CCNAME and KRB5_CONFIG of the
	// environment, as the MIT library reads them.
	CredentialCache Setting[string]
	KerberosConfig  Setting[string]
	// CACertificate contains at least one certificate in PEM.
	CACertificate Setting[string]
	// HTTPProxy is a URL, which may contain a password, or "true" or "false". See Proxy.
	HTTPProxy Setting[secret.String]
	// MaxRetries is from 0 to 20, by default 4.
	MaxRetries Setting[int64]
	// MaxConnections is from 1 to 1000, by default 32.
	MaxConnections Setting[int64]
	// RequestTimeout is more than 0, by default 30 s.
	RequestTimeout Setting[time.Duration]
	AllowCleartext Setting[bool]
	// STACAddress and SASAddress are http or https URLs without a slash at the end,
	// by default those of the public Planetary Computer. SubscriptionKey is for the
	// latter alone.
	STACAddress, SASAddress Setting[string]
	SubscriptionKey         Setting[secret.String]
	// GeoCatalogURL is the address of a GeoCatalog, without a slash at the end. Entra
	// describes how to authenticate to it.
	GeoCatalogURL Setting[string]
	Entra         Entra
	// STACOutranksGeoCatalog and SASOutranksGeoCatalog report whether stac_url and
	// sas_url are set where geocatalog_url is, or in a nearer place. A user who sets
	// both expects the more specific one to apply.
	STACOutranksGeoCatalog, SASOutranksGeoCatalog bool
	// SDKFileError is the error of reading the settings file of Python's
	// planetary_computer, or nil. Only requests to those services need the file.
	SDKFileError error
	// User is the owner of JUPYTERHUB_API_TOKEN. It is not set if the token has another
	// origin.
	User Setting[string]
	// ClusterOptions are the cluster options in Dask's configuration: strings,
	// bools, json.Numbers, []any and map[string]any.
	ClusterOptions map[string]Setting[any]

	places map[string][]string
}

// Problem is an invalid value. A missing value is not a problem.
type Problem struct {
	// Argument is the argument of the provider block that contains the value, or "" if
	// the value has another origin.
	Argument string
	// Origin is where the value was found.
	Origin string
	// Summary and Detail are printed to the user. They contain no token and no
	// password.
	Summary, Detail string
}

// Proxy returns the configured HTTP proxy, or nil for the proxy of the environment.
// The bool is true if no proxy is used, regardless of the environment.
func (s Settings) Proxy() (*url.URL, bool, error) {
	switch text := s.HTTPProxy.Value.Reveal(); text {
	case "", "true":
		return nil, false, nil
	case "false":
		return nil, true, nil
	default:
		proxy, err := addresses.ParseHTTPProxy(text)
		return proxy, false, err
	}
}
