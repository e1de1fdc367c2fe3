// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"crypto/sha1" //nolint:gosec // for tags, as Tornado makes them
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// withEtag adds the Etag that Tornado adds to a successful GET, and returns 304 for
// a matching If-None-Match. The Hub and the schedulers use Tornado.
func withEtag(x *exchange, response *httpResponse) *httpResponse {
	if x.Method != http.MethodGet || response.status != http.StatusOK || response.contentType == "text/event-stream" {
		return response
	}
	tag := fmt.Sprintf("\"%x\"", sha1.Sum([]byte(response.body))) //nolint:gosec // a tag, as Tornado makes it
	known := strings.FieldsFunc(x.Header.Get("If-None-Match"), func(r rune) bool { return r == ',' || r == ' ' })
	if slices.Contains(known, tag) || slices.Contains(known, "W/"+tag) || slices.Contains(known, "*") {
		response.status, response.contentType, response.body = http.StatusNotModified, "", ""
	}
	return response.setHeader("Etag", tag)
}
