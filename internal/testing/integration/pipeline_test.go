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

// workflow is what the test reads of examples/pipeline/workflow.yml.
type workflow struct {
	Jobs map[string]struct {
		Defaults struct {
			Run struct {
				Shell     string `yaml:"shell"`
				Directory string `yaml:"working-directory"`
			} `yaml:"run"`
		} `yaml:"defaults"`
		Env   map[string]string `yaml:"env"`
		Steps []step            `yaml:"steps"`
	} `yaml:"jobs"`
}

type step struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	If   string            `yaml:"if"`
	Env  map[string]string `yaml:"env"`
	Run  string            `yaml:"run"`
}

// pipeline is a checkout of the examples, as the workflow's first lines say.
type pipeline struct {
	*story
	workflow workflow
	dir      string
	env      []string
	// cancelled is the step in which the run is cancelled, once due has returned.
	cancelled string
	due       func()
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	p := &pipeline{story: begin(t), dir: t.TempDir()}
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
	// What setup-terraform and setup-python put on PATH.
	command, environment := terraform.Installed(t)
	tools := t.TempDir()
	if err := os.Symlink(command, filepath.Join(tools, "terraform")); err != nil {
		t.Fatal(err)
	}
	p.env = append(environment, "PATH="+p.stack.Bin+":"+tools+":"+os.Getenv("PATH"))
	return p
}

// run runs the steps as GitHub's runner does: one after the other until one
// fails, and then those that say always(). It returns the names of those that
// ran, and whether all were good.
func (p *pipeline) run(env ...string) (ran []string, good bool) {
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
	good = true
	for _, each := range job.Steps {
		switch {
		case each.Uses != "" || each.Name == "Install":
			// The runner's tools, and the packages that the servers' lock has pinned.
			continue
		case !good && each.If != "always()":
			continue
		}
		ran = append(ran, each.Name)
		output, err := p.step(each, resolve(environment, each.Env))
		if err != nil {
			p.t.Logf("the step %s: %v\n%s", each.Name, err, output)
			good = false
		}
		if bytes.Contains(output, []byte(p.token)) {
			p.t.Errorf("the step %s prints the token", each.Name)
		}
	}
	return ran, good
}

// step runs one step. One that is cancelled gets what GitHub's runner does to it:
// SIGINT to the shell alone, and after 7.5 s an end to the shell and to all that
// it has started.
func (p *pipeline) step(each step, environment []string) ([]byte, error) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.t.Context()))
	defer cancel()
	// A file, as the runner has it: bash -c would put the last command in its own place.
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
	if each.Name == p.cancelled {
		p.due()
		cancel()
	}
	err := cmd.Wait()
	return output.Bytes(), err
}

// override lets the job's cluster have a profile of the real servers' that goes
// wrong.
func (p *pipeline) override(profile string) {
	p.t.Helper()
	text := fmt.Sprintf("resource \"pc_dask_cluster\" \"job\" {\n  options = { profile = %q }\n}\n", profile)
	if err := os.WriteFile(filepath.Join(p.dir, "ndvi", "override.tf"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// assertNothingIsLeft asserts that the run has left no cluster on the gateway
// and no token on the Hub.
func (p *pipeline) assertNothingIsLeft() {
	p.t.Helper()
	if left := p.count("PENDING", "RUNNING", "STOPPING"); left != 0 {
		p.t.Errorf("clusters are left: %v", p.statuses())
	}
	if left := p.tokens(); left != "" {
		p.t.Errorf("tokens are left: %s", left)
	}
}

// TestPipeline_computesAndLeavesNothing runs the example's workflow and checks
// the number that it computes.
func TestPipeline_computesAndLeavesNothing(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	ran, good := p.run()
	if want := "[Create Compute Destroy]"; !good || fmt.Sprint(ran) != want {
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
	pixels, mean, vegetated := vegetation(2310)
	if got.Pixels != pixels || math.Abs(got.Mean-mean) > 1e-9 || math.Abs(got.Vegetated-vegetated) > 1e-9 {
		t.Errorf("computed %+v, want %d pixels, mean %v, vegetated %v", got, pixels, mean, vegetated)
	}
	p.assertNothingIsLeft()
}

// TestPipeline_leavesNothingWhenTheJobFails lets the job fail.
func TestPipeline_leavesNothingWhenTheJobFails(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	ran, good := p.run("NDVI_SIDE=nonsense")
	if want := "[Create Compute Destroy]"; good || fmt.Sprint(ran) != want {
		t.Errorf("ran %v, all good: %v", ran, good)
	}
	p.assertNothingIsLeft()
}

// TestPipeline_leavesNothingWhenTheClusterFails has a cluster that does not
// start, when the token is there already.
func TestPipeline_leavesNothingWhenTheClusterFails(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.override("broken")
	ran, good := p.run()
	if want := "[Create Destroy]"; good || fmt.Sprint(ran) != want {
		t.Errorf("ran %v, all good: %v", ran, good)
	}
	p.assertNothingIsLeft()
}

// untilPending returns when a cluster has begun to start.
const untilPending = `
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

// TestPipeline_leavesNothingWhenItIsCancelled cancels the run while its cluster
// starts, which is when most time passes: the cluster has to be in the state by
// then that the last step destroys.
func TestPipeline_leavesNothingWhenItIsCancelled(t *testing.T) {
	t.Parallel()
	p := newPipeline(t)
	p.override("stuck")
	p.cancelled, p.due = "Create", func() { p.python(untilPending) }
	ran, good := p.run()
	if want := "[Create Destroy]"; good || fmt.Sprint(ran) != want {
		t.Errorf("ran %v, all good: %v", ran, good)
	}
	p.assertNothingIsLeft()
}

// TestConnect_connects applies the example for those who connect from Python, as
// its first lines say, with what a notebook server has in its environment.
func TestConnect_connects(t *testing.T) {
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
	said := run("terraform output -json | python connect.py")
	if !strings.Contains(said, "<Client:") || !strings.Contains(said, "workers=1") && !strings.Contains(said, "processes=1") || !strings.Contains(said, "/clusters/") {
		t.Errorf("connect.py prints %s", said)
	}
	sum := run("terraform output -json | python -c 'import json, sys; from connect import connect; print(connect(json.load(sys.stdin)).submit(sum, range(1001)).result())'")
	if strings.TrimSpace(sum) != "500500" {
		t.Errorf("the client computed %s", sum)
	}
	run("terraform destroy -auto-approve")
	p.assertNothingIsLeft()
}

// vegetation computes here what ndvi.py does on the cluster.
func vegetation(side int) (pixels int, mean, vegetated float64) {
	pixels = side * side
	// Both bands repeat after 7 × 11 pixels, of which there is a whole number.
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
