// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"maps"
	"math/rand/v2"
	"time"
)

// rivals are the clusters and tokens of a second client of the same user.
type rivals struct {
	// clusters has the start times, and tokens the creation times, by this machine's
	// clock.
	clusters map[string]time.Time
	tokens   map[tokenKey]time.Time
	// different are the clusters that differ from all of the configuration in an option
	// that the configuration leaves out.
	different map[string]bool
}

// tokenKey identifies a token. The Hub uses an id again.
type tokenKey struct {
	id      string
	created time.Time
}

func newRivals() rivals {
	return rivals{clusters: map[string]time.Time{}, tokens: map[tokenKey]time.Time{}, different: map[string]bool{}}
}

// rivalsSoFar returns a copy, because a rival that a fault has planned acts at any time.
func (w *world) rivalsSoFar() rivals {
	w.mu.Lock()
	defer w.mu.Unlock()
	return rivals{clusters: maps.Clone(w.rivals.clusters), tokens: maps.Clone(w.rivals.tokens), different: maps.Clone(w.rivals.different)}
}

// actAsRival creates a cluster or a token now and then, until the command has ended.
// It often has the options or the note of the configuration.
func (w *world) actAsRival(draw *rand.Rand, done <-chan struct{}) {
	for range draw.IntN(4) {
		select {
		case <-w.after(time.Duration(1 + draw.Int64N(int64(20*time.Second)))):
		case <-done:
			return
		}
		if draw.IntN(3) == 0 {
			w.addRivalToken([]string{userNote, "laptop"}[draw.IntN(2)])
		} else {
			w.addRivalCluster(1 + draw.IntN(2))
		}
	}
}

// after returns a channel that is closed after d.
func (w *world) after(d time.Duration) <-chan struct{} {
	ended := make(chan struct{})
	time.AfterFunc(d, func() { close(ended) })
	return ended
}

func (w *world) addRivalCluster(cores int) {
	w.mu.Lock()
	options := map[string]any{"worker_cores": float64(cores)}
	isDifferent := w.extras.hasOptions && w.extras.rivalRandom.IntN(2) == 0
	if isDifferent {
		options["gpu"] = true
	}
	name := w.mock.AddCluster(user, options)
	w.rivals.clusters[name] = w.clock.Now()
	w.rivals.different[name] = isDifferent
	w.mu.Unlock()
	w.note("rival: cluster %s, %v", name, options)
}

func (w *world) addRivalToken(note string) {
	w.mu.Lock()
	id := w.mock.AddToken(user, note)
	for _, each := range w.mock.Tokens(user) {
		if each.ID == id {
			w.rivals.tokens[tokenKey{id, each.Created}] = w.clock.Now()
			w.hub.rivalNotes[tokenKey{id, each.Created}] = note
		}
	}
	w.mu.Unlock()
	w.note("rival: token %s, note %q", id, note)
}
