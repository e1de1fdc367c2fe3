// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package whenended has the argument when_ended of clusters and servers: what to do
// with a cluster or server that has ended outside Terraform.
package whenended

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// The values of when_ended. Null means recreate.
const (
	recreate = "recreate"
	keep     = "keep"
)

// Attribute returns the argument.
func Attribute(description string) schema.StringAttribute {
	return schema.StringAttribute{
		MarkdownDescription: description,
		Optional:            true,
		Validators:          []validator.String{stringvalidator.OneOf(recreate, keep)},
	}
}

// Keeps reports whether a cluster or server that has ended stays in the state. An
// unknown value does not keep it, because it may turn out to be "recreate".
func Keeps(whenEnded types.String) bool { return whenEnded.ValueString() == keep }
