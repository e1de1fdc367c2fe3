// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gatewayinfo_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

func TestAccGateway_returnsConfiguredAddresses(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	const test = "data.pc_gateway.test"
	address := strings.TrimSuffix(mock.GatewayURL(), "/")
	hasText := func(attribute, want string) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(test, tfjsonpath.New(attribute), knownvalue.StringExact(want))
	}
	source := "data \"pc_gateway\" \"test\" {}\n"
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			{
				Config: providertest.ProviderBlock(mock) + source,
				ConfigStateChecks: []statecheck.StateCheck{
					hasText("address", address),
					hasText("public_address", address),
					hasText("proxy_address", "gateway://"+strings.TrimPrefix(mock.URL(), "http://")),
					hasText("version", "2026.3.0"),
					hasText("client_requirement", "dask-gateway==2026.3.0"),
					statecheck.ExpectKnownValue(test, tfjsonpath.New("healthy"), knownvalue.Bool(true)),
					providertest.AfterApply(func() error {
						for _, request := range mock.Requests() {
							if request.Header.Get("Authorization") != "" {
								return fmt.Errorf("%s has credentials, and needs none", request.Path)
							}
						}
						return nil
					}),
				},
			},
			{
				Config: fmt.Sprintf("provider \"pc\" {\n  address = %q\n  api_token = \"x\"\n  proxy_address = \"dask.example.com:8786\"\n  public_address = \"/services/dask-gateway/\"\n}\n",
					mock.GatewayURL()) + source,
				ConfigStateChecks: []statecheck.StateCheck{
					hasText("proxy_address", "gateway://dask.example.com:8786"),
					hasText("public_address", "/services/dask-gateway"),
				},
			},
			{
				PreConfig: func() {
					mock.FailNext(providertest.RespondAlways("*/api/version", http.StatusOK, `{"version": "1\nrm -rf"}`))
				},
				Config:      providertest.ProviderBlock(mock) + source,
				ExpectError: regexp.MustCompile(`(?s)The gateway did not return its version.*contains no version`),
			},
		},
	})
}

func TestAccGateway_needsAGateway(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	config := providertest.ProviderBlock(mock) + "data \"pc_gateway\" \"test\" {}\n"
	failing := func(want string, fault mockserver.Fault) resource.TestStep {
		return resource.TestStep{PreConfig: func() { mock.ClearFaults(); mock.FailNext(fault) }, Config: config, ExpectError: regexp.MustCompile(want)}
	}
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		Steps: []resource.TestStep{
			failing(`(?s)did not return its version.*503`, mockserver.Fault{Times: 100, Status: http.StatusServiceUnavailable, ContentType: "text/html", Body: "<html>"}),
			failing(`(?s)did not return its health.*was\s+lost`, mockserver.Fault{Path: "*/api/health", Times: 100, Drop: mockserver.DropAfterHandling}),
			{Config: "provider \"pc\" {\n  auth = \"none\"\n}\ndata \"pc_gateway\" \"test\" {}\n", ExpectError: regexp.MustCompile("The address of the Dask Gateway is missing")},
		},
	})
}

func TestGateway_warnsOfOldAndUnhealthyGateways(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault           mockserver.Fault
		attribute, want string
		state           map[string]tftypes.Value
	}{
		"old version": {
			providertest.RespondAlways("*/api/version", http.StatusOK, `{"version": "2022.4.0"}`), "version", "the oldest tested version is 2026.3.0",
			map[string]tftypes.Value{"client_requirement": tftypes.NewValue(tftypes.String, "dask-gateway==2022.4.0")},
		},
		"unhealthy": {
			providertest.RespondAlways("*/api/health", http.StatusServiceUnavailable, `{"status": "fail"}`), "healthy", `"fail"`,
			map[string]tftypes.Value{"healthy": tftypes.NewValue(tftypes.Bool, false), "version": tftypes.NewValue(tftypes.String, "2026.3.0")},
		},
		"unhealthy with status 200": {
			providertest.RespondAlways("*/api/health", http.StatusOK, `{"status": "warn"}`), "healthy", `"warn"`,
			map[string]tftypes.Value{"healthy": tftypes.NewValue(tftypes.Bool, false)},
		},
		"page instead of health": {
			mockserver.Fault{Path: "*/api/health", Times: 100, Status: http.StatusOK, ContentType: "text/html", Body: "<html><title>Sign in</title></html>"},
			"healthy", "Sign in",
			map[string]tftypes.Value{"healthy": tftypes.NewValue(tftypes.Bool, false)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			mock.FailNext(test.fault)
			state, diagnostics := providertest.NewClient(t, providertest.Block(mock)).ReadData(t, "pc_gateway", map[string]any{})
			providertest.AssertDiagnostics(t, diagnostics, providertest.WarningAt(`AttributeName("`+test.attribute+`")`, test.want))
			for attribute, want := range test.state {
				if !state[attribute].Equal(want) {
					t.Errorf("%s is %s, want %s", attribute, state[attribute], want)
				}
			}
		})
	}
}
