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

// tagged gives a good answer to a GET its tag, as Tornado does, in which the Hub
// and the schedulers are written, and makes it a 304 for those who know it.
func tagged(x *exchange, answer *reply) *reply {
	if x.Method != http.MethodGet || answer.status != http.StatusOK || answer.contentType == "text/event-stream" {
		return answer
	}
	tag := fmt.Sprintf("\"%x\"", sha1.Sum([]byte(answer.body))) //nolint:gosec // a tag, as Tornado makes it
	known := strings.FieldsFunc(x.Header.Get("If-None-Match"), func(r rune) bool { return r == ',' || r == ' ' })
	if slices.Contains(known, tag) || slices.Contains(known, "W/"+tag) || slices.Contains(known, "*") {
		answer.status, answer.contentType, answer.body = http.StatusNotModified, "", ""
	}
	return answer.set("Etag", tag)
}
