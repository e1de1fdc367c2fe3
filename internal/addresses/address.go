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
	"regexp"
	"strconv"
	"strings"
)

// Web is a checked http or https address, without the slashes at its
// end, as Python's Gateway keeps it.
type Web struct {
	site string // scheme and authority as written, https://HOST[:PORT]
	path string // "" or /PATH
	Host string // lower case, IPv6 without brackets
	Port int    // that of the scheme when the address has none
}

// String returns the address as it was written, without slashes at its end.
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
	standardPort, known := map[string]int{"http": 80, "https": 443}[strings.ToLower(scheme)]
	if !known {
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

// ParsePublic checks an address that only a browser opens. Inside a Hub
// that may be a bare path, to which the browser adds the Hub's own name: the
// daskhub Helm chart sets /services/dask-gateway/.
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

// SchedulerProxy is the proxy in front of the schedulers as the configuration
// names it: by its address, or by a port on the gateway's own host.
type SchedulerProxy struct {
	Address string // gateway://HOST:PORT
	Port    int    // when Address is ""
}

// ParseSchedulerProxy reads a proxy address as Python's Gateway does: the host and
// port of a URL whatever its scheme and path, or a bare HOST:PORT. Python also
// takes an address without a port, and then cannot connect. Only a number is a
// port, in Python as an int and here in a string too, because a string is what
// Terraform and a template make of it.
func ParseSchedulerProxy(text string) (SchedulerProxy, error) {
	if text != "" && strings.Trim(text, "0123456789") == "" {
		port, err := parsePort(text)
		return SchedulerProxy{Port: port}, err
	}
	if err := checkCharacters(text); err != nil {
		return SchedulerProxy{}, err
	}
	_, rest, isURL := strings.Cut(text, "//")
	if isURL && validScheme(text[:len(text)-len(rest)-len("//")]) {
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

// Quote returns a value for a message, in quotes, and false for one that may have
// a password in it or is no address at all: one with a user, a query or a
// fragment, or a long one.
func Quote(text string) (string, bool) {
	const maxLength = 200
	if text == "" || len(text) > maxLength || strings.ContainsAny(text, "@?#") {
		return "", false
	}
	return strconv.Quote(text), true
}

// validScheme says whether Python's urlparse takes the text before "//" for a
// scheme and its colon, or for nothing.
func validScheme(text string) bool {
	scheme, hasColon := strings.CutSuffix(text, ":")
	if !hasColon {
		return text == ""
	}
	for i, r := range scheme {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", r)) {
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

var servicePath = regexp.MustCompile(`^(.*)/services/[^/]+$`)

// HubOfService is the address of the Hub that has the gateway as its service: it
// serves it under services/NAME below its own address. It is "" for an address
// that does not end so.
func HubOfService(address Web) string {
	match := servicePath.FindStringSubmatch(address.path)
	if match == nil {
		return ""
	}
	return address.site + strings.TrimRight(match[1], "/")
}

// HubRoot takes the Hub's address out of that of its pages (.../hub) or of its
// API (.../hub/api, as in JUPYTERHUB_API_URL).
func HubRoot(address Web) string {
	root, isAPI := strings.CutSuffix(address.path, "/hub/api")
	if !isAPI {
		root = strings.TrimSuffix(address.path, "/hub")
	}
	return address.site + strings.TrimRight(root, "/")
}
