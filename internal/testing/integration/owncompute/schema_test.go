// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package owncompute_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// The test uses cloud-init's own schema, and shows that the schema rejects an
// invalid file.
func TestCloudInit_goldenFilesMatchTheSchema(t *testing.T) {
	t.Parallel()
	installation, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	packages, err := realservers.InstallCloudInit(t.Context(), installation, os.Stderr)
	if errors.Is(err, realservers.ErrNoAPT) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../../cloudinit/testdata/cloud_init/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("#cloud-config\nruncmd: 5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(installation.Bin(), "python"), append([]string{"-c", validateScript}, append(files, wrong)...)...)
	cmd.Env = []string{"PYTHONPATH=" + packages, "HOME=" + t.TempDir()}
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, file := range files {
		if !strings.Contains(string(output), "valid "+file+"\n") {
			t.Errorf("%s is not valid:\n%s", file, output)
		}
	}
	if !strings.Contains(string(output), "invalid "+wrong+"\n") {
		t.Errorf("the schema accepts an invalid file:\n%s", output)
	}
}

// validateScript runs cloud-init schema for each of its arguments.
const validateScript = `
import sys
from cloudinit.cmd.main import main
for file in sys.argv[1:]:
    sys.argv = ["cloud-init", "schema", "--config-file", file]
    try:
        code = main()
    except SystemExit as end:
        code = end.code
    print("invalid" if code else "valid", file)
`
