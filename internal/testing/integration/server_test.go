// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// TestServer_startsAndStops takes a named server through its life on a real Hub:
// one that is slow, culled, started again, and stopped.
func TestServer_startsAndStops(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.Setenv("TF_LOG_PROVIDER=INFO", "TF_LOG_PATH=provider.log")
	// Slow is longer than the Hub holds back its answer to the POST.
	s.Write("main.tf", `
resource "pc_hub_server" "gpu" {
  name         = "gpu"
  user_options = { profile = "slow", cores = 2 }
}
data "pc_hub_user" "self" {
  depends_on = [pc_hub_server.gpu]
}
output "url" { value = pc_hub_server.gpu.url }
output "servers" { value = join(" ", [for name, server in data.pc_hub_user.self.servers : "${name} ${server.ready} ${server.url} ${server.user_options}"]) }
`)
	s.Apply()
	url := s.stack.HubURL + "user/" + s.user + "/gpu/"
	outputs := s.Outputs()
	if outputs["url"] != url {
		t.Errorf("the server is at %v, want %s", outputs["url"], url)
	}
	if want := `gpu true ` + url + ` {"cores":2,"profile":"slow"}`; outputs["servers"] != want {
		t.Errorf("the Hub has %v, want %s", outputs["servers"], want)
	}
	log := s.ReadAll()["provider.log"]
	for _, message := range []string{"Looking for a node", "Spawning server..."} {
		if !strings.Contains(log, message) {
			t.Errorf("the log does not say %q", message)
		}
	}
	if said := s.python(serverAnswers, "SERVER_URL="+url); said != "200" {
		t.Errorf("the server answers %s", said)
	}
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}

	s.python(stopServer)
	result := s.Must("plan", "-no-color")
	if actions := s.Actions(); actions["pc_hub_server.gpu"] != "create" || !strings.Contains(result.Flat(), "does not run") {
		t.Errorf("planned %v for a server that was stopped:\n%s", actions, result.Output)
	}
	s.Apply()
	s.Destroy()
	if left := s.python(runningServers); left != "" {
		t.Errorf("servers are left: %s", left)
	}
}

// TestServer_saysWhyItDidNotStart on a real Hub, when it fails at once, after a
// while, by its hook's refusal, and after another failure, which the Hub answers
// with 201.
func TestServer_saysWhyItDidNotStart(t *testing.T) {
	t.Parallel()
	s := begin(t)
	for _, test := range []struct{ profile, says string }{
		{"broken", "no node has room for it"},
		{"broken", "no node has room for it"},
		{"late", "no node came up"},
		{"late", "no node came up"},
		{"refused", "quota reached"},
	} {
		s.Write("main.tf", `resource "pc_hub_server" "test" {
  name         = "x"
  user_options = { profile = "`+test.profile+`" }
}
`)
		result := s.Run("apply", "-auto-approve", "-no-color")
		if result.Code != 1 || !strings.Contains(result.Flat(), test.says) {
			t.Errorf("%s: terraform ended with %d and does not say %q:\n%s", test.profile, result.Code, test.says, result.Output)
		}
		if left := s.python(runningServers); left != "" {
			t.Errorf("%s: servers are left: %s", test.profile, left)
		}
	}
	// Options that the Hub's hook adds are no drift.
	s.Write("main.tf", "resource \"pc_hub_server\" \"test\" {\n  name         = \"x\"\n  user_options = { profile = \"hooked\" }\n}\n")
	s.Apply()
	if got := s.python(runningServers); got != `x {"profile": "hooked", "node": "n1"}` {
		t.Errorf("the Hub has %q", got)
	}
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	// The options of the last start do not come back.
	s.Write("main.tf", "resource \"pc_hub_server\" \"test\" {\n  name = \"x\"\n}\n")
	s.Apply()
	if got := s.python(runningServers); got != "x {}" {
		t.Errorf("the Hub has %q", got)
	}
	s.Destroy()
}

// TestServer_waitsForItsTurn has a Hub of its own, on which somebody else's server
// starts and no second one may.
func TestServer_waitsForItsTurn(t *testing.T) {
	t.Parallel()
	stack, err := realservers.Start(t.Context(), installation, realservers.Config{MaxStarts: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	s := beginOn(t, stack)
	if _, err := stack.NewToken(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	s.python(startWithoutEnd, stack.Environ("other")...)
	s.Write("main.tf", "resource \"pc_hub_server\" \"test\" {\n  name = \"gpu\"\n}\n")
	s.Setenv("PC_MAX_RETRIES=1")
	result := s.Run("apply", "-auto-approve", "-no-color")
	for _, says := range []string{"The server gpu of " + s.user + " was not started", "429 Too Many Requests", "(2 attempts)", "Too many users trying to log in right now"} {
		if result.Code != 1 || !strings.Contains(result.Flat(), says) {
			t.Errorf("terraform ended with %d and does not say %q:\n%s", result.Code, says, result.Output)
		}
	}
	if left := len(s.Instances()); left != 0 {
		t.Errorf("the state has %d instances", left)
	}
	s.python(endStart, stack.Environ("other")...)
	s.Apply()
	s.Destroy()
	if left := s.python(runningServers); left != "" {
		t.Errorf("servers are left: %s", left)
	}
}

// startWithoutEnd starts a server that never gets ready, and does not wait for the
// answer, which the Hub holds back; endStart cancels that.
const startWithoutEnd = hubTokens + own + `
import socket, time
try:
    urllib.request.urlopen(urllib.request.Request(
        os.environ["JUPYTERHUB_API_URL"] + own + "/server", method="POST", data=b'{"profile": "stuck"}',
        headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]}), timeout=1)
except socket.timeout:
    pass
while hub("GET", own)["servers"].get("", {}).get("pending") != "spawn":
    time.sleep(0.1)
`

const endStart = hubTokens + own + `
import time
hub("DELETE", own + "/server")
while hub("GET", own)["servers"]:
    time.sleep(0.1)
`

// runningServers prints the names and options of the user's servers.
const runningServers = hubTokens + own + `
for name, server in sorted(hub("GET", own)["servers"].items()):
    print(name, json.dumps(server["user_options"]))
`

// stopServer stops the server gpu, as its user would.
const stopServer = hubTokens + own + `
hub("DELETE", own + "/servers/gpu")
while hub("GET", own)["servers"]:
    pass
`

// serverAnswers asks the notebook server itself.
const serverAnswers = hubTokens + `
request = urllib.request.Request(os.environ["SERVER_URL"] + "api/status", headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]})
with urllib.request.urlopen(request) as answer:
    print(answer.status)
`

const own = `
own = "/users/" + os.environ["JUPYTERHUB_USER"]
`
