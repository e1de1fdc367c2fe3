// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kubernetes says how a gateway with the Kubernetes backend differs from the
// others: its clusters' names have a namespace, there is no STOPPING, times are
// in whole seconds, options come back as the API server keeps them, and
// everything is read from a cache that follows the API server. What the cache does not have
// yet is not found, not listed, and not stopped by a DELETE that answers 204
// all the same (k8s/backend.py).
type Kubernetes struct {
	// Namespace stands before each name; "prod" by default.
	Namespace string
	// CacheLags has one element per replica of the gateway: how far its cache is
	// behind. The replicas take turns. An empty slice is one replica without lag.
	CacheLags []time.Duration
	// CacheFillTime is how long an empty cache needs per cluster after a restart;
	// 8 ms by default.
	CacheFillTime time.Duration
	// AfterUnknownWait is called after the long poll for an unknown name, for
	// tests whose clock is not the machine's. It may be nil.
	AfterUnknownWait func()
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
	if s.cfg.Kubernetes == nil || len(s.cfg.Kubernetes.CacheLags) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x.lag = s.cfg.Kubernetes.CacheLags[s.state.turn%len(s.cfg.Kubernetes.CacheLags)]
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
	return now.Sub(s.state.restarted) >= x.lag+time.Duration(place)*s.cfg.Kubernetes.CacheFillTime
}

// awaitUnknown is ?wait for a name that a Kubernetes gateway does not know: it
// holds the request as long as any other, because the name may be on its way.
func (s *Server) awaitUnknown(ctx context.Context) {
	s.mu.Unlock()
	defer s.mu.Lock()
	s.pause(ctx, s.cfg.LongPoll)
	if held := s.cfg.Kubernetes.AfterUnknownWait; held != nil {
		held()
	}
}

// keep returns options as they come back: a Kubernetes gateway keeps them in the
// API server, others as they are. It fails on what is no JSON.
func (s *Server) keep(options object) (object, bool) {
	if s.cfg.Kubernetes == nil {
		return options, true
	}
	kept, ok := throughAPIServer(options)
	asObject, _ := kept.(object)
	return asObject, ok
}

// throughAPIServer is a value that the API server has read and written: keys in
// their order, and numbers as Go writes them, so that a whole one has no point
// and one beyond 64 bits is a float.
func throughAPIServer(value any) (any, bool) {
	switch value := value.(type) {
	case object:
		kept := object{}
		for _, m := range value {
			each, ok := throughAPIServer(m.value)
			if !ok {
				return nil, false
			}
			kept = append(kept, member{m.name, each})
		}
		slices.SortFunc(kept, func(a, b member) int { return strings.Compare(a.name, b.name) })
		return kept, true
	case []any:
		kept := make([]any, len(value))
		for i, each := range value {
			ok := false
			if kept[i], ok = throughAPIServer(each); !ok {
				return nil, false
			}
		}
		return kept, true
	case float64:
		return wholeOrFloat(value)
	case *big.Int:
		float, _ := new(big.Float).SetInt(value).Float64()
		return wholeOrFloat(float)
	default:
		return value, true
	}
}

// wholeOrFloat is a float as Python reads it in Go's form.
func wholeOrFloat(number float64) (any, bool) {
	switch {
	case math.IsNaN(number) || math.IsInf(number, 0):
		return nil, false
	case math.Abs(number) < 1e21 && number == math.Trunc(number):
		whole, ok := new(big.Int).SetString(strconv.FormatFloat(number, 'f', -1, 64), 10)
		if ok && whole.IsInt64() {
			return whole.Int64(), true
		}
		return whole, ok
	default:
		return number, true
	}
}
