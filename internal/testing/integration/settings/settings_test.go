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

// question is a call of Gateway() in an environment. The arguments are strings, nil
// if absent, or an int for a port.
type question struct {
	Environment   []string `json:"environment"`
	Address       any      `json:"address"`
	ProxyAddress  any      `json:"proxy_address"`
	PublicAddress any      `json:"public_address"`
}

// answer contains the attributes of the Gateway. Options contains each value as
// JSON, nil if it has no JSON form.
type answer struct {
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

// askPython lets Python answer all questions in one process.
func askPython(t *testing.T, stack *realservers.Stack, questions []question) []answer {
	t.Helper()
	text, err := json.Marshal(questions)
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
	var answers []answer
	if err := json.Unmarshal(output, &answers); err != nil {
		t.Fatalf("%v in %s", err, output)
	}
	if len(answers) != len(questions) {
		t.Fatalf("%d answers to %d questions", len(answers), len(questions))
	}
	return answers
}

func (q question) resolve() (settings.Settings, []settings.Problem) {
	block := settings.Block{
		Address:       argument(q.Address),
		ProxyAddress:  argument(q.ProxyAddress),
		PublicAddress: argument(q.PublicAddress),
	}
	return settings.Resolve(context.Background(), block, environment.New(q.Environment))
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

// providerAnswer returns the settings as the provider's types print them.
func providerAnswer(s settings.Settings) answer {
	addresses := gateway.Addresses{Address: s.Address.Value, PublicAddress: s.PublicAddress.Value, ProxyAddress: s.ProxyAddress.Value}
	return answer{
		Address:          s.Address.Value,
		PublicAddress:    s.PublicAddress.Value,
		ProxyAddress:     s.ProxyAddress.Value,
		SchedulerAddress: addresses.SchedulerAddress(clusterName),
		DashboardLink:    addresses.DashboardLink("/clusters/" + clusterName + "/status"),
	}
}

// onlyAddresses removes what a comparison of addresses ignores.
func onlyAddresses(a answer) answer {
	a.Auth, a.Credentials, a.HTTPProxy, a.Options = "", nil, nil, nil
	return a
}
