// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// plan reads the state and plans the configuration. Like Terraform, the caller keeps
// what was read only if everything has succeeded.
func (c *command) plan() (refreshed map[string]*resource, actions map[string]action, ok bool) {
	refreshed, actions = map[string]*resource{}, map[string]action{}
	c.w.inParallel(addresses(c.w.state), func(address string) {
		was := c.w.state[address]
		instance, diagnostics := c.client.Read(c.w.t, was.typeName, was.instance)
		if !c.report("read "+address, diagnostics) {
			return
		}
		if now := c.resourceOf(was.typeName, instance); now != nil {
			now.tainted = was.tainted
			c.mu.Lock()
			refreshed[address] = now
			c.mu.Unlock()
		}
	})
	if c.hasError {
		return nil, nil, false
	}
	c.w.inParallel(addresses(c.w.config), func(address string) {
		todo := c.planResource(address, refreshed[address])
		c.mu.Lock()
		actions[address] = todo
		c.mu.Unlock()
	})
	return refreshed, actions, !c.hasError
}

// resourceOf returns nil for a resource that is not there.
func (c *command) resourceOf(typeName string, instance providertest.Instance) *resource {
	if c.client.Attributes(c.w.t, c.client.ResourceType(typeName), instance.State) == nil {
		return nil
	}
	found := &resource{typeName: typeName, instance: instance}
	switch typeName {
	case clusterType, serverType:
		found.name = c.client.Text(c.w.t, typeName, instance.State, "name")
	default:
		found.name = c.client.Text(c.w.t, typeName, instance.State, "id")
		found.tokenCreated = c.client.Text(c.w.t, typeName, instance.State, "created_at")
	}
	return found
}

func (c *command) nothing(typeName string) providertest.Instance {
	return providertest.Instance{State: c.client.Value(c.w.t, c.client.ResourceType(typeName), nil)}
}

// action is what a plan wants.
type action int

const (
	noAction action = iota
	createAction
	updateAction
	replaceAction
	deleteAction
)

// planResource plans a resource of the configuration.
func (c *command) planResource(address string, was *resource) action {
	wanted := c.w.config[address]
	before := c.nothing(wanted.typeName)
	if was != nil {
		before = was.instance
	}
	planned := c.client.Plan(c.w.t, wanted.typeName, before, wanted.attributes)
	if !c.report("plan "+address, planned.Diagnostics) {
		return noAction
	}
	typ := c.client.ResourceType(wanted.typeName)
	prior, _ := before.State.Unmarshal(typ)
	next, _ := planned.PlannedState.Unmarshal(typ)
	switch {
	case was == nil:
		return createAction
	case was.tainted, len(planned.RequiresReplace) > 0:
		return replaceAction
	case !next.Equal(prior):
		return updateAction
	default:
		return noAction
	}
}
