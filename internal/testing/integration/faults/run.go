// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// Run tests a row: it causes the fault, runs the command and compares the result
// with the promise. Then it removes the fault, and terraform destroy must delete
// everything that the configuration has created.
func Run(t *testing.T, row Row) {
	t.Helper()
	world := newWorld(t, row.Mock, row.ClockSkew)
	if row.GeoCatalog {
		world.startGeoCatalog()
	}
	w := world.Workspace(configOf(row.Config))
	if row.Ephemeral {
		w.Require(terraform.EphemeralResources)
	}
	w.Write("provider.tf", world.ProviderBlock(row.Provider))
	if row.AppliedBefore {
		w.Apply()
	}
	if row.ConfigAfter != "" {
		w.Write("main.tf", row.ConfigAfter)
	}
	before := len(world.configClusters())
	world.Mock.ClearRequests()
	if row.Intermediary != nil {
		address, arguments := row.Intermediary(world)
		w.Write("provider.tf", world.providerBlock(address, arguments))
	}
	if row.Break != nil {
		row.Break(world)
	}
	process := w.Start(commandOf(row.Command)...)
	if row.During != nil {
		row.During(world, process)
	}
	result := process.Wait()
	world.check(row.Want, result, w.Instances(), before)
	if row.RemoveOthers != nil {
		row.RemoveOthers(world)
	}
	world.restoreAndDestroy(w, row.Want.UnmanagedTokens)
}

// NewWorld starts the servers for a test that is not a row.
func NewWorld(t *testing.T, cfg mockserver.Config) *World {
	t.Helper()
	return newWorld(t, cfg, 0)
}

func newWorld(t *testing.T, cfg mockserver.Config, skew time.Duration) *World {
	t.Helper()
	world := &World{t: t, Clock: clock.NewFake(clock.Real().Now()), otherClusters: map[string]bool{}, otherTokens: map[string]bool{}}
	cfg.Now = func() time.Time { return world.Clock.Now().Add(skew) }
	if cfg.Kubernetes != nil {
		held := *cfg.Kubernetes
		held.AfterUnknownWait = func() { world.Clock.Advance(20 * time.Second) }
		cfg.Kubernetes = &held
	}
	world.Mock, world.Other = startMock(t, cfg), startMock(t, mockserver.Config{})
	world.token = world.Mock.NewToken(configUser)
	return world
}

