// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package auth_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// startKerberos starts a KDC and a gateway that accepts its tickets.
func startKerberos(t *testing.T, users ...string) *realservers.KerberosStack {
	t.Helper()
	kerberos, err := realservers.InstallKerberos(t.Context(), installation, os.Stderr)
	if errors.Is(err, realservers.ErrNoDebian) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	stack, err := realservers.StartKerberos(t.Context(), installation, kerberos, realservers.Config{Users: users})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	return stack
}

// The provider block is empty. The provider finds the ticket where kinit stores it,
// as Python does.
func TestKerberos_withATicket(t *testing.T) {
	t.Parallel()
	stack := startKerberos(t, "alice", "bob")
	workspace := terraform.New(t)
	workspace.Setenv("DASK_GATEWAY__ADDRESS="+stack.GatewayURL, "DASK_GATEWAY__AUTH__TYPE=kerberos",
		"KRB5_CONFIG="+stack.ConfigFile(), "KRB5CCNAME=FILE:"+stack.Cache("alice"), "TF_LOG=TRACE", "TF_LOG_PATH=terraform.log")
	workspace.Write("provider.tf", `provider "pc" {}`)
	workspace.Write("main.tf", clusterConfig)
	workspace.Apply()
	if actions := workspace.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	name := fmt.Sprint(workspace.Outputs()["name"])
	if got, want := runPython(t, stack.Stack, "alice"), name+" RUNNING"; got != want {
		t.Errorf("alice's clusters: %q, want %q", got, want)
	}
	if got := runPython(t, stack.Stack, "bob"); got != "" {
		t.Errorf("bob has alice's clusters: %q", got)
	}
	workspace.Destroy()
	if left := runPython(t, stack.Stack, "alice"); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
	texts := workspace.ReadAll()
	if len(texts["terraform.log"]) < 10_000 {
		t.Error("nothing was logged")
	}
	for file, text := range texts {
		// Every SPNEGO token in a header begins with this text.
		if strings.Contains(text, "YII") && strings.Contains(text, "Negotiate YII") {
			t.Errorf("%s contains a ticket", file)
		}
	}
}

// A CI machine has no ticket, only a keytab. Tickets expire during the run.
func TestKerberos_withAKeytab(t *testing.T) {
	t.Parallel()
	stack := startKerberos(t, "pipeline")
	if err := stack.LimitTickets(t.Context(), "pipeline", "2 seconds"); err != nil {
		t.Fatal(err)
	}
	workspace := terraform.New(t)
	workspace.Setenv("KRB5_CONFIG="+stack.ConfigFile(), "KRB5CCNAME=FILE:/nowhere")
	// The provider requests a ticket for this host name first.
	address := strings.Replace(stack.GatewayURL, "127.0.0.1", "localhost", 1)
	workspace.Write("provider.tf", fmt.Sprintf("provider \"pc\" {\n  address = %q\n  principal = \"pipeline@%s\"\n  keytab_path = %q\n}\n", address, realservers.Realm, stack.Keytab("pipeline")))
	// Starting a worker takes longer than a ticket is valid.
	workspace.Write("main.tf", strings.Replace(clusterConfig, "options", "workers = 1\n  wait_for_workers = 1\n  options", 1))
	workspace.Apply()
	if actions := workspace.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	log, err := os.ReadFile(filepath.Join(stack.Dir, "kdc.log"))
	if err != nil {
		t.Fatal(err)
	}
	// Each terraform command gets at least one ticket, and apply a second one.
	if got := strings.Count(string(log), "pipeline@"+realservers.Realm+" for krbtgt/"); got < 4 {
		t.Errorf("the KDC received %d requests for tickets:\n%s", got, log)
	}
	if got, want := runPython(t, stack.Stack, "pipeline"), fmt.Sprint(workspace.Outputs()["name"])+" RUNNING"; got != want {
		t.Errorf("the pipeline's clusters: %q, want %q", got, want)
	}
	workspace.Destroy()
	if left := runPython(t, stack.Stack, "pipeline"); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}

