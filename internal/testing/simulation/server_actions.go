// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// forgottenServer is a server that no configuration contains.
const forgottenServer = "forgotten"

// serverState is what the checks compare of a server.
type serverState struct {
	isActive bool
	starter  string
}

func (w *world) serverStates(owner string) map[string]serverState {
	states := map[string]serverState{}
	for _, each := range w.mock.HubServers(owner) {
		states[each.Name] = serverState{each.Ready || each.Pending != "", starter(each)}
	}
	return states
}

// drawServerStop draws which server to stop, and returns the invocation.
func (w *world) drawServerStop() func(isDisturbed bool) {
	draw := w.extras.hubRandom
	name := []string{"gpu", "", forgottenServer}[draw.IntN(3)]
	config := map[string]any{}
	if name != "" {
		config["name"] = name
	}
	if timeout := []string{"", "", "20s", "5m"}[draw.IntN(4)]; timeout != "" {
		config["timeout"] = timeout
	}
	removes, isForeign := draw.IntN(3) == 0, draw.IntN(6) == 0
	if removes {
		config["remove"] = true
	}
	switch {
	case isForeign:
		config["user"] = otherUser
	case draw.IntN(2) == 0:
		config["user"] = user
	}
	if draw.IntN(2) == 0 && !w.serverStates(user)[name].isActive {
		profile := []string{"small", "slow", "stuck"}[draw.IntN(3)]
		w.note("rival: server %q, profile %s", name, profile)
		w.startServerAsRival(name, profile)
	}
	return func(isDisturbed bool) { w.stopServerByAction(name, config, isForeign, isDisturbed) }
}

func (w *world) startServerAsRival(name, profile string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mock.StartHubServer(user, name, `{"profile": "`+profile+`", "`+startedBy+`": "`+them+`"}`)
	w.serverRivals.running[name] = w.clock.Now()
}

// stopServerByAction invokes the action. A server that it reports as stopped must have
// ended, no other server may have ended, and without a fault the action must succeed.
func (w *world) stopServerByAction(name string, config map[string]any, isForeign, isDisturbed bool) {
	outside := w.extras.drawActionEnd()
	w.note("action: stop server %v, faults %d %%, disturbed %t", config, w.faultRate, isDisturbed)
	before, theirs := w.serverStates(user), w.serverStates(otherUser)
	var result invocation
	w.whileDisturbed(isDisturbed, func(draw *rand.Rand, done <-chan struct{}) { w.disturbServer(draw, done, name) }, func() {
		result = w.invoke("pc_hub_server_stop", config, outside)
		w.checkServerStop(name, config, isForeign, isDisturbed, result)
	})
	after := w.serverStates(user)
	if !maps.Equal(theirs, w.serverStates(otherUser)) {
		w.fail("the action has changed the servers of %s", otherUser)
	}
	for each, state := range before {
		if each != name && after[each] != state {
			w.fail("the action on the server %q has changed the server %q", name, each)
		}
	}
	if isForeign && before[name] != after[name] && !isDisturbed {
		w.fail("the action on a server of %s has changed the one of %s", otherUser, user)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !after[name].isActive {
		delete(w.serverRivals.running, name)
	}
}

func (w *world) checkServerStop(name string, config map[string]any, isForeign, isDisturbed bool, result invocation) {
	// A Hub before JupyterHub 5 does not stop a server that is starting.
	maySucceed := !isForeign && !isDisturbed && (w.extras.hubVersion == "" || config["timeout"] == nil && !w.isStuck(name))
	state, isListed := w.serverStates(user)[name]
	w.mu.Lock()
	// The second client has started it since the action last looked.
	isRestarted := w.serverRivals.running[name].After(w.hub.userReadAt)
	w.mu.Unlock()
	hasSaidSo := result.hasSaid("The ", " does not run")
	switch {
	case isForeign && result.succeeded:
		w.fail("the action has succeeded for a server of another user")
	case (result.succeeded || hasSaidSo) && state.isActive && !isRestarted:
		w.fail("the action has stopped the server %q, and it is active", name)
	case result.succeeded && !hasSaidSo:
		w.fail("the action has stopped the server %q, and its last line is %q", name, result.last())
	case hasSaidSo && !result.succeeded && !result.isKilled:
		w.fail("the action says that the server %q does not run, and fails", name)
	case result.succeeded && name != "" && config["remove"] == true && isListed && !isDisturbed:
		w.fail("the action has removed the server %q, and the Hub has it", name)
	case maySucceed && result.hadNoFault && !result.succeeded:
		w.fail("the action has failed without a fault")
	case result.hasSaid("Stopping the ", "") && !result.succeeded && !result.isKilled && !result.hasSaid("The end of the ", ""):
		w.fail("the action has failed, and its last line is %q", result.last())
	}
}

// isStuck reports whether the start of a server never ends.
func (w *world) isStuck(name string) bool {
	return slices.ContainsFunc(w.mock.HubServers(user), func(each mockserver.HubServer) bool {
		options, _ := each.Options.(map[string]any)
		return each.Name == name && each.Pending != "" && options["profile"] == "stuck"
	})
}

// endStuckStarts ends the starts that take too long, as a Hub does after the timeout of
// its spawner. A Hub before JupyterHub 5 ends them at no request.
func (w *world) endStuckStarts() {
	for name := range w.serverStates(user) {
		if w.isStuck(name) {
			w.note("the Hub ends the start of the server %q", name)
			w.mock.CullHubServer(user, name)
			w.mu.Lock()
			delete(w.serverRivals.running, name)
			w.mu.Unlock()
		}
	}
}

// disturbServer starts and stops the server now and then.
func (w *world) disturbServer(draw *rand.Rand, done <-chan struct{}, name string) {
	for range 1 + draw.IntN(3) {
		select {
		case <-w.after(time.Duration(1 + draw.Int64N(int64(10*time.Second)))):
		case <-done:
			return
		}
		if w.serverStates(user)[name].isActive {
			w.note("rival: stops the server %q", name)
			w.mock.CullHubServer(user, name)
		} else {
			w.note("rival: starts the server %q", name)
			w.startServerAsRival(name, "small")
		}
	}
}
