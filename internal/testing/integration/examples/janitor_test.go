// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// janitor is a copy of an example with a mock whose clusters are nine hours old.
type janitor struct {
	mock  *mockserver.Server
	dir   string
	env   []string
	token string
}

func newJanitor(t *testing.T, example string) janitor {
	t.Helper()
	mock, err := mockserver.Start(mockserver.Config{ClockOffset: -9 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mock.Close)
	command, env := terraform.Installed(t)
	j := janitor{mock: mock, dir: t.TempDir(), token: mock.NewToken("alice")}
	if err := os.CopyFS(j.dir, os.DirFS(filepath.Join(repositoryRoot, "examples", "janitor", example))); err != nil {
		t.Fatal(err)
	}
	// Run the script with sh, because CopyFS may drop the permission to execute.
	j.env = append(slices.Clone(env), "PATH="+terraform.FolderWith(t, command)+string(os.PathListSeparator)+os.Getenv("PATH"), "PC_ADDRESS="+mock.GatewayURL(), "PC_API_TOKEN="+j.token)
	if output, ok := j.run(t, "terraform", "init", "-input=false", "-no-color"); !ok {
		t.Fatal(output)
	}
	return j
}

// run runs a program and reports whether it exited with 0.
func (j janitor) run(t *testing.T, arguments ...string) (string, bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "env", arguments...)
	cmd.Dir, cmd.Env = j.dir, j.env
	output, err := cmd.CombinedOutput()
	if strings.Contains(string(output), j.token) {
		t.Errorf("%q prints the token", arguments)
	}
	return string(output), err == nil
}

func (j janitor) statuses() string {
	var statuses []string
	for _, cluster := range j.mock.Clusters("alice") {
		statuses = append(statuses, cluster.Status)
	}
	return strings.Join(statuses, " ")
}

func TestJanitor_queryFindsAndStopsIdleClusters(t *testing.T) {
	t.Parallel()
	terraform.New(t).Require(terraform.ListResources)
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("the script needs jq")
	}
	j := newJanitor(t, "query")
	if output, ok := j.run(t, "sh", "janitor.sh", "stop"); !ok || !strings.Contains(output, "No forgotten clusters.") {
		t.Errorf("the janitor fails without clusters:\n%s", output)
	}
	idle, busy := j.mock.AddCluster("alice", nil), j.mock.AddCluster("alice", nil)
	j.mock.SetSchedulerLoad(busy, mockserver.SchedulerLoad{Tasks: 1, Processing: 1})
	output, ok := j.run(t, "sh", "janitor.sh")
	if ok || !strings.Contains(output, idle+" (RUNNING, started 9h0m0s ago, idle") || strings.Contains(output, busy) {
		t.Errorf("the janitor does not fail with the idle cluster only:\n%s", output)
	}
	if got := j.statuses(); got != "RUNNING RUNNING" {
		t.Errorf("the clusters are %s, want both to run", got)
	}
	if output, ok := j.run(t, "sh", "janitor.sh", "stop"); ok || !strings.Contains(output, "Cluster "+idle+" has ended") {
		t.Errorf("the janitor does not stop the idle cluster:\n%s", output)
	}
	if got := j.statuses(); got != "STOPPED RUNNING" {
		t.Errorf("the clusters are %s, want the idle one to be stopped", got)
	}
	j.mock.Close()
	if output, ok := j.run(t, "sh", "janitor.sh"); ok || !strings.Contains(output, "The clusters were not listed") {
		t.Errorf("the janitor does not fail without a gateway:\n%s", output)
	}
}

func TestJanitor_checkFailsThePlan(t *testing.T) {
	t.Parallel()
	j := newJanitor(t, "check")
	managed, forgotten := j.mock.AddCluster("alice", nil), ""
	plan := func() (string, bool) {
		output, ok := j.run(t, "terraform", "plan", "-input=false", "-no-color", `-var=managed=["`+managed+`"]`)
		return strings.Join(strings.Fields(strings.ReplaceAll(output, "│", " ")), " "), ok
	}
	if output, ok := plan(); !ok {
		t.Errorf("the plan fails without a forgotten cluster: %s", output)
	}
	forgotten = j.mock.AddCluster("alice", nil)
	output, ok := plan()
	if ok || !strings.Contains(output, forgotten+" (started ") || !strings.Contains(output, "0 workers, idle)") || strings.Contains(output, managed+" (started") {
		t.Errorf("the plan does not fail with the forgotten cluster only: %s", output)
	}
	if output, ok := j.run(t, "terraform", "plan", "-input=false", "-no-color", "-var=older_than=10h"); !ok {
		t.Errorf("the plan fails for clusters that are young enough: %s", output)
	}
}
