// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

// ephemeralConfig is a job that connects to the scheduler directly and lists the
// clusters with a token for this run.
const ephemeralConfig = `
ephemeral "pc_hub_token" "job" {
  note       = "story for one run"
  expires_in = "1h"
  scopes     = ["access:services!service=dask-gateway"]
}
resource "pc_dask_cluster" "job" {
  workers          = 1
  wait_for_workers = 1
}
ephemeral "pc_dask_cluster_credentials" "job" {
  name = pc_dask_cluster.job.name
}
resource "terraform_data" "job" {
  provisioner "local-exec" {
    command = "python $JOB > $OUT 2>&1"
    environment = {
      JUPYTERHUB_API_TOKEN = ephemeral.pc_hub_token.job.token
      SCHEDULER            = ephemeral.pc_dask_cluster_credentials.job.scheduler_address
      TLS_CERT             = ephemeral.pc_dask_cluster_credentials.job.tls_cert
      TLS_KEY              = ephemeral.pc_dask_cluster_credentials.job.tls_key
    }
  }
}
`

const ephemeralJob = `
import os, sys
import dask_gateway, distributed
from dask_gateway.client import GatewaySecurity
security = GatewaySecurity(tls_key=os.environ["TLS_KEY"], tls_cert=os.environ["TLS_CERT"])
with distributed.Client(os.environ["SCHEDULER"], security=security) as client:
    print(client.submit(sum, range(1000001)).result())
token = dask_gateway.JupyterHubAuth(api_token=os.environ["JUPYTERHUB_API_TOKEN"])
with dask_gateway.Gateway(os.environ["PC_ADDRESS"], auth=token) as gateway:
    print(len(gateway.list_clusters()))
sys.exit(int(os.environ["ENDS_WITH"]))
`

// One job succeeds, another one fails.
func TestEphemeral_revokesTokenAfterEachRun(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]string{"a job that succeeds": "0", "a job that fails": "3"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.Require(terraform.EphemeralResources)
			dir := t.TempDir()
			job, out := filepath.Join(dir, "job.py"), filepath.Join(dir, "out")
			if err := os.WriteFile(job, []byte(ephemeralJob), 0o600); err != nil {
				t.Fatal(err)
			}
			s.Setenv("JOB="+job, "OUT="+out, "ENDS_WITH="+code, "PATH="+s.stack.Bin+":"+os.Getenv("PATH"))
			s.Write("main.tf", ephemeralConfig)
			result := s.Run("apply", "-auto-approve", "-no-color")
			if failed := result.Code != 0; failed != (code != "0") {
				t.Errorf("apply ended with %d:\n%s", result.Code, result.Output)
			}
			printed, err := os.ReadFile(out)
			if err != nil || strings.TrimSpace(string(printed)) != "500000500000\n1" {
				t.Errorf("the job printed %q, %v\n%s", printed, err, result.Output)
			}
			if left := s.tokens(); left != "" {
				t.Errorf("tokens are left: %s", left)
			}
			s.Destroy()
			if left := s.clusters() + s.tokens(); left != "" {
				t.Errorf("left after destroy: %s", left)
			}
		})
	}
}
