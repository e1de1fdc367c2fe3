// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"sync"
	"time"
)

// machineTime is the machine's clock.
func machineTime() time.Time { return time.Now() }

// movingClock is a clock, moved on by tests.
type movingClock struct {
	base  func() time.Time
	mu    sync.Mutex
	ahead time.Duration
}

func (c *movingClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base().Add(c.ahead).UTC()
}

func (c *movingClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
}
