// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"time"
)

// ChangeWorkersOnce sends the one request that Scale and Adapt repeat during an
// outage.
func (c *Client) ChangeWorkersOnce(ctx context.Context, name, endpoint string, body any) (Scaling, error) {
	return c.postScaling(ctx, name, endpoint, body)
}

// SetInterruptedCreateTimeout replaces the time that a create waits for its
// response after an interrupt.
func (c *Client) SetInterruptedCreateTimeout(timeout time.Duration) {
	c.interruptedCreateTimeout = timeout
}

// ReadOptionsOnce sends the one request that Options repeats during an outage.
func (c *Client) ReadOptionsOnce(ctx context.Context) ([]Option, error) {
	return c.readOptions(ctx)
}

// HasSortedListing reports whether a create that is under way has sorted the clusters
// of a listing into candidates and others.
func (c *Client) HasSortedListing() bool {
	c.creates.mu.Lock()
	defer c.creates.mu.Unlock()
	for create := range c.creates.pending {
		if !create.latest.IsZero() {
			return true
		}
	}
	return false
}
