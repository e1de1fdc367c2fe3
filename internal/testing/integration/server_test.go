// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// A named server on a real Hub starts slowly, is culled, started again and stopped.
func TestServer_startsAndStops(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Setenv("TF_LOG_PROVIDER=INFO", "TF_LOG_PATH=provider.log")
	// The slow server takes longer than the Hub delays its response to the POST.
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
			t.Errorf("the log does not contain %q", message)
		}
	}
	if status := s.python(requestServerScript, "SERVER_URL="+url); status != "200" {
		t.Errorf("the server returns %s", status)
	}
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}

	s.python(stopNamedServerScript)
	result := s.Must("plan", "-no-color")
	if actions := s.Actions(); actions["pc_hub_server.gpu"] != "create" || !strings.Contains(result.Flat(), "does not run") {
		t.Errorf("planned %v for a server that was stopped:\n%s", actions, result.Output)
	}
	s.Apply()
	s.Destroy()
	if left := s.python(runningServersScript); left != "" {
		t.Errorf("servers are left: %s", left)
	}
}

// The server fails at once, after a while, because of a hook, and after an earlier
// failure, to which the Hub responds with 201.
func TestServer_reportsWhyItDidNotStart(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for _, test := range []struct{ profile, want string }{
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
		if result.Code != 1 || !strings.Contains(result.Flat(), test.want) {
			t.Errorf("%s: terraform exited with %d, without %q:\n%s", test.profile, result.Code, test.want, result.Output)
		}
		if left := s.python(runningServersScript); left != "" {
			t.Errorf("%s: servers are left: %s", test.profile, left)
		}
	}
	// Options that the Hub's hook adds are not drift.
	s.Write("main.tf", "resource \"pc_hub_server\" \"test\" {\n  name         = \"x\"\n  user_options = { profile = \"hooked\" }\n}\n")
	s.Apply()
	if got := s.python(runningServersScript); got != `x {"profile": "hooked", "node": "n1"}` {
		t.Errorf("the Hub has %q", got)
	}
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	// The options of the last start are not reused.
	s.Write("main.tf", "resource \"pc_hub_server\" \"test\" {\n  name = \"x\"\n}\n")
	s.Apply()
	if got := s.python(runningServersScript); got != "x {}" {
		t.Errorf("the Hub has %q", got)
	}
	s.Destroy()
}

// With create_before_destroy, the destroy of a server that has ended comes when its
// replacement runs under the same name. A server that runs cannot be replaced so.
func TestServer_isReplacedBeforeTheDestroyOnlyIfItHasEnded(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	config := func(profile string) {
		s.Write("main.tf", `resource "pc_hub_server" "gpu" {
  name         = "gpu"
  user_options = { profile = "`+profile+`" }
  when_ended   = "keep"
  lifecycle {
    create_before_destroy = true
  }
}
`)
	}
	config("small")
	s.Apply()
	s.python(stopNamedServerScript)
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("planned %v for a server that is kept", actions)
	}
	config("large")
	s.Apply()
	const replaced = `gpu {"profile": "large"}`
	if got := s.python(runningServersScript); got != replaced {
		t.Errorf("the Hub has %q after the replacement", got)
	}
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	config("small")
	if result := s.Run("apply", "-auto-approve", "-no-color"); result.Code != 1 || !strings.Contains(result.Flat(), "the resource has create_before_destroy") {
		t.Errorf("terraform ended with %d:\n%s", result.Code, result.Output)
	}
	if got := s.python(runningServersScript); got != replaced {
		t.Errorf("the Hub has %q after the failed replacement", got)
	}
	s.Destroy()
	if left := s.python(runningServersScript); left != "" {
		t.Errorf("servers are left: %s", left)
	}
}

// Another user's server occupies the Hub's only start slot. The test has its own
// Hub.
func TestServer_waitsForTheSpawnLimit(t *testing.T) {
	t.Parallel()
	s := newStoryWithServers(t, realservers.Config{MaxStarts: 1})
	if _, err := s.stack.NewToken(t.Context(), "other"); err != nil {
		t.Fatal(err)
	}
	s.python(startNeverReadyScript, s.stack.Environ("other")...)
	s.Write("main.tf", "resource \"pc_hub_server\" \"test\" {\n  name = \"gpu\"\n}\n")
	s.Setenv("PC_MAX_RETRIES=1")
	result := s.Run("apply", "-auto-approve", "-no-color")
	for _, want := range []string{"The server gpu of " + s.user + " was not started", "429 Too Many Requests", "(2 attempts)", "Too many users trying to log in right now"} {
		if result.Code != 1 || !strings.Contains(result.Flat(), want) {
			t.Errorf("terraform exited with %d, without %q:\n%s", result.Code, want, result.Output)
		}
	}
	if left := len(s.Instances()); left != 0 {
		t.Errorf("the state has %d instances", left)
	}
	s.python(cancelStartScript, s.stack.Environ("other")...)
	s.Apply()
	s.Destroy()
	if left := s.python(runningServersScript); left != "" {
		t.Errorf("servers are left: %s", left)
	}
}

// startNeverReadyScript starts a server that never becomes ready, and does not wait
// for the delayed response. cancelStartScript cancels the start.
const startNeverReadyScript = hubScript + namedServerScript + `
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

const cancelStartScript = hubScript + namedServerScript + `
import time
hub("DELETE", own + "/server")
while hub("GET", own)["servers"]:
    time.sleep(0.1)
`

// runningServersScript prints the names and options of the user's servers.
const runningServersScript = hubScript + namedServerScript + `
for name, server in sorted(hub("GET", own)["servers"].items()):
    print(name, json.dumps(server["user_options"]))
`

// stopNamedServerScript stops the server gpu as its user.
const stopNamedServerScript = hubScript + namedServerScript + `
hub("DELETE", own + "/servers/gpu")
while hub("GET", own)["servers"]:
    pass
`

// requestServerScript sends a request to the notebook server itself.
const requestServerScript = hubScript + `
request = urllib.request.Request(os.environ["SERVER_URL"] + "api/status", headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]})
with urllib.request.urlopen(request) as response:
    print(response.status)
`

const namedServerScript = `
own = "/users/" + os.environ["JUPYTERHUB_USER"]
`
