// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package addresses

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// checkCharacters rejects characters that are not allowed anywhere in an address.
func checkCharacters(text string) error {
	switch {
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return errors.New("contains a space, a line end or a control character")
	case strings.Contains(text, "?"):
		return errors.New("has a query")
	case strings.Contains(text, "#"):
		return errors.New("has a fragment")
	default:
		return nil
	}
}

// splitAuthority splits HOST, HOST:PORT or the same with an IPv6 address in
// brackets, which it removes. The port is 0 when there is none.
func splitAuthority(authority string) (string, int, error) {
	if strings.Contains(authority, "@") {
		return "", 0, errors.New("contains a user or a password")
	}
	var host, port string
	if rest, isBracketed := strings.CutPrefix(authority, "["); isBracketed {
		inner, after, isClosed := strings.Cut(rest, "]")
		ip, err := netip.ParseAddr(inner)
		if !isClosed || err != nil || !ip.Is6() || ip.Zone() != "" || after != "" && after[0] != ':' {
			return "", 0, errors.New("has no valid IPv6 address between its brackets")
		}
		host, port = inner, strings.TrimPrefix(after, ":")
	} else {
		host, port, _ = strings.Cut(authority, ":")
		if strings.Contains(port, ":") {
			return "", 0, errors.New("has an IPv6 address without brackets, or more than one port")
		}
		if host == "" {
			return "", 0, errors.New("has no host")
		}
		if index := strings.IndexFunc(host, isForbiddenInHost); index >= 0 {
			return "", 0, errors.New("has a character in its host that host names do not allow")
		}
		if _, err := netip.ParseAddr(host); err != nil && strings.Trim(host, "0123456789.") == "" {
			return "", 0, errors.New("has a host that is a number but not an IPv4 address")
		}
	}
	if port == "" {
		return host, 0, nil
	}
	number, err := parsePort(port)
	return host, number, err
}

func isForbiddenInHost(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '-' && r != '.' && r != '_'
}

func parsePort(text string) (int, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, errors.New("has no port between 1 and 65535")
	}
	return int(port), nil
}
