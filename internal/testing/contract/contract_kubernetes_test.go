// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration_k8s

package contract_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/contract"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// kubeTarget is a real gateway with a real API server.
type kubeTarget struct {
	stack   *realservers.Kubernetes
	missing map[contract.Capability]string
}

func (k kubeTarget) Name() string                                        { return "kubernetes" }
func (k kubeTarget) GatewayURL() string                                  { return k.stack.GatewayURL }
func (k kubeTarget) HubURL() string                                      { return "" }
func (k kubeTarget) ProxyURL() string                                    { return "" }
func (k kubeTarget) LongPoll() time.Duration                             { return 20 * time.Second }
func (k kubeTarget) MissingCapabilities() map[contract.Capability]string { return k.missing }

func (k kubeTarget) Credential(context.Context, string, ...string) (string, error) {
	return k.stack.Password, nil
}

// Runs the table on a real gateway with the Kubernetes backend.
// Cases that need a scheduler do not run.
func TestRealKubernetes_behavesAsDescribed(t *testing.T) {
	t.Parallel()
	inst, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := realservers.StartKubernetes(t.Context(), inst, os.Getenv("KUBE_APISERVER"), realservers.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	missing := missingOnKubernetes()
	missing[contract.RunningSchedulers] = "nothing runs the pods of schedulers"
	contract.Run(t, []contract.Target{kubeTarget{stack: stack, missing: missing}}, contract.NewRecorder("testdata", false), func(report contract.Report) {
		t.Logf("real gateway on Kubernetes: %d cases, %d runs", report.Cases, report.Runs)
		// The other cases need a JupyterHub, a prefix, a worker limit, the local
		// backend or a scheduler.
		if report.Runs < 165 {
			t.Errorf("only %d cases ran", report.Runs)
		}
	})
}
