// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"time"
)

// Kubernetes says how a gateway with the Kubernetes backend differs from the
// others: its clusters' names have a namespace, there is no STOPPING, times are
// in whole seconds, options come back as they were given, and everything is
// read from a cache that follows the API server. What the cache does not have
// yet is not found, not listed, and not stopped by a DELETE that answers 204
// all the same (k8s/backend.py).
type Kubernetes struct {
	// Namespace stands before each name; "prod" by default.
	Namespace string
	// Lags are how far behind the caches of the gateway's replicas are, one for
	// each replica. The replicas answer in turn. None is one replica without lag.
	Lags []time.Duration
	// Fill is how long an empty cache takes for each cluster after a restart; 8 ms
	// by default.
	Fill time.Duration
}

// RestartGateway empties the caches of a Kubernetes gateway, which fill again
// one cluster at a time. Any gateway forgets its cookies.
func (s *Server) RestartGateway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.restarted = s.now.now()
	s.state.cookieName, s.state.cookies = "dask-gateway-"+newHex(), map[string]cookie{}
}

// takeTurn gives the request to the next replica.
func (s *Server) takeTurn(x *exchange) {
	if s.cfg.Kubernetes == nil || len(s.cfg.Kubernetes.Lags) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x.lag = s.cfg.Kubernetes.Lags[s.state.turn%len(s.cfg.Kubernetes.Lags)]
	s.state.turn++
}

// find returns the cluster if the replica that answers knows it.
func (s *Server) find(x *exchange, name string) *cluster {
	c := s.state.clusters[name]
	if c == nil || !s.cached(x, c) {
		return nil
	}
	return c
}

// cached says whether the replica's cache has the cluster.
func (s *Server) cached(x *exchange, c *cluster) bool {
	if s.cfg.Kubernetes == nil {
		return true
	}
	now := s.now.now()
	if now.Sub(c.born) < x.lag {
		return false
	}
	if s.state.restarted.IsZero() || c.born.After(s.state.restarted) {
		return true
	}
	place := 1
	for _, name := range s.state.order {
		if name == c.name {
			break
		}
		place++
	}
	return now.Sub(s.state.restarted) >= x.lag+time.Duration(place)*s.cfg.Kubernetes.Fill
}

// awaitUnknown is ?wait for a name that a Kubernetes gateway does not know: it
// holds the request as long as any other, because the name may be on its way.
func (s *Server) awaitUnknown(ctx context.Context) {
	s.mu.Unlock()
	defer s.mu.Lock()
	s.pause(ctx, s.cfg.LongPoll)
}
