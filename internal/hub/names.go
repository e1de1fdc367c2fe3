// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	maxNameLength = 1024
	// strictNamesSince is the first major version of JupyterHub that restricts the
	// names of servers to serverNamePattern.
	strictNamesSince = 6

	userNameRule = "a user name is not empty, and contains no slash, no backslash, no control character and no path segment of dots"
	// ServerNameRule describes the names of servers that JupyterHub 6 accepts.
	ServerNameRule = "since JupyterHub 6, a server name begins with a lower-case letter, contains only lower-case letters, digits and single hyphens, ends with a letter or digit, and has at most 30 characters"
)

// serverNamePattern matches the names that JupyterHub 6 accepts. For others it
// returns 400 "Invalid server_name" (apihandlers/users.py, seen with 6.1.1).
var serverNamePattern = lazy.Regexp(`^[a-z](?:-?[a-z0-9]){0,29}$`)

// IsValidUserName reports whether a Hub may have a user of this name.
func IsValidUserName(name string) bool { return isUserName(name) }

// ValidateUserName returns an error that states the rule if no Hub has a user of
// this name.
func ValidateUserName(name string) error {
	if isUserName(name) {
		return nil
	}
	return fmt.Errorf("%.80q is not a valid user name and cannot be a part of an address: %s", name, userNameRule)
}

// ValidateServerName returns an error that states the rule if a Hub of this major
// version rejects the name of a server. Version 0 stands for an unknown one, which
// may accept what JupyterHub 6 rejects. The default server has the name "".
func ValidateServerName(name string, majorVersion int) error {
	switch {
	case name == "":
		return nil
	case !isUserName(name):
		return fmt.Errorf("%.80q is not a valid server name and cannot be a part of an address: %s", name, ServerNameRule)
	case majorVersion >= strictNamesSince && !serverNamePattern().MatchString(name):
		return fmt.Errorf("%.80q is not a valid server name: %s", name, ServerNameRule)
	default:
		return nil
	}
}

// CheckServerName returns an error that states the rule if this Hub rejects the name
// of a server. It requests the Hub's version only if JupyterHub 6 rejects the name.
func (c *Client) CheckServerName(ctx context.Context, name string) error {
	if name == "" || serverNamePattern().MatchString(name) {
		return nil
	}
	if err := ValidateServerName(name, 0); err != nil {
		return err
	}
	return ValidateServerName(name, c.MajorVersion(ctx))
}

// MajorVersion returns the major version of the Hub, or 0 if it is unknown: GET
// /hub/api, which needs no credentials. All callers share one response.
func (c *Client) MajorVersion(ctx context.Context) int {
	version, err := c.version.Get(ctx, func(ctx context.Context) (string, error) {
		response, err := transport.Call[struct {
			Version string `json:"version"`
		}](ctx, c.transport, transport.Request{Method: http.MethodGet, Path: api(""), IsAnonymous: true, IsRetryable: true, Want: "the Hub's version"})
		return response.Version, err
	})
	if err != nil {
		return 0
	}
	major, _, _ := strings.Cut(version, ".")
	number, err := strconv.Atoi(major)
	if err != nil || number < 0 {
		return 0
	}
	return number
}

// isUserName reports whether a Hub accepts a name for a user (auth.py,
// validate_username), and no server or proxy can read it as another path, even if it
// decodes the name once more.
func isUserName(name string) bool {
	if name == "" || len(name) > maxNameLength || !utf8.ValidString(name) {
		return false
	}
	if strings.ContainsFunc(name, func(r rune) bool {
		return r == '/' || r == '\\' || r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}) {
		return false
	}
	return !hasDotSegment(name)
}

// hasDotSegment reports whether a name has a path segment of dots alone, plain or
// percent-encoded any number of times.
func hasDotSegment(name string) bool {
	for {
		for segment := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '/' || r == '\\' }) {
			if strings.Trim(segment, ".") == "" {
				return true
			}
		}
		decoded, err := url.PathUnescape(name)
		if err != nil || decoded == name {
			return false
		}
		name = decoded
	}
}
