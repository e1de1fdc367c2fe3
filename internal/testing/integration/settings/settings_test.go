// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

// Package settings_test compares the provider's settings with those of the Python
// client, for the same arguments and environment.
package settings_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

//go:embed python_client.py
var pythonClient string

// gatewayCall is a call of Gateway() in an environment. The arguments are strings, nil
// if absent, or an int for a port.
type gatewayCall struct {
	Environment   []string `json:"environment"`
	Address       any      `json:"address"`
	ProxyAddress  any      `json:"proxy_address"`
	PublicAddress any      `json:"public_address"`
}

// gatewayAttributes contains the attributes of the Gateway. Options contains each value as
// JSON, nil if it has no JSON form.
type gatewayAttributes struct {
	Error            string             `json:"error"`
	Address          string             `json:"address"`
	PublicAddress    string             `json:"public_address"`
	ProxyAddress     string             `json:"proxy_address"`
	SchedulerAddress string             `json:"scheduler_address"`
	DashboardLink    string             `json:"dashboard_link"`
	Auth             string             `json:"auth"`
	Credentials      map[string]any     `json:"credentials"`
	HTTPProxy        *string            `json:"http_proxy"`
	Options          map[string]*string `json:"options"`
}

func TestSettings_matchThePythonClient(t *testing.T) {
	t.Parallel()
	stack := startGateway(t)
	t.Run("addresses", func(t *testing.T) {
		t.Parallel()
		testAddresses(t, stack)
	})
	t.Run("environment", func(t *testing.T) {
		t.Parallel()
		testEnvironment(t, stack)
	})
	t.Run("files", func(t *testing.T) {
		t.Parallel()
		testFiles(t, stack)
	})
	t.Run("prefixes", func(t *testing.T) {
		t.Parallel()
		testPrefixes(t, stack)
	})
	t.Run("pyenv", func(t *testing.T) {
		t.Parallel()
		testPyenv(t)
	})
	t.Run("written files", func(t *testing.T) {
		t.Parallel()
		testWrittenFiles(t, stack)
	})
	t.Run("literals", func(t *testing.T) {
		t.Parallel()
		testLiterals(t, stack)
	})
}

// startGateway starts a gateway whose installation includes the Python client.
func startGateway(t *testing.T) *realservers.Stack {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Minute)
	defer cancel()
	installation, err := realservers.Install(ctx, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := realservers.Start(ctx, installation, realservers.Config{Auth: realservers.Basic})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	return stack
}

// callInPython returns the results of all calls, which one Python process makes.
func callInPython(t *testing.T, stack *realservers.Stack, calls []gatewayCall) []gatewayAttributes {
	t.Helper()
	text, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cases.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := stack.Python(t.Context(), pythonClient, "CASES="+file)
	if err != nil {
		t.Fatal(err)
	}
	var results []gatewayAttributes
	if err := json.Unmarshal(output, &results); err != nil {
		t.Fatalf("%v in %s", err, output)
	}
	if len(results) != len(calls) {
		t.Fatalf("%d results of %d calls", len(results), len(calls))
	}
	return results
}

func (c gatewayCall) resolve() (settings.Settings, []settings.Problem) {
	block := settings.Block{
		Address:       argument(c.Address),
		ProxyAddress:  argument(c.ProxyAddress),
		PublicAddress: argument(c.PublicAddress),
	}
	return settings.Resolve(context.Background(), block, environment.New(c.Environment))
}

// argument converts a value as Terraform does for a string argument: a number
// becomes its digits.
func argument(value any) settings.Value[string] {
	if value == nil {
		return settings.Value[string]{}
	}
	return settings.Value[string]{State: settings.Known, V: fmt.Sprint(value)}
}

const clusterName = "prod.fbfed27704fc4d1da027dad20471993b"

// providerAttributes returns the settings as the provider's types print them.
func providerAttributes(s settings.Settings) gatewayAttributes {
	addresses := gateway.Addresses{Address: s.Address.Value, PublicAddress: s.PublicAddress.Value, ProxyAddress: s.ProxyAddress.Value}
	return gatewayAttributes{
		Address:          s.Address.Value,
		PublicAddress:    s.PublicAddress.Value,
		ProxyAddress:     s.ProxyAddress.Value,
		SchedulerAddress: addresses.SchedulerAddress(clusterName),
		DashboardLink:    addresses.DashboardLink("/clusters/" + clusterName + "/status"),
	}
}

// onlyAddresses returns the addresses among the attributes.
func onlyAddresses(a gatewayAttributes) gatewayAttributes {
	a.Auth, a.Credentials, a.HTTPProxy, a.Options = "", nil, nil, nil
	return a
}
