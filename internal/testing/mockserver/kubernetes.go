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

// Kubernetes configures a gateway with the Kubernetes backend. It differs from
// other gateways: cluster names have a namespace, there is no STOPPING, times are
// whole seconds, options return as the API server stores them, and all reads use a
// cache that follows the API server. A cluster that is not in the cache yet is not
// found, not listed and not stopped by DELETE, which still returns 204
// (k8s/backend.py).
type Kubernetes struct {
	// Namespace precedes each name; "prod" by default.
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

// RestartGateway restarts all replicas of the gateway. The connections of long polls
// close. The cookies become invalid. The caches of a Kubernetes gateway are empty and
// fill one cluster at a time.
func (s *Server) RestartGateway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.restartedAt = s.clock.now()
	close(s.state.restarted)
	s.state.restarted = make(chan struct{})
	s.state.cookieNames, s.state.cookies = map[int]string{}, map[string]issuedCookie{}
}

// assignReplica assigns the request to the next replica.
func (s *Server) assignReplica(x *exchange) {
	if s.cfg.Kubernetes == nil || len(s.cfg.Kubernetes.CacheLags) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x.replica = s.state.replicaTurn % len(s.cfg.Kubernetes.CacheLags)
	x.cacheLag = s.cfg.Kubernetes.CacheLags[x.replica]
	s.state.replicaTurn++
}

// visibleCluster returns the cluster if it is in the cache of the assigned replica.
func (s *Server) visibleCluster(x *exchange, name string) *cluster {
	c := s.state.clusters[name]
	if c == nil || !s.isCached(x, c) {
		return nil
	}
	return c
}

// isCached reports whether the replica's cache has the cluster.
func (s *Server) isCached(x *exchange, c *cluster) bool {
	if s.cfg.Kubernetes == nil {
		return true
	}
	now := s.clock.now()
	if now.Sub(c.createdAt) < x.cacheLag {
		return false
	}
	if s.state.restartedAt.IsZero() || c.createdAt.After(s.state.restartedAt) {
		return true
	}
	place := 1
	for _, name := range s.state.clusterNames {
		if name == c.name {
			break
		}
		place++
	}
	return now.Sub(s.state.restartedAt) >= x.cacheLag+time.Duration(place)*s.cfg.Kubernetes.CacheFillTime
}

// waitForUnknownName is ?wait for an unknown name. A Kubernetes gateway waits the
// whole long poll, because the cluster may appear in the cache. It returns false if
// the gateway restarts meanwhile.
func (s *Server) waitForUnknownName(ctx context.Context) bool {
	restarted := s.state.restarted
	s.mu.Unlock()
	defer s.mu.Lock()
	limit, stop := s.clock.after(s.cfg.LongPoll)
	defer stop()
	select {
	case <-limit:
	case <-restarted:
		return false
	case <-ctx.Done():
	case <-s.done:
	}
	if callback := s.cfg.Kubernetes.AfterUnknownWait; callback != nil {
		callback()
	}
	return true
}

// storedOptions returns the options as the gateway reports them. A Kubernetes
// gateway stores them in the API server. ok is false for values that JSON does not
// have.
func (s *Server) storedOptions(options object) (object, bool) {
	if s.cfg.Kubernetes == nil {
		return options, true
	}
	stored, ok := apiServerValue(options)
	asObject, _ := stored.(object)
	return asObject, ok
}

// apiServerValue is a value after a round trip through the API server: keys are
// sorted, and numbers have Go's form. A whole number has no point, and an integer
// beyond 64 bits is a float.
func apiServerValue(value any) (any, bool) {
	switch value := value.(type) {
	case object:
		stored := object{}
		for _, m := range value {
			element, ok := apiServerValue(m.value)
			if !ok {
				return nil, false
			}
			stored = append(stored, member{m.name, element})
		}
		slices.SortFunc(stored, func(a, b member) int { return strings.Compare(a.name, b.name) })
		return stored, true
	case []any:
		stored := make([]any, len(value))
		for i, element := range value {
			ok := false
			if stored[i], ok = apiServerValue(element); !ok {
				return nil, false
			}
		}
		return stored, true
	case float64:
		return apiServerNumber(value)
	case *big.Int:
		float, _ := new(big.Float).SetInt(value).Float64()
		return apiServerNumber(float)
	default:
		return value, true
	}
}

// apiServerNumber is a float in Go's form, as Python reads it.
func apiServerNumber(number float64) (any, bool) {
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
