// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// cacheFillTimeout is how long a Kubernetes gateway holds ?wait for a name that
	// its cache does not contain (k8s/backend.py).
	cacheFillTimeout = 20 * time.Second
	// cacheWarmPeriod is how long after such a wait the client assumes that the cache is
	// filled, and does not wait again.
	cacheWarmPeriod = time.Minute
	// processCookiePrefix begins the name of the cookie that every successful response
	// of the gateway sets. The rest is random for each process (auth.py,
	// _default_cookie_name), so a new name is a restart, or another replica.
	processCookiePrefix = "dask-gateway-"
	// maxProcesses is the largest number of processes that a cacheTracker remembers.
	maxProcesses = 64
)

// cacheTracker records whether the cache of a Kubernetes gateway had time to fill.
type cacheTracker struct {
	// filling is held by the caller that waits for the cache to fill.
	filling chan struct{}
	mu      sync.Mutex
	// processes are the processes of the gateway that have responded. newProcesses is
	// how often a new process responded.
	processes    map[string]bool
	newProcesses int
	// filledAt is when a cache last had time to fill. It is zero if a new process
	// has responded since, whose cache may be empty.
	filledAt time.Time
}

func newCacheTracker() *cacheTracker {
	return &cacheTracker{filling: make(chan struct{}, 1), processes: map[string]bool{}}
}

// recordProcess records which process of the gateway has responded. Without the cookie,
// which a proxy may remove, the client does not notice restarts.
func (t *cacheTracker) recordProcess(header http.Header) {
	for _, each := range header.Values("Set-Cookie") {
		cookie, err := http.ParseSetCookie(each)
		if err != nil || !strings.HasPrefix(cookie.Name, processCookiePrefix) {
			continue
		}
		t.mu.Lock()
		if !t.processes[cookie.Name] {
			if len(t.processes) == maxProcesses {
				clear(t.processes)
			}
			t.processes[cookie.Name] = true
			t.newProcesses++
			t.filledAt = time.Time{}
		}
		t.mu.Unlock()
	}
}

// begin returns a function that records that the cache had time to fill, unless a
// new process has responded meanwhile.
func (t *cacheTracker) begin() (end func(now time.Time)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.newProcesses
	return func(now time.Time) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.newProcesses == before {
			t.filledAt = now
		}
	}
}

// isFilled reports whether the cache had time to fill, and the client has noticed no
// restart since.
func (t *cacheTracker) isFilled(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return now.Sub(t.filledAt) < cacheWarmPeriod
}

// acquire makes the caller the only one that waits for the cache to fill. One wait is
// enough for all callers that look up a cluster meanwhile.
func (t *cacheTracker) acquire(ctx context.Context) (release func(), err error) {
	select {
	case t.filling <- struct{}{}:
		return func() { <-t.filling }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// waitForCache is the last lookup of a cluster, after its cache had time to fill.
func (c *Client) waitForCache(ctx context.Context, name string) (Cluster, *Absence, error) {
	release, err := c.cache.acquire(ctx)
	if err != nil {
		return Cluster{}, nil, err
	}
	defer release()
	var cluster Cluster
	if c.cache.isFilled(c.clock.Now()) {
		cluster, err = c.GetCluster(ctx, name)
	} else {
		cluster, err = c.getWhenCacheFilled(ctx, name)
	}
	switch {
	case err == nil:
		return cluster, c.absenceIfFinal(cluster), nil
	case !IsNotFound(err):
		return Cluster{}, nil, err
	}
	return Cluster{}, &Absence{confirmedAt: c.clock.Now()}, nil
}

// fillCache gives the cache of a Kubernetes gateway time to fill, and reports
// whether it waited: listings may be complete only now. A gateway without a cache
// responds at once. fillCache tolerates outages, because a failed request does not show
// that the cache is full.
func (c *Client) fillCache(ctx context.Context) (waited bool, err error) {
	var began time.Time
	_, err = poll.Until(ctx, c.clock, outagePolicy, func(ctx context.Context) (struct{}, bool, error) {
		began = c.clock.Now()
		release, err := c.cache.acquire(ctx)
		if err != nil {
			return struct{}{}, false, err
		}
		defer release()
		if c.cache.isFilled(c.clock.Now()) {
			return struct{}{}, true, nil
		}
		if _, err = c.getWhenCacheFilled(ctx, unknownName); IsNotFound(err) {
			err = nil
		}
		return struct{}{}, true, err
	})
	return c.clock.Now().Sub(began) > longPollDuration, err
}

// getWhenCacheFilled reads a cluster with one request that a Kubernetes gateway
// holds for 20 s if its cache does not contain the name; in this time the gateway
// reads some thousand clusters. Other gateways have no cache and respond at once.
// The client polls instead if a proxy times out, and if no connection may be held:
// with max_connections = 1 a held request would block every other read.
func (c *Client) getWhenCacheFilled(ctx context.Context, name string) (Cluster, error) {
	end := c.cache.begin()
	cluster, err := c.holdUntilFound(ctx, name)
	if IsNotFound(err) {
		end(c.clock.Now())
	}
	return cluster, err
}

// holdUntilFound reads a cluster with a long poll, or polls if that is not possible.
func (c *Client) holdUntilFound(ctx context.Context, name string) (Cluster, error) {
	release, ok := c.transport.TryHold()
	if !ok {
		return c.pollUntilFound(ctx, name)
	}
	cluster, err := c.pollCluster(ctx, name)
	release()
	if isProxyTimeout(err) {
		return c.pollUntilFound(ctx, name)
	}
	return cluster, err
}

// isProxyTimeout reports whether a proxy timed out while the gateway held a long
// poll open. A gateway that restarts causes a different status.
func isProxyTimeout(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind == transport.KindStatus && failure.Status == http.StatusGatewayTimeout
}

// pollUntilFound reads a cluster until the gateway finds it, or its cache had
// time to fill.
func (c *Client) pollUntilFound(ctx context.Context, name string) (Cluster, error) {
	began := c.clock.Now()
	policy := poll.Policy{InitialDelay: absenceInterval, FirstPause: absenceInterval}
	return poll.Until(ctx, c.clock, policy, func(ctx context.Context) (Cluster, bool, error) {
		cluster, err := c.GetCluster(ctx, name)
		if IsNotFound(err) && c.clock.Now().Sub(began) < cacheFillTimeout {
			return Cluster{}, false, nil
		}
		return cluster, true, err
	})
}
