// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command startup compares the start-up time and the size of provider binaries. It
// starts each binary in turn, as Terraform does, and measures the time until the
// handshake line of go-plugin. Each round starts every binary once, so that other load
// on the machine affects them equally.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
)

// The handshake of terraform-plugin-framework's providers (terraform-plugin-go
// v0.31.0, tfprotov6/tf6server/server.go).
const (
	magicCookie    = "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
	protocolPrefix = "1|6|"
	startTimeout   = 10 * time.Second
	warmUpRounds   = 3
)

func main() {
	runs := flag.Int("runs", 400, "number of starts of each binary")
	flag.Parse()
	if err := compare(context.Background(), *runs, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "startup:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, runs int, binaries []string) error {
	if len(binaries) == 0 || runs < 1 {
		return errors.New("usage: startup [-runs N] BINARY [BINARY]")
	}
	times := make([][]float64, len(binaries))
	for round := range runs + warmUpRounds {
		for i := range binaries {
			// Every second round is in reverse order, so that no binary is always first.
			if round%2 == 1 {
				i = len(binaries) - 1 - i
			}
			took, err := start(ctx, binaries[i])
			if err != nil {
				return fmt.Errorf("%s: %w", binaries[i], err)
			}
			if round >= warmUpRounds {
				times[i] = append(times[i], float64(took.Microseconds())/1000)
			}
		}
	}
	for i, binary := range binaries {
		info, err := os.Stat(binary)
		if err != nil {
			return err
		}
		slices.Sort(times[i])
		quantile := func(q float64) float64 { return times[i][int(q*float64(len(times[i])-1))] }
		fmt.Printf("%s: %d bytes; %d starts, median %.2f ms, quartiles %.2f and %.2f ms, 5 %% below %.2f ms, 5 %% above %.2f ms\n",
			binary, info.Size(), runs, bench.Median(times[i]), quantile(0.25), quantile(0.75), quantile(0.05), quantile(0.95))
	}
	return nil
}

// start returns the time from the start of the process to its handshake line.
func start(ctx context.Context, binary string) (time.Duration, error) {
	limited, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	cmd := exec.CommandContext(limited, binary)
	cmd.Env = []string{magicCookie, "PLUGIN_PROTOCOL_VERSIONS=6"}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	took := time.Since(began)
	// A provider ignores SIGTERM while its parent lives. Cancelling kills it.
	cancel()
	_ = cmd.Wait()
	switch {
	case err != nil:
		return 0, fmt.Errorf("no handshake: %w", err)
	case !strings.HasPrefix(line, protocolPrefix):
		return 0, fmt.Errorf("the first line is %q", line)
	default:
		return took, nil
	}
}
