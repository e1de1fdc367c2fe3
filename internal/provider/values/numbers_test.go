// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package values_test

import (
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

func TestValidateNumbers_reportsEachMember(t *testing.T) {
	t.Parallel()
	for text, valid := range map[string]bool{
		"0": true, "2": true, "0.1": true, "-2.5": true, "9007199254740993": true, "1e300": true, "0.3333333333333333333333333333": true,
		"14.901161193847656": true,
		// 16000000000 / pow(1024, 3), which a float holds exactly.
		"14.90116119384765625": false,
		"1e400":                false,
		"-1e400":               false,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
			if err != nil {
				t.Fatal(err)
			}
			memory := types.NumberValue(number)
			members := types.MapValueMust(types.NumberType, map[string]attr.Value{"memory": memory})
			var diags diag.Diagnostics
			values.ValidateNumbers(types.DynamicValue(members), path.Root("options"), &diags)
			if diags.HasError() == valid {
				t.Fatalf("ValidateNumbers(%s) = %v", text, diags)
			}
			if !valid && !diags.Equal(diag.Diagnostics{diag.WithPath(path.Root("options").AtMapKey("memory"), diags[0])}) {
				t.Errorf("diagnostics = %v, want one at the member", diags)
			}
		})
	}
}

func TestValidateNumbers_reportsElementsOfASet(t *testing.T) {
	t.Parallel()
	set := types.SetValueMust(types.NumberType, []attr.Value{types.NumberValue(big.NewFloat(16e9 / (1 << 30)))})
	options := types.ObjectValueMust(map[string]attr.Type{"sizes": set.Type(t.Context())}, map[string]attr.Value{"sizes": set})
	var diags diag.Diagnostics
	values.ValidateNumbers(types.DynamicValue(options), path.Root("options"), &diags)
	if len(diags) != 1 || !diags.Equal(diag.Diagnostics{diag.WithPath(path.Root("options").AtMapKey("sizes"), diags[0])}) {
		t.Errorf("diagnostics = %v, want one at the set", diags)
	}
}
