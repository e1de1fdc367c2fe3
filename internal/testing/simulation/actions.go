// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

// act sometimes invokes an action on a cluster of the state, and checks what it says.
func (w *world) act() {
	if !w.extras.actions || w.extras.oneIn(2) {
		return
	}
	for _, address := range addresses(w.state) {
		name := w.state[address].name
		if w.state[address].typeName != clusterType || !w.isRunning(name) {
			continue
		}
		w.faultRate = []int{0, 25, 50}[w.extras.random.IntN(3)]
		if w.extras.oneIn(2) {
			w.stopByAction(name)
		} else {
			w.scaleByAction(name, w.extras.random.IntN(4))
		}
		w.settle()
		w.checkClusters()
		w.checkRivals()
		return
	}
}

// stopByAction checks that a cluster has ended if the action succeeds.
func (w *world) stopByAction(name string) {
	w.note("action: stop %s, faults %d %%", name, w.faultRate)
	if w.invoke("pc_dask_cluster_stop", map[string]any{"name": name}, w.extras.drawActionEnd()).succeeded && w.isRunning(name) {
		w.fail("the action has stopped the cluster %s, and it runs", name)
	}
}

// scaleByAction checks that a cluster has the number of workers if the action succeeds.
func (w *world) scaleByAction(name string, workers int) {
	w.note("action: scale %s to %d, faults %d %%", name, workers, w.faultRate)
	if !w.invoke("pc_dask_cluster_scale", map[string]any{"name": name, "workers": workers}, w.extras.drawActionEnd()).succeeded {
		return
	}
	for _, each := range w.mock.Clusters(user) {
		if each.Name == name && isActive(each.Status) && each.RequestedWorkers != int64(workers) {
			w.fail("the action has scaled the cluster %s to %d workers, and it has %d", name, workers, each.RequestedWorkers)
		}
	}
}

// actionInterruptLimit is how long an action may last after an interrupt.
const actionInterruptLimit = 2 * time.Second

// invocation is what an invoked action has reported.
type invocation struct {
	succeeded, isKilled bool
	// hadNoFault is set if no request could fail and nobody ended the action.
	hadNoFault bool
	// lines are the progress messages.
	lines []string
}

// hasSaid reports whether a line begins and ends like this.
func (i invocation) hasSaid(prefix, suffix string) bool {
	return slices.ContainsFunc(i.lines, func(line string) bool { return strings.HasPrefix(line, prefix) && strings.HasSuffix(line, suffix) })
}

func (i invocation) last() string {
	if len(i.lines) == 0 {
		return ""
	}
	return i.lines[len(i.lines)-1]
}

// invoke invokes an action. Terraform reads its lines until the end, also after an
// interrupt.
func (w *world) invoke(action string, config map[string]any, outside ending) invocation {
	c := w.newCommand()
	defer w.limitCommand().Stop()
	w.interruptedAt = time.Time{}
	defer c.endLater(outside)()
	result := invocation{hadNoFault: w.faultRate == 0 && outside == ending{}}
	_, diagnostics := c.client.InvokeAction(context.Background(), w.t, action, config, func(line string) {
		if !c.hasBeenKilled() {
			w.note("progress: %s", line)
			result.lines = append(result.lines, line)
		}
	})
	if took := w.clock.Now().Sub(w.interruptedAt); !w.interruptedAt.IsZero() && took > actionInterruptLimit {
		w.fail("the action %s ended %s after the interrupt", action, took)
	}
	c.report("action "+action, diagnostics)
	w.diagnosed = append(w.diagnosed, c.diagnosed...)
	w.lastSucceeded, w.unknown, w.unknownTokens, w.unknownServers = false, 0, 0, 0
	result.isKilled = c.hasBeenKilled()
	result.succeeded = !result.isKilled && !providertest.HasError(diagnostics)
	return result
}
