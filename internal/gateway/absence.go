// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// Absence is believed after so many looks over so long a time. A gateway
	// that has restarted was seen to fill its cache of 60 clusters in 0.5 s.
	minAbsenceLookups = 3
	minAbsenceTime    = 4 * time.Second
	// A user who seems to have no cluster at all may be looking at a cache that
	// has not begun to fill.
	minAbsenceTimeEmptyList = 8 * time.Second
	absenceInterval         = 2 * time.Second
	maxConfirmTime          = time.Minute
	// cacheTime is how long a Kubernetes gateway holds ?wait for a name that it does
	// not know.
	cacheFillTimeout = 20 * time.Second
	// A cache that has had its time to fill is not waited for again so soon.
	cacheWarmPeriod = time.Minute
)

// Absence is the knowledge that a cluster is gone or has ended. Only this
// package can make one, from the gateway's own words and never from a status
// code alone.
type Absence struct {
	confirmedAt time.Time
	ended       *Cluster
}

// At is when the absence was confirmed.
func (a Absence) ConfirmedAt() time.Time { return a.confirmedAt }

// Ended returns the cluster if the gateway still tells of its end.
func (a Absence) Ended() (Cluster, bool) {
	if a.ended == nil {
		return Cluster{}, false
	}
	return *a.ended, true
}

// Told says that the gateway itself told of the end, and did not just not know the
// cluster.
func (a Absence) ReportedByGateway() bool { return a.ended != nil }

// Refresh is GetOrConfirmAbsence for those who look for many clusters, as Terraform's refresh
// does: they share a listing, which may be some seconds old. One cluster alone
// costs one request.
func (c *Client) Refresh(ctx context.Context, name string) (Cluster, *Absence, error) {
	cluster, listed, err := c.directory.Find(ctx, name)
	if err != nil || listed {
		return cluster, nil, err
	}
	return c.GetOrConfirmAbsence(ctx, name)
}

// Look reads a cluster. It returns the cluster if it has not ended, else an
// Absence; everything that proves neither is an error.
func (c *Client) GetOrConfirmAbsence(ctx context.Context, name string) (Cluster, *Absence, error) {
	cluster, err := c.GetCluster(ctx, name)
	switch {
	case err == nil:
		return c.absenceIfFinal(cluster)
	case IsNotFound(err):
		return c.confirmAbsence(ctx, name)
	default:
		return Cluster{}, nil, err
	}
}

func (c *Client) absenceIfFinal(cluster Cluster) (Cluster, *Absence, error) {
	if cluster.Status.IsFinal() {
		return cluster, &Absence{confirmedAt: c.clock.Now(), ended: &cluster}, nil
	}
	return cluster, nil, nil
}

// confirm looks again after a 404. A Kubernetes gateway reads from a cache:
// after a restart, and behind a watch that lags, it answers 404 for clusters
// that run. So the cluster must be missing several times, over several
// seconds, by name and in a list that has stopped growing; and once more when a
// cache has had its time, because it fills with everybody's clusters, and the
// list has the user's only.
func (c *Client) confirmAbsence(ctx context.Context, name string) (Cluster, *Absence, error) {
	began, size := c.clock.Now(), -1
	for looks := 2; ; looks++ {
		if err := c.clock.Sleep(ctx, absenceInterval); err != nil {
			return Cluster{}, nil, err
		}
		clusters, err := c.ListClusters(ctx)
		if err != nil {
			return Cluster{}, nil, err
		}
		if cluster, there := clusters[name]; there {
			return cluster, nil, nil
		}
		cluster, err := c.GetCluster(ctx, name)
		if err == nil {
			return c.absenceIfFinal(cluster)
		}
		if !IsNotFound(err) {
			return Cluster{}, nil, err
		}
		still := len(clusters) <= size
		size = len(clusters)
		passed := c.clock.Now().Sub(began)
		if still && looks >= minAbsenceLookups && passed >= minAbsenceTimeFor(size) {
			return c.waitForCache(ctx, name)
		}
		if looks >= minAbsenceLookups && passed > maxConfirmTime {
			return Cluster{}, nil, fmt.Errorf("it is not certain that the cluster %s is gone: the gateway does not know it, but its list of clusters has kept growing for %s", name, passed.Round(time.Second))
		}
	}
}

// outwait is the last look. A Kubernetes gateway holds ?wait for a name that it
// does not know for 20 s (k8s/backend.py), in which it reads some thousand
// clusters; other gateways, which have no cache, answer at once. One such request
// is enough for all who look for a cluster meanwhile. Where a proxy has less
// patience than that, it is looked for again and again for as long.
func (c *Client) waitForCache(ctx context.Context, name string) (Cluster, *Absence, error) {
	select {
	case c.cacheFill <- struct{}{}:
		defer func() { <-c.cacheFill }()
	case <-ctx.Done():
		return Cluster{}, nil, ctx.Err()
	}
	fresh := c.clock.Now().Sub(c.cacheFilledAt) < cacheWarmPeriod
	var cluster Cluster
	var err error
	if fresh {
		cluster, err = c.GetCluster(ctx, name)
	} else {
		cluster, err = c.getWhenCacheFilled(ctx, name)
	}
	switch {
	case err == nil:
		return c.absenceIfFinal(cluster)
	case !IsNotFound(err):
		return Cluster{}, nil, err
	}
	now := c.clock.Now()
	if !fresh {
		c.cacheFilledAt = now
	}
	return Cluster{}, &Absence{confirmedAt: now}, nil
}

// lookUpSlowly reads a cluster with one request that the gateway holds. It polls
// instead where a proxy times out, and where no connection may be held: with
// max_connections = 1 a held request would block every other read for 20 s.
func (c *Client) getWhenCacheFilled(ctx context.Context, name string) (Cluster, error) {
	release, ok := c.transport.TryHold()
	if !ok {
		return c.pollUntilKnown(ctx, name)
	}
	cluster, err := c.pollCluster(ctx, name)
	release()
	if isProxyTimeout(err) {
		return c.pollUntilKnown(ctx, name)
	}
	return cluster, err
}

// isOutOfPatience says that a proxy has given up a gateway that holds its answer
// back. One that is being restarted is another answer.
func isProxyTimeout(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind == transport.KindStatus && failure.Status == http.StatusGatewayTimeout
}

// keepLooking reads a cluster until the gateway knows it or its cache has had its
// time.
func (c *Client) pollUntilKnown(ctx context.Context, name string) (Cluster, error) {
	began := c.clock.Now()
	for {
		if err := c.clock.Sleep(ctx, absenceInterval); err != nil {
			return Cluster{}, err
		}
		cluster, err := c.GetCluster(ctx, name)
		if !IsNotFound(err) || c.clock.Now().Sub(began) >= cacheFillTimeout {
			return cluster, err
		}
	}
}

func minAbsenceTimeFor(clusters int) time.Duration {
	if clusters == 0 {
		return minAbsenceTimeEmptyList
	}
	return minAbsenceTime
}
