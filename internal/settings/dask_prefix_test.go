// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// Dask's files are next to the Python that a shell would start: through symbolic
// links, or through a virtual environment with the system's packages.
func TestResolve_findsPythonPrefixes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("links need rights there")
	}
	root := writeFiles(t, map[string]string{
		"python/bin/python3.11": "", "python/etc/dask/x.yaml": addressYAML("http://python"),
		"env/etc/dask/x.yaml": "gateway: {address: \"http://env\", proxy-address: 1}\n",
	})
	at := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	for link, to := range map[string]string{"python/bin/python3": "python3.11", "bin/python3": "../python/bin/python3", "env/bin/python": at("python/bin/python3")} {
		if err := os.MkdirAll(filepath.Dir(at(link)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	home := "home = " + at("python/bin") + "\n"
	for name, test := range map[string]struct {
		env           string
		config        string
		address, port string
	}{
		"a Python":                         {"PATH=" + at("python/bin"), "", "http://python", "gateway://python:80"},
		"a link to it":                     {"PATH=" + at("bin"), "", "http://python", "gateway://python:80"},
		"no environment":                   {"PATH=" + at("env/bin"), "", "http://python", "gateway://python:80"},
		"an environment":                   {"PATH=" + at("env/bin"), home + "include-system-site-packages = false\n", "http://env", "gateway://env:1"},
		"one that sees its Python's":       {"PATH=" + at("env/bin"), home + "include-system-site-packages = true\n", "http://python", "gateway://python:1"},
		"the same, in other letters":       {"PATH=" + at("env/bin"), "HOME=" + at("bin/../python/bin") + "\nInclude-System-Site-Packages=True\n", "http://python", "gateway://python:1"},
		"one that sees, and nobody knows":  {"PATH=" + at("env/bin"), "include-system-site-packages = true\n", "http://env", "gateway://env:1"},
		"an active one that is on no PATH": {"VIRTUAL_ENV=" + at("env"), home + "include-system-site-packages = true\n", "http://python", "gateway://python:1"},
	} {
		// The cases write different versions of the same file, so they run one
		// after the other.
		file := at("env/pyvenv.cfg")
		if err := os.RemoveAll(file); err != nil {
			t.Fatal(err)
		}
		if test.config != "" {
			if err := os.WriteFile(file, []byte(test.config), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG="+at("none"), test.env)
		expectEqual(t, name, s.Address.Value, test.address)
		expectEqual(t, name, s.ProxyAddress.Value, test.port)
	}
}
