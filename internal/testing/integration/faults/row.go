// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package faults is the table of faults between Terraform and the servers, and of
// the provider's promise for each. The tests run each row with the real terraform
// binary on the mock server. The guide "What this provider promises" is generated
// from the same rows.
package faults

import (
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// Row is a fault at a moment, and the promise that holds nevertheless.
type Row struct {
	// Moment is what Terraform is doing, Fault what goes wrong, and Promise what
	// holds nevertheless. The guide contains these sentences, each once: a promise of
	// several moments is in its first section.
	Moment, Fault, Promise string
	// Variant distinguishes rows with the same moment and fault. The guide omits it.
	Variant string
	// Mock configures the mock servers where a fast gateway behind a Hub does not
	// fit. ClockSkew is how far their clock is ahead.
	Mock      mockserver.Config
	ClockSkew time.Duration
	// GeoCatalog is set on rows that need a GeoCatalog, for which the provider block has a
	// credential of Microsoft Entra.
	GeoCatalog bool
	// Provider contains further arguments of the provider block, after address and
	// token. Config contains the resources; "" is one cluster.
	Provider, Config string
	// Ephemeral is set on rows that need ephemeral resources (Terraform 1.10,
	// OpenTofu 1.11).
	Ephemeral bool
	// AppliedBefore is set on rows whose configuration is applied before the fault.
	// ConfigAfter is the configuration at the time of the fault, if it differs.
	AppliedBefore bool
	ConfigAfter   string
	// Intermediary starts a server in front of the mock, after the first apply. It
	// returns the server's address and arguments for the provider block.
	Intermediary func(*World) (address, arguments string)
	// Break causes the fault before the command starts, During while it runs.
	Break  func(*World)
	During func(*World, *terraform.Process)
	// Command contains the arguments of terraform; nil is apply.
	Command []string
	Want    Want
	// RemoveOthers removes what the row has created on the servers for other
	// clients; nil for nothing.
	RemoveOthers func(*World)
}

// Name is the name of the row's test.
func (r Row) Name() string {
	name := r.Moment + "/" + strings.TrimSuffix(r.Fault, ".")
	if r.Variant != "" {
		name += ", " + r.Variant
	}
	return name
}

// Want is what holds after the command. After every row the servers recover, and
// terraform destroy must delete what the configuration has created and nothing
// else.
type Want struct {
	// Exit is the exit code of terraform.
	Exit int
	// Output lists texts that terraform must print.
	Output []string
	// State lists the addresses of the resources in the state. Those that the next
	// apply replaces end with " (tainted)".
	State []string
	// Created counts the clusters that the command has created. Running counts the
	// configuration's clusters that run or start afterwards, and Unmanaged those of
	// them that are not in the state. In rows with Unmanaged the error must mention
	// them.
	Created, Running, Unmanaged int
	// Workers is the number of workers that the state has for each cluster. 0 is not
	// compared.
	Workers int
	// Tokens counts the configuration's tokens on the Hub, UnmanagedTokens those of
	// them that are not in the state.
	Tokens, UnmanagedTokens int
	// Servers counts the Hub servers that run or start.
	Servers int
	// Requests limits how often the provider may send each "METHOD path", with * for
	// any characters. It keeps retries bounded.
	Requests map[string]int
}

// Table returns all rows, in the order of the guide.
func Table() []Row {
	return slices.Concat(createRows(), lostResponseRows(), startRows(), scaleRows(), refreshRows(), endedRows(), destroyRows(), tokenRows(), tokenEndRows(), ephemeralRows(), dataRows(), geoCatalogRows(), accessRows(), networkRows(), serverRows())
}

// The commands of the rows.
var (
	applyCommand   = []string{"apply", "-auto-approve", "-no-color"}
	destroyCommand = []string{"destroy", "-auto-approve", "-no-color"}
	// planCommand exits with 0 for an empty plan, 2 for a plan with changes, and 1 on
	// an error.
	planCommand = []string{"plan", "-detailed-exitcode", "-no-color"}
)

const (
	clusterAddress        = "pc_dask_cluster.test"
	taintedClusterAddress = clusterAddress + " (tainted)"
	tokenAddress          = "pc_hub_token.test" //nolint:gosec // an address

	oneClusterConfig = "resource \"pc_dask_cluster\" \"test\" {}\n"
)

// clusterWith is the configuration of one cluster with these arguments.
func clusterWith(arguments string) string {
	return "resource \"pc_dask_cluster\" \"test\" {\n" + arguments + "\n}\n"
}

// Promises of several moments.
const (
	promiseRetried        = "The provider repeats the request, but never a create that may have arrived."
	promiseRateLimited    = "The provider waits that long and repeats the request, even a create, which has created nothing."
	promiseRouteAwaited   = "The provider waits until the route exists."
	promiseFails          = "The command fails with the reason."
	promiseNotTheAPI      = "The command fails: only the API's own 404 can mean absence."
	promiseRejected       = "The command fails at once and names the token's origin."
	promiseForbidden      = "The command fails at once with the server's message."
	promiseSignIn         = "The provider follows no redirect. The command fails and shows what arrived."
	promiseInterrupted    = "The cluster is in the state."
	promiseAwaited        = "The provider waits up to 5.5 s for the response and saves the result. The next apply replaces a cluster that was not running."
	promiseReplaced       = "The error reports it. The next apply replaces the cluster."
	promiseEnded          = "The provider warns and plans a new one."
	promiseDestroyed      = "The destroy succeeds."
	promiseDeleteRepeated = "The provider repeats DELETE until it has confirmed the end."
	promiseOrphanRevoked  = "The provider finds the token by note and creation time, by the Hub's clock, revokes it and reports an error. The next apply creates another."
	promiseOtherTokenKept = "The provider compares note, lifetime and creation time, and leaves the other token alone."
	promiseTokenRevoked   = "The provider repeats the request. A token that no longer exists counts as revoked."
	promiseLookedFor      = "The provider looks for the cluster until 7 s after Ctrl-C, and adopts it."
)

// withoutRefresh is the command without a refresh.
func withoutRefresh(command []string) []string {
	return append(slices.Clone(command), "-refresh=false")
}
