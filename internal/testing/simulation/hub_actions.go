// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"math/rand/v2"
	"sync"
	"time"
)

// addOthers creates what no action may change: servers and tokens of another user. Their
// servers have the names of this user's.
func (w *world) addOthers() {
	if !w.extras.hubActions {
		return
	}
	for _, name := range []string{"gpu", "", forgottenServer} {
		w.mock.StartHubServer(otherUser, name, `{"profile": "small", "`+startedBy+`": "`+them+`"}`)
	}
	w.mock.AddToken(otherUser, userNote)
}

// actOnHub sometimes invokes actions on servers and tokens, and checks what they report
// and what they have changed.
func (w *world) actOnHub() {
	if !w.extras.hubActions {
		return
	}
	for range w.extras.hubRandom.IntN(3) {
		act := w.drawTokenRevoke()
		if w.extras.hubRandom.IntN(2) == 0 {
			act = w.drawServerStop()
		}
		isDisturbed := w.extras.hubRandom.IntN(3) == 0
		for times := 1 + w.extras.hubRandom.IntN(2); times > 0 && len(w.failures) == 0; times-- {
			w.faultRate = []int{0, 0, 25, 50}[w.extras.hubRandom.IntN(4)]
			w.drawOutage(w.extras.hubRandom, time.Second)
			act(isDisturbed)
			w.settle()
			isDisturbed = false
		}
		w.endStuckStarts()
		w.checkClusters()
		w.checkTokens()
		w.checkRivals()
		w.checkServers()
	}
}

// whileDisturbed runs an action while the second client acts.
func (w *world) whileDisturbed(isDisturbed bool, disturb func(draw *rand.Rand, done <-chan struct{}), action func()) {
	done := make(chan struct{})
	var rival sync.WaitGroup
	if isDisturbed {
		draw := newRandom(w.seed, 300+uint64(len(w.trace)))
		rival.Go(func() { disturb(draw, done) })
	}
	action()
	close(done)
	rival.Wait()
}
