// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package values_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/msgpack"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

func TestValidateNumbers_reportsEachMember(t *testing.T) {
	t.Parallel()
	for text, valid := range map[string]bool{
		"0": true, "2": true, "0.1": true, "-2.5": true, "9007199254740993": true, "0.3333333333333333333333333333": true,
		"14.901161193847656": true,
		// 16000000000 / pow(1024, 3), which a float holds exactly.
		"14.90116119384765625": false,
		// pow(2, 70), as Terraform sends it, with its exact digits, and others near it.
		"1180591620717411300000": false,
		"1180591620717411303424": true,
		"36893488147419103233":   true,
		"18446744073709551616":   true,
		"-9223372036854775808":   true,
		"-9223372036854775800":   true,
		"1e22":                   true,
		"-1e30":                  false,
		"1e300":                  false,
		"1e400":                  false,
		"-1e400":                 false,
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

// TestValidateNumbers_acceptsOnlyWhatTerraformComparesEqual sends numbers as Terraform
// does, returns them as the provider does, and compares them as Terraform does.
func TestValidateNumbers_acceptsOnlyWhatTerraformComparesEqual(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // not a secret
	var accepted, rejected int
	for range 20_000 {
		number := randomNumber(t, random)
		sent, err := msgpack.Marshal(number, cty.Number)
		if err != nil {
			t.Fatal(err)
		}
		received, err := tfprotov6.DynamicValue{MsgPack: sent}.Unmarshal(tftypes.Number)
		if err != nil {
			t.Fatal(err)
		}
		var float big.Float
		if err := received.As(&float); err != nil {
			t.Fatal(err)
		}
		var diags diag.Diagnostics
		values.ValidateNumbers(types.NumberValue(&float), path.Root("options"), &diags)
		if diags.HasError() {
			rejected++
			continue
		}
		accepted++
		response, err := tfprotov6.NewDynamicValue(tftypes.Number, received)
		if err != nil {
			t.Fatal(err)
		}
		returned, err := msgpack.Unmarshal(response.MsgPack, cty.Number)
		if err != nil {
			t.Fatal(err)
		}
		if returned.Equals(number).False() {
			t.Errorf("%s is accepted, and Terraform compares it with %s", number.AsBigFloat().Text('f', -1), returned.AsBigFloat().Text('f', -1))
		}
	}
	if accepted < 5_000 || rejected < 100 {
		t.Errorf("%d numbers were accepted and %d rejected, too few to mean something", accepted, rejected)
	}
}

// randomNumber returns a number of a configuration: a literal, a power or a quotient.
func randomNumber(t *testing.T, random *rand.Rand) cty.Value {
	t.Helper()
	switch random.IntN(4) {
	case 0:
		return cty.NumberFloatVal(math.Pow(float64(random.IntN(40)-20), float64(random.IntN(90))))
	case 1:
		return cty.NumberIntVal(random.Int64N(1e12)).Divide(cty.NumberIntVal(1 << random.IntN(40)))
	case 2:
		return cty.NumberIntVal(random.Int64()).Multiply(cty.NumberIntVal(random.Int64N(1 << 20)))
	default:
		literal := strconv.FormatInt(random.Int64(), 10) + strings.Repeat("0", random.IntN(20)) + "." + strconv.Itoa(random.IntN(1000))
		number, err := cty.ParseNumberVal(literal)
		if err != nil {
			t.Fatal(err)
		}
		return number
	}
}
