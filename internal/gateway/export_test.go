// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

// Gathered is how many wait for the next shared listing.
func (c *Client) Gathered() int {
	c.directory.mu.Lock()
	defer c.directory.mu.Unlock()
	if c.directory.open == nil {
		return 0
	}
	return c.directory.open.waiting
}
