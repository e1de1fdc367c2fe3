// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package missing replaces the backends of Terraform that are separate modules and
// that Terraform's Go module does not contain. It has the import path of Terraform's
// internal/legacy module, so that it may import Terraform's other internal packages.
package missing

import (
	"fmt"

	"github.com/hashicorp/terraform/internal/backend"
	"github.com/hashicorp/terraform/internal/configs/configschema"
	"github.com/hashicorp/terraform/internal/states/statemgr"
	"github.com/hashicorp/terraform/internal/tfdiags"
	"github.com/zclconf/go-cty/cty"
)

// New returns a backend that rejects every configuration, so that Terraform never writes
// a state to a backend that does not store it.
func New(name string) backend.Backend {
	return &missingBackend{name: name}
}

type missingBackend struct{ name string }

func (b *missingBackend) diagnostics() tfdiags.Diagnostics {
	return tfdiags.Diagnostics{}.Append(fmt.Errorf("this build of Terraform has no %s backend", b.name))
}

func (b *missingBackend) ConfigSchema() *configschema.Block { return &configschema.Block{} }

func (b *missingBackend) PrepareConfig(config cty.Value) (cty.Value, tfdiags.Diagnostics) {
	return config, b.diagnostics()
}

func (b *missingBackend) Configure(cty.Value) tfdiags.Diagnostics { return b.diagnostics() }

func (b *missingBackend) StateMgr(string) (statemgr.Full, tfdiags.Diagnostics) {
	return nil, b.diagnostics()
}

func (b *missingBackend) DeleteWorkspace(string, bool) tfdiags.Diagnostics { return b.diagnostics() }

func (b *missingBackend) Workspaces() ([]string, tfdiags.Diagnostics) { return nil, b.diagnostics() }
