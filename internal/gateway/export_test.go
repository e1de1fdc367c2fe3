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
