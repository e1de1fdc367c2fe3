// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	clusterType = "pc_dask_cluster"
	tokenType   = "pc_hub_token" //nolint:gosec // the name of a type
	// userNote is a note that the configuration chooses itself.
	userNote = "ci"
)

// configured is a resource in the configuration.
type configured struct {
	typeName   string
	attributes map[string]any
}

// resource is a resource in the state.
type resource struct {
	typeName string
	instance providertest.Instance
	tainted  bool
	// name is a cluster's name or a token's id. tokenCreated is RFC 3339.
	name, tokenCreated string
}

func addresses[V any](resources map[string]V) []string {
	return slices.Sorted(maps.Keys(resources))
}

// changeConfig draws what the configuration has from now on.
func (w *world) changeConfig() {
	w.changeServers()
	for _, address := range []string{"c1", "c2", "c3", "t1"} {
		if w.random.IntN(3) == 0 && len(w.config) > 0 {
			continue
		}
		delete(w.config, address)
		if w.random.IntN(4) == 0 {
			continue
		}
		w.config[address] = w.drawResource(address)
	}
	for _, address := range addresses(w.config) {
		w.note("config: %s %v", address, w.config[address].attributes)
	}
}

func (w *world) drawResource(address string) configured {
	if strings.HasPrefix(address, "t") {
		return configured{tokenType, []map[string]any{{}, {"note": userNote}, {"expires_in": "24h"}}[w.random.IntN(3)]}
	}
	attributes := map[string]any{"options": w.extras.drawOptions(1 + w.random.IntN(2))}
	switch w.random.IntN(3) {
	case 0:
		attributes["workers"] = 1 + w.random.IntN(3)
	case 1:
		attributes["adapt"] = map[string]any{"minimum": w.random.IntN(2), "maximum": 2 + w.random.IntN(2)}
	}
	return configured{clusterType, attributes}
}

// command is one run of terraform, with a provider process of its own.
type command struct {
	w         *world
	client    providertest.Client
	link      *link
	began     time.Time
	faultRate int
	stopped   atomic.Bool
	mu        sync.Mutex
	hasError  bool
	diagnosed []string
	// creating counts the creates that have not returned, by type. A command that was
	// killed has what it was creating then.
	creating map[string]int
	isKilled bool
	// created are the resources that it began to create.
	created []configured
	// opened are the ephemeral tokens, and ephemerals what the provider closes when it
	// exits.
	opened     []*openToken
	renewing   sync.WaitGroup
	ephemerals *clients.OpenEphemerals
	// ended is closed when the command is interrupted or killed.
	ended chan struct{}
}

// schema is the same for all providers, and takes a while to build.
var schema = sync.OnceValues(func() (*tfprotov6.GetProviderSchemaResponse, error) {
	return provider.NewServer(provider.New("test")()).GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
})

func (w *world) newCommand() *command {
	known, err := schema()
	if err != nil {
		w.t.Fatal(err)
	}
	connection, ephemerals := &link{network: w.net}, &clients.OpenEphemerals{}
	client := providertest.Client{Schema: known, Server: provider.NewServer(provider.New("test",
		provider.WithClock(w.clock), provider.WithOpenEphemerals(ephemerals), provider.WithTransport(func(cfg *transport.Config) { cfg.Wrap, cfg.Jitter = connection.wrap, w.jitter }))())}
	resp, err := client.Server.ConfigureProvider(w.t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0",
		Config: client.Value(w.t, known.Provider.ValueType(), map[string]any{
			"address": w.mock.GatewayURL(), "hub_address": w.mock.HubURL(), "api_token": w.token,
		}),
	})
	if err != nil || len(resp.Diagnostics) > 0 {
		w.t.Fatal(err, resp)
	}
	return &command{w: w, client: client, link: connection, began: w.clock.Now(), faultRate: w.faultRate, creating: map[string]int{}, ephemerals: ephemerals, ended: make(chan struct{})}
}

// ending is how a command is ended from outside.
type ending struct {
	// after is when. If it is negative, the end comes soon after a create was sent. If
	// it is zero, the command ends by itself.
	after time.Duration
	// isKill means SIGKILL instead of Ctrl-C.
	isKill bool
}

// apply runs terraform apply.
func (w *world) apply(outside ending) *command {
	w.note("apply, faults %d %%", w.faultRate)
	c := w.newCommand()
	defer w.limitCommand().Stop()
	w.interruptedAt, w.hadServer = time.Time{}, w.serversInState()
	defer c.endLater(outside)()
	c.openTokens()
	if refreshed, actions, ok := c.plan(); ok && !c.stopped.Load() {
		w.state = refreshed
		c.change(actions)
	}
	c.useTokens()
	w.note("the command ends, error %t", c.hasError)
	if took := w.clock.Now().Sub(w.interruptedAt); !w.interruptedAt.IsZero() && took > interruptLimit {
		w.fail("the command ended %s after the interrupt", took)
	}
	c.closeTokens()
	c.exit()
	w.diagnosed = append(w.diagnosed, c.diagnosed...)
	w.checkCommand(c)
	return c
}

