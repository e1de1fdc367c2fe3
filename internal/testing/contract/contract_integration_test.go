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

var update = flag.Bool("update", false, "rewrite testdata from the responses of the real servers")

// realTarget is a stack of real servers.
type realTarget struct {
	name    string
	stack   *realservers.Stack
	missing map[contract.Capability]string
}

func (r realTarget) Name() string            { return r.name }
func (r realTarget) GatewayURL() string      { return r.stack.GatewayURL }
func (r realTarget) HubURL() string          { return r.stack.HubURL }
func (r realTarget) LongPoll() time.Duration { return 20 * time.Second }

func (r realTarget) ProxyURL() string {
	return "http://" + strings.TrimPrefix(r.stack.ProxyAddress, "gateway://") + "/"
}

func (r realTarget) MissingCapabilities() map[contract.Capability]string { return r.missing }

func (r realTarget) Credential(ctx context.Context, user string, scopes ...string) (string, error) {
	switch {
	case r.stack.HubURL == "":
		return r.stack.Password, nil
	case user == "administrator":
		return r.stack.AdminToken, nil
	}
	return r.stack.NewToken(ctx, user, scopes...)
}

// Runs the cases of each JupyterHub version on a real Hub. The newest version is also in
// the other table; here its cases are comparable with those of older versions.
func TestRealHubs_behaveAsDescribed(t *testing.T) {
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
			contract.RunHub(t, major, realTarget{name: "real", stack: stack, missing: missingBehindHub()}, requireAllCases(t))
		})
	}
}

// Runs the table on the real servers in two forms: behind a
// JupyterHub and a path prefix without a worker limit, and alone with basic
// authentication and a worker limit.
func TestRealServers_behaveAsDescribed(t *testing.T) {
	t.Parallel()
	inst, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	start := func(name string, cfg realservers.Config, missing map[contract.Capability]string) contract.Target {
		stack, err := realservers.Start(t.Context(), inst, cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stack.Stop)
		return realTarget{name: name, stack: stack, missing: missing}
	}
	targets := []contract.Target{
		start("hub", realservers.Config{Auth: realservers.JupyterHub}, missingBehindHub()),
		start("basic", realservers.Config{Auth: realservers.Basic, MaxWorkers: 4}, missingWithoutHub()),
	}
	contract.Run(t, targets, contract.NewRecorder("testdata", *update), func(report contract.Report) {
		t.Log("real servers: ", report)
		for name, reason := range report.NotRun {
			if !strings.Contains(reason, string(contract.KubernetesBackend)) {
				t.Errorf("every case except those of Kubernetes must run on the real servers, but %s did not: %s", name, reason)
			}
		}
	})
}
