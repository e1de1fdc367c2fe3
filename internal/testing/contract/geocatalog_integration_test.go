// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package contract_test

import (
	"bytes"
	_ "embed" // for the script
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/contract"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// makeCalls makes calls with azure-planetarycomputer, and prints what each raises.
//
//go:embed testdata/geocatalog.py
var makeCalls string

// TestMicrosoftsClient_agreesWithTheTable makes the calls of the table with Microsoft's
// client: it must send the requests of the cases, and accept the mock's responses.
func TestMicrosoftsClient_agreesWithTheTable(t *testing.T) {
	t.Parallel()
	inst, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	python, err := realservers.InstallGeoCatalogClient(t.Context(), inst, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	server := startGeoCatalog(t)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, []byte(server.CACertificate()), 0o600); err != nil {
		t.Fatal(err)
	}
	type call struct {
		Expression string `json:"expression"`
		Token      string `json:"token"`
	}
	var cases []contract.GeoCatalogCase
	var calls []call
	for _, c := range contract.GeoCatalogCases() {
		if c.Call != "" {
			cases = append(cases, c)
			calls = append(calls, call{c.Call, server.Token(c.Identity)})
		}
	}
	input, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", makeCalls, server.URL(), ca)
	cmd.Env = []string{"LANG=C.UTF-8"}
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var raised []string
	requests := server.Requests()
	if err := json.Unmarshal(output, &raised); err != nil || len(raised) != len(cases) || len(requests) != len(cases) {
		t.Fatalf("%d calls: %v, the exceptions %q and %d requests", len(cases), err, raised, len(requests))
	}
	for i, c := range cases {
		if raised[i] != c.Raises {
			t.Errorf("%s: %s raised %q, want %q", c.Name, c.Call, raised[i], c.Raises)
		}
		if got := requests[i].Path + "?" + requests[i].Query; got != c.Path {
			t.Errorf("%s: %s sent %s, want %s", c.Name, c.Call, got, c.Path)
		}
		if got := requests[i].Header.Get("Authorization"); !strings.HasPrefix(got, "Bearer ") {
			t.Errorf("%s: the client sent %q", c.Name, got)
		}
	}
}