// The KDC or the gateway rejects each of these plans.
func TestKerberos_reportsFailures(t *testing.T) {
	t.Parallel()
	stack := startKerberos(t, "alice", "brief", "changed", "gone")
	for _, err := range []error{stack.GetTicket(t.Context(), "brief", "2s"), stack.ChangeKey(t.Context(), "changed"), stack.RemovePrincipal(t.Context(), "gone")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := clock.Real().Sleep(t.Context(), 3*time.Second); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		want string
		env  []string
	}{
		"no ticket":            {"there is no ticket: the credential cache FILE:/nowhere (KRB5CCNAME) does not exist", []string{"KRB5CCNAME=/nowhere"}},
		"an expired ticket":    {"the ticket of brief@PC.TEST in the credential cache FILE:" + stack.Cache("brief"), []string{"KRB5CCNAME=" + stack.Cache("brief")}},
		"a keyring":            {"reads only caches of type FILE", []string{"KRB5CCNAME=KEYRING:session"}},
		"no krb5.conf":         {"there is no Kerberos configuration at /nowhere/krb5.conf (KRB5_CONFIG)", []string{"KRB5_CONFIG=/nowhere/krb5.conf"}},
		"no keytab":            {"The keytab /nowhere.keytab does not exist. The value comes from the environment variable PC_KEYTAB_PATH", []string{"PC_KEYTAB_PATH=/nowhere.keytab"}},
		"another's keytab":     {"no key of the principal bob", []string{"PC_KEYTAB_PATH=" + stack.Keytab("alice"), "PC_PRINCIPAL=bob"}},
		"an old keytab":        {"The keytab is older than the password", []string{"PC_KEYTAB_PATH=" + stack.Keytab("changed")}},
		"an unknown principal": {"the KDC of PC.TEST has no principal gone@PC.TEST", []string{"PC_KEYTAB_PATH=" + stack.Keytab("gone")}},
		"an unknown service": {"the KDC of PC.TEST has no service HTTP/127.77.77.77", []string{
			"KRB5CCNAME=" + stack.Cache("alice"), "PC_ADDRESS=" + strings.Replace(stack.GatewayURL, "127.0.0.1", "127.77.77.77", 1),
		}},
		"no credentials at all": {`The gateway requires auth = "kerberos", and the provider uses auth = "none"`, []string{"PC_AUTH=none"}},
		"a password":            {`The gateway requires auth = "kerberos", and the provider uses auth = "basic"`, []string{"PC_AUTH=basic", "PC_PASSWORD=p"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectFailedPlan(t, stack, test.want, test.env...)
		})
	}
}

// The gateway cannot decrypt the tickets that it receives.
func TestKerberos_reportsAGatewayWithAnOldKeytab(t *testing.T) {
	t.Parallel()
	stack := startKerberos(t, "alice")
	if err := stack.ChangeKey(t.Context(), "HTTP/localhost"); err != nil {
		t.Fatal(err)
	}
	result := expectFailedPlan(t, stack, "Error during kerberos authentication. The server rejected the Kerberos ticket", "PC_KEYTAB_PATH="+stack.Keytab("alice"))
	if !strings.Contains(result.Flat(), "lacks the key of HTTP/127.0.0.1, or the clocks differ") || strings.Contains(result.Flat(), "attempts)") {
		t.Errorf("the error is\n%s", result.Output)
	}
}

// expectFailedPlan plans in an environment in which the plan must fail.
func expectFailedPlan(t *testing.T, stack *realservers.KerberosStack, want string, env ...string) terraform.Result {
	t.Helper()
	workspace := terraform.New(t)
	workspace.Setenv(append([]string{"PC_ADDRESS=" + stack.GatewayURL, "PC_AUTH=kerberos", "KRB5_CONFIG=" + stack.ConfigFile()}, env...)...)
	workspace.Write("main.tf", "provider \"pc\" {}\n"+clusterConfig)
	result := workspace.Run("plan", "-no-color")
	if result.Code == 0 || !strings.Contains(result.Flat(), want) {
		t.Errorf("%d, without %q:\n%s", result.Code, want, result.Output)
	}
	return result
}
