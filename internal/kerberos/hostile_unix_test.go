// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package kerberos_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/kerberos"
)

// TestAuth_hostileInputNeedsLittleMemory runs the tests with hostile input in a
// separate process, and measures the memory of that process.
func TestAuth_hostileInputNeedsLittleMemory(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("other systems report the memory of a process in other units")
	}
	const limit = 300 << 10                                                                                                                             // KiB
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^(TestAuth_rejectsHostileInput|TestNew_rejectsHostileKeytab)$", "-test.count=1") //nolint:gosec // this test itself
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatalf("no usage of resources in %T", command.ProcessState.SysUsage())
	}
	if usage.Maxrss > limit {
		t.Errorf("the tests needed %d KiB, want at most %d", usage.Maxrss, limit)
	}
}

// TestAuth_rejectsSpecialFiles would not return if the pipe or the device were read.
func TestAuth_rejectsSpecialFiles(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, kind := range map[string]string{pipe: "named pipe", "/dev/zero": "device"} {
		for _, name := range []string{"cache", "krb5.conf", "keytab"} {
			k := newTestRealm(t)
			switch name {
			case "cache":
				k.cfg.Cache = path
			case "krb5.conf":
				k.cfg.ConfigFiles = path
			case "keytab":
				k.cfg.Keytab = path
			}
			auth, err := kerberos.New(t.Context(), k.cfg)
			if err == nil {
				_, err = auth.Authorization(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "not a regular file but a "+kind) {
				t.Errorf("%s as %s: %v", path, name, err)
			}
		}
	}
}

// TestAuth_rejectsCacheOfOtherUsers has a cache that another user can write, and one that
// another user has written.
func TestAuth_rejectsCacheOfOtherUsers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mode  os.FileMode
		owner int
		want  string
	}{
		"writable by others": {0o602, -1, "is not safe to use: other users can write it (mode 0602). Run `chmod 600` on it"},
		"writable by group":  {0o660, -1, "other users can write it (mode 0660)"},
		"owned by another":   {0o600, 54321, "is not safe to use: its owner is the user with ID 54321, and Terraform runs as the user with ID "},
		"readable by others": {0o644, -1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.owner >= 0 && os.Geteuid() != 0 {
				t.Skip("only root can give a file away")
			}
			k := newTestRealm(t)
			k.writeCache(clock.Real().Now().Add(time.Hour), true)
			path := filepath.Join(k.dir, "cache")
			if err := errors.Join(os.Chmod(path, test.mode), os.Chown(path, test.owner, -1)); err != nil {
				t.Fatal(err)
			}
			auth, err := kerberos.New(t.Context(), k.cfg)
			if err != nil {
				t.Fatal(err)
			}
			_, err = auth.Authorization(t.Context())
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}