func startMock(t *testing.T, cfg mockserver.Config) *mockserver.Server {
	t.Helper()
	server, err := mockserver.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// Workspace returns a workspace with the configuration. Its provider waits by the
// world's clock, whose waits end at once.
func (w *World) Workspace(config string) *terraform.Workspace {
	w.t.Helper()
	openEphemerals := &clients.OpenEphemerals{}
	variables := environment.OfProcess()
	if w.GeoCatalog != nil {
		variables = environment.New(append(os.Environ(), "AZURE_AUTHORITY_HOST="+w.GeoCatalog.URL()))
	}
	workspace := terraform.NewInProcess(w.t, func() tfprotov6.ProviderServer {
		wellTimed := provider.New("test", provider.WithClock(w.Clock), provider.WithRetryWait(time.Millisecond, 2*time.Millisecond), provider.WithOpenEphemerals(openEphemerals), provider.WithEnvironment(variables))
		return provider.NewServer(wellTimed())
	}, func() {
		if err := openEphemerals.CloseAll(context.WithoutCancel(w.t.Context())); err != nil {
			w.t.Log("when the provider exited: ", err)
		}
	})
	workspace.Write("provider.tf", w.ProviderBlock(""))
	workspace.Write("main.tf", config)
	return workspace
}

func configOf(config string) string {
	if config == "" {
		return oneClusterConfig
	}
	return config
}

func commandOf(command []string) []string {
	if command == nil {
		return applyCommand
	}
	return command
}

// check compares the result of the command with the promise.
func (w *World) check(want Want, got terraform.Result, state []terraform.Instance, before int) {
	w.t.Helper()
	w.checkOutput(want, got)
	w.checkState(want, state)
	if made := len(w.configClusters()) - before; made != want.Created {
		// The gateway may have lost a record, but an extra cluster is always an error.
		if made > want.Created || want.Created > 0 {
			w.t.Errorf("%d clusters were created, want %d", made, want.Created)
		}
	}
	if got := len(w.configTokenIDs()); got != want.Tokens {
		w.t.Errorf("the Hub has %d tokens of the configuration, want %d", got, want.Tokens)
	}
	if got := w.activeServers(); got != want.Servers {
		w.t.Errorf("%d servers run or start, want %d", got, want.Servers)
	}
	for what, most := range want.Requests {
		method, path, _ := strings.Cut(what, " ")
		got := w.Mock.CountRequests(strings.TrimPrefix(method, "*"), path)
		if w.GeoCatalog != nil {
			got += w.GeoCatalog.CountRequests(strings.TrimPrefix(method, "*"), path)
		}
		if got > most {
			w.t.Errorf("the provider sent %s %d times, want at most %d", what, got, most)
		}
	}
	if reached := w.Other.Requests(); len(reached) != 0 {
		w.t.Errorf("another host received %s %s", reached[0].Method, reached[0].Path)
	}
}

func (w *World) checkOutput(want Want, got terraform.Result) {
	w.t.Helper()
	if got.Code != want.Exit {
		w.t.Errorf("terraform exited with %d, want %d", got.Code, want.Exit)
	}
	flat := got.Flat()
	for _, part := range want.Output {
		if !strings.Contains(flat, part) {
			w.t.Errorf("the output does not contain %q", part)
		}
	}
	secrets := []string{w.token, proxyPassword}
	if w.GeoCatalog != nil {
		secrets = append(append(secrets, entraSecret), w.GeoCatalog.Tokens()...)
	}
	for _, hidden := range secrets {
		if strings.Contains(flat, hidden) {
			w.t.Errorf("the output contains %q", hidden)
		}
	}
	if w.t.Failed() {
		w.t.Log(got.Output)
	}
}

// checkState compares the state with the promise and with the gateway: a running
// cluster is in the state or counts as unmanaged.
func (w *World) checkState(want Want, state []terraform.Instance) {
	w.t.Helper()
	var addresses []string
	known := map[string]bool{}
	for _, each := range state {
		address := each.Address
		if each.Tainted {
			address += " (tainted)"
		}
		addresses = append(addresses, address)
		if workers := each.Attributes["workers"]; want.Workers > 0 && workers != float64(want.Workers) {
			w.t.Errorf("%s has %v workers in the state, want %d", address, workers, want.Workers)
		}
		if name, ok := each.Attributes["name"].(string); ok {
			if known[name] {
				w.t.Errorf("%s is in the state twice", name)
			}
			known[name] = true
		}
	}
	if !slices.Equal(addresses, want.State) {
		w.t.Errorf("the state has %q, want %q", addresses, want.State)
	}
	running, strays := w.Running(), 0
	for _, each := range running {
		if !known[each.Name] {
			strays++
		}
	}
	if len(running) != want.Running || strays != want.Unmanaged {
		w.t.Errorf("%d clusters run, %d of them are not in the state; want %d and %d", len(running), strays, want.Running, want.Unmanaged)
	}
	for name := range w.otherClusters {
		if known[name] {
			w.t.Errorf("the state contains another client's cluster %s", name)
		}
	}
}

// restoreAndDestroy removes the faults and follows the error's advice for clusters
// that are not in the state. Then terraform destroy must delete everything of the
// configuration and nothing else.
func (w *World) restoreAndDestroy(workspace *terraform.Workspace, strayTokens int) {
	w.t.Helper()
	w.Mock.ClearFaults()
	if w.GeoCatalog != nil {
		w.GeoCatalog.ClearFaults()
	}
	w.Mock.SetStartsHeld(false)
	w.Mock.SetStartsFail(false)
	w.token = w.Mock.NewToken(configUser)
	workspace.Write("provider.tf", w.ProviderBlock(""))
	workspace.Destroy()
	for _, stray := range w.Running() {
		w.importAndDestroy(workspace, stray.Name)
	}
	if left := w.Running(); len(left) != 0 {
		w.t.Errorf("terraform destroy leaves %v", left)
	}
	if left := w.configTokenIDs(); len(left) != strayTokens {
		w.t.Errorf("terraform destroy leaves the tokens %q, want %d", left, strayTokens)
	}
	if left := w.activeServers(); left != 0 {
		w.t.Errorf("terraform destroy leaves %d servers", left)
	}
	w.checkOthers()
}

// importAndDestroy finds a cluster outside the state with pc_clusters, imports it
// and destroys it.
func (w *World) importAndDestroy(workspace *terraform.Workspace, stray string) {
	w.t.Helper()
	// Give the gateway's caches time to catch up, as a person would.
	w.Clock.Advance(time.Minute)
	workspace.Write("main.tf", oneClusterConfig+"data \"pc_clusters\" \"all\" {}\noutput \"names\" {\n  value = join(\" \", data.pc_clusters.all.names)\n}\n")
	workspace.Must("apply", "-auto-approve", "-no-color", "-target=data.pc_clusters.all", "-target=output.names")
	if listed, _ := workspace.Outputs()["names"].(string); !strings.Contains(listed, stray) {
		w.t.Errorf("%s is not in the state, and pc_clusters lists %q", stray, listed)
	}
	workspace.Must("import", "-no-color", clusterAddress, stray)
	workspace.Destroy()
}

// checkOthers asserts that the clusters and tokens of other clients are unchanged.
func (w *World) checkOthers() {
	w.t.Helper()
	for _, each := range w.Mock.Clusters(configUser) {
		if w.otherClusters[each.Name] && each.Status != "RUNNING" {
			w.t.Errorf("another client's cluster %s is %s", each.Name, each.Status)
		}
	}
	for _, each := range w.Mock.Tokens(configUser) {
		delete(w.otherTokens, each.ID)
	}
	if len(w.otherTokens) != 0 {
		w.t.Errorf("other clients' tokens are gone: %v", w.otherTokens)
	}
}
