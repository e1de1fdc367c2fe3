// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

// startUserServerScript starts the user's server through the Hub. The Hub returns
// 201 for a server that is ready at once, otherwise 202.
const startUserServerScript = hubScript + `
import time
server = "/users/" + os.environ["JUPYTERHUB_USER"] + "/server"
hub("POST", server)
while not hub("GET", "/users/" + os.environ["JUPYTERHUB_USER"])["servers"][""]["ready"]:
    time.sleep(0.2)
`

// serverEnvironment reads the environment of the user's running server from /proc.
func serverEnvironment(t *testing.T, user string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !bytes.Contains(text, []byte("JUPYTERHUB_USER="+user+"\x00")) || !bytes.Contains(text, []byte("JUPYTERHUB_SERVICE_URL=")) {
			continue
		}
		return strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
	}
	t.Fatalf("no process is the server of %s", user)
	return nil
}

// The test starts a notebook server through the Hub and runs terraform with an
// empty provider block in that server's environment.
func TestProvider_needsNoArgumentsInsideTheHub(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.python(startUserServerScript)
	environment := serverEnvironment(t, s.user)
	inside := terraform.New(t)
	inside.Setenv(environment...)
	inside.Write("main.tf", "provider \"pc\" {}\nresource \"pc_dask_cluster\" \"test\" {\n  workers = 1\n  wait_for_workers = 1\n}\n"+outputConfig)
	inside.Apply()
	created := inside.Outputs()
	if got, want := s.clusters(), fmt.Sprintf("%v RUNNING", created["name"]); got != want {
		t.Errorf("%s has %q, want %q", s.user, got, want)
	}
	if got, want := created["dashboard_link"], fmt.Sprintf("/services/dask-gateway/clusters/%v/status", created["name"]); got != want {
		t.Errorf("the dashboard is at %v, want %s", got, want)
	}
	printed := strings.Fields(s.python(computeScript, append(environment, fmt.Sprintf("CLUSTER=%v", created["name"]), "WORKERS=1")...))
	if want := []string{"499999500000", fmt.Sprint(created["scheduler_address"]), fmt.Sprint(created["dashboard_link"])}; strings.Join(printed, " ") != strings.Join(want, " ") {
		t.Errorf("in the same environment Python prints %v, Terraform %v", printed, want)
	}
	inside.Destroy()
	if left := s.clusters(); left != "" {
		t.Errorf("left after destroy: %s", left)
	}
}
