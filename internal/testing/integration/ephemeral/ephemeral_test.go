// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package ephemeral_test follows ephemeral values through runs of the real
// terraform, with the provider as a process of its own: where they must not be
// found afterwards, and that no token outlives its run.
package ephemeral_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const note = "one run"

// patience is how long a request may take to be made on a busy machine.
const patience = time.Minute

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

// run is a workspace with the servers, and a folder beside it for what the
// configuration's commands write.
type run struct {
	*terraform.Workspace

	t    *testing.T
	mock *mockserver.Server
	dir  string
}

func begin(t *testing.T) *run {
	t.Helper()
	r := &run{t: t, Workspace: terraform.New(t), dir: t.TempDir()}
	r.Require(terraform.EphemeralResources)
	mock, err := mockserver.Start(mockserver.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mock.Close)
	r.mock = mock
	r.Setenv("PC_ADDRESS="+mock.GatewayURL(), "PC_API_TOKEN="+mock.NewToken("alice"))
	return r
}

// using is a configuration whose command gets the token.
func using(arguments, command string) string {
	return fmt.Sprintf(`
ephemeral "pc_hub_token" "test" {
  note = %q
  %s
}
resource "terraform_data" "test" {
  provisioner "local-exec" {
    command     = %q
    environment = { TOKEN = ephemeral.pc_hub_token.test.token }
  }
}
`, note, arguments, command)
}

// assertNoToken asserts that tokens were made and that none is left.
func (r *run) assertNoToken() {
	r.t.Helper()
	if r.mock.CountRequests(http.MethodPost, "*/tokens") == 0 {
		r.t.Error("no token was made")
	}
	for _, each := range r.mock.Tokens("alice") {
		if each.Note == note {
			r.t.Errorf("the token %s is left", each.ID)
		}
	}
}

func (r *run) await(method, path string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	if err := r.mock.AwaitRequest(ctx, method, path); err != nil {
		r.t.Fatal(err)
	}
}

// TestValues_areNowhere uses the values in all ways that there are, and looks
// for them in the state, in the plan, in every log at its most talkative, and in
// what terraform prints.
func TestValues_areNowhere(t *testing.T) {
	t.Parallel()
	r := begin(t)
	r.Setenv("TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(r.dir, "log"), "OUT="+r.dir)
	r.Write("main.tf", narrow("")+`
ephemeral "pc_dask_cluster_credentials" "test" {
  name = pc_dask_cluster.test.name
}
resource "terraform_data" "test" {
  provisioner "local-exec" {
    command = "printenv TOKEN > $OUT/token; printenv KEY > $OUT/key; printenv CERT > $OUT/cert; echo $TOKEN $KEY"
    environment = {
      TOKEN = ephemeral.pc_hub_token.test.token
      KEY   = ephemeral.pc_dask_cluster_credentials.test.tls_key
      CERT  = ephemeral.pc_dask_cluster_credentials.test.tls_cert
    }
  }
}
`)
	shown := map[string]string{
		"plan":       r.Must("plan", "-no-color", "-out=run.plan").Output,
		"show plan":  r.Must("show", "-json", "run.plan").Output,
		"apply":      r.Must("apply", "-no-color", "run.plan").Output,
		"show state": r.Must("show", "-json").Output,
		// The cluster is known to this plan, and so are its credentials.
		"second plan": r.Must("plan", "-no-color", "-out=second.plan").Output,
	}
	secrets := r.secrets()
	shown["destroy"] = r.Destroy().Output
	r.assertNoToken()
	shown["log"] = r.written("log")
	for name, text := range r.ReadAll() {
		shown[name] = text
		if strings.HasSuffix(name, ".plan") {
			shown[name+", unpacked"] = unpacked(t, text)
		}
	}
	for _, name := range []string{"log", "terraform.tfstate", "run.plan", "second.plan"} {
		if shown[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
	if !strings.Contains(shown["log"], "/tokens") {
		t.Error("the log has nothing of the provider")
	}
	for name, text := range shown {
		for what, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, name)
			}
		}
	}
}

// secrets are the values: those that the command was given, and, because a plan
// has tokens of its own, all that were sent.
func (r *run) secrets() map[string]string {
	r.t.Helper()
	found := map[string]string{}
	for _, name := range []string{"token", "key", "cert"} {
		lines := strings.Split(strings.TrimSpace(r.written(name)), "\n")
		// A line of the body, however its line breaks are written.
		found["the "+name] = lines[len(lines)/2]
	}
	for i, request := range r.mock.Requests() {
		// The scheme is one word with the gateway, another with the Hub.
		if sent := strings.Fields(request.Header.Get("Authorization")); len(sent) == 2 {
			found[fmt.Sprintf("the token of request %d", i)] = sent[1]
		}
	}
	for what, secret := range found {
		if len(secret) < 32 {
			r.t.Fatalf("%s is %q", what, secret)
		}
	}
	return found
}

// written returns what the run has put beside the workspace.
func (r *run) written(name string) string {
	r.t.Helper()
	content, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(content)
}

// unpacked is the text of all files in a zip archive, which a plan is.
func unpacked(t *testing.T, archive string) string {
	t.Helper()
	reader, err := zip.NewReader(strings.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, file := range reader.File {
		opened, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, opened); err != nil { //nolint:gosec // a plan that terraform has just made
			t.Fatal(err)
		}
		_ = opened.Close()
	}
	return all.String()
}

