// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// hubScript defines a function that sends a request to the Hub's API as the user.
const hubScript = `
import json, os, urllib.request
def hub(method, path, body=None):
    request = urllib.request.Request(
        os.environ["JUPYTERHUB_API_URL"] + path, method=method, data=body and json.dumps(body).encode(),
        headers={"Authorization": "token " + os.environ["JUPYTERHUB_API_TOKEN"]})
    with urllib.request.urlopen(request) as response:
        text = response.read()
    return json.loads(text) if text else None
tokens = "/users/" + os.environ["JUPYTERHUB_USER"] + "/tokens"
`

// tokens returns the user's tokens as sorted "ID NOTE" lines.
func (s *story) tokens() string {
	s.t.Helper()
	return s.python(hubScript + `
for token in sorted(hub("GET", tokens)["api_tokens"], key=lambda token: token["id"]):
    if token["note"].startswith(("story", "pipeline")):
        print(token["id"], token["note"])
`)
}

const tokenConfig = `
resource "pc_hub_token" "test" {
  note       = "story ours"
  expires_in = "1h"
  scopes     = ["access:services!service=dask-gateway"]
}
output "id" { value = pc_hub_token.test.id }
output "token" {
  value     = pc_hub_token.test.token
  sensitive = true
}
`

func TestToken_opensTheGatewayAndIsRevoked(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Write("main.tf", tokenConfig)
	s.Apply()
	if actions := s.Actions(); len(actions) != 0 {
		t.Errorf("the second plan is not empty: %v", actions)
	}
	created := s.Outputs()
	if got, want := s.tokens(), fmt.Sprintf("%v story ours", created["id"]); got != want {
		t.Errorf("the Hub lists %q, want %q", got, want)
	}
	const list = "from dask_gateway import Gateway\nwith Gateway() as gateway:\n    print(gateway.list_clusters())\n"
	if got := s.python(list, fmt.Sprintf("JUPYTERHUB_API_TOKEN=%v", created["token"])); got != "[]" {
		t.Errorf("with the new token Python lists %s", got)
	}
	s.Destroy()
	if got := s.tokens(); got != "" {
		t.Errorf("left after destroy: %s", got)
	}
}

// The Hub gives a freed ID to the next token. Neither refresh nor destroy may touch
// that token. The test has its own Hub, so that no other test's token gets the ID.
func TestToken_leavesReusedIDAlone(t *testing.T) {
	t.Parallel()
	s := newStoryWithServers(t, realservers.Config{})
	s.Write("main.tf", tokenConfig)
	s.Apply()
	id := fmt.Sprint(s.Outputs()["id"])
	reused := s.python(hubScript+`
hub("DELETE", tokens + "/" + os.environ["ID"])
print(hub("POST", tokens, {"note": "story later"})["id"])
`, "ID="+id)
	if reused != id {
		t.Fatalf("the next token has the id %s, not the freed %s", reused, id)
	}
	plan := s.Must("plan", "-no-color").Flat()
	for _, part := range []string{"The token " + id + " of " + s.user + " is gone", "pc_hub_token.test will be created"} {
		if !strings.Contains(plan, part) {
			t.Errorf("the plan does not contain %q:\n%s", part, plan)
		}
	}
	s.Must("destroy", "-auto-approve", "-no-color", "-refresh=false")
	if got, want := s.tokens(), id+" story later"; got != want {
		t.Errorf("the Hub lists %q, want %q", got, want)
	}
}

func TestToken_reportsTheHubsMessageForRejectedScopes(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for arguments, want := range map[string]string{
		`scopes = ["nope"]`:        "Scope 'nope' for token does not exist",
		`scopes = ["admin:users"]`: "not held by",
		`user = "somebody"`:        "not found or no permissions to generate tokens",
	} {
		s.Write("main.tf", "resource \"pc_hub_token\" \"test\" {\n note = \"story bad\"\n"+arguments+"\n}\n")
		result := s.Run("apply", "-auto-approve", "-no-color")
		if result.Code == 0 || !strings.Contains(result.Flat(), want) {
			t.Errorf("%s: %d, without %q:\n%s", arguments, result.Code, want, result.Output)
		}
	}
	if got := s.tokens(); got != "" {
		t.Errorf("left: %s", got)
	}
}

// The test applies with all logs and searches every file for the actual values.
func TestSecrets_appearNowhere(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.Write("main.tf", "resource \"pc_dask_cluster\" \"test\" {\n workers = 1\n}\ndata \"pc_clusters\" \"all\" {\n depends_on = [pc_dask_cluster.test]\n}\n")
	s.Setenv("TF_LOG=TRACE", "TF_LOG_PATH=terraform.log")
	printed := s.Apply().Output
	key := s.python(`
import os
from dask_gateway import Gateway
with Gateway() as gateway:
    print(gateway.connect(gateway.list_clusters()[0].name).security.tls_key)
`)
	s.Write("token.tf", tokenConfig)
	s.Must("plan", "-no-color", "-out=token.plan")
	printed += s.Must("apply", "-no-color", "token.plan").Output
	created := fmt.Sprint(s.Outputs()["token"])
	s.Setenv("PC_API_TOKEN=0123456789abcdef0123456789abcdef")
	printed += s.Run("plan", "-no-color").Output
	s.Setenv("PC_API_TOKEN=" + s.token)
	printed += s.Destroy().Output

	keyLines := strings.Fields(strings.ReplaceAll(key, "PRIVATE KEY", ""))
	if len(keyLines) < 5 {
		t.Fatalf("the key is %q", key)
	}
	secrets := map[string]string{
		"the provider's token": s.token, "a bad token": "0123456789abcdef0123456789abcdef",
		"the cluster's key": keyLines[2], "a cookie": "dask-gateway-",
	}
	texts := s.ReadAll()
	texts["what terraform printed"] = printed
	if len(texts["terraform.log"]) < 10_000 {
		t.Error("nothing was logged")
	}
	for name, text := range texts {
		for what, secret := range secrets {
			if what == "a cookie" && name != "terraform.log" {
				continue
			}
			if strings.Contains(text, secret) {
				t.Errorf("%s contains %s", name, what)
			}
		}
		if strings.Contains(text, created) && !strings.HasPrefix(name, "terraform.tfstate") && name != "token.plan" {
			t.Errorf("%s contains the value of pc_hub_token", name)
		}
	}
}
