// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package localfile_test

import (
	"errors"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

// TestRead_rejectsSpecialFiles would not return if the pipe or the device were read.
func TestRead_rejectsSpecialFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "socket")
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	for path, kind := range map[string]string{pipe: "named pipe", socket: "socket", "/dev/zero": "device"} {
		_, err := localfile.Read(t.Context(), path, 100)
		if !errors.Is(err, localfile.ErrNotRegular) || !strings.Contains(err.Error(), path+": not a regular file but a "+kind) {
			t.Errorf("%v", err)
		}
	}
}

// TestRead_limitsFileWithoutSize reads a regular file whose size is reported as 0.
func TestRead_limitsFileWithoutSize(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("needs /proc")
	}
	if _, err := localfile.Read(t.Context(), "/proc/self/status", 10); !errors.Is(err, localfile.ErrTooLarge) {
		t.Errorf("above the limit: %v", err)
	}
	if content, err := localfile.Read(t.Context(), "/proc/self/status", 1<<20); err != nil || len(content) == 0 {
		t.Errorf("%q, %v", content, err)
	}
}
