// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

// NewWorkspace returns a workspace for the real terraform with one configuration
// file. The provider runs in the test's process and uses the clock c.
func NewWorkspace(t *testing.T, c clock.Clock, config string) *terraform.Workspace {
	t.Helper()
	newProvider := FactoriesWith(provider.WithClock(c))["pc"]
	workspace := terraform.NewInProcess(t, func() tfprotov6.ProviderServer {
		server, err := newProvider()
		if err != nil {
			t.Error(err)
		}
		return server
	}, func() {})
	workspace.Write("main.tf", config)
	return workspace
}
