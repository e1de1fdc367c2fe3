// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

// workflow contains the fields of examples/pipeline/workflow.yml that the test
// uses.
type workflow struct {
	Jobs map[string]struct {
		Defaults struct {
			Run struct {
				Shell     string `yaml:"shell"`
				Directory string `yaml:"working-directory"`
			} `yaml:"run"`
		} `yaml:"defaults"`
		Env   map[string]string `yaml:"env"`
		Steps []workflowStep    `yaml:"steps"`
	} `yaml:"jobs"`
}

type workflowStep struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	If   string            `yaml:"if"`
	Env  map[string]string `yaml:"env"`
	Run  string            `yaml:"run"`
}

// pipeline is a checkout of the examples, as the workflow's comments describe.
type pipeline struct {
	*story
	workflow workflow
	dir      string
	env      []string
	// cancelledStep is the step in which the run is cancelled, after beforeCancel has returned.
	cancelledStep string
	beforeCancel  func()
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	p := &pipeline{story: newStory(t), dir: t.TempDir()}
	for from, to := range map[string]string{"connect": "connect", "pipeline": "ndvi"} {
		if err := os.CopyFS(filepath.Join(p.dir, to), os.DirFS("../../../examples/"+from)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "ndvi", "workflow.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &p.workflow); err != nil {
		t.Fatal(err)
	}
	// setup-terraform and setup-python add these to PATH.
	command, environment := terraform.Installed(t)
	p.env = append(environment, "PATH="+p.stack.Bin+":"+terraform.FolderWith(t, command)+":"+os.Getenv("PATH"))
	return p
}

// run runs the steps like GitHub's runner: in order until one fails, and then those
// with always(). It returns the names of the steps that ran, and whether all
// succeeded.
func (p *pipeline) run(env ...string) (ran []string, succeeded bool) {
	p.t.Helper()
	job := p.workflow.Jobs["ndvi"]
	if job.Defaults.Run.Shell != "bash" || job.Defaults.Run.Directory != "ndvi" {
		p.t.Fatalf("the defaults are %+v", job.Defaults)
	}
	values := map[string]string{"${{ vars.PC_ADDRESS }}": p.stack.GatewayURL, "${{ vars.PC_PROXY_ADDRESS }}": p.stack.ProxyAddress, "${{ secrets.PC_API_TOKEN }}": p.token, "${{ github.run_id }}": "4711"}
	resolve := func(environment []string, variables map[string]string) []string {
		environment = slices.Clone(environment)
		for name, value := range variables {
			if known, ok := values[value]; ok {
				value = known
			} else if strings.Contains(value, "${{") {
				p.t.Fatalf("the test has no value for %s", value)
			}
			environment = append(environment, name+"="+value)
		}
		return environment
	}
	environment := resolve(append(slices.Clone(p.env), env...), job.Env)
	if slices.Contains(environment, "PC_API_TOKEN="+p.token) {
		p.t.Error("every step of the job gets the token")
	}
	succeeded = true
	for _, each := range job.Steps {
		switch {
		case each.Uses != "" || each.Name == "Install":
			// The runner provides these tools, and the servers' lock file pins
			// these packages.
			continue
		case !succeeded && each.If != "always()":
			continue
		}
		ran = append(ran, each.Name)
		output, err := p.step(each, resolve(environment, each.Env))
		if err != nil {
			p.t.Logf("the step %s: %v\n%s", each.Name, err, output)
			succeeded = false
		}
		if bytes.Contains(output, []byte(p.token)) {
			p.t.Errorf("the step %s prints the token", each.Name)
		}
	}
	return ran, succeeded
}

// step runs one step. A cancelled step is ended as by GitHub's runner: SIGINT to
// the shell alone, and after 7.5 s the shell and all its children are killed.
func (p *pipeline) step(each workflowStep, environment []string) ([]byte, error) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	defer cancel()
	// Use a file, as the runner does: bash -c would replace the shell with the last
	// command.
	script := filepath.Join(p.t.TempDir(), "step.sh")
	if err := os.WriteFile(script, []byte(each.Run), 0o600); err != nil {
		p.t.Fatal(err)
	}
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = filepath.Join(p.dir, "ndvi"), environment, &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 7500 * time.Millisecond
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }()
	if each.Name == p.cancelledStep {
		p.beforeCancel()
		cancel()
	}
	err := cmd.Wait()
	return output.Bytes(), err
}

