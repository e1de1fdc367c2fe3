// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command mockserver runs a mock JupyterHub with a mock Dask Gateway, for trying
// out the provider without real servers.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const usage = `A mock Dask Gateway behind a mock JupyterHub. Its clusters cost nothing.

  mockserver [flags]                 runs until Ctrl-C
  mockserver [flags] COMMAND ARGS    runs the command with PC_ADDRESS and the
                                     credentials in its environment, and stops
                                     when the command ends

`

func main() { os.Exit(run()) }

func run() int {
	cfg := mockserver.Config{}
	flag.StringVar(&cfg.Listen, "listen", "127.0.0.1:0", "address to listen on")
	flag.DurationVar(&cfg.StartDelay, "start-delay", time.Second, "time until a new cluster is RUNNING")
	flag.DurationVar(&cfg.WorkerDelay, "worker-delay", time.Second, "time until requested workers have joined")
	flag.DurationVar(&cfg.StopDelay, "stop-delay", time.Second, "time until a deleted cluster is STOPPED")
	flag.IntVar(&cfg.MaxWorkers, "max-workers", 0, "maximum number of workers per cluster; 0 for no limit")
	flag.StringVar(&cfg.Auth, "auth", "jupyterhub", "authentication of the gateway: jupyterhub or basic")
	flag.StringVar(&cfg.HubVersion, "hub-version", "6", "major version of the JupyterHub, 1 to 6")
	flag.StringVar(&cfg.Password, "password", "secret", "password of all users, with -auth basic")
	kubernetes := flag.Bool("kubernetes", false, "imitate the Kubernetes backend with two replicas")
	lag := flag.Duration("lag", 2*time.Second, "delay of the second replica's cache, with -kubernetes")
	user := flag.String("user", "alice", "user whose credentials are printed")
	quiet := flag.Bool("quiet", false, "do not log requests")
	flag.Usage = func() {
		_, _ = fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if *kubernetes {
		cfg.Kubernetes = &mockserver.Kubernetes{CacheLags: []time.Duration{0, *lag}}
	}
	if !*quiet {
		cfg.Log = os.Stderr
	}
	server, err := mockserver.Start(cfg)
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer server.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	variables := providerEnvironment(server, cfg, *user)
	if flag.NArg() > 0 {
		return runCommand(ctx, variables, flag.Args())
	}
	printAddresses(os.Stdout, server, cfg, variables)
	<-ctx.Done()
	return 0
}

// providerEnvironment returns the provider's variables for this mock.
func providerEnvironment(server *mockserver.Server, cfg mockserver.Config, user string) []string {
	variables := []string{"PC_ADDRESS=" + server.GatewayURL()}
	if cfg.Auth == "basic" {
		return append(variables, "PC_AUTH=basic", "PC_USERNAME="+user, "PC_PASSWORD="+cfg.Password)
	}
	return append(variables, "PC_API_TOKEN="+server.NewToken(user))
}

// runCommand runs a command while the servers run, and returns its exit code.
func runCommand(ctx context.Context, variables, command []string) int {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the person at the terminal names the command
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), variables...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	if err := cmd.Run(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return max(cmd.ProcessState.ExitCode(), 1)
	}
	return 0
}

func printAddresses(out io.Writer, server *mockserver.Server, cfg mockserver.Config, variables []string) {
	_, _ = fmt.Fprintf(out, "The mock runs until Ctrl-C.\n\n  Dask Gateway  %s\n", server.GatewayURL())
	if cfg.Auth == "jupyterhub" {
		_, _ = fmt.Fprintf(out, "  JupyterHub    %s\n", server.HubURL())
	}
	_, _ = fmt.Fprint(out, "\nPoint the provider at it from another terminal:\n\n")
	for _, variable := range variables {
		_, _ = fmt.Fprintf(out, "  export %s\n", variable)
	}
}
