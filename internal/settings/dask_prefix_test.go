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
	pathOf := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	for link, to := range map[string]string{"python/bin/python3": "python3.11", "bin/python3": "../python/bin/python3", "env/bin/python": pathOf("python/bin/python3")} {
		if err := os.MkdirAll(filepath.Dir(pathOf(link)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, pathOf(link)); err != nil {
			t.Fatal(err)
		}
	}
	home := "home = " + pathOf("python/bin") + "\n"
	for name, test := range map[string]struct {
		env           string
		config        string
		address, port string
	}{
		"a Python":                               {"PATH=" + pathOf("python/bin"), "", "http://python", "gateway://python:80"},
		"a link to it":                           {"PATH=" + pathOf("bin"), "", "http://python", "gateway://python:80"},
		"no environment":                         {"PATH=" + pathOf("env/bin"), "", "http://python", "gateway://python:80"},
		"an environment":                         {"PATH=" + pathOf("env/bin"), home + "include-system-site-packages = false\n", "http://env", "gateway://env:1"},
		"with the packages of its Python":        {"PATH=" + pathOf("env/bin"), home + "include-system-site-packages = true\n", "http://python", "gateway://python:1"},
		"with other capitals in the file":        {"PATH=" + pathOf("env/bin"), "HOME=" + pathOf("bin/../python/bin") + "\nInclude-System-Site-Packages=True\n", "http://python", "gateway://python:1"},
		"with the packages of an unknown Python": {"PATH=" + pathOf("env/bin"), "include-system-site-packages = true\n", "http://env", "gateway://env:1"},
		"an active environment outside PATH":     {"VIRTUAL_ENV=" + pathOf("env"), home + "include-system-site-packages = true\n", "http://python", "gateway://python:1"},
	} {
		// The cases write different versions of the same file, so they run one
		// after the other.
		file := pathOf("env/pyvenv.cfg")
		if err := os.RemoveAll(file); err != nil {
			t.Fatal(err)
		}
		if test.config != "" {
			if err := os.WriteFile(file, []byte(test.config), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG="+pathOf("none"), test.env)
		expectEqual(t, name, s.Address.Value, test.address)
		expectEqual(t, name, s.ProxyAddress.Value, test.port)
	}
}
