// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package faults is the table of what can go wrong between terraform and the
// servers, and of what the provider promises then. Each row is run with the real
// terraform binary on the mock; the guide "What this provider promises" is
// made of the same rows.
package faults

import (
	"slices"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// Row is a fault at a moment, and the promise that is kept then.
type Row struct {
	// Moment is what terraform is doing, Fault what goes wrong, and Promise what
	// holds all the same: words of the guide.
	Moment, Fault, Promise string
	// Mock says how the servers are other than a fast gateway behind a Hub; Skew
	// how far their clock is ahead.
	Mock mockserver.Config
	Skew time.Duration
	// Provider has arguments of the provider block beside address and token,
	// Config the resources; "" is one cluster.
	Provider, Config string
	// Ephemeral says that the row needs ephemeral resources, which came with
	// Terraform 1.10.
	Ephemeral bool
	// Applied says that the configuration has been applied before anything goes
	// wrong; Next is then the one at the moment of the fault, if it is another.
	Applied bool
	Next    string
	// Front puts something before the mock, once what is applied is applied, and
	// returns the address there and arguments for the provider block.
	Front func(*World) (address, arguments string)
	// Break lets things go wrong, before the command or, in Meanwhile, while it
	// runs.
	Break     func(*World)
	Meanwhile func(*World, *terraform.Process)
	// Command is what is run; nil is terraform apply.
	Command []string
	Want    Want
	// Theirs takes away what the row has put on the servers for others; nil for
	// nothing.
	Theirs func(*World)
}

// Want is what holds after the command. In the end, when the servers are well
// again, terraform destroy leaves nothing that the row has made, and everything
// that it has not.
type Want struct {
	// Exit is the exit code of terraform.
	Exit int
	// Says are parts of what terraform prints.
	Says []string
	// State has the addresses of the resources in the state, with " (tainted)"
	// behind those that the next apply replaces.
	State []string
	// Made counts the clusters that the command has made, Running those of the
	// configuration that run or start afterwards, and Strays those of them that
	// are not in the state: the row says what else tells of them.
	Made, Running, Strays int
	// Tokens counts the Hub's tokens of the configuration, StrayTokens those of
	// them that are not in the state.
	Tokens, StrayTokens int
	// Servers counts the Hub's servers that run or start.
	Servers int
	// Requests are how often each "METHOD path", with * for any characters, is
	// requested at most; so a fault never becomes a storm.
	Requests map[string]int
}

// Table returns all rows, in the order of the guide.
func Table() []Row {
	return slices.Concat(createRows(), claimRows(), startRows(), scaleRows(), refreshRows(), endedRows(), destroyRows(), tokenRows(), tokenEndRows(), ephemeralRows(), dataRows(), accessRows(), networkRows(), serverRows())
}

// The commands of the rows.
var (
	apply   = []string{"apply", "-auto-approve", "-no-color"}
	destroy = []string{"destroy", "-auto-approve", "-no-color"}
	// plan ends with 0 when there is nothing to do, 2 when there is, and 1 on an
	// error.
	plan = []string{"plan", "-detailed-exitcode", "-no-color"}
)

const (
	cluster  = "pc_dask_cluster.test"
	tainted  = cluster + " (tainted)"
	hubToken = "pc_hub_token.test" //nolint:gosec // an address

	oneCluster = "resource \"pc_dask_cluster\" \"test\" {}\n"
)

// clusterWith is the configuration of one cluster with these arguments.
func clusterWith(arguments string) string {
	return "resource \"pc_dask_cluster\" \"test\" {\n" + arguments + "\n}\n"
}

// withoutRefresh is the command without its first look at what there is.
func withoutRefresh(command []string) []string {
	return append(slices.Clone(command), "-refresh=false")
}