// override gives the job's cluster a profile of the real servers that fails.
func (p *pipeline) override(profile string) {
	p.t.Helper()
	text := fmt.Sprintf("resource \"pc_dask_cluster\" \"job\" {\n  options = { profile = %q }\n}\n", profile)
	if err := os.WriteFile(filepath.Join(p.dir, "ndvi", "override.tf"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// assertNothingIsLeft asserts that the run left no cluster on the gateway and no
// token on the Hub.
func (p *pipeline) assertNothingIsLeft() {
	p.t.Helper()
	if left := p.countClusters("PENDING", "RUNNING", "STOPPING"); left != 0 {
		p.t.Errorf("clusters are left: %v", p.clusterStatuses())
	}
	if left := p.tokens(); left != "" {
		p.t.Errorf("tokens are left: %s", left)
	}
}

// The test runs the example's workflow and checks its result.
func TestPipeline_computesAndLeavesNothing(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	ran, succeeded := p.run()
	if want := "[Create Compute Destroy]"; !succeeded || fmt.Sprint(ran) != want {
		t.Fatalf("ran %v, want %s", ran, want)
	}
	text, err := os.ReadFile(filepath.Join(p.dir, "ndvi", "ndvi.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Pixels    int     `json:"pixels"`
		Mean      float64 `json:"mean_ndvi"`
		Vegetated float64 `json:"vegetated"`
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	pixels, mean, vegetated := expectedVegetation(2310)
	if got.Pixels != pixels || math.Abs(got.Mean-mean) > 1e-9 || math.Abs(got.Vegetated-vegetated) > 1e-9 {
		t.Errorf("computed %+v, want %d pixels, mean %v, vegetated %v", got, pixels, mean, vegetated)
	}
	p.assertNothingIsLeft()
}

// The job fails.
func TestPipeline_leavesNothingWhenTheJobFails(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	ran, succeeded := p.run("NDVI_SIDE=nonsense")
	if want := "[Create Compute Destroy]"; succeeded || fmt.Sprint(ran) != want {
		t.Errorf("the steps %v ran, succeeded: %t", ran, succeeded)
	}
	p.assertNothingIsLeft()
}

// The cluster does not start, but the token already exists.
func TestPipeline_leavesNothingWhenTheClusterFails(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.override("broken")
	ran, succeeded := p.run()
	if want := "[Create Destroy]"; succeeded || fmt.Sprint(ran) != want {
		t.Errorf("the steps %v ran, succeeded: %t", ran, succeeded)
	}
	p.assertNothingIsLeft()
}

// waitUntilPendingScript returns when a cluster has begun to start.
const waitUntilPendingScript = `
import time
from dask_gateway import Gateway
with Gateway() as gateway:
    for _ in range(600):
        if gateway.list_clusters(status="pending"):
            break
        time.sleep(0.1)
    else:
        raise SystemExit("no cluster has begun to start")
`

// The run is cancelled while its cluster starts. The cluster must be in the state
// by then, because the last step destroys it.
func TestPipeline_leavesNothingWhenItIsCancelled(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.override("stuck")
	p.cancelledStep, p.beforeCancel = "Create", func() { p.python(waitUntilPendingScript) }
	ran, succeeded := p.run()
	if want := "[Create Destroy]"; succeeded || fmt.Sprint(ran) != want {
		t.Errorf("the steps %v ran, succeeded: %t", ran, succeeded)
	}
	p.assertNothingIsLeft()
}

// The example runs as its comments describe, with the environment of a notebook
// server.
func TestConnectExample_connects(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	environment := append(slices.Clone(p.env), p.stack.Environ(p.user)...)
	run := func(script string) string {
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "bash", "-eo", "pipefail", "-c", script)
		cmd.Dir, cmd.Env = filepath.Join(p.dir, "connect"), environment
		output, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", script, err, output)
		}
		return string(output)
	}
	run("terraform init && terraform apply -auto-approve -var maximum=1")
	output := run("terraform output -json | python connect.py")
	if !strings.Contains(output, "<Client:") || !strings.Contains(output, "workers=1") && !strings.Contains(output, "processes=1") || !strings.Contains(output, "/clusters/") {
		t.Errorf("connect.py prints %s", output)
	}
	sum := run("terraform output -json | python -c 'import json, sys; from connect import connect; print(connect(json.load(sys.stdin)).submit(sum, range(1001)).result())'")
	if strings.TrimSpace(sum) != "500500" {
		t.Errorf("the client computed %s", sum)
	}
	run("terraform destroy -auto-approve")
	p.assertNothingIsLeft()
}

// expectedVegetation computes the result of ndvi.py without a cluster.
func expectedVegetation(side int) (pixels int, mean, vegetated float64) {
	pixels = side * side
	// Both bands repeat every 7 × 11 pixels, and the side is a multiple of that.
	const period = 77
	for i := range period {
		red, nir := float64(i%7+1)/20, float64(i%11+5)/20
		index := (nir - red) / (nir + red)
		mean += index / period
		if index > 0.3 {
			vegetated += 1.0 / period
		}
	}
	return pixels, mean, vegetated
}
