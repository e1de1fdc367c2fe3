// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster_test

import (
	"math/big"
	"net/http"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

func TestAccClusterOptions_areThoseOfTheGateway(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	at := tfjsonpath.New("options")
	is := func(at tfjsonpath.Path, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("data.pc_cluster_options.test", at, want)
	}
	number := func(text string) knownvalue.Check {
		value, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		return knownvalue.NumberExact(value)
	}
	option := func(label, kind, value string, minimum, maximum, choices knownvalue.Check) knownvalue.Check {
		return knownvalue.ObjectExact(map[string]knownvalue.Check{
			"label": knownvalue.StringExact(label), "type": knownvalue.StringExact(kind), "default": knownvalue.StringExact(value),
			"minimum": minimum, "maximum": maximum, "choices": choices,
		})
	}
	none, text := knownvalue.Null(), knownvalue.StringExact
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config: providertest.ProviderBlock(mock) + `data "pc_cluster_options" "test" {}`,
				ConfigStateChecks: []statecheck.StateCheck{
					is(tfjsonpath.New("names"), knownvalue.ListExact([]knownvalue.Check{
						text("worker_cores"), text("worker_memory"), text("image"), text("gpu"), text("environment"), text("profile"), text("idle_minutes"),
					})),
					is(at.AtMapKey("worker_cores"), option("Worker Cores", "float", "1", number("0.1"), number("8"), none)),
					is(at.AtMapKey("image"), option("Image", "string", `"pangeo/pangeo-notebook:2026.08.01"`, none, none, none)),
					is(at.AtMapKey("gpu"), option("GPU", "bool", "false", none, none, none)),
					is(at.AtMapKey("environment"), option("Environment Variables", "mapping", "{}", none, none, none)),
					is(at.AtMapKey("profile"), option("Profile", "select", `"standard"`, none, none,
						knownvalue.ListExact([]knownvalue.Check{text("standard"), text("broken"), text("stuck")}))),
					is(at.AtMapKey("idle_minutes"), option("Idle Minutes", "int", "0", number("0"), number("1440"), none)),
					is(tfjsonpath.New("defaults").AtMapKey("worker_memory"), number("8")),
					is(tfjsonpath.New("defaults").AtMapKey("gpu"), knownvalue.Bool(false)),
				},
			},
			{
				// A cluster accepts what the data source returns.
				Config: providertest.ProviderBlock(mock) + `
data "pc_cluster_options" "test" {}
resource "pc_dask_cluster" "test" {
  options = merge(data.pc_cluster_options.test.defaults, { worker_cores = data.pc_cluster_options.test.options["worker_cores"].maximum })
}`,
				ConfigStateChecks: []statecheck.StateCheck{
					providertest.AfterApply(func() error {
						return providertest.WantBody(mock, "/clusters/", `{"cluster_options":{"environment":{},"gpu":false,"idle_minutes":0,`+
							`"image":"pangeo/pangeo-notebook:2026.08.01","profile":"standard","worker_cores":8,"worker_memory":8}}`)
					}),
				},
			},
			{
				PreConfig: func() {
					mock.FailNext(mockserver.Fault{Path: "*/options", Times: 100, Status: http.StatusForbidden, ContentType: "text/plain", Body: "go away"})
				},
				Config:      providertest.ProviderBlock(mock) + `data "pc_cluster_options" "test" {}`,
				ExpectError: regexp.MustCompile(`(?s)The cluster options could not be read.*go away`),
			},
		},
	})
	providertest.AssertNothingRuns(t, mock)
}

func TestClusterOptions_readsUnusualDeclarations(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, body string) map[string]tftypes.Value {
		t.Helper()
		mock := providertest.StartMock(t, mockserver.Config{})
		mock.FailNext(providertest.RespondAlways("*/options", http.StatusOK, body))
		state, diagnostics := providertest.NewClient(t, providertest.Block(mock)).ReadData(t, "pc_cluster_options", map[string]any{})
		providertest.AssertNoDiagnostics(t, diagnostics)
		return state
	}
	t.Run("no options", func(t *testing.T) {
		t.Parallel()
		state := read(t, `{"cluster_options": []}`)
		for _, attribute := range []string{"names", "options"} {
			if want := tftypes.NewValue(state[attribute].Type(), emptyOf(state[attribute].Type())); !state[attribute].Equal(want) {
				t.Errorf("%s is %s, want %s", attribute, state[attribute], want)
			}
		}
	})
	t.Run("unknown type, infinite limits and a null", func(t *testing.T) {
		t.Parallel()
		state := read(t, `{"cluster_options": [
			{"field": "size", "label": "Size", "default": null, "spec": {"type": "float", "min": -Infinity, "max": 1e400}},
			{"field": "labels", "label": "Labels", "default": [1, {"a": true}], "spec": {"type": "list"}}]}`)
		var options map[string]tftypes.Value
		if err := state["options"].As(&options); err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]map[string]any{
			"size":   {"label": "Size", "type": "float", "default": "null"},
			"labels": {"label": "Labels", "type": "list", "default": `[1,{"a":true}]`},
		} {
			var option map[string]tftypes.Value
			if err := options[name].As(&option); err != nil {
				t.Fatal(err)
			}
			for attribute, value := range want {
				if !option[attribute].Equal(tftypes.NewValue(tftypes.String, value)) {
					t.Errorf("%s of %s is %s, want %v", attribute, name, option[attribute], value)
				}
			}
			for _, attribute := range []string{"minimum", "maximum", "choices"} {
				if !option[attribute].IsNull() {
					t.Errorf("%s of %s is %s, want null", attribute, name, option[attribute])
				}
			}
		}
	})
}

// emptyOf returns the empty collection of a type.
func emptyOf(typ tftypes.Type) any {
	if typ.Is(tftypes.Map{}) {
		return map[string]tftypes.Value{}
	}
	return []tftypes.Value{}
}
