// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !unix

package localfile

import "os"

// openWithoutBlocking opens a file to read it.
func openWithoutBlocking(path string) (*os.File, error) {
	return os.Open(path) //nolint:gosec // the callers choose the path
}
