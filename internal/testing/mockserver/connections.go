// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"net"
	"net/http"
	"sync"
)

// connections counts the open connections.
type connections struct {
	mu            sync.Mutex
	open, maxOpen int
	// noneOpen is closed when no connection is open. It is nil while nobody waits.
	noneOpen chan struct{}
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
		c.signalIfNoneOpen()
	case http.StateActive, http.StateIdle:
	}
}

// closed returns a channel that is closed when no connection is open.
func (c *connections) closed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.noneOpen == nil {
		c.noneOpen = make(chan struct{})
	}
	closed := c.noneOpen
	c.signalIfNoneOpen()
	return closed
}

// signalIfNoneOpen ends the waiting of those who called closed. The caller holds the lock.
func (c *connections) signalIfNoneOpen() {
	if c.open == 0 && c.noneOpen != nil {
		close(c.noneOpen)
		c.noneOpen = nil
	}
}

// AwaitNoConnections waits until no connection is open. A busy machine notices late
// that a client has closed its connection. Returns the error of ctx if that ends first.
func (s *Server) AwaitNoConnections(ctx context.Context) error {
	select {
	case <-s.connections.closed():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// MaxOpenConnections returns the highest number of connections that were open at
// the same time.
func (s *Server) MaxOpenConnections() int {
	s.connections.mu.Lock()
	defer s.connections.mu.Unlock()
	return s.connections.maxOpen
}
