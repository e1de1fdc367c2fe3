// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package realservers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// startStack starts a stack that ends with the test.
func startStack(t *testing.T, cfg realservers.Config) *realservers.Stack {
	t.Helper()
	inst, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	stack, err := realservers.Start(t.Context(), inst, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	return stack
}

// requestGateway returns the gateway's response to alice, or to the token's owner.
func requestGateway(t *testing.T, stack *realservers.Stack, path, token string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, stack.GatewayURL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if stack.Password != "" {
		request.SetBasicAuth("alice", stack.Password)
	} else {
		request.Header.Set("Authorization", "jupyterhub "+token)
	}
	response, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestClusters_computeFailAndClamp(t *testing.T) {
	t.Parallel()
	const script = `
import json
from dask_gateway import Gateway, GatewayClusterError
gateway = Gateway()
result = {}
with gateway.new_cluster(worker_cores=0.5, worker_memory=1, environment={"GREETING": "hello"}) as cluster:
    cluster.scale(3)
    client = cluster.get_client()
    client.wait_for_workers(2)
    result["sum"] = client.submit(sum, [1, 2, 3]).result()
    result["greeting"] = client.submit(lambda: __import__("os").environ["GREETING"]).result()
    result["workers"] = len(client.scheduler_info()["workers"])
try:
    gateway.new_cluster(profile="broken")
except GatewayClusterError as error:
    result["broken"] = str(error)
try:
    gateway.submit(image="untagged")
except ValueError as error:
    result["untagged"] = str(error)
name = gateway.submit(profile="stuck")
result["stuck"] = [c.status.name for c in gateway.list_clusters() if c.name == name]
gateway.stop_cluster(name)
print(json.dumps(result))
`
	for _, auth := range []string{realservers.JupyterHub, realservers.Basic} {
		t.Run(auth, func(t *testing.T) {
			t.Parallel()
			stack := startStack(t, realservers.Config{Auth: auth, MaxWorkers: 2})
			output, err := stack.Python(t.Context(), script)
			if err != nil {
				t.Fatalf("%v\n%s", err, stack.Logs())
			}
			var result struct {
				Sum, Workers               int
				Greeting, Broken, Untagged string
				Stuck                      []string
			}
			if err := json.Unmarshal(output, &result); err != nil {
				t.Fatalf("%v: %s", err, output)
			}
			if result.Sum != 6 || result.Greeting != "hello" {
				t.Errorf("computed %d and %q, want 6 and hello", result.Sum, result.Greeting)
			}
			if result.Workers != 2 {
				t.Errorf("%d workers, want the 2 that MaxWorkers allows", result.Workers)
			}
			if !strings.Contains(result.Broken, "failed to start") {
				t.Errorf("the error of the broken profile is %q", result.Broken)
			}
			if want := "When specifying an image you must also provide a tag"; result.Untagged != want {
				t.Errorf("the error about an image without a tag is %q, want %q", result.Untagged, want)
			}
			if len(result.Stuck) != 1 || result.Stuck[0] != "PENDING" {
				t.Errorf("the stuck profile is %v, want PENDING", result.Stuck)
			}
		})
	}
}

func TestOptions_haveEveryKind(t *testing.T) {
	t.Parallel()
	stack := startStack(t, realservers.Config{Auth: realservers.Basic})
	status, body := requestGateway(t, stack, "api/v1/options", "")
	var response struct {
		Options []struct {
			Field string `json:"field"`
			Spec  struct {
				Type string `json:"type"`
			} `json:"spec"`
		} `json:"cluster_options"`
	}
	if err := json.Unmarshal([]byte(body), &response); err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v: %s", status, err, body)
	}
	var got []string
	for _, option := range response.Options {
		got = append(got, option.Field+" "+option.Spec.Type)
	}
	want := "worker_cores float, worker_memory float, image string, gpu bool, environment mapping, profile select, idle_minutes int"
	if strings.Join(got, ", ") != want {
		t.Errorf("options %v, want %s", got, want)
	}
}

func TestTokens_authenticateTheirUsers(t *testing.T) {
	t.Parallel()
	stack := startStack(t, realservers.Config{Users: []string{"alice", "bob"}})
	for _, user := range []string{"alice", "bob"} {
		output, err := stack.Python(t.Context(), `
import os, requests
url, token = os.environ["JUPYTERHUB_API_URL"], os.environ["JUPYTERHUB_API_TOKEN"]
print(requests.get(url + "/user", headers={"Authorization": "token " + token}).json()["name"], end="")
`, stack.Environ(user)...)
		if err != nil || string(output) != user {
			t.Errorf("%s's token is %q's: %v", user, output, err)
		}
	}
	narrow, err := stack.NewToken(t.Context(), "carol", "read:users:name!user=carol")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := requestGateway(t, stack, "api/v1/clusters/", narrow); status != http.StatusUnauthorized {
		t.Errorf("a token without access to the gateway: %d %s, want 401", status, body)
	}
	whole, err := stack.NewToken(t.Context(), "carol")
	if err != nil {
		t.Fatal(err)
	}
	if status, body := requestGateway(t, stack, "api/v1/clusters/", whole); status != http.StatusOK {
		t.Errorf("a token with all of carol's permissions: %d %s, want 200", status, body)
	}
	if got := stack.Token("carol"); got != whole {
		t.Errorf("Token(carol) is not the newest one")
	}
}

func TestStart_reportsWhyServerExited(t *testing.T) {
	t.Parallel()
	inst, err := realservers.Install(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// The Hub cannot read its secret from a folder.
	if err := os.Mkdir(filepath.Join(dir, "cookie_secret"), 0o700); err != nil {
		t.Fatal(err)
	}
	stack, err := realservers.Start(t.Context(), inst, realservers.Config{Dir: dir})
	if err == nil {
		stack.Stop()
		t.Fatal("started, want an error")
	}
	for _, want := range []string{"the process hub ended with exit code 1", "hub.log ends with:", "Is a directory"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "hub.log")); err != nil {
		t.Errorf("the log is not in the configured folder: %v", err)
	}
}

func TestInstall_listsMissingPrograms(t *testing.T) {
	t.Parallel()
	if os.Getenv("REALSERVERS_TEST_INSTALL") != "" {
		_, err := realservers.Install(t.Context(), io.Discard)
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInstall_listsMissingPrograms$") //nolint:gosec // this test binary
	cmd.Env = append(os.Environ(), "REALSERVERS_TEST_INSTALL=1", "PATH="+t.TempDir())
	output, err := cmd.CombinedOutput()
	want := "need python3, node and npm on PATH; not found: python3 (3.11 or later, with the venv module), node, npm"
	if err == nil || !strings.Contains(string(output), want) {
		t.Errorf("with an empty PATH: %v, %s; want %q", err, output, want)
	}
}
