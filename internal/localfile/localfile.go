// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package localfile reads local files that another user may have prepared. Every read
// has a size limit and a context, and only regular files are opened: a named pipe
// would block for ever, and a device may never end.
package localfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
)

var (
	// ErrNotRegular marks a path that leads to a directory, a named pipe, a device
	// or a socket.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge marks a file or directory above its limit.
	ErrTooLarge = errors.New("too large")
)

// Read returns the content of a regular file of at most limit bytes. It returns when
// ctx ends, even while a network file system does not respond. The checks inspect the
// open file before it is read; the first error ends the read.
//
// Every error is an *fs.PathError. It wraps fs.ErrNotExist, fs.ErrPermission,
// ErrNotRegular, ErrTooLarge, the error of a check, or the error of ctx.
func Read(ctx context.Context, path string, limit int64, checks ...func(fs.FileInfo) error) ([]byte, error) {
	return readWithContext(ctx, path, func() ([]byte, error) { return read(path, limit, checks) })
}

// ReadDir returns the entries of a directory in the order of their names. If it has
// more than limit entries, the error wraps ErrTooLarge. It returns when ctx ends, as
// Read does.
func ReadDir(ctx context.Context, path string, limit int) ([]fs.DirEntry, error) {
	return readWithContext(ctx, path, func() ([]fs.DirEntry, error) { return readDir(path, limit) })
}

// readWithContext runs a read and stops waiting for it when ctx ends. System calls on
// files cannot be cancelled, so the goroutine may outlive the call.
func readWithContext[T any](ctx context.Context, path string, read func() (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, &fs.PathError{Op: "read", Path: path, Err: err}
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case <-ctx.Done():
		return none, &fs.PathError{Op: "read", Path: path, Err: ctx.Err()}
	case r := <-done:
		return r.value, r.err
	}
}

func read(path string, limit int64, checks []func(fs.FileInfo) error) ([]byte, error) {
	// Opening a device can have side effects, so the path is checked before it is
	// opened. The open file is checked again, because the path may lead elsewhere by
	// then.
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := checkRegular(path, info); err != nil {
		return nil, err
	}
	file, err := openWithoutBlocking(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if info, err = file.Stat(); err != nil {
		return nil, err
	}
	if err := checkRegular(path, info); err != nil {
		return nil, err
	}
	for _, check := range checks {
		if err := check(info); err != nil {
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		}
	}
	tooLarge := &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: the limit is %s", ErrTooLarge, FormatSize(limit))}
	if info.Size() > limit {
		return nil, tooLarge
	}
	// The reported size is not reliable for a file that grows, or for a file below
	// /proc.
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(content)) > limit:
		return nil, tooLarge
	}
	return content, nil
}

func readDir(path string, limit int) ([]fs.DirEntry, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a directory")}
	}
	dir, err := os.Open(path) //nolint:gosec // the callers choose the path
	if err != nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }()
	entries, err := dir.ReadDir(limit + 1)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case len(entries) > limit:
		return nil, &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w: the limit is %d entries", ErrTooLarge, limit)}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

func checkRegular(path string, info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	kind := "special file"
	switch mode := info.Mode(); {
	case mode.IsDir():
		kind = "directory"
	case mode&fs.ModeNamedPipe != 0:
		kind = "named pipe"
	case mode&fs.ModeSocket != 0:
		kind = "socket"
	case mode&fs.ModeDevice != 0:
		kind = "device"
	}
	return &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w but a %s", ErrNotRegular, kind)}
}

// FormatSize formats a number of bytes in the largest unit that results in a whole
// number.
func FormatSize(bytes int64) string {
	for _, unit := range []struct {
		name string
		size int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= unit.size && bytes%unit.size == 0 {
			return fmt.Sprintf("%d %s", bytes/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", bytes)
}

// IsFile reports whether the path leads to something other than a directory.
func IsFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// IsDir reports whether the path leads to a directory.
func IsDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
