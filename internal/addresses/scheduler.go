// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package addresses

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

var hostName = lazy.Regexp(`^[0-9A-Za-z_][0-9A-Za-z_.-]*$`)

// CheckScheduler returns what is wrong with the address of a Dask scheduler for
// clients and workers, or "".
func CheckScheduler(text string) string {
	const want = "must be the scheduler's address with its port, such as tls://10.0.0.4:8786"
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "tls" && parsed.Scheme != "tcp" || parsed.Scheme+"://"+parsed.Host != text {
		return want + notThis(text)
	}
	host, port, err := net.SplitHostPort(parsed.Host)
	number, portErr := strconv.Atoi(port)
	_, ipErr := netip.ParseAddr(host)
	if err != nil || portErr != nil || number < 1 || number > 65535 || ipErr != nil && !hostName().MatchString(host) {
		return want + notThis(text)
	}
	return ""
}

// notThis returns the end of a message about allowed values: the value, if it can be
// printed.
func notThis(text string) string {
	if quoted, ok := Quote(text); ok {
		return ", not " + quoted
	}
	return ""
}
