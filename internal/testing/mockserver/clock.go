// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"sync"
	"time"
)

// realTime is the machine's clock.
func realTime() time.Time { return time.Now() }

// adjustableClock is a clock that tests can move.
type adjustableClock struct {
	base   func() time.Time
	mu     sync.Mutex
	offset time.Duration
}

func (c *adjustableClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.offset).UTC()
}

func (c *adjustableClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
}
