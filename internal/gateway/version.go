// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// isVersion is what may follow dask-gateway== in a list of requirements
// (PEP 440, with some room), and nothing that would begin another line.
var isVersion = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.!+_-]{0,99}$`)

// OldestTested is the oldest gateway that the tests are run with.
const OldestTested = "2026.3.0"

// IsUntested says that a version is older than any that the tests are run with.
// What stands behind the numbers, of a release to come or a build of one's own,
// does not count; and a version without numbers is not older than any.
func IsUntested(version string) bool {
	given := releaseNumbers(version)
	return len(given) > 0 && slices.Compare(given, releaseNumbers(OldestTested)) < 0
}

// release are the numbers that a version begins with (PEP 440, release
// segment), without zeros at the end: 2026.3 is 2026.3.0.
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

// ClientRequirement is how requirements.txt names the Python client of the same
// version. Client and server need not match, but these are tested together. No
// index has what a local build adds to its version (PEP 440, local version).
func ClientRequirement(version string) string {
	public, _, _ := strings.Cut(version, "+")
	return "dask-gateway==" + public
}

type wireVersion struct {
	Version string `json:"version"`
}

// Version is the gateway's, for example "2026.3.0": GET /api/version, which
// asks for no credentials and gets none.
func (c *Client) Version(ctx context.Context) (string, error) {
	answer, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"api", "version"}, Retryable: true, Anonymous: true, Want: "the gateway's version",
	}, func(answer wireVersion) string {
		return invalidIf(!isVersion.MatchString(answer.Version), fmt.Sprintf("the answer names no version: %q", answer.Version))
	})
	return answer.Version, err
}

type wireHealth struct {
	Status string `json:"status"`
}

// Health returns nil if a gateway answers and calls itself well: GET
// /api/health, which asks for no credentials and gets none.
func (c *Client) Health(ctx context.Context) error {
	_, err := transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"api", "health"}, Retryable: true, Anonymous: true, Want: "the gateway's health",
	}, func(answer wireHealth) string {
		return invalidIf(answer.Status != "pass", fmt.Sprintf("the gateway's health is %q, not %q", answer.Status, "pass"))
	})
	return err
}
