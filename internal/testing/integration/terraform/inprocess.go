// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package terraform

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// addresses are the names under which Terraform and OpenTofu look for the
// provider.
var addresses = []string{"registry.terraform.io/planetary-computer/pc", "registry.opentofu.org/planetary-computer/pc"}

// NewInProcess creates an empty workspace whose commands use a provider in this
// process, so that the test controls the provider's clock. Each command gets a new
// provider from the factory. After each command, ended does what a provider's process
// does when it exits.
func NewInProcess(t *testing.T, factory func() tfprotov6.ProviderServer, ended func()) *Workspace {
	t.Helper()
	w := &Workspace{t: t, dir: t.TempDir(), command: find(t), factory: factory, ended: ended}
	w.env = append(cleanEnvironment(), "TF_CLI_CONFIG_FILE=/dev/null", "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	w.requireProvider()
	return w
}

// serve starts a provider in this process. It returns the environment variable that
// passes its address to terraform, and a function that stops it.
func serve(t *testing.T, factory func() tfprotov6.ProviderServer) (string, func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	attached, closed, failed := make(chan *plugin.ReattachConfig), make(chan struct{}), make(chan error, 1)
	go func() {
		failed <- tf6server.Serve(addresses[0], factory,
			tf6server.WithDebug(ctx, attached, closed),
			tf6server.WithGoPluginLogger(hclog.NewNullLogger()),
			// Without it the provider logs to standard error.
			tf6server.WithLoggingSink(t))
	}()
	select {
	case config := <-attached:
		return "TF_REATTACH_PROVIDERS=" + reattachment(t, config), func() {
			cancel()
			<-closed
		}
	case err := <-failed:
		cancel()
		t.Fatal("the provider did not start: ", err)
		return "", nil
	}
}

// reattachment returns the JSON that Terraform reads from TF_REATTACH_PROVIDERS.
func reattachment(t *testing.T, config *plugin.ReattachConfig) string {
	t.Helper()
	type address struct{ Network, String string }
	type reattach struct {
		Protocol        string
		ProtocolVersion int
		Pid             int
		Test            bool
		Addr            address
	}
	all := map[string]reattach{}
	for _, name := range addresses {
		all[name] = reattach{
			Protocol: string(config.Protocol), ProtocolVersion: config.ProtocolVersion, Pid: config.Pid, Test: true,
			Addr: address{config.Addr.Network(), config.Addr.String()},
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
