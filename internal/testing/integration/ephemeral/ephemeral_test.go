// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package ephemeral_test follows ephemeral values through runs of the real
// terraform, with the provider in a separate process. It checks where the values
// must not appear, and that no token outlives its run.
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

const tokenNote = "one run"

// requestTimeout is how long a request may take on a busy machine.
const requestTimeout = time.Minute

func TestMain(m *testing.M) { os.Exit(terraform.Main(m)) }

// workspace is a Terraform workspace with its servers, and a folder for the output
// of the configuration's commands.
type workspace struct {
	*terraform.Workspace

	t    *testing.T
	mock *mockserver.Server
	dir  string
}

func newWorkspace(t *testing.T) *workspace {
	t.Helper()
	r := &workspace{t: t, Workspace: terraform.New(t), dir: t.TempDir()}
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

// tokenCommandConfig is a configuration whose command gets the token.
func tokenCommandConfig(arguments, command string) string {
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
`, tokenNote, arguments, command)
}

// assertTokensRevoked asserts that tokens were created and that all are revoked.
func (r *workspace) assertTokensRevoked() {
	r.t.Helper()
	if r.mock.CountRequests(http.MethodPost, "*/tokens") == 0 {
		r.t.Error("no token was created")
	}
	for _, each := range r.mock.Tokens("alice") {
		if each.Note == tokenNote {
			r.t.Errorf("the token %s is left", each.ID)
		}
	}
}

func (r *workspace) awaitRequest(method, path string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), requestTimeout)
	defer cancel()
	if err := r.mock.AwaitRequest(ctx, method, path); err != nil {
		r.t.Fatal(err)
	}
}

// The test uses the values in every possible way. It searches the state, the plan,
// the most detailed logs and Terraform's output for them.
func TestValues_appearNowhere(t *testing.T) {
	t.Parallel()
	r := newWorkspace(t)
	r.Setenv("TF_LOG=TRACE", "TF_LOG_PATH="+filepath.Join(r.dir, "log"), "OUT="+r.dir)
	r.Write("main.tf", clusterWithTokenConfig("")+`
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
		// In this plan the cluster is known, and so are its credentials.
		"second plan": r.Must("plan", "-no-color", "-out=second.plan").Output,
	}
	secrets := r.usedSecrets()
	shown["destroy"] = r.Destroy().Output
	r.assertTokensRevoked()
	shown["log"] = r.readOutputFile("log")
	for name, text := range r.ReadAll() {
		shown[name] = text
		if strings.HasSuffix(name, ".plan") {
			shown[name+", unpacked"] = readArchive(t, text)
		}
	}
	for _, name := range []string{"log", "terraform.tfstate", "run.plan", "second.plan"} {
		if shown[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if !strings.Contains(shown["log"], "/tokens") {
		t.Error("the log has no request of the provider")
	}
	for name, text := range shown {
		for what, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%s is in %s", what, name)
			}
		}
	}
}

