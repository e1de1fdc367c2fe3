// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix && !race

package attacks_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

// fileAttacks are files and variables that need more memory or time than there is, or
// that never end.
func fileAttacks() map[string]attack {
	inherited := base64.URLEncoding.EncodeToString([]byte(strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000)))
	doubled := "A0=" + strings.Repeat("x", 1000) + "\n"
	for i := range 40 {
		doubled += fmt.Sprintf("A%d=${A%d}${A%d}\n", i+1, i, i)
	}
	return map[string]attack{
		"a pipe as Dask's YAML":              {prepare: specialFile("x.yaml", "DASK_CONFIG"), want: []string{"x.yaml", "not a regular file but a named pipe"}},
		"a pipe as pyvenv.cfg":               {prepare: specialFile("env/pyvenv.cfg", "VIRTUAL_ENV"), want: []string{"pyvenv.cfg", "not a regular file but a named pipe"}},
		"a pipe as the certificates":         {prepare: specialFile("ca.pem", "SSL_CERT_FILE"), want: []string{"ca.pem", "not a regular file but a named pipe"}},
		"a pipe as settings.env":             {prepare: sdkPipe, want: []string{"settings.env", "not a regular file but a named pipe"}},
		"a large file in SSL_CERT_DIR":       {prepare: largeCertificate, want: []string{"0.pem", "the limit is 8 MiB"}},
		"a device as Dask's YAML":            {prepare: variables("DASK_CONFIG=/dev/zero"), want: []string{"/dev/zero", "not a regular file but a device"}},
		"a device as the certificates":       {prepare: variables("SSL_CERT_FILE=/dev/zero"), want: []string{"/dev/zero", "not a regular file but a device"}},
		"a scalar of 400 KB, aliased":        {prepare: daskYAML("a: &a " + strings.Repeat("x", 400<<10) + "\nb: [" + strings.Repeat("*a,", 30_000) + "]\n"), want: []string{"x.yaml", "more than 4 MiB of text, which is the limit"}},
		"a scalar aliased 150,000 times":     {prepare: daskYAML("a: &a x\nb: [" + strings.Repeat("*a,", 150_000) + "]\n"), want: []string{"x.yaml", "more than 100000 values, which is the limit"}},
		"a long integer of base 60":          {prepare: daskYAML("a: 1" + strings.Repeat(":59", 150_000) + "\n"), want: []string{"x.yaml", "more than 4300 digits"}},
		"a file of 4 MB":                     {prepare: daskYAML("a: " + strings.Repeat("9", 4_000_000) + "\n"), want: []string{"x.yaml", "the limit is 512 KiB"}},
		"9,000 levels of inherited settings": {prepare: variables("DASK_INTERNAL_INHERIT_CONFIG=" + inherited), want: []string{"DASK_INTERNAL_INHERIT_CONFIG", "more than 500 levels deep, which is the limit"}},
		"doubled variables in settings.env":  {prepare: sdkFile(doubled), want: []string{"settings.env", "more than 1048576 bytes, which is the limit"}},
		"600,000 lines in settings.env":      {prepare: sdkFile(strings.Repeat("A=b\n", 600_000)), want: []string{"settings.env", "the limit is 256 KiB"}},
		"80,000 short lines in settings.env": {prepare: sdkFile(strings.Repeat("A=\n", 80_000) + "PC_SDK_SAS_URL=x\n"), want: []string{"PC_SDK_SAS_URL"}},
		"a template that becomes a gigabyte": {prepare: daskYAML("gateway: {address: \"http://"+strings.Repeat("{X}", 50_000)+"\"}\n", "X="+strings.Repeat("x", 20_000)), want: []string{"longer than 1 MiB, which is the limit"}},
	}
}

const (
	readGateway    = "data \"pc_gateway\" \"test\" {}\n"
	readCollection = "data \"pc_collection\" \"test\" {\n  id = \"x\"\n}\n"
)

// variables sets environment variables.
func variables(all ...string) func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	return func(_ *testing.T, w *terraform.Workspace) <-chan struct{} {
		w.Setenv(all...)
		w.Write("main.tf", readGateway)
		return nil
	}
}

// specialFile puts a named pipe in place of a file. The variable names the first part of
// its path.
func specialFile(file, variable string) func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	return func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
		t.Helper()
		folder := t.TempDir()
		path := filepath.Join(folder, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(file, "/")
		// A Python on PATH would come before VIRTUAL_ENV.
		return variables(variable+"="+filepath.Join(folder, first), "PATH=/nowhere")(t, w)
	}
}

// daskYAML writes one of Dask's files.
func daskYAML(text string, more ...string) func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	return func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
		t.Helper()
		return variables(append(more, "DASK_CONFIG="+writeFile(t, "x.yaml", text))...)(t, w)
	}
}

// sdkFile writes the settings of Planetary Computer's SDK.
func sdkFile(text string) func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	return func(t *testing.T, w *terraform.Workspace) <-chan struct{} {
		t.Helper()
		path := writeFile(t, ".planetarycomputer/settings.env", text)
		w.Setenv("HOME=" + filepath.Dir(filepath.Dir(path)))
		w.Write("main.tf", readCollection)
		return nil
	}
}

// sdkPipe puts a named pipe in place of the settings of Planetary Computer's SDK.
func sdkPipe(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	t.Helper()
	path := writeFile(t, ".planetarycomputer/settings.env", "")
	if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	w.Setenv("HOME=" + filepath.Dir(filepath.Dir(path)))
	w.Write("main.tf", readCollection)
	return nil
}

// largeCertificate puts a file that is larger than any memory into the folder of the
// system's certificates.
func largeCertificate(t *testing.T, w *terraform.Workspace) <-chan struct{} {
	t.Helper()
	path := writeFile(t, "0.pem", "")
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Fatal(err)
	}
	return variables("SSL_CERT_DIR="+filepath.Dir(path))(t, w)
}

// writeFile writes a file to a folder of its own, and returns its path.
func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
