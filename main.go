// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command terraform-provider-pc serves the provider to Terraform and OpenTofu.
package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/hashicorp/go-hclog"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
)

// version is set by the release build.
var version = "dev"

func main() {
	var debug bool
	flag.BoolVar(&debug, "debug", false, "serve until interrupted, for a debugger such as delve; prints the TF_REATTACH_PROVIDERS to use")
	flag.Parse()
	openEphemerals := &clients.OpenEphemerals{}
	if !debug {
		ignoreTerminations(func() { exit(openEphemerals, nil) })
	}
	exit(openEphemerals, provider.Serve(provider.New(version, provider.WithOpenEphemerals(openEphemerals)), debug))
}

// exitMutex makes a second call of exit wait for the first, which is still closing
// ephemeral resources.
var exitMutex sync.Mutex

// exit closes the ephemeral resources that Terraform has left open, and exits the
// process.
func exit(openEphemerals *clients.OpenEphemerals, err error) {
	exitMutex.Lock()
	ctx, cancel := context.WithTimeout(context.Background(), clients.CloseAllTimeout)
	err = errors.Join(err, openEphemerals.CloseAll(ctx))
	cancel()
	if err != nil {
		hclog.New(&hclog.LoggerOptions{Name: "terraform-provider-pc", JSONFormat: true}).Error("the provider did not exit cleanly", "error", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// ignoreTerminations ignores SIGTERM while Terraform is running. CI systems send it
// to all processes of a job. Terraform then stops as well, but still needs the
// provider's responses for its state. go-plugin ignores SIGINT in the same way (Serve
// in server.go). After the end of Terraform, the signal calls orphaned. Linux sends
// it when Terraform is killed, which go-plugin does not detect.
func ignoreTerminations(orphaned func()) {
	terraformPID := os.Getppid()
	terminations := make(chan os.Signal, 1)
	signal.Notify(terminations, syscall.SIGTERM)
	terminateWithParent()
	go func() {
		for range terminations {
			if os.Getppid() != terraformPID {
				orphaned()
			}
		}
	}()
}