// usedSecrets returns the values that the command got, and all values that were
// sent: a plan uses other tokens than the apply.
func (r *workspace) usedSecrets() map[string]string {
	r.t.Helper()
	found := map[string]string{}
	for _, name := range []string{"token", "key", "cert"} {
		lines := strings.Split(strings.TrimSpace(r.readOutputFile(name)), "\n")
		// A line of the body does not depend on how line ends are escaped.
		found["the "+name] = lines[len(lines)/2]
	}
	for i, request := range r.mock.Requests() {
		// The gateway and the Hub use different schemes, each of one word.
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

// readOutputFile returns a file that the run has written next to the workspace.
func (r *workspace) readOutputFile(name string) string {
	r.t.Helper()
	content, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		r.t.Fatal(err)
	}
	return string(content)
}

// readArchive returns the text of all files in a zip archive, such as a plan.
func readArchive(t *testing.T, archive string) string {
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

// Terraform does not close the token if the resource that uses it fails.
func TestToken_isRevokedWhenTheApplyFails(t *testing.T) {
	t.Parallel()
	r := newWorkspace(t)
	r.Write("main.tf", tokenCommandConfig("", "exit 3"))
	if result := r.Run("apply", "-auto-approve", "-no-color"); result.Code != 1 {
		t.Errorf("apply ended with %d:\n%s", result.Code, result.Output)
	}
	r.assertTokensRevoked()
}

// clusterWithTokenConfig is a cluster that is created with the token.
func clusterWithTokenConfig(arguments string) string {
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
`, tokenNote, arguments)
}

// The plan fails after it has opened the token.
func TestToken_isRevokedWhenThePlanFails(t *testing.T) {
	t.Parallel()
	r := newWorkspace(t)
	r.Write("main.tf", clusterWithTokenConfig("options = { no_such_option = 1 }"))
	if result := r.Run("apply", "-auto-approve", "-no-color"); result.Code != 1 || !strings.Contains(result.Flat(), "no_such_option") {
		t.Errorf("apply ended with %d:\n%s", result.Code, result.Output)
	}
	r.assertTokensRevoked()
}

// startPlannedApply saves a plan and starts to apply it, with faults. All later
// requests belong to the apply.
func (r *workspace) startPlannedApply(faults ...mockserver.Fault) *terraform.Process {
	r.t.Helper()
	r.Must("plan", "-no-color", "-out=run.plan")
	r.mock.ClearRequests()
	for _, fault := range faults {
		r.mock.FailNext(fault)
	}
	return r.Start("apply", "-no-color", "run.plan")
}

// Ctrl-C, or a CI system's signals, interrupt the apply while the token is created
// and while it is used to create a cluster.
func TestToken_isRevokedAfterAnInterruption(t *testing.T) {
	t.Parallel()
	for name, interrupt := range map[string]func(*terraform.Process){
		"Ctrl-C":          func(p *terraform.Process) { p.Signal(os.Interrupt) },
		"SIGTERM to both": func(p *terraform.Process) { p.SignalProvider(syscall.SIGTERM); p.Signal(syscall.SIGTERM) },
	} {
		t.Run("while it is used, "+name, func(t *testing.T) {
			t.Parallel()
			r := newWorkspace(t)
			r.Write("main.tf", clusterWithTokenConfig(""))
			r.mock.SetStartsHeld(true)
			process := r.startPlannedApply()
			r.awaitRequest(http.MethodPost, "*/clusters/")
			interrupt(process)
			process.Wait()
			r.assertTokensRevoked()
			r.mock.SetStartsHeld(false)
			r.Destroy()
			r.assertTokensRevoked()
		})
	}
	t.Run("while it is created", func(t *testing.T) {
		t.Parallel()
		r := newWorkspace(t)
		r.Write("main.tf", tokenCommandConfig("", "true"))
		// Apply a saved plan: while apply itself plans, Terraform does not stop the
		// providers on Ctrl-C (observed with 1.11.4).
		process := r.startPlannedApply(mockserver.Fault{Method: http.MethodPost, Path: "*/tokens", ResponseDelay: time.Minute})
		r.awaitRequest(http.MethodPost, "*/tokens")
		process.Signal(os.Interrupt)
		if output := process.Wait().Flat(); !strings.Contains(output, "was revoked") {
			t.Errorf("the output of terraform is %s", output)
		}
		r.assertTokensRevoked()
	})
}

// A killed terraform closes nothing. The provider detects that it is an orphan,
// revokes the token and ends.
func TestToken_isRevokedByAnOrphan(t *testing.T) {
	t.Parallel()
	r := newWorkspace(t)
	r.Write("main.tf", clusterWithTokenConfig(""))
	r.mock.SetStartsHeld(true)
	process := r.startPlannedApply()
	r.awaitRequest(http.MethodPost, "*/clusters/")
	providers := process.Providers()
	process.Signal(os.Kill)
	process.Wait()
	for _, provider := range providers {
		t.Cleanup(func() { _ = provider.Kill() })
	}
	r.awaitRequest(http.MethodDelete, "*/tokens/*")
	r.assertTokensRevoked()
}

// The provider checks the token after it has expired. The run continues with a
// warning.
func TestToken_warnsWhenItExpiresBeforeTheRunEnds(t *testing.T) {
	t.Parallel()
	r := newWorkspace(t)
	gone := filepath.Join(r.dir, "gone")
	r.Write("main.tf", tokenCommandConfig(`expires_in = "1s"`, "while [ ! -e "+gone+" ]; do sleep 0.1; done"))
	process := r.startPlannedApply()
	// The provider reads the token when it should have expired.
	r.awaitRequest(http.MethodGet, "*/tokens/*")
	if err := os.WriteFile(gone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	result := process.Wait()
	if result.Code != 0 || !strings.Contains(result.Flat(), "Set a longer expires_in than the run takes") {
		t.Errorf("apply ended with %d:\n%s", result.Code, result.Output)
	}
	r.assertTokensRevoked()
}
