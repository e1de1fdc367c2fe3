// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package terraform

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Installed installs the provider for terraform init, as a registry would. It returns
// the path of the Terraform binary and the environment for it. It is for tests that
// run terraform themselves, as a pipeline does.
func Installed(t *testing.T) (command string, environment []string) {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mirror := filepath.Join(dir, "mirror")
	for _, address := range addresses {
		folder := filepath.Join(mirror, filepath.FromSlash(address), "0.1.0", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(binary, filepath.Join(folder, "terraform-provider-pc_v0.1.0")); err != nil {
			t.Fatal(err)
		}
	}
	cli := filepath.Join(dir, "cli.tfrc")
	if err := os.WriteFile(cli, fmt.Appendf(nil, "provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror), 0o600); err != nil {
		t.Fatal(err)
	}
	return find(t), append(cleanEnvironment(), "TF_CLI_CONFIG_FILE="+cli, "CHECKPOINT_DISABLE=1")
}
