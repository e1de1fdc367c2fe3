// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix && !darwin

package settings_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// A named pipe or a device replaces each file. Reading the pipe would block, and
// the device never ends.
func TestResolve_rejectsPipesAndDevices(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]func(path string) error{
		"named pipe": func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"device":     func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for file, variables := range map[string]string{
				"etc/x.yaml":                           "DASK_ROOT_CONFIG=FOLDER/etc",
				"one.conf":                             "DASK_CONFIG=FOLDER/one.conf",
				"home/.config/dask/dask.yaml":          "HOME=FOLDER/home",
				"env/pyvenv.cfg":                       "VIRTUAL_ENV=FOLDER/env",
				"home/.planetarycomputer/settings.env": "HOME=FOLDER/home",
				"ca.pem":                               "SSL_CERT_FILE=FOLDER/ca.pem",
				"certs/ca.pem":                         "SSL_CERT_DIR=/nowhere:FOLDER/certs",
			} {
				root := t.TempDir()
				path := filepath.Join(root, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := put(path); err != nil {
					t.Fatal(err)
				}
				variable := strings.ReplaceAll(variables, "FOLDER", root)
				if strings.HasSuffix(file, ".env") {
					s := mustResolve(t, settings.Block{}, variable)
					if s.SDKFileError == nil {
						t.Fatalf("the provider read a %s", name)
					}
					expectContains(t, s.SDKFileError.Error(), path, "not a regular file but a "+name)
					continue
				}
				p := onlyProblem(t, settings.Block{}, variable, "DASK_ROOT_CONFIG=/nowhere")
				expectContains(t, p.Detail, path, "not a regular file but a "+name)
			}
		})
	}
}

// Go reads each certificate of the system as a whole, however large it is.
func TestResolve_limitsTheSystemsCertificates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		sizes    []int64
		variable string
		want     []string
	}{
		"a large file":             {[]int64{1 << 40}, "SSL_CERT_FILE=FOLDER/0.pem", []string{"0.pem", "the limit is 8 MiB"}},
		"a large file in a folder": {[]int64{1 << 40}, "SSL_CERT_DIR=FOLDER", []string{"0.pem", "the limit is 8 MiB"}},
		"large files in a folder":  {[]int64{6 << 20, 6 << 20, 6 << 20, 1 << 40}, "SSL_CERT_DIR=/nowhere:FOLDER", []string{"2.pem", "the limit is 16 MiB for all files together"}},
		"two folders":              {[]int64{6 << 20, 6 << 20, 6 << 20}, "SSL_CERT_DIR=FOLDER:FOLDER", []string{"2.pem", "the limit is 16 MiB for all files together"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			for i, size := range test.sizes {
				path := filepath.Join(root, strconv.Itoa(i)+".pem")
				if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, size)); err != nil {
					t.Fatal(err)
				}
			}
			p := onlyProblem(t, settings.Block{}, strings.ReplaceAll(test.variable, "FOLDER", root), "DASK_ROOT_CONFIG=/nowhere")
			expectContains(t, p.Detail, test.want...)
		})
	}
}

// A folder has the name of a file. Dask and OpenSSL skip it. Python and the SDK fail.
func TestResolve_neverReadsAFolderAsAFile(t *testing.T) {
	t.Parallel()
	for folder, test := range map[string]struct{ variable, want string }{
		"etc/x.yaml":                           {"DASK_ROOT_CONFIG=FOLDER/etc", ""},
		"one.yaml":                             {"DASK_CONFIG=FOLDER/one.yaml", ""},
		"home/.config/dask/dask.yaml":          {"HOME=FOLDER/home", ""},
		"ca.pem":                               {"SSL_CERT_FILE=FOLDER/ca.pem", ""},
		"certs/ca.pem":                         {"SSL_CERT_DIR=FOLDER/certs", ""},
		"env/pyvenv.cfg":                       {"VIRTUAL_ENV=FOLDER/env", "pyvenv.cfg cannot be read: not a regular file but a directory"},
		"home/.planetarycomputer/settings.env": {"HOME=FOLDER/home", "settings.env: not a regular file but a directory"},
	} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			if err := os.MkdirAll(filepath.Join(root, folder), 0o700); err != nil {
				t.Fatal(err)
			}
			s, problems := settings.Resolve(t.Context(), settings.Block{}, environment.New([]string{strings.ReplaceAll(test.variable, "FOLDER", root)}))
			got := ""
			for _, p := range problems {
				got += p.Detail
			}
			if s.SDKFileError != nil {
				got += s.SDKFileError.Error()
			}
			if (got == "") != (test.want == "") {
				t.Errorf("got %q", got)
			}
			expectContains(t, got, test.want)
		})
	}
}
