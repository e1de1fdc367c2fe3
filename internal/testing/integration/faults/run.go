// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// Run plays a row: it lets things go wrong, runs the command, and holds what
// came of it against what is promised. Then it makes the servers well again, and
// terraform destroy has to leave what it found.
func Run(t *testing.T, row Row) {
	t.Helper()
	world := newWorld(t, row.Mock, row.Skew)
	w := world.Workspace(configOf(row.Config))
	if row.Ephemeral && !w.AtLeast(1, 10) {
		t.Skip("ephemeral resources came with Terraform 1.10")
	}
	w.Write("provider.tf", world.ProviderBlock(row.Provider))
	if row.Applied {
		w.Apply()
	}
	if row.Next != "" {
		w.Write("main.tf", row.Next)
	}
	before := len(world.ours())
	world.Mock.ClearRequests()
	if row.Front != nil {
		address, arguments := row.Front(world)
		w.Write("provider.tf", world.providerBlock(address, arguments))
	}
	if row.Break != nil {
		row.Break(world)
	}
	process := w.Start(commandOf(row.Command)...)
	if row.Meanwhile != nil {
		row.Meanwhile(world, process)
	}
	result := process.Wait()
	world.check(row.Want, result, w.Instances(), before)
	if row.Theirs != nil {
		row.Theirs(world)
	}
	world.clean(w, row.Want.StrayTokens)
}

// NewWorld starts the servers of a test that is no row.
func NewWorld(t *testing.T, cfg mockserver.Config) *World {
	t.Helper()
	return newWorld(t, cfg, 0)
}

func newWorld(t *testing.T, cfg mockserver.Config, skew time.Duration) *World {
	t.Helper()
	world := &World{t: t, Clock: clock.NewFake(clock.Real().Now()), theirClusters: map[string]bool{}, theirTokens: map[string]bool{}}
	cfg.Now = func() time.Time { return world.Clock.Now().Add(skew) }
	if cfg.Kubernetes != nil {
		held := *cfg.Kubernetes
		held.AfterUnknownWait = func() { world.Clock.Advance(20 * time.Second) }
		cfg.Kubernetes = &held
	}
	world.Mock, world.Other = start(t, cfg), start(t, mockserver.Config{})
	world.token = world.Mock.NewToken(user)
	return world
}

func start(t *testing.T, cfg mockserver.Config) *mockserver.Server {
	t.Helper()
	server, err := mockserver.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	return server
}

// Workspace has the configuration, and a provider that waits by the world's
// clock, which passes at once.
func (w *World) Workspace(config string) *terraform.Workspace {
	w.t.Helper()
	openEphemerals := &clients.OpenEphemerals{}
	workspace := terraform.NewInProcess(w.t, func() tfprotov6.ProviderServer {
		wellTimed := provider.New("test", provider.WithClock(w.Clock), provider.WithRetryWait(time.Millisecond, 2*time.Millisecond), provider.WithOpenEphemerals(openEphemerals))
		return provider.NewServer(wellTimed())
	}, func() {
		if err := openEphemerals.CloseAll(context.WithoutCancel(w.t.Context())); err != nil {
			w.t.Log("at the provider's end: ", err)
		}
	})
	workspace.Write("provider.tf", w.ProviderBlock(""))
	workspace.Write("main.tf", config)
	return workspace
}

func configOf(config string) string {
	if config == "" {
		return oneCluster
	}
	return config
}

func commandOf(command []string) []string {
	if command == nil {
		return apply
	}
	return command
}

// check compares what came of the command with what is promised.
func (w *World) check(want Want, got terraform.Result, state []terraform.Instance, before int) {
	w.t.Helper()
	w.checkOutput(want, got)
	w.checkState(want, state)
	if made := len(w.ours()) - before; made != want.Made {
		// A record may have vanished, but never has one too many appeared.
		if made > want.Made || want.Made > 0 {
			w.t.Errorf("%d clusters were made, want %d", made, want.Made)
		}
	}
	if got := len(w.tokens()); got != want.Tokens {
		w.t.Errorf("%d tokens of the configuration are on the Hub, want %d", got, want.Tokens)
	}
	if got := w.servers(); got != want.Servers {
		w.t.Errorf("%d servers run or start, want %d", got, want.Servers)
	}
	for what, most := range want.Requests {
		method, path, _ := strings.Cut(what, " ")
		if got := w.Mock.CountRequests(strings.TrimPrefix(method, "*"), path); got > most {
			w.t.Errorf("%s was requested %d times, want at most %d", what, got, most)
		}
	}
	if reached := w.Other.Requests(); len(reached) != 0 {
		w.t.Errorf("another host was reached: %s %s", reached[0].Method, reached[0].Path)
	}
}

