// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

// Package owncompute_test runs the output of dask_cloud_init with a local Dask
// instead of the containers, and connects to it as the outputs describe.
package owncompute_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

// machinesConfig is the example's module. This computer replaces both machines.
const machinesConfig = `
terraform {
  required_providers {
    pc = {
      source = "registry.terraform.io/planetary-computer/pc"
    }
  }
}
variable "port" { type = number }
variable "dashboard" { type = number }

module "dask" {
  source                    = %q
  scheduler_private_address = "127.0.0.1"
  image                     = "daskdev/dask:2026.8.0"
  port                      = var.port
  dashboard_port            = var.dashboard
  scheduler_options         = { env = { MARK = "it's $HOME 100%%" } }
  worker_options            = { env = { MARK = "it's $HOME 100%%" }, nworkers = 1, nthreads = 2, memory_limit = "512MiB" }
}

output "scheduler" {
  value     = module.dask.scheduler_cloud_init
  sensitive = true
}
output "worker" {
  value     = module.dask.worker_cloud_init
  sensitive = true
}
output "dask_config" {
  value     = module.dask.dask_config
  sensitive = true
}
output "ca_certificate" { value = module.dask.ca_certificate }
output "address" { value = module.dask.scheduler_address }
`

const waitForWorkersConfig = `
data "pc_dask_scheduler" "this" {
  dashboard_url   = module.dask.dashboard_url
  ca_certificate  = module.dask.ca_certificate
  minimum_workers = 2
  on_timeout      = "warn"
  timeouts        = { read = "%s" }
}
output "found" {
  value = { for name in ["ready", "workers", "threads", "memory", "address"] : name => data.pc_dask_scheduler.this[name] }
}
`

// The test follows the guide on your own compute, except for the virtual machines:
// a scheduler and two workers with TLS, from the module in examples/own-compute.
func TestOwnCompute_runsTheCloudInit(t *testing.T) {
	t.Parallel()
	installation, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	module, err := filepath.Abs("../../../../examples/own-compute/modules/dask")
	if err != nil {
		t.Fatal(err)
	}
	port, dashboard := freePort(t), freePort(t)
	workspace := terraform.New(t)
	plugin := os.Getenv("TLS_PLUGIN")
	if plugin == "" {
		t.Fatal("TLS_PLUGIN is not set: run the tests with make integration, which builds the plugin of hashicorp/tls")
	}
	workspace.UseTLS(plugin)
	workspace.Setenv("TF_VAR_port="+port, "TF_VAR_dashboard="+dashboard)
	workspace.Write("versions.tf", fmt.Sprintf(machinesConfig, module))
	workspace.Must("get", "-no-color")
	workspace.Apply()
	outputs := workspace.Outputs()
	scheduler := bootMachine(t, installation.Bin(), fmt.Sprint(outputs["scheduler"]))
	for range 2 {
		bootMachine(t, installation.Bin(), fmt.Sprint(outputs["worker"]))
	}

	workspace.Write("waiting.tf", fmt.Sprintf(waitForWorkersConfig, "3m"))
	workspace.Apply()
	outputs = workspace.Outputs()
	found, _ := outputs["found"].(map[string]any)
	if found["ready"] != true || found["workers"] != 2.0 || found["threads"] != 4.0 || found["memory"] != float64(2*512<<20) || !strings.HasPrefix(fmt.Sprint(found["address"]), "tls://") {
		t.Errorf("found %v", found)
	}
	if actions := workspace.Actions(); len(actions) > 0 {
		t.Errorf("a second plan would change %v", actions)
	}

	workspace.Write("own-compute.yaml", fmt.Sprint(outputs["dask_config"]))
	workspace.Write("ca.pem", fmt.Sprint(outputs["ca_certificate"]))
	other, certificate := scripted.NewAuthority(t).Issue(t, scripted.Leaf{Hosts: []string{"dask-internal"}, ForClients: true})
	workspace.Write("other-cert.pem", certificate)
	workspace.Write("other-key.pem", scripted.KeyPEM(t, other))
	if got := runPython(t, installation.Bin(), computeScript, workspace.Path("own-compute.yaml")); got != "332833500 it's $HOME 100%" {
		t.Errorf("Python computes %q", got)
	}
	if got := runPython(t, installation.Bin(), rejectedClientsScript, "", fmt.Sprint(outputs["address"]), workspace.Path("")); got != "another authority: refused\nno certificate: refused\nno TLS: refused" {
		t.Errorf("clients without a valid certificate: %q", got)
	}

	// The machine is switched off. The waiting data source reports it, and
	// Terraform continues.
	scheduler.stop()
	workspace.Write("waiting.tf", fmt.Sprintf(waitForWorkersConfig, "3s"))
	result := workspace.Apply()
	if found, _ = workspace.Outputs()["found"].(map[string]any); found["ready"] != false || !strings.Contains(result.Flat(), "Warning: The Dask scheduler is not ready") {
		t.Errorf("found %v\n%s", found, result.Output)
	}
}

// freePort returns a port that nothing listens on. The workers of one machine
// choose their own ports.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// runPython runs a script. If config is set, it is the only file of Dask's
// configuration.
func runPython(t *testing.T, bin, script, config string, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join(bin, "python"), append([]string{"-c", script}, arguments...)...)
	cmd.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	if config != "" {
		cmd.Env = append(cmd.Env, "DASK_CONFIG="+config)
	}
	var diagnostics strings.Builder
	cmd.Stderr = &diagnostics
	output, err := cmd.Output()
	if err != nil {
		t.Errorf("%v\n%s\n%s", err, output, diagnostics.String())
	}
	return strings.TrimSpace(string(output))
}

// computeScript adds up squares on both workers and reads the environment of one.
// The configuration file contains the address.
const computeScript = `
import os
from distributed import Client
with Client(timeout="60s") as client:
    client.wait_for_workers(2, timeout=60)
    print(sum(client.gather(client.map(lambda x: x * x, range(1000), batch_size=100))), client.submit(os.getenv, "MARK").result())
`

// rejectedClientsScript connects without a valid certificate: with one of a
// different authority, without one, and in clear text.
const rejectedClientsScript = `
import os, ssl, sys
from distributed import Client
from distributed.security import Security
address, folder = sys.argv[1:]
pem = lambda name: os.path.join(folder, name)
class Bare(Security):
    def get_connection_args(self, role):
        context = ssl.create_default_context(cafile=pem("ca.pem"))
        context.check_hostname = False
        return {"ssl_context": context, "require_encryption": True, "extra_conn_args": {}}
for name, address, security in [
    ("another authority", address, Security(tls_ca_file=pem("ca.pem"), tls_client_cert=pem("other-cert.pem"), tls_client_key=pem("other-key.pem"), require_encryption=True)),
    ("no certificate", address, Bare()),
    ("no TLS", address.replace("tls://", "tcp://"), None),
]:
    try:
        Client(address, security=security, timeout="5s")
        print(name + ": let in")
    except (OSError, TimeoutError):
        print(name + ": refused")
`
