// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"net/http"
	"net/url"
)

// refuseRedirects prevents credentials from reaching another server. A gateway or Hub
// redirects an API request only if the address or the credentials are wrong: to the
// login page, where a POST would become a GET that returns 200 and HTML.
func refuseRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// redirectMessage describes the target of a redirect without its query, which may
// contain a token.
func redirectMessage(from *url.URL, location string) string {
	target, err := url.Parse(location)
	if location == "" || err != nil {
		return "the server redirects without a usable Location"
	}
	target = from.ResolveReference(target)
	return "the server redirects to " + target.Scheme + "://" + target.Host + target.EscapedPath()
}

// dropUnusableLocation removes a Location that is not a valid address. http.Client
// would return an error that looks as if there had been no response.
func dropUnusableLocation(response *http.Response) {
	if _, err := response.Request.URL.Parse(response.Header.Get("Location")); err != nil {
		response.Header.Del("Location")
	}
}
