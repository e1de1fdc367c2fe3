// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
)

// TestUnsetOptions_haveTheTypesOfARefresh removes an option from a configuration that
// sets it to a map and a list. The gateway reports it as JSON, which has neither.
func TestUnsetOptions_haveTheTypesOfARefresh(t *testing.T) {
	t.Parallel()
	environment := types.MapValueMust(types.StringType, map[string]attr.Value{"A": types.StringValue("1")})
	images := types.ListValueMust(types.StringType, []attr.Value{types.StringValue("a:b")})
	prior := resourceModel{
		Options: types.DynamicValue(types.ObjectValueMust(
			map[string]attr.Type{"environment": environment.Type(t.Context()), "images": images.Type(t.Context()), "gpu": types.BoolType},
			map[string]attr.Value{"environment": environment, "images": images, "gpu": types.BoolNull()},
		)),
		EffectiveOptions: types.DynamicValue(types.ObjectValueMust(map[string]attr.Type{"gpu": types.BoolType}, map[string]attr.Value{"gpu": types.BoolValue(false)})),
	}
	planned := resourceModel{Options: types.DynamicNull()}
	refreshed := planned
	diags := refreshed.recordCluster(t.Context(), gateway.Cluster{Options: object{"environment": object{"A": "1"}, "images": []any{"a:b"}, "gpu": false}}, knownAddresses{}, nil)
	unset, unsetDiags := planned.unsetOptions(t.Context(), prior, nil)
	diags.Append(unsetDiags...)
	if diags.HasError() || !unset.Equal(refreshed.EffectiveOptions) {
		t.Errorf("effective_options = %s, after a refresh %s (%v)", unset, refreshed.EffectiveOptions, diags)
	}
}
