// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"strings"
	"time"
)

// drawKill sometimes replaces the end of a command by SIGKILL.
func (e extras) drawKill(outside ending) ending {
	if !e.kills || e.oneIn(3) {
		return outside
	}
	outside.isKill = true
	if outside.after == 0 {
		outside.after = -1
		if e.oneIn(2) {
			outside.after = e.draw(25 * time.Second)
		}
	}
	return outside
}

// kill is SIGKILL for Terraform and the provider. What was under way is in no state, no
// request reaches the servers any more, and nobody sees a diagnostic. The goroutines of
// the provider end as after an interrupt.
func (c *command) kill() {
	c.w.note("SIGKILL")
	c.mu.Lock()
	c.isKilled, c.hasError = true, true
	c.mu.Unlock()
	c.link.cut()
	c.stop()
}

func (c *command) hasBeenKilled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isKilled
}

// countCreate counts creates that have begun and not returned. A command that was killed
// keeps its numbers.
func (c *command) countCreate(typeName string, change int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.isKilled {
		c.creating[typeName] += change
	}
}

// orphan is a cluster that a command was creating when it was killed.
type orphan struct {
	name    string
	options map[string]any
}

// checkOrphans checks that an apply without faults names the clusters that an earlier
// one left behind when it was killed, if it creates one with the same options.
func (w *world) checkOrphans(c *command) {
	if c.faultRate > 0 || c.stopped.Load() {
		return
	}
	for _, each := range w.orphans {
		for _, resource := range c.created {
			if resource.typeName != clusterType || !w.isRunning(each.name) || !hasCores(each, resource) {
				continue
			}
			if !strings.Contains(strings.Join(w.diagnosed, "\n"), each.name) {
				w.fail("the cluster %s is left of a command that was killed, and an apply that creates an equal one does not name it", each.name)
			}
		}
	}
}

func hasCores(left orphan, wanted configured) bool {
	options, _ := wanted.attributes["options"].(map[string]any)
	cores, _ := options["worker_cores"].(int)
	return left.options["worker_cores"] == float64(cores) || left.options["worker_cores"] == int64(cores)
}
