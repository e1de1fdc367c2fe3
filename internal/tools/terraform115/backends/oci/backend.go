// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package oci replaces Terraform's oci backend.
package oci

import (
	"github.com/hashicorp/terraform/internal/backend"
	"github.com/hashicorp/terraform/internal/legacy/missing"
)

// New returns a backend that rejects every configuration.
func New() backend.Backend { return missing.New("oci") }
