// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command terraform-provider-pc serves the provider to Terraform and OpenTofu.
package main

import (
	"context"
	"flag"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
)

// version is set by the release build.
var version = "dev"

func main() {
	var debug bool
	flag.BoolVar(&debug, "debug", false, "serve until interrupted, for a debugger such as delve; prints the TF_REATTACH_PROVIDERS to use")
	flag.Parse()
	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: "registry.terraform.io/planetary-computer/pc",
		Debug:   debug,
	})
	if err != nil {
		hclog.New(&hclog.LoggerOptions{Name: "terraform-provider-pc", JSONFormat: true}).Error("the provider could not be served", "error", err)
		os.Exit(1)
	}
}
