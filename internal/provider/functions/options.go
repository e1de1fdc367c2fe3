// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package functions has the provider functions dask_cloud_init and dask_config.
package functions

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// optionsArgument is the argument options of a function.
type optionsArgument struct {
	value    types.Dynamic
	position int64
	// example is valid, for the error about a value that is not an object.
	example string
}

// setText sets the text that write returns for the options. The result is unknown if the
// options are unknown, or if write returns false because one of their members is.
func (a optionsArgument) setText(ctx context.Context, resp *function.RunResponse, write func(map[string]any) (string, bool, error)) {
	if a.value.IsUnknown() || a.value.IsUnderlyingValueUnknown() {
		resp.Error = resp.Result.Set(ctx, types.StringUnknown())
		return
	}
	options, ok := values.ToGoPartial(a.value).(map[string]any)
	if !ok {
		resp.Error = function.NewArgumentFuncError(a.position, "options must be an object, such as "+a.example)
		return
	}
	text, isKnown, err := write(options)
	switch {
	case err != nil:
		resp.Error = function.NewArgumentFuncError(a.position, strings.TrimSpace(err.Error()))
	case !isKnown:
		resp.Error = resp.Result.Set(ctx, types.StringUnknown())
	default:
		resp.Error = resp.Result.Set(ctx, text)
	}
}