// limitCommand fails the test if a command does not end. The caller stops the timer.
func (w *world) limitCommand() *time.Timer {
	return time.AfterFunc(commandLimit, func() {
		panic(fmt.Sprintf("seed %d: a command does not end. Schedule:\n  %s", w.seed, strings.Join(w.trace, "\n  ")))
	})
}

// endLater ends the command from outside. The caller calls cancel when the command has
// ended.
func (c *command) endLater(outside ending) (cancel func()) {
	end := c.interrupt
	if outside.isKill {
		end = c.kill
	}
	switch {
	case outside.after > 0:
		timer := time.AfterFunc(outside.after, end)
		return func() { timer.Stop() }
	case outside.after < 0:
		c.w.endAtCreate = end
		return func() { c.w.endAtCreate = nil }
	default:
		return func() {}
	}
}

// interrupt is Ctrl-C.
func (c *command) interrupt() {
	c.w.note("interrupt")
	c.w.mu.Lock()
	c.w.interruptedAt = c.w.clock.Now()
	c.w.mu.Unlock()
	c.stop()
}

func (c *command) stop() {
	if !c.stopped.Swap(true) {
		close(c.ended)
	}
	_, _ = c.client.Server.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{})
}

// inParallel runs a step for each address, as Terraform does, but a few milliseconds
// apart so that the order is always the same.
func (w *world) inParallel(addresses []string, step func(address string)) {
	var all sync.WaitGroup
	for i, address := range addresses {
		all.Go(func() {
			w.sleep(time.Duration(i)*3*time.Millisecond + 1)
			step(address)
		})
	}
	all.Wait()
}

// change carries out what the plan wants. After an interrupt nothing else begins.
func (c *command) change(actions map[string]action) {
	before := maps.Clone(c.w.state)
	all := maps.Clone(actions)
	for address := range before {
		if _, isWanted := all[address]; !isWanted {
			all[address] = deleteAction
		}
	}
	c.w.inParallel(addresses(all), func(address string) {
		attributes := c.w.config[address].attributes
		switch all[address] {
		case createAction:
			c.apply(address, nil, attributes)
		case updateAction:
			c.apply(address, before[address], attributes)
		case deleteAction:
			c.apply(address, before[address], nil)
		case replaceAction:
			if c.apply(address, before[address], nil) {
				c.apply(address, nil, attributes)
			}
		case noAction:
		}
	})
}

// apply creates, updates or deletes a resource and stores the result in the state. It
// reports success.
func (c *command) apply(address string, was *resource, attributes map[string]any) bool {
	if c.stopped.Load() {
		return false
	}
	typeName := c.w.config[address].typeName
	if was != nil {
		typeName = was.typeName
	}
	before := c.nothing(typeName)
	if was != nil {
		before = was.instance
	}
	if was == nil {
		c.countCreate(typeName, 1)
		c.mu.Lock()
		c.created = append(c.created, c.w.config[address])
		c.mu.Unlock()
	}
	after, diagnostics := c.client.Apply(context.WithValue(context.Background(), addressKey{}, address), c.w.t, typeName, before, attributes)
	ok := c.report("apply "+address, diagnostics)
	if c.hasBeenKilled() {
		return false
	}
	if was == nil {
		c.countCreate(typeName, -1)
	}
	now := c.resourceOf(typeName, after)
	c.w.mu.Lock()
	delete(c.w.state, address)
	if now != nil {
		// A create that fails with a state leaves a tainted resource.
		now.tainted = was == nil && !ok || was != nil && was.tainted
		c.w.state[address] = now
	}
	c.w.mu.Unlock()
	if now == nil {
		c.w.note("%s is not in the state", address)
	} else {
		c.w.note("%s is %s, tainted %t", address, now.name, now.tainted)
	}
	return ok
}

// report records diagnostics and reports whether they have no error. Nobody sees those
// of a command that was killed.
func (c *command) report(step string, diagnostics []*tfprotov6.Diagnostic) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isKilled {
		return false
	}
	for _, each := range diagnostics {
		text := each.Summary + "\n" + each.Detail
		if !slices.Contains(c.diagnosed, text) {
			c.w.note("%s: %s: %s", step, each.Severity, strings.ReplaceAll(text, "\n", " "))
			c.diagnosed = append(c.diagnosed, text)
		}
	}
	failed := providertest.HasError(diagnostics)
	c.hasError = c.hasError || failed
	return !failed
}
