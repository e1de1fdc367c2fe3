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
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
)

// version is set by the release build.
var version = "dev"

// farewell is what Terraform leaves of the two seconds that it gives a provider
// to end, for what it has not closed.
const farewell = 1800 * time.Millisecond

func main() {
	var debug bool
	flag.BoolVar(&debug, "debug", false, "serve until interrupted, for a debugger such as delve; prints the TF_REATTACH_PROVIDERS to use")
	flag.Parse()
	openEphemerals := &clients.OpenEphemerals{}
	if !debug {
		outlastTerraform(func() { end(openEphemerals, nil) })
	}
	end(openEphemerals, provider.Serve(provider.New(version, provider.WithOpenEphemerals(openEphemerals)), debug))
}

// ending lets the second who ends the process wait for the first, which is still
// closing what was left open.
var ending sync.Mutex

// end closes what Terraform has left open, and ends the process.
func end(openEphemerals *clients.OpenEphemerals, err error) {
	ending.Lock()
	ctx, cancel := context.WithTimeout(context.Background(), farewell)
	err = errors.Join(err, openEphemerals.CloseAll(ctx))
	cancel()
	if err != nil {
		hclog.New(&hclog.LoggerOptions{Name: "terraform-provider-pc", JSONFormat: true}).Error("the provider did not end well", "error", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// outlastTerraform keeps SIGTERM from ending the provider before Terraform does.
// CI systems send it to all processes of a job: Terraform stops then as well, and
// needs the provider's answers for its state. go-plugin does the same with Ctrl-C
// (Serve in its server.go). A provider whose Terraform is gone is ended by it, and
// where the system can it sends the signal itself when Terraform is killed, which
// go-plugin does not notice.
func outlastTerraform(orphaned func()) {
	terraform := os.Getppid()
	terminations := make(chan os.Signal, 1)
	signal.Notify(terminations, syscall.SIGTERM)
	terminateWithParent()
	go func() {
		for range terminations {
			if os.Getppid() != terraform {
				orphaned()
			}
		}
	}()
}
