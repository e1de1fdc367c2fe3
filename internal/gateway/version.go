// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// versionPattern matches what may follow dask-gateway== in a requirements file (PEP
// 440, and a little more). It excludes characters that would begin another line.
var versionPattern = lazy.Regexp(`^[0-9A-Za-z][0-9A-Za-z.!+_-]{0,99}$`)

// OldestTested is the oldest gateway version that the tests run with.
const OldestTested = "2026.3.0"

// IsUntested reports whether a version is older than OldestTested. It ignores the
// rest after the numbers, as in a pre-release or a local build. A version without
// numbers counts as tested.
func IsUntested(version string) bool {
	given := releaseNumbers(version)
	return len(given) > 0 && slices.Compare(given, releaseNumbers(OldestTested)) < 0
}

// releaseNumbers returns the numbers that a version begins with (PEP 440, release
// segment), without zeros at the end: 2026.3 equals 2026.3.0.
func releaseNumbers(version string) []int {
	var numbers []int
	for part := range strings.SplitSeq(version, ".") {
		digits := part[:len(part)-len(strings.TrimLeft(part, "0123456789"))]
		number, err := strconv.Atoi(digits)
		if err != nil {
			break
		}
		numbers = append(numbers, number)
		if digits != part {
			break
		}
	}
	for len(numbers) > 0 && numbers[len(numbers)-1] == 0 {
		numbers = numbers[:len(numbers)-1]
	}
	return numbers
}

// ClientRequirement returns the line of a requirements file for the Python client of
// the same version. Client and server may differ, but equal versions are tested
// together. The local part of a version (PEP 440) is left out, because no package
// index has it.
func ClientRequirement(version string) string {
	public, _, _ := strings.Cut(version, "+")
	return "dask-gateway==" + public
}

type wireVersion struct {
	Version string `json:"version"`
}

// Version returns the gateway's version, for example "2026.3.0": GET /api/version. The
// request has no credentials.
func (c *Client) Version(ctx context.Context) (string, error) {
	response, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"api", "version"}, IsRetryable: true, IsAnonymous: true, Want: "the gateway's version",
	}, func(response wireVersion) string {
		return invalidIf(!versionPattern().MatchString(response.Version), fmt.Sprintf("the response contains no version: %q", response.Version))
	})
	return response.Version, err
}

type wireHealth struct {
	Status string `json:"status"`
}

// Health returns nil if the gateway reports itself healthy: GET /api/health. The request
// has no credentials.
func (c *Client) Health(ctx context.Context) error {
	_, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"api", "health"}, IsRetryable: true, IsAnonymous: true, Want: "the gateway's health",
	}, func(response wireHealth) string {
		return invalidIf(response.Status != "pass", fmt.Sprintf("the gateway's health is %q, not %q", response.Status, "pass"))
	})
	return err
}
