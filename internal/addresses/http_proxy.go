// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package addresses

import (
	"errors"
	"net/url"
	"strings"
)

// ParseProxyFlag reads an http_proxy that is not a URL: true means the proxies of the
// environment, and false means none. isFlag is false for any other text.
func ParseProxyFlag(text string) (usesEnvironment, isFlag bool) {
	switch strings.ToLower(text) {
	case "true":
		return true, true
	case "false":
		return false, true
	default:
		return false, false
	}
}

// ParseHTTPProxy reads the URL of a proxy. Its errors do not contain the URL, which
// may contain a password.
func ParseHTTPProxy(text string) (*url.URL, error) {
	if err := checkCharacters(text); err != nil {
		return nil, err
	}
	scheme, rest, isSupported := strings.Cut(text, "://")
	switch strings.ToLower(scheme) {
	case "http", "https", "socks5":
	default:
		isSupported = false
	}
	if !isSupported {
		return nil, errors.New("has none of the schemes http, https and socks5")
	}
	authority, _, _ := strings.Cut(rest, "/")
	if _, _, err := splitAuthority(authority[strings.LastIndexByte(authority, '@')+1:]); err != nil {
		return nil, err
	}
	proxy, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("has a character that must be percent-encoded")
	}
	return proxy, nil
}