func (w *World) checkOutput(want Want, got terraform.Result) {
	w.t.Helper()
	if got.Code != want.Exit {
		w.t.Errorf("terraform ended with %d, want %d", got.Code, want.Exit)
	}
	flat := got.Flat()
	for _, part := range want.Says {
		if !strings.Contains(flat, part) {
			w.t.Errorf("terraform does not say %q", part)
		}
	}
	for _, hidden := range []string{w.token, proxyPassword} {
		if strings.Contains(flat, hidden) {
			w.t.Errorf("terraform prints %q", hidden)
		}
	}
	if w.t.Failed() {
		w.t.Log(got.Output)
	}
}

// checkState holds the state against the promise and against the gateway: what
// runs is in the state, or counts as stray.
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
	if len(running) != want.Running || strays != want.Strays {
		w.t.Errorf("%d clusters run, %d of them in no state; want %d and %d", len(running), strays, want.Running, want.Strays)
	}
	for name := range w.theirClusters {
		if known[name] {
			w.t.Errorf("somebody else's cluster %s is in the state", name)
		}
	}
}

// clean makes the servers well again and follows the error's advice for what is
// in no state; then terraform destroy leaves nothing of the configuration's,
// and everything else.
func (w *World) clean(workspace *terraform.Workspace, strayTokens int) {
	w.t.Helper()
	w.Mock.ClearFaults()
	w.Mock.SetStartsHeld(false)
	w.Mock.SetStartsFail(false)
	w.token = w.Mock.NewToken(user)
	workspace.Write("provider.tf", w.ProviderBlock(""))
	workspace.Destroy()
	for _, stray := range w.Running() {
		w.recover(workspace, stray.Name)
	}
	if left := w.Running(); len(left) != 0 {
		w.t.Errorf("terraform destroy leaves %v", left)
	}
	if left := w.tokens(); len(left) != strayTokens {
		w.t.Errorf("terraform destroy leaves the tokens %q, want %d that the error told of", left, strayTokens)
	}
	if left := w.servers(); left != 0 {
		w.t.Errorf("terraform destroy leaves %d servers", left)
	}
	w.checkTheirs()
}

// recover finds a cluster that is in no state with pc_clusters, imports it, and
// destroys it.
func (w *World) recover(workspace *terraform.Workspace, stray string) {
	w.t.Helper()
	// By the time that somebody looks, caches have caught up.
	w.Clock.Advance(time.Minute)
	workspace.Write("main.tf", oneCluster+"data \"pc_clusters\" \"all\" {}\noutput \"names\" {\n  value = join(\" \", data.pc_clusters.all.names)\n}\n")
	workspace.Must("apply", "-auto-approve", "-no-color", "-target=data.pc_clusters.all", "-target=output.names")
	if listed, _ := workspace.Outputs()["names"].(string); !strings.Contains(listed, stray) {
		w.t.Errorf("%s is in no state, and pc_clusters lists %q", stray, listed)
	}
	workspace.Must("import", "-no-color", cluster, stray)
	workspace.Destroy()
}

// checkTheirs asserts that what is somebody else's is as it was.
func (w *World) checkTheirs() {
	w.t.Helper()
	for _, each := range w.Mock.Clusters(user) {
		if w.theirClusters[each.Name] && each.Status != "RUNNING" {
			w.t.Errorf("somebody else's cluster %s is %s", each.Name, each.Status)
		}
	}
	for _, each := range w.Mock.Tokens(user) {
		delete(w.theirTokens, each.ID)
	}
	if len(w.theirTokens) != 0 {
		w.t.Errorf("somebody else's tokens are gone: %v", w.theirTokens)
	}
}
