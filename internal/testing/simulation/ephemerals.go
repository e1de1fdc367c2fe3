// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import "context"

// openTokens opens an ephemeral token, as Terraform does before it uses one.
func (c *command) openTokens() {
	if !c.w.extras.ephemerals {
		return
	}
	c.countCreate(tokenType, 1)
	config := []map[string]any{{}, {"note": userNote}}[c.w.extras.random.IntN(2)]
	opened, diagnostics := c.client.Open(context.WithValue(context.Background(), addressKey{}, "e1"), c.w.t, tokenType, config)
	if !c.report("open e1", diagnostics) {
		if !c.hasBeenKilled() {
			c.countCreate(tokenType, -1)
		}
		return
	}
	c.opened = append(c.opened, opened)
	c.w.note("e1 is %s", opened.Text(c.w.t, "id"))
}

// closeTokens closes the ephemeral tokens, also after an interrupt. The token of a
// command that was killed is left.
func (c *command) closeTokens() {
	if c.hasBeenKilled() {
		return
	}
	for _, each := range c.opened {
		c.report("close e1", c.client.Close(c.w.t, each))
	}
	c.opened = nil
}
