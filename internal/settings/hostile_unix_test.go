// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix && !darwin

package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

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