// TestToken_isRevokedWhenTheApplyFails lets what uses the token fail: Terraform
// does not close the token then.
func TestToken_isRevokedWhenTheApplyFails(t *testing.T) {
	t.Parallel()
	r := begin(t)
	r.Write("main.tf", using("", "exit 3"))
	if result := r.Run("apply", "-auto-approve", "-no-color"); result.Code != 1 {
		t.Errorf("apply ended with %d:\n%s", result.Code, result.Output)
	}
	r.assertNoToken()
}

// narrow is a cluster that is made with the token.
func narrow(arguments string) string {
	return fmt.Sprintf(`
ephemeral "pc_hub_token" "test" {
  note   = %q
  scopes = ["access:services!service=dask-gateway"]
}
provider "pc" {
  alias     = "narrow"
  api_token = ephemeral.pc_hub_token.test.token
}
resource "pc_dask_cluster" "test" {
  provider = pc.narrow
  %s
}
`, note, arguments)
}

// TestToken_isRevokedWhenThePlanFails lets the plan fail when there is a token.
func TestToken_isRevokedWhenThePlanFails(t *testing.T) {
	t.Parallel()
	r := begin(t)
	r.Write("main.tf", narrow("options = { no_such_option = 1 }"))
	if result := r.Run("apply", "-auto-approve", "-no-color"); result.Code != 1 || !strings.Contains(result.Flat(), "no_such_option") {
		t.Errorf("apply ended with %d:\n%s", result.Code, result.Output)
	}
	r.assertNoToken()
}

// applyPlanned makes a plan and starts to apply it, with faults, so that what is
// requested from now on is of the apply.
func (r *run) applyPlanned(faults ...mockserver.Fault) *terraform.Process {
	r.t.Helper()
	r.Must("plan", "-no-color", "-out=run.plan")
	r.mock.ClearRequests()
	for _, fault := range faults {
		r.mock.FailNext(fault)
	}
	return r.Start("apply", "-no-color", "run.plan")
}

// TestToken_isRevokedAfterAnInterruption interrupts the apply while a cluster is
// made with the token, by Ctrl-C and as CI systems do, and while the token itself
// is made.
func TestToken_isRevokedAfterAnInterruption(t *testing.T) {
	t.Parallel()
	for name, interrupt := range map[string]func(*terraform.Process){
		"Ctrl-C":          func(p *terraform.Process) { p.Signal(os.Interrupt) },
		"SIGTERM to both": func(p *terraform.Process) { p.SignalProvider(syscall.SIGTERM); p.Signal(syscall.SIGTERM) },
	} {
		t.Run("while it is used, "+name, func(t *testing.T) {
			t.Parallel()
			r := begin(t)
			r.Write("main.tf", narrow(""))
			r.mock.SetStartsHeld(true)
			process := r.applyPlanned()
			r.await(http.MethodPost, "*/clusters/")
			interrupt(process)
			process.Wait()
			r.assertNoToken()
			r.mock.SetStartsHeld(false)
			r.Destroy()
			r.assertNoToken()
		})
	}
	t.Run("while it is made", func(t *testing.T) {
		t.Parallel()
		r := begin(t)
		r.Write("main.tf", using("", "true"))
		// Of a saved plan: Terraform tells providers nothing of Ctrl-C while apply
		// itself plans (seen with 1.11.4).
		process := r.applyPlanned(mockserver.Fault{Method: http.MethodPost, Path: "*/tokens", ResponseDelay: time.Minute})
		r.await(http.MethodPost, "*/tokens")
		process.Signal(os.Interrupt)
		if said := process.Wait().Flat(); !strings.Contains(said, "was revoked") {
			t.Errorf("terraform says %s", said)
		}
		r.assertNoToken()
	})
}

// TestToken_isRevokedByAnOrphan kills terraform, which leaves the provider alone
// and can close nothing. The provider notices, revokes the token and ends.
func TestToken_isRevokedByAnOrphan(t *testing.T) {
	t.Parallel()
	r := begin(t)
	r.Write("main.tf", narrow(""))
	r.mock.SetStartsHeld(true)
	process := r.applyPlanned()
	r.await(http.MethodPost, "*/clusters/")
	providers := process.Providers()
	process.Signal(os.Kill)
	process.Wait()
	for _, provider := range providers {
		t.Cleanup(func() { _ = provider.Kill() })
	}
	r.await(http.MethodDelete, "*/tokens/*")
	r.assertNoToken()
}

// TestToken_thatEndsBeforeTheRun is looked at when it should have ended: the
// run goes on, with a warning.
func TestToken_thatEndsBeforeTheRun(t *testing.T) {
	t.Parallel()
	r := begin(t)
	gone := filepath.Join(r.dir, "gone")
	r.Write("main.tf", using(`expires_in = "1s"`, "while [ ! -e "+gone+" ]; do sleep 0.1; done"))
	process := r.applyPlanned()
	// It is looked at when it should have ended.
	r.await(http.MethodGet, "*/tokens/*")
	if err := os.WriteFile(gone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	result := process.Wait()
	if result.Code != 0 || !strings.Contains(result.Flat(), "choose a longer expires_in than the run takes") {
		t.Errorf("apply ended with %d:\n%s", result.Code, result.Output)
	}
	r.assertNoToken()
}
