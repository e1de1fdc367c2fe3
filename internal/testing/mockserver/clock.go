// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// realTime is the machine's clock.
func realTime() time.Time { return time.Now() }

// adjustableClock is a clock that tests can move. A manual clock stands still
// until it is advanced, and so do its timers.
type adjustableClock struct {
	base     func() time.Time
	isManual bool
	mu       sync.Mutex
	offset   time.Duration
	timers   []*manualTimer
}

// manualTimer calls f when the clock reaches due. Its identity distinguishes it
// from timers that are due at the same time.
type manualTimer struct {
	due time.Time
	f   func()
}

// newClock returns the clock for the configuration.
func newClock(cfg Config) *adjustableClock {
	base := cfg.Now
	if cfg.ManualTime {
		start := base()
		base = func() time.Time { return start }
	}
	return &adjustableClock{base: base, isManual: cfg.ManualTime, offset: cfg.ClockOffset}
}

func (c *adjustableClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lockedNow()
}

func (c *adjustableClock) lockedNow() time.Time { return c.base().Add(c.offset).UTC() }

// advance moves the clock. It calls the functions of manual timers that become
// due, each at its own time.
func (c *adjustableClock) advance(d time.Duration) {
	c.mu.Lock()
	if !c.isManual {
		c.offset += d
		c.mu.Unlock()
		return
	}
	end := c.lockedNow().Add(d)
	for {
		next := c.nextTimer(end)
		if next == nil {
			break
		}
		c.offset += max(next.due.Sub(c.lockedNow()), 0)
		c.mu.Unlock()
		next.f()
		c.mu.Lock()
	}
	c.offset += end.Sub(c.lockedNow())
	c.mu.Unlock()
}

// nextTimer removes and returns the earliest timer that is due, or nil.
func (c *adjustableClock) nextTimer(end time.Time) *manualTimer {
	if len(c.timers) == 0 || c.timers[0].due.After(end) {
		return nil
	}
	next := c.timers[0]
	c.timers = c.timers[1:]
	return next
}

// afterFunc calls f after d. stop releases a timer that is no longer needed.
func (c *adjustableClock) afterFunc(d time.Duration, f func()) (stop func()) {
	if !c.isManual {
		timer := time.AfterFunc(d, f)
		return func() { timer.Stop() }
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	timer := &manualTimer{due: c.lockedNow().Add(d), f: f}
	position, _ := slices.BinarySearchFunc(c.timers, timer, func(a, b *manualTimer) int {
		// Timers that are due at the same time keep the order of their creation.
		return cmp.Or(a.due.Compare(b.due), -1)
	})
	c.timers = slices.Insert(c.timers, position, timer)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.timers = slices.DeleteFunc(c.timers, func(other *manualTimer) bool { return other == timer })
	}
}

// after returns a channel that is closed after d.
func (c *adjustableClock) after(d time.Duration) (done <-chan struct{}, stop func()) {
	ended := make(chan struct{})
	return ended, c.afterFunc(d, func() { close(ended) })
}
