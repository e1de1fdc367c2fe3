// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Later is a value of a configuration that is unknown at plan and becomes
// one of these values at apply.
type Later []any

// PlanCase is a resource and a configuration for it, whose values may be Later.
type PlanCase struct {
	Type   string
	Prior  Instance
	Config map[string]any
}

// action is the planned change of a resource.
type action string

const (
	actionNone    action = "no change"
	actionCreate  action = "create"
	actionUpdate  action = "update"
	actionReplace action = "replace"
)

// AssertPlanIsKept plans a case with the first client, and again, as Terraform does
// during apply, with each of the others and with every combination of the values
// that were Later. The clients are providers in different surroundings. It asserts
// Terraform's rules: the plan is valid, the action stays, and known values stay. An
// update may become no change only where a value was Later. A plan or a
// configuration with an error promises nothing. It returns the action of the first
// plan, "" for an error.
func AssertPlanIsKept(t *testing.T, first Client, others []Client, c PlanCase) string {
	t.Helper()
	if HasError(first.Validate(t, c.Type, c.Config)) {
		return ""
	}
	before := first.planAsTerraform(t, c.Type, c.Prior, c.Config)
	if before.hasFailed {
		return ""
	}
	prior := c.Prior
	if before.action == actionReplace {
		// Terraform destroys first. During the apply it plans the create, without
		// the private state of the plan.
		prior = Instance{State: first.Value(t, first.ResourceType(c.Type), nil)}
	}
	for i, client := range others {
		for _, config := range resolved(c.Config) {
			if HasError(client.Validate(t, c.Type, config)) {
				continue
			}
			after := client.planAsTerraform(t, c.Type, prior, config)
			if after.hasFailed {
				continue
			}
			where := fmt.Sprintf("client %d, configuration %v, at apply %v", i, c.Config, config)
			want := before.action
			if want == actionReplace {
				want = actionCreate
			}
			if after.action != want && (want != actionUpdate || after.action != actionNone || !hasLater(c.Config)) {
				t.Errorf("the action changed from %s to %s: %s", want, after.action, where)
			}
			if difference := incompatibility(before.planned, after.planned); difference != "" {
				t.Errorf("the plan changed, %s: %s", difference, where)
			}
		}
	}
	return string(before.action)
}

type terraformPlan struct {
	action    action
	planned   tftypes.Value
	hasFailed bool
}

// planAsTerraform plans as Terraform's NodeAbstractResourceInstance.plan does: a
// resource that requires a replacement is planned again without a prior state.
func (client Client) planAsTerraform(t *testing.T, typeName string, prior Instance, config map[string]any) terraformPlan {
	t.Helper()
	typ := client.ResourceType(typeName)
	resp := client.Plan(t, typeName, prior, config)
	plan := terraformPlan{hasFailed: HasError(resp.Diagnostics)}
	if plan.hasFailed {
		return plan
	}
	plan.planned = unmarshal(t, typ, resp.PlannedState)
	priorValue := unmarshal(t, typ, prior.State)
	client.assertValidPlan(t, typeName, priorValue, unmarshal(t, typ, client.Value(t, typ, config)), plan.planned)
	switch {
	case priorValue.IsNull():
		plan.action = actionCreate
	case slices.ContainsFunc(resp.RequiresReplace, func(path *tftypes.AttributePath) bool { return differsAt(t, path, priorValue, plan.planned) }):
		created := client.planAsTerraform(t, typeName, Instance{State: client.Value(t, typ, nil), private: resp.PlannedPrivate, identity: prior.identity}, config)
		created.action = actionReplace
		return created
	case plan.planned.Equal(priorValue):
		plan.action = actionNone
	default:
		plan.action = actionUpdate
	}
	return plan
}

