// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package contract_test

import (
	"context"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/contract"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

var update = flag.Bool("update", false, "write testdata anew from what the real servers say")

// realTarget is a stack of real servers.
type realTarget struct {
	name  string
	stack *realservers.Stack
	lacks map[contract.Capability]string
}

func (r realTarget) Name() string            { return r.name }
func (r realTarget) GatewayURL() string      { return r.stack.GatewayURL }
func (r realTarget) HubURL() string          { return r.stack.HubURL }
func (r realTarget) LongPoll() time.Duration { return 20 * time.Second }

func (r realTarget) ProxyURL() string {
	return "http://" + strings.TrimPrefix(r.stack.ProxyAddress, "gateway://") + "/"
}

func (r realTarget) Lacks() map[contract.Capability]string { return r.lacks }

func (r realTarget) Credential(ctx context.Context, user string, scopes ...string) (string, error) {
	switch {
	case r.stack.HubURL == "":
		return r.stack.Password, nil
	case user == "administrator":
		return r.stack.AdminToken, nil
	}
	return r.stack.NewToken(ctx, user, scopes...)
}

// TestRealHubs runs the cases of each older JupyterHub on the real one. Those of
// the newest are in the table as well, and run here so that they can be
// compared.
func TestRealHubs(t *testing.T) {
	t.Parallel()
	inst, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	for _, major := range contract.HubVersions() {
		t.Run(strconv.Itoa(major), func(t *testing.T) {
			t.Parallel()
			var (
				hub realservers.HubInstallation
				err error
			)
			if major < 6 {
				if hub, err = realservers.InstallHub(t.Context(), inst, major, os.Stderr); err != nil {
					t.Fatal(err)
				}
			}
			stack, err := realservers.Start(t.Context(), inst, realservers.Config{Hub: hub})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(stack.Stop)
			contract.RunHub(t, major, realTarget{name: "real", stack: stack, lacks: behindHub()}, everyCase(t))
		})
	}
}

// TestRealServers runs the table on the real servers: once behind a JupyterHub
// and a path prefix, without a limit of workers, and once alone with basic
// authentication and a limit.
func TestRealServers(t *testing.T) {
	t.Parallel()
	inst, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	start := func(name string, cfg realservers.Config, lacks map[contract.Capability]string) contract.Target {
		stack, err := realservers.Start(t.Context(), inst, cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stack.Stop)
		return realTarget{name: name, stack: stack, lacks: lacks}
	}
	targets := []contract.Target{
		start("hub", realservers.Config{Auth: realservers.JupyterHub}, behindHub()),
		start("basic", realservers.Config{Auth: realservers.Basic, MaxWorkers: 4}, alone()),
	}
	contract.Run(t, targets, contract.NewRecorder("testdata", *update), func(report contract.Report) {
		t.Log("the real servers: ", report)
		for name, reason := range report.NotRun {
			if !strings.Contains(reason, string(contract.Kubernetes)) {
				t.Errorf("every case can be run on the real servers but those of Kubernetes, and %s was not: %s", name, reason)
			}
		}
	})
}
