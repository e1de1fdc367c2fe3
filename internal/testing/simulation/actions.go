// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"context"
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
	if w.invoke("pc_dask_cluster_stop", map[string]any{"name": name}) && w.isRunning(name) {
		w.fail("the action has stopped the cluster %s, and it runs", name)
	}
}

// scaleByAction checks that a cluster has the number of workers if the action succeeds.
func (w *world) scaleByAction(name string, workers int) {
	w.note("action: scale %s to %d, faults %d %%", name, workers, w.faultRate)
	if !w.invoke("pc_dask_cluster_scale", map[string]any{"name": name, "workers": workers}) {
		return
	}
	for _, each := range w.mock.Clusters(user) {
		if each.Name == name && isActive(each.Status) && each.RequestedWorkers != int64(workers) {
			w.fail("the action has scaled the cluster %s to %d workers, and it has %d", name, workers, each.RequestedWorkers)
		}
	}
}

// invoke reports whether the action succeeds.
func (w *world) invoke(action string, config map[string]any) bool {
	c := w.newCommand()
	w.interruptedAt = time.Time{}
	_, diagnostics := c.client.InvokeAction(context.Background(), w.t, action, config, nil)
	c.report("action "+action, diagnostics)
	w.diagnosed = append(w.diagnosed, c.diagnosed...)
	w.lastSucceeded, w.unknown, w.unknownTokens, w.unknownServers = false, 0, 0, 0
	return !providertest.HasError(diagnostics)
}