func unmarshal(t *testing.T, typ tftypes.Type, value *tfprotov6.DynamicValue) tftypes.Value {
	t.Helper()
	decoded, err := value.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func differsAt(t *testing.T, path *tftypes.AttributePath, prior, planned tftypes.Value) bool {
	t.Helper()
	at := func(value tftypes.Value) tftypes.Value {
		found, _, err := tftypes.WalkAttributePath(value, path)
		if err != nil {
			t.Fatal(err)
		}
		result, ok := found.(tftypes.Value)
		if !ok {
			t.Fatalf("no value at %s", path)
		}
		return result
	}
	return !at(prior).Equal(at(planned))
}

// assertValidPlan asserts the part of Terraform's AssertPlanValid that applies to
// attributes without blocks: a configured value is planned unchanged, an
// attribute that is not computed has no other value, and write-only attributes are
// null.
func (client Client) assertValidPlan(t *testing.T, typeName string, prior, config, planned tftypes.Value) {
	t.Helper()
	configured, plannedValues := memberValues(t, config), memberValues(t, planned)
	for _, attribute := range client.Schema.ResourceSchemas[typeName].Block.Attributes {
		want, got := configured[attribute.Name], plannedValues[attribute.Name]
		switch {
		case attribute.WriteOnly:
			if !got.IsNull() {
				t.Errorf("the write-only %s is planned as %s", attribute.Name, got)
			}
		case attribute.Computed && want.IsNull():
			// The provider decides.
		case !got.Equal(want) && (prior.IsNull() || !got.Equal(memberValues(t, prior)[attribute.Name])):
			t.Errorf("%s is planned as %s, the configuration has %s", attribute.Name, got, want)
		}
	}
}

func memberValues(t *testing.T, value tftypes.Value) map[string]tftypes.Value {
	t.Helper()
	var members map[string]tftypes.Value
	if err := value.As(&members); err != nil {
		t.Fatal(err)
	}
	return members
}

// incompatibility is Terraform's AssertObjectCompatible for planned values: an
// unknown value may become anything, everything else must stay. It returns "" for
// compatible values.
func incompatibility(planned, actual tftypes.Value) string {
	if !planned.IsKnown() {
		return ""
	}
	if planned.IsNull() || actual.IsNull() || !actual.IsKnown() {
		if planned.IsNull() && actual.IsKnown() && actual.IsNull() {
			return ""
		}
		return fmt.Sprintf("from %s to %s", planned, actual)
	}
	var before, after map[string]tftypes.Value
	if planned.As(&before) == nil && actual.As(&after) == nil {
		return incompatibleMember(before, after)
	}
	var list, listAfter []tftypes.Value
	if planned.As(&list) == nil && actual.As(&listAfter) == nil && len(list) == len(listAfter) {
		for i := range list {
			if difference := incompatibility(list[i], listAfter[i]); difference != "" {
				return fmt.Sprintf("%d: %s", i, difference)
			}
		}
		return ""
	}
	if !planned.Equal(actual) {
		return fmt.Sprintf("from %s to %s", planned, actual)
	}
	return ""
}

func incompatibleMember(before, after map[string]tftypes.Value) string {
	if len(before) != len(after) {
		return fmt.Sprintf("from %v to %v", before, after)
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		value, exists := after[name]
		if !exists {
			return name + " is missing"
		}
		if difference := incompatibility(before[name], value); difference != "" {
			return name + ": " + difference
		}
	}
	return ""
}

// resolved returns a configuration with each combination of the values that are
// Later, at most maxCombinations.
func resolved(config map[string]any) []map[string]any {
	var all []map[string]any
	for _, each := range combinations(config) {
		object, _ := each.(map[string]any)
		all = append(all, object)
	}
	return all
}

const maxCombinations = 64

// hasLater reports whether a value of a configuration is known only at apply.
func hasLater(value any) bool {
	switch value := value.(type) {
	case Later:
		return true
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(value)), hasLater)
	default:
		return false
	}
}

func combinations(value any) []any {
	switch value := value.(type) {
	case Later:
		var all []any
		for _, each := range value {
			all = append(all, combinations(each)...)
		}
		return all
	case map[string]any:
		all := []any{map[string]any{}}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			var longer []any
			for _, member := range combinations(value[name]) {
				for _, each := range all {
					object, _ := each.(map[string]any)
					object = maps.Clone(object)
					object[name] = member
					longer = append(longer, object)
				}
			}
			all = longer[:min(len(longer), maxCombinations)]
		}
		return all
	default:
		return []any{value}
	}
}
