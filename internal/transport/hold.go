// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

// defaultMaxConnections is three times what Terraform has under way by default.
const defaultMaxConnections = 32

func maxConnections(cfg Config) int {
	if cfg.MaxConnections <= 0 {
		return defaultMaxConnections
	}
	return cfg.MaxConnections
}

// maxHeld is how many of the connections may be held: all but a quarter, and
// never the last one.
func maxHeld(connections int) int { return connections - max(1, connections/4) }

// TryHold asks whether one more request may be sent that the server holds back for
// many seconds, such as a long poll. Where it may, release must be called when it
// has been answered. Where it may not, because the others would find no connection
// in time, the caller asks in another way.
func (c *Client) TryHold() (release func(), ok bool) {
	select {
	case c.held <- struct{}{}:
		return func() { <-c.held }, true
	default:
		return nil, false
	}
}
