// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestMustReplace_keepsAnImportThatWasNotRead(t *testing.T) {
	t.Parallel()
	large := types.ObjectValueMust(map[string]attr.Type{"profile": types.StringType}, map[string]attr.Value{"profile": types.StringValue("large")})
	for _, planned := range []types.Dynamic{types.DynamicValue(large), types.DynamicUnknown(), types.DynamicNull()} {
		if mustReplace(resourceModel{UserOptions: planned}, resourceModel{}) {
			t.Errorf("user_options = %s plans a replacement", planned)
		}
	}
}

func TestMustReplace_decidesByConfigurationAndState(t *testing.T) {
	t.Parallel()
	object := func(members map[string]attr.Value) types.Dynamic {
		memberTypes := map[string]attr.Type{}
		for name, member := range members {
			memberTypes[name] = member.Type(t.Context())
		}
		return types.DynamicValue(types.ObjectValueMust(memberTypes, members))
	}
	large := object(map[string]attr.Value{"profile": types.StringValue("large")})
	small := object(map[string]attr.Value{"profile": types.StringValue("small")})
	none, unknown := types.DynamicNull(), types.DynamicUnknown()
	partlyUnknown := object(map[string]attr.Value{"profile": types.StringUnknown()})
	number := func(text string) types.Dynamic {
		parsed, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		return object(map[string]attr.Value{"cores": types.NumberValue(parsed)})
	}
	keep, recreate, whenEndedUnset := types.StringValue("keep"), types.StringValue("recreate"), types.StringNull()
	ready, stopped, stopping, statusOfOldState := types.StringValue("ready"), types.StringValue("stopped"), types.StringValue("stopping"), types.StringNull()
	for name, test := range map[string]struct {
		planned, prior types.Dynamic
		whenEnded      types.String
		status         types.String
		want           bool
	}{
		"nothing changes":                         {large, large, whenEndedUnset, ready, false},
		"nothing was ever set":                    {none, none, whenEndedUnset, ready, false},
		"a state without a status":                {large, large, whenEndedUnset, statusOfOldState, false},
		"the same in value":                       {number("1.0"), number("1"), whenEndedUnset, ready, false},
		"another value":                           {large, small, whenEndedUnset, ready, true},
		"options are removed":                     {none, large, whenEndedUnset, ready, true},
		"options are added":                       {large, none, whenEndedUnset, ready, true},
		"an empty object for no options":          {object(nil), none, whenEndedUnset, ready, false},
		"unknown options of a server with some":   {unknown, large, whenEndedUnset, ready, true},
		"unknown options of a server without any": {unknown, none, whenEndedUnset, ready, true},
		"an unknown member, where there is none":  {partlyUnknown, none, whenEndedUnset, ready, true},
		"an unknown member, where there is one":   {partlyUnknown, large, whenEndedUnset, ready, true},
		"stopped and kept":                        {large, large, keep, stopped, false},
		"stopping and kept":                       {large, large, keep, stopping, false},
		"stopped and kept, other options":         {large, small, keep, stopped, true},
		"stopped, and no longer kept":             {large, large, recreate, stopped, true},
		"stopped, and when_ended is removed":      {large, large, whenEndedUnset, stopped, true},
		"stopped, and when_ended is unknown":      {large, large, types.StringUnknown(), stopped, true},
		"ready, and when_ended is unknown":        {large, large, types.StringUnknown(), ready, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := resourceModel{UserOptions: test.planned, WhenEnded: test.whenEnded}
			state := resourceModel{UserOptions: test.prior, Status: test.status, Ready: types.BoolValue(test.status.Equal(ready))}
			if got := mustReplace(plan, state); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
