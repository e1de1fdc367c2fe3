// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package localfile

import (
	"os"
	"syscall"
)

// openWithoutBlocking opens a file to read it. Without O_NONBLOCK, opening a named
// pipe that has replaced the file would wait for a writer.
func openWithoutBlocking(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // the callers choose the path
}
