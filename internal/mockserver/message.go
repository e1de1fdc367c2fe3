// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"mime"
	"slices"
	"strings"
)

// message is the JSON object of a request's body. Anything else makes the
// server's handlers fail, and so does a character set that is not known. What
// else the content type says does not matter.
func (x *exchange) message() (object, bool) {
	_, parameters, err := mime.ParseMediaType(x.Header.Get("Content-Type"))
	if charset := strings.ToLower(parameters["charset"]); err == nil && !slices.Contains([]string{"", "ascii", "us-ascii", "utf-8", "utf8"}, charset) {
		return nil, false
	}
	value, err := loads(string(x.body))
	message, ok := value.(object)
	return message, err == nil && ok
}

// truthy is Python's bool().
func truthy(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case bool:
		return value
	case int64:
		return value != 0
	case float64:
		return value != 0
	case string:
		return value != ""
	case []any:
		return len(value) > 0
	case object:
		return len(value) > 0
	default:
		return true
	}
}
