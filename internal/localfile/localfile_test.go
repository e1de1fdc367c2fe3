// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package localfile_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/localfile"
)

func writeFile(t *testing.T, path string, size int) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(strings.Repeat("x", size)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead_returnsFileUpToItsLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, size := range []int{0, 1, 99, 100} {
		path := writeFile(t, filepath.Join(dir, fmt.Sprint(size)), size)
		if content, err := localfile.Read(t.Context(), path, 100); err != nil || len(content) != size {
			t.Errorf("%d bytes: %d, %v", size, len(content), err)
		}
	}
	path := writeFile(t, filepath.Join(dir, "larger"), 2049)
	_, err := localfile.Read(t.Context(), path, 2048)
	if !errors.Is(err, localfile.ErrTooLarge) || !strings.Contains(err.Error(), path+": too large: the limit is 2 KiB") {
		t.Errorf("above the limit: %v", err)
	}
}

func TestRead_followsSymbolicLinks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "file"), 3)
	link := filepath.Join(dir, "link")
	if err := os.Symlink("file", link); err != nil {
		t.Skip(err)
	}
	if content, err := localfile.Read(t.Context(), link, 100); err != nil || string(content) != "xxx" {
		t.Errorf("%q, %v", content, err)
	}
}

func TestRead_rejectsDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := localfile.Read(t.Context(), dir, 100)
	if !errors.Is(err, localfile.ErrNotRegular) || !strings.Contains(err.Error(), dir+": not a regular file but a directory") {
		t.Errorf("%v", err)
	}
}

func TestRead_reportsMissingFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "missing")
	if _, err := localfile.Read(t.Context(), path, 100); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("Read: %v", err)
	}
	if _, err := localfile.ReadDir(t.Context(), path, 100); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadDir: %v", err)
	}
}

func TestRead_endsWithItsContext(t *testing.T) {
	t.Parallel()
	path := writeFile(t, filepath.Join(t.TempDir(), "file"), 1)
	ctx, cancel := context.WithCancel(t.Context())
	// The check stands in for a file system that does not respond.
	blocked := make(chan struct{})
	defer close(blocked)
	_, err := localfile.Read(ctx, path, 100, func(fs.FileInfo) error { cancel(); <-blocked; return nil })
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), path) {
		t.Errorf("while the file is read: %v", err)
	}
	if _, err := localfile.Read(ctx, path, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %v", err)
	}
}

func TestRead_returnsErrorOfCheck(t *testing.T) {
	t.Parallel()
	path := writeFile(t, filepath.Join(t.TempDir(), "file"), 7)
	refused := errors.New("refused")
	_, err := localfile.Read(t.Context(), path, 100, func(info fs.FileInfo) error {
		if info.Size() != 7 {
			t.Errorf("size %d", info.Size())
		}
		return refused
	})
	if !errors.Is(err, refused) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
}

func TestReadDir_returnsSortedEntriesUpToItsLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 10 {
		writeFile(t, filepath.Join(dir, fmt.Sprint(9-i)), 1)
	}
	entries, err := localfile.ReadDir(t.Context(), dir, 10)
	if err != nil || len(entries) != 10 || entries[0].Name() != "0" || entries[9].Name() != "9" {
		t.Errorf("%v, %v", entries, err)
	}
	if _, err := localfile.ReadDir(t.Context(), dir, 9); !errors.Is(err, localfile.ErrTooLarge) || !strings.Contains(err.Error(), dir+": too large: the limit is 9 entries") {
		t.Errorf("above the limit: %v", err)
	}
	if _, err := localfile.ReadDir(t.Context(), filepath.Join(dir, "1"), 9); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("a file: %v", err)
	}
}

func TestFormatSize_choosesTheLargestWholeUnit(t *testing.T) {
	t.Parallel()
	for size, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1 KiB", 1025: "1025 bytes", 4 << 20: "4 MiB", 1 << 30: "1 GiB"} {
		if got := localfile.FormatSize(size); got != want {
			t.Errorf("%d: %q, want %q", size, got, want)
		}
	}
}
