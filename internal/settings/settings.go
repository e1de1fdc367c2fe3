// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package settings finds out what the provider is to use: it reads the provider
// block and the environment, says for each value where it comes from, and
// derives what the Python client derives. It sends nothing.
package settings

import (
	"net/url"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

// Setting is one value and where it comes from. Set says that some place has the
// value or that it was derived from one that has; Unknown says that it, or what
// it is derived from, is known only after apply. When neither holds, Value is
// the default.
type Setting[T any] struct {
	Value   T
	Origin  string
	Set     bool
	Unknown bool
}

// Settings are the values in effect.
type Settings struct {
	// Address and PublicAddress are http or https URLs without a slash at the end,
	// as Python's Gateway keeps them. PublicAddress is Address by default, and may
	// be a path alone.
	Address       Setting[string]
	PublicAddress Setting[string]
	// ProxyAddress is gateway://HOST:PORT, or without the port when it was written
	// so. By default it has the host and port of Address.
	ProxyAddress Setting[string]
	// HubAddress is the URL below which hub/api is, without a slash at the end.
	HubAddress Setting[string]
	// Auth is "jupyterhub", "basic", "kerberos" or "none".
	Auth     Setting[string]
	APIToken Setting[secret.String]
	// Username and Password are for "basic". The defaults are Python's: the name of
	// the operating system's user, and no password.
	Username Setting[string]
	Password Setting[secret.String]
	// Principal and KeytabPath are for "kerberos": who the tickets are for, and the
	// path of a keytab to get them with. Without a keytab they are those of
	// CredentialCache.
	Principal  Setting[string]
	KeytabPath Setting[string]
	// CredentialCache and KerberosConfig are KRB5CCNAME and KRB5_CONFIG of the
	// environment, as the MIT library reads them.
	CredentialCache Setting[string]
	KerberosConfig  Setting[string]
	// CACertificate is PEM with at least one certificate.
	CACertificate Setting[string]
	// HTTPProxy is a URL, which may have a password in it, or "true" or "false". See Proxy.
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
	// SDKFile is why the settings of Python's planetary_computer could not be read,
	// nil if they could or if there are none. Only what asks those services needs
	// them.
	SDKFile error
	// User is whose token JUPYTERHUB_API_TOKEN is. It is not set when the token
	// comes from elsewhere.
	User Setting[string]
	// ClusterOptions are the cluster options in Dask's configuration: strings,
	// bools, json.Numbers, []any and map[string]any.
	ClusterOptions map[string]Setting[any]

	places map[string][]string
}

// Problem is a value that cannot be used. A value that is missing is none.
type Problem struct {
	// Argument is the argument of the provider block that has the value, or "" when
	// it was found elsewhere.
	Argument string
	// Origin is where the value was found.
	Origin string
	// Summary and Detail are for the person at the terminal. They have no token and
	// no password in them.
	Summary, Detail string
}

// Proxy returns the HTTP proxy that was asked for, nil for the one that the
// environment names, or true for none whatever the environment says.
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
