// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

// DefaultMaxConnections is three times Terraform's default parallelism.
const DefaultMaxConnections = 32

func maxConnections(cfg Config) int {
	if cfg.MaxConnections <= 0 {
		return DefaultMaxConnections
	}
	return cfg.MaxConnections
}

// maxHeld is how many connections may be held: all but a quarter, and never the last
// one.
func maxHeld(connections int) int { return connections - max(1, connections/4) }

// TryHold reserves a connection for a request that the server holds open for many
// seconds, such as a long poll. If ok, the caller must call release after the
// response. If not ok, other requests would wait too long for a connection, and the
// caller should poll with short requests.
func (c *Client) TryHold() (release func(), ok bool) {
	select {
	case c.held <- struct{}{}:
		return func() { <-c.held }, true
	default:
		return nil, false
	}
}
