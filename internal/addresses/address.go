// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package addresses checks and derives the addresses of a Dask Gateway, a
// JupyterHub, an HTTP proxy and a Dask scheduler. The errors of its functions
// complete the sentence "the value ...".
package addresses

import (
	"cmp"
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

// Web is a checked http or https address without slashes at its end, as in Python's
// Gateway.
type Web struct {
	site string // scheme and authority as written, https://HOST[:PORT]
	path string // "" or /PATH
	Host string // lower case, IPv6 without brackets
	Port int    // the default of the scheme if the address has none
}

// String returns the address as written, without slashes at its end.
func (a Web) String() string { return a.site + a.path }

// ParseWeb checks an address that requests are sent to or that a browser
// opens. Its errors complete the sentence "the value ...".
func ParseWeb(text string) (Web, error) {
	if err := checkCharacters(text); err != nil {
		return Web{}, err
	}
	scheme, rest, found := strings.Cut(text, "://")
	if !found {
		return Web{}, errors.New("has no scheme")
	}
	standardPort, isSupported := map[string]int{"http": 80, "https": 443}[strings.ToLower(scheme)]
	if !isSupported {
		return Web{}, errors.New("has another scheme than http and https")
	}
	authority, _, _ := strings.Cut(rest, "/")
	host, port, err := splitAuthority(authority)
	if err != nil {
		return Web{}, err
	}
	address := Web{
		site: scheme + "://" + authority,
		path: strings.TrimRight(strings.TrimPrefix(rest, authority), "/"),
		Host: strings.ToLower(host),
		Port: cmp.Or(port, standardPort),
	}
	if _, err := url.Parse(text); err != nil {
		return Web{}, errors.New("has a path with a broken percent escape")
	}
	return address, nil
}

// ParsePublic checks an address that only a browser opens. Inside a Hub it may be a
// bare path, which the browser resolves on the Hub's host: the daskhub Helm chart
// sets /services/dask-gateway/.
func ParsePublic(text string) (Web, error) {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") {
		return ParseWeb(text)
	}
	if err := checkCharacters(text); err != nil {
		return Web{}, err
	}
	if _, err := url.Parse(text); err != nil {
		return Web{}, errors.New("has a path with a broken percent escape")
	}
	return Web{path: strings.TrimRight(text, "/")}, nil
}

// SchedulerProxy is the proxy in front of the schedulers, as configured: an address,
// or a port on the gateway's host.
type SchedulerProxy struct {
	Address string // gateway://HOST:PORT
	Port    int    // if Address is ""
}

// ParseSchedulerProxy reads a proxy address as Python's Gateway does: the host and
// port of a URL, regardless of its scheme and path, or a bare HOST:PORT. Python also
// accepts an address without a port, and then cannot connect. A port alone is an int
// in Python. Here it may also be a string, because Terraform and templates convert it
// to a string.
func ParseSchedulerProxy(text string) (SchedulerProxy, error) {
	if text != "" && strings.Trim(text, "0123456789") == "" {
		port, err := parsePort(text)
		return SchedulerProxy{Port: port}, err
	}
	if err := checkCharacters(text); err != nil {
		return SchedulerProxy{}, err
	}
	_, rest, isURL := strings.Cut(text, "//")
	if isURL && isValidScheme(text[:len(text)-len(rest)-len("//")]) {
		authority, _, _ := strings.Cut(rest, "/")
		return SchedulerProxy{Address: "gateway://" + authority}, checkHostAndPort(authority)
	}
	// Python keeps slashes at the end here, and its scheduler addresses work with them.
	authority, path, _ := strings.Cut(text, "/")
	if strings.Trim(path, "/") != "" {
		return SchedulerProxy{}, errors.New("has a path but no scheme")
	}
	return SchedulerProxy{Address: "gateway://" + text}, checkHostAndPort(authority)
}

func checkHostAndPort(authority string) error {
	_, port, err := splitAuthority(authority)
	if err == nil && port == 0 {
		return errors.New("has no port")
	}
	return err
}

// Quote returns a value for a message, in quotes. It returns false for a value that
// may contain a password or is not an address: a value with a user, a query or a
// fragment, or a long one.
func Quote(text string) (string, bool) {
	const maxLength = 200
	if text == "" || len(text) > maxLength || strings.ContainsAny(text, "@?#") {
		return "", false
	}
	return strconv.Quote(text), true
}

// isValidScheme reports whether the text before "//" is empty, or a scheme with its
// colon for Python's urlparse.
func isValidScheme(text string) bool {
	scheme, hasColon := strings.CutSuffix(text, ":")
	if !hasColon {
		return text == ""
	}
	for i, r := range scheme {
		isLetter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !isLetter && (i == 0 || !strings.ContainsRune("0123456789+-.", r)) {
			return false
		}
	}
	return scheme != ""
}

// AtPort returns gateway://HOST:PORT. Python leaves out the brackets of an IPv6
// address and then cannot connect.
func AtPort(host string, port int) string {
	return "gateway://" + net.JoinHostPort(host, strconv.Itoa(port))
}

var servicePath = lazy.Regexp(`^(.*)/services/[^/]+$`)

// HubOfService returns the address of the Hub whose service the gateway is: a Hub
// serves it at services/NAME below its own address. It returns "" if the address does
// not end with services/NAME.
func HubOfService(address Web) string {
	match := servicePath().FindStringSubmatch(address.path)
	if match == nil {
		return ""
	}
	return address.site + strings.TrimRight(match[1], "/")
}

// HubRoot returns the address of a Hub, given the address of its pages (.../hub) or
// of its API (.../hub/api, as in JUPYTERHUB_API_URL).
func HubRoot(address Web) string {
	root, isAPI := strings.CutSuffix(address.path, "/hub/api")
	if !isAPI {
		root = strings.TrimSuffix(address.path, "/hub")
	}
	return address.site + strings.TrimRight(root, "/")
}
