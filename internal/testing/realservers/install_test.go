// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestLockFiles_pinEveryPackageByHash(t *testing.T) {
	t.Parallel()
	requirements, err := lockFiles.ReadFile("lock/requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`(?m)^([A-Za-z0-9._-]+)==\S+ \\\n    --hash=sha256:`)
	versions := pinned.FindAll(requirements, -1)
	lines := regexp.MustCompile(`(?m)^[A-Za-z-]`).FindAll(requirements, -1)
	if len(versions) < 50 || len(versions) != len(lines) {
		t.Errorf("requirements.txt: %d of %d lines are a version with hashes, want all of at least 50", len(versions), len(lines))
	}
	for _, want := range []string{
		"dask-gateway-server==2026.3.0", "dask-gateway==2026.3.0", "dask==2026.8.0",
		"distributed==2026.8.0", "jupyterhub==6.1.1",
	} {
		if !strings.Contains(string(requirements), "\n"+want+" ") {
			t.Errorf("requirements.txt lacks %s", want)
		}
	}

	text, err := lockFiles.ReadFile("lock/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Resolved, Integrity string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	for name, pkg := range lock.Packages {
		if name != "" && (pkg.Integrity == "" || pkg.Resolved != "") {
			t.Errorf("package-lock.json: %s: integrity %q, resolved %q; want an integrity and no address", name, pkg.Integrity, pkg.Resolved)
		}
	}
	if version := lock.Packages["node_modules/configurable-http-proxy"].Version; version != "5.3.0" {
		t.Errorf("configurable-http-proxy is locked at %q, want 5.3.0", version)
	}
}

func TestLockHash_dependsOnPython(t *testing.T) {
	t.Parallel()
	one, err := lockHash("3 11 /usr/bin/python3")
	if err != nil {
		t.Fatal(err)
	}
	same, _ := lockHash("3 11 /usr/bin/python3")
	other, _ := lockHash("3 12 /usr/bin/python3")
	if one != same || one == other {
		t.Errorf("hashes %s, %s for one Python and %s for another", one, same, other)
	}
}

func TestInstallOnce_repeatsOnlyFailedInstallations(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "installation")
	partFile := filepath.Join(dir, "part")
	installations := 0
	install := func() error {
		installations++
		if _, err := os.Stat(partFile); err == nil {
			t.Error("the folder still contains a part of the failed installation")
		}
		if err := os.WriteFile(partFile, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if installations == 1 {
			return errors.New("no network")
		}
		return nil
	}
	if err := installOnce(t.Context(), dir, "the servers", "a minute", io.Discard, install); err == nil || !strings.Contains(err.Error(), "no network") {
		t.Errorf("the failed installation returned %v", err)
	}
	for range 2 {
		if err := installOnce(t.Context(), dir, "the servers", "a minute", io.Discard, install); err != nil {
			t.Error(err)
		}
	}
	if installations != 2 {
		t.Errorf("installed %d times, want 2", installations)
	}
}

func TestLockFile_isExclusive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lock")
	unlock, err := lockFile(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := lockFile(short, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("the second lock failed with %v, want the context's deadline", err)
	}
	second := make(chan error, 1)
	go func() {
		unlock, err := lockFile(t.Context(), path)
		if err == nil {
			unlock()
		}
		second <- err
	}()
	unlock()
	if err := <-second; err != nil {
		t.Fatalf("after the unlock: %v", err)
	}
}

func TestFreeAddresses_areFree(t *testing.T) {
	t.Parallel()
	addresses, err := freeAddresses(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	var config net.ListenConfig
	for _, address := range addresses {
		listener, err := config.Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Errorf("%s is not free: %v", address, err)
			continue
		}
		defer func() { _ = listener.Close() }()
	}
}

func TestTail_returnsTheLastLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":               "",
		"one":            "one",
		"one\ntwo\n":     "one\ntwo",
		"1\n2\n3\n4\n\n": "3\n4",
	} {
		if got := tail([]byte(text), 2); got != want {
			t.Errorf("tail(%q, 2) = %q, want %q", text, got, want)
		}
	}
}
