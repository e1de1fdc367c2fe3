// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package terraform

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// find returns the Terraform binary that make test would use.
func find(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("TF_ACC_TERRAFORM_PATH"); path != "" {
		return path
	}
	for _, name := range []string{"terraform", "tofu"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no terraform or tofu on PATH: set TF_ACC_TERRAFORM_PATH, or run the tests with make, which finds or builds one")
	return ""
}

// build builds the provider once for the test process.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "terraform-provider-pc-")
	if err != nil {
		return "", err
	}
	built.Store(&dir)
	binary := filepath.Join(dir, "terraform-provider-pc")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", binary, "github.com/planetary-computer/terraform-provider-pc") //nolint:gosec // fixed command
	if output, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the provider: %w\n%s", err, output)
	}
	return binary, nil
})

// built is the folder that build has created.
var built atomic.Pointer[string]

// Main is a TestMain that calls Clean after the tests.
func Main(m *testing.M) int {
	defer Clean()
	return m.Run()
}

// Clean removes the files that the workspaces of a test process share. TestMain calls
// it.
func Clean() {
	if dir := built.Load(); dir != nil {
		_ = os.RemoveAll(*dir)
	}
}
