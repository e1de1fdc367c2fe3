// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Realservers installs and starts the real Dask Gateway and JupyterHub. Without
// arguments it prints the arguments of a provider block and runs until Ctrl-C. With a
// command it runs that command with the environment variables that configure the
// provider and Python's dask_gateway, and exits when the command exits.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

func main() {
	var cfg realservers.Config
	flag.StringVar(&cfg.Auth, "auth", realservers.JupyterHub, "the gateway's authentication: jupyterhub or basic")
	flag.StringVar(&cfg.Dir, "dir", "", "folder for logs and databases, which is kept; if empty, a temporary folder")
	flag.IntVar(&cfg.MaxWorkers, "max-workers", 0, "the gateway's limit of workers per cluster; 0 means no limit")
	hub := flag.Int("hub", 0, "JupyterHub's major version, from 1 to 5; 0 means the newest version")
	user := flag.String("user", "alice", "name of the user to create")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "Usage: realservers [flags] [command [argument...]]")
		flag.PrintDefaults()
	}
	flag.Parse()
	cfg.Users = []string{*user}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, cfg, *hub, flag.Args())
	stop()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1))
	case err != nil:
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, cfg realservers.Config, hub int, command []string) error {
	inst, err := realservers.Install(ctx, os.Stderr)
	if err != nil {
		return err
	}
	if hub > 0 {
		if cfg.Hub, err = realservers.InstallHub(ctx, inst, hub, os.Stderr); err != nil {
			return err
		}
	}
	stack, err := realservers.Start(ctx, inst, cfg)
	if err != nil {
		return err
	}
	defer stack.Stop()
	user := cfg.Users[0]
	if len(command) > 0 {
		if err := os.Setenv("PATH", stack.Bin+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // the user's own command
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		// The terminal sends Ctrl-C to the command as well, which may clean up.
		cmd.Cancel = func() error { return nil }
		cmd.Env = append(os.Environ(), stack.Environ(user)...)
		return cmd.Run()
	}
	fmt.Print(instructions(stack, user))
	<-ctx.Done()
	return nil
}

// instructions returns the provider block for the running servers, the folder of the
// logs and the folder of Python.
func instructions(stack *realservers.Stack, user string) string {
	text := fmt.Sprintf("provider \"pc\" {\n  address       = %q\n  proxy_address = %q\n", stack.GatewayURL, stack.ProxyAddress)
	if stack.HubURL == "" {
		text += fmt.Sprintf("  auth          = \"basic\"\n  username      = %q\n  password      = %q\n}\n", user, stack.Password)
	} else {
		text += fmt.Sprintf("  hub_address   = %q\n  api_token     = %q\n}\n", stack.HubURL, stack.Token(user))
	}
	return text + fmt.Sprintf("\nLogs: %s/*.log\nPython with dask_gateway: %s/python\nRunning; Ctrl-C ends it.\n", stack.Dir, stack.Bin)
}
