// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// loadOptionsScript reads a file like the gateway, and resolves the options of a request.
const loadOptionsScript = `
import sys
from traitlets.config import PyFileConfigLoader
options = PyFileConfigLoader(sys.argv[1]).load_config().Backend.cluster_options
requested = options.parse_options({"worker_cores": 2, "worker_memory": 8, "environment": {"RESULTS_ACCOUNT": "ndvires"}})
print(sorted(options.get_configuration(requested, None).items()))
`

// The real gateway's code reads the configuration of the AzureRM example, and
// accepts the options of the example's cluster.
func TestExamples_gatewayAcceptsOptions(t *testing.T) {
	t.Parallel()
	installation, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	file, err := filepath.Abs("../../../examples/azurerm-pairing/gateway_options.py")
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(installation.Bin(), "python"), "-c", loadOptionsScript, file).CombinedOutput()
	want := `[('environment', {'RESULTS_ACCOUNT': 'ndvires'}), ('image', 'pangeo/pangeo-notebook:2026.08.01'), ('worker_cores', 2), ('worker_memory', 8589934592)]`
	if got := strings.TrimSpace(string(output)); err != nil || got != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}
