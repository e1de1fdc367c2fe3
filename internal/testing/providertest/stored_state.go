// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	_ "embed"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// oldState was written by Terraform 1.11.4 with the provider at commit f8d4e6c,
// which recorded less in the private state. The configuration of each resource is
// in the tests that read it.
//
//go:embed testdata/f8d4e6c.tfstate
var oldState string

// OldState returns the resources of a state file of an older build, by
// address. The replacer adapts names and addresses to the test's server. It is
// applied to the attributes and to the private state.
func (client Client) OldState(t *testing.T, replacer *strings.Replacer) map[string]Instance {
	t.Helper()
	var file struct {
		Resources []struct {
			Type, Name string
			Instances  []struct {
				SchemaVersion int64 `json:"schema_version"`
				Attributes    json.RawMessage
				Private       []byte
			}
		}
	}
	if err := json.Unmarshal([]byte(oldState), &file); err != nil {
		t.Fatal(err)
	}
	instances := map[string]Instance{}
	for _, each := range file.Resources {
		stored := each.Instances[0]
		resp, err := client.Server.UpgradeResourceState(t.Context(), &tfprotov6.UpgradeResourceStateRequest{
			TypeName: each.Type,
			Version:  stored.SchemaVersion,
			RawState: &tfprotov6.RawState{JSON: []byte(replacer.Replace(string(stored.Attributes)))},
		})
		if err != nil {
			t.Fatal(err)
		}
		AssertNoDiagnostics(t, resp.Diagnostics)
		private := readPrivate(t, stored.Private)
		for key, value := range private {
			private[key] = []byte(replacer.Replace(string(value)))
		}
		instances[each.Type+"."+each.Name] = Instance{State: resp.UpgradedState, private: writePrivate(t, private)}
	}
	return instances
}

// Private returns a copy of the private state by key.
func (i Instance) Private(t *testing.T) map[string][]byte {
	t.Helper()
	return maps.Clone(readPrivate(t, i.private))
}

// WithoutPrivate returns the instance without keys of its private state.
func (i Instance) WithoutPrivate(t *testing.T, keys ...string) Instance {
	t.Helper()
	private := readPrivate(t, i.private)
	for _, key := range keys {
		delete(private, key)
	}
	i.private = writePrivate(t, private)
	return i
}

// WithPrivate returns the instance with another value in its private state.
func (i Instance) WithPrivate(t *testing.T, key, value string) Instance {
	t.Helper()
	private := readPrivate(t, i.private)
	private[key] = []byte(value)
	i.private = writePrivate(t, private)
	return i
}

func readPrivate(t *testing.T, encoded []byte) map[string][]byte {
	t.Helper()
	private := map[string][]byte{}
	if len(encoded) == 0 {
		return private
	}
	if err := json.Unmarshal(encoded, &private); err != nil {
		t.Fatal(err)
	}
	return private
}

func writePrivate(t *testing.T, private map[string][]byte) []byte {
	t.Helper()
	encoded, err := json.Marshal(private)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// AssertUnchanged asserts that a configuration plans neither a change nor a
// diagnostic.
func (client Client) AssertUnchanged(t *testing.T, typeName string, before Instance, config map[string]any) {
	t.Helper()
	typ := client.ResourceType(typeName)
	plan := client.Plan(t, typeName, before, config)
	AssertNoDiagnostics(t, plan.Diagnostics)
	if len(plan.RequiresReplace) > 0 {
		t.Errorf("a replacement is planned because of %v", plan.RequiresReplace)
	}
	if prior, planned := unmarshal(t, typ, before.State), unmarshal(t, typ, plan.PlannedState); !planned.Equal(prior) {
		t.Errorf("the plan is %s, the state %s", planned, prior)
	}
}
