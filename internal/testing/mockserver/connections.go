// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net"
	"net/http"
	"sync"
)

// connections counts the open connections.
type connections struct {
	mu            sync.Mutex
	open, maxOpen int
}

func (c *connections) trackState(_ net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.open++
		c.maxOpen = max(c.maxOpen, c.open)
	case http.StateClosed, http.StateHijacked:
		c.open--
	case http.StateActive, http.StateIdle:
	}
}

// MaxOpenConnections returns the highest number of connections that were open at
// the same time.
func (s *Server) MaxOpenConnections() int {
	s.connections.mu.Lock()
	defer s.connections.mu.Unlock()
	return s.connections.maxOpen
}
