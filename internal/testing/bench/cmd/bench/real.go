// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

//go:embed client.py
var pythonClient string

// realGatewaySubject is the configuration of terraform. client.py declares the same
// clusters.
var realGatewaySubject = subject{
	name: bench.SubjectCluster, provider: "terraform-provider-pc", config: clustersWith("options = { worker_cores = 2, worker_memory = 16 }"),
}

// measureReal creates, lists and stops clusters on the real gateway, with terraform
// and Python in turn.
func measureReal(ctx context.Context, installed programs, clusters, runs int) (bench.Real, error) {
	inst, err := realservers.Install(ctx, os.Stderr)
	if err != nil {
		return bench.Real{}, err
	}
	stack, err := realservers.Start(ctx, inst, realservers.Config{Users: []string{user}})
	if err != nil {
		return bench.Real{}, err
	}
	defer stack.Stop()
	contenders := []client{
		{"Terraform", func(ctx context.Context) (bench.RealTime, error) { return byTerraform(ctx, installed, stack, clusters) }},
		{"Python", func(ctx context.Context) (bench.RealTime, error) { return byPython(ctx, stack, clusters) }},
	}
	times := map[string][]bench.RealTime{}
	for run := range runs {
		for i := range contenders {
			c := contenders[(i+run)%len(contenders)]
			took, err := c.round(ctx)
			if err != nil {
				return bench.Real{}, fmt.Errorf("%s: %w", c.name, err)
			}
			logf("round %d of %d: %-9s %d clusters run after %.2f s; to read them takes %.2f s, to stop them %.2f s", run+1, runs, c.name, clusters, took.Create, took.List, took.Stop)
			times[c.name] = append(times[c.name], took)
		}
	}
	return bench.CompareReal(clusters, times["Terraform"], times["Python"]), nil
}

// client is one of the two clients.
type client struct {
	name  string
	round func(context.Context) (bench.RealTime, error)
}

func byTerraform(ctx context.Context, installed programs, stack *realservers.Stack, clusters int) (bench.RealTime, error) {
	w, err := newWorkspace(installed, realGatewaySubject, clusters, nil)
	if err != nil {
		return bench.RealTime{}, err
	}
	defer w.close()
	w.env = append(w.env, stack.Environ(user)...)
	walls := map[string]float64{}
	for _, s := range steps {
		// The clusters' size does not affect their status.
		if s.operation == bench.Resize {
			continue
		}
		took, err := w.run(ctx, s)
		if err != nil {
			return bench.RealTime{}, err
		}
		walls[s.operation] = took.Wall
	}
	return bench.RealTime{Create: walls[bench.Create], List: walls[bench.Plan], Stop: walls[bench.Destroy]}, nil
}

func byPython(ctx context.Context, stack *realservers.Stack, clusters int) (took bench.RealTime, err error) {
	for _, each := range []struct {
		operation string
		into      *float64
	}{{"create", &took.Create}, {"list", &took.List}, {"stop", &took.Stop}} {
		if *each.into, err = python(ctx, stack, each.operation, clusters); err != nil {
			return took, err
		}
	}
	return took, nil
}

// python returns the seconds from the start of the client until it reports success.
func python(ctx context.Context, stack *realservers.Stack, operation string, clusters int) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(stack.Bin, "python"), "-c", pythonClient, operation, strconv.Itoa(clusters)) //nolint:gosec // our own client
	cmd.Dir, cmd.Env = stack.Dir, append(cleanEnvironment(), stack.Environ(user)...)
	var failure bytes.Buffer
	cmd.Stderr = &failure
	output, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	began := machineClock.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	line, _ := bufio.NewReader(output).ReadString('\n')
	took := machineClock.Now().Sub(began)
	_, _ = io.Copy(io.Discard, output)
	if err := cmd.Wait(); err != nil || line != "done\n" {
		return 0, fmt.Errorf("client.py %s: %w\n%s", operation, err, tail(failure.String()))
	}
	return took.Round(time.Millisecond).Seconds(), nil
}
