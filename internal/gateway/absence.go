// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
)

const (
	// minAbsenceLookups and minAbsenceTime are the fewest lookups and the shortest time
	// that confirm an absence. After a restart, a gateway filled its cache of 60
	// clusters in 0.5 s (measured).
	minAbsenceLookups = 3
	minAbsenceTime    = 4 * time.Second
	// minAbsenceTimeEmptyList replaces minAbsenceTime if the list is empty: the cache
	// may not have begun to fill.
	minAbsenceTimeEmptyList = 8 * time.Second
	// absenceInterval is the pause between two lookups, maxConfirmTime the time after
	// which an absence counts as unconfirmed.
	absenceInterval = 2 * time.Second
	maxConfirmTime  = time.Minute
)

// Absence is proof that a cluster has ended or no longer exists. Only this package
// can create one. It is always based on a message of the gateway, never on a status
// code alone.
type Absence struct {
	confirmedAt time.Time
	ended       *Cluster
}

// ConfirmedAt is when the absence was confirmed.
func (a Absence) ConfirmedAt() time.Time { return a.confirmedAt }

// Ended returns the cluster if the gateway still reports its final status.
func (a Absence) Ended() (Cluster, bool) {
	if a.ended == nil {
		return Cluster{}, false
	}
	return *a.ended, true
}

// ReportedByGateway reports whether the gateway returned the cluster with a final
// status. If it is false, the gateway responded that it does not find the cluster.
func (a Absence) ReportedByGateway() bool { return a.ended != nil }

// Refresh is GetOrConfirmAbsence for callers that read many clusters, such as
// Terraform's refresh. They share a listing, which may be some seconds old. A
// single cluster costs one request.
func (c *Client) Refresh(ctx context.Context, name string) (Cluster, *Absence, error) {
	c.creates.recordRead(name)
	cluster, listed, err := c.directory.Find(ctx, name)
	if err != nil || listed {
		return cluster, nil, err
	}
	return c.GetOrConfirmAbsence(ctx, name)
}

// GetOrConfirmAbsence reads a cluster. If the cluster has ended or no longer exists,
// it returns an Absence. An unclear response is an error.
func (c *Client) GetOrConfirmAbsence(ctx context.Context, name string) (Cluster, *Absence, error) {
	c.creates.recordRead(name)
	cluster, err := c.GetCluster(ctx, name)
	switch {
	case err == nil:
		return cluster, c.absenceIfFinal(cluster), nil
	case IsNotFound(err):
		return c.confirmAbsence(ctx, name)
	default:
		return Cluster{}, nil, err
	}
}

func (c *Client) absenceIfFinal(cluster Cluster) *Absence {
	if !cluster.Status.IsFinal() {
		return nil
	}
	return &Absence{confirmedAt: c.clock.Now(), ended: &cluster}
}

// confirmAbsence repeats the lookup after a 404. A Kubernetes gateway reads from a
// cache: after a restart, and while its watch lags, it returns 404 for clusters that
// are still running. So the cluster must be missing several times, over several
// seconds, by name and in a list that has stopped growing. It must be missing once
// more after the cache has had time to fill: the cache contains the clusters of all
// users, but the list shows only those of one.
func (c *Client) confirmAbsence(ctx context.Context, name string) (Cluster, *Absence, error) {
	type result struct {
		cluster Cluster
		absence *Absence
	}
	began, previousSize, lookups := c.clock.Now(), -1, 1
	policy := poll.Policy{InitialDelay: absenceInterval, FirstPause: absenceInterval}
	found, err := poll.Until(ctx, c.clock, policy, func(ctx context.Context) (result, bool, error) {
		lookups++
		clusters, err := c.ListClusters(ctx)
		if err != nil {
			return result{}, false, err
		}
		if cluster, listed := clusters[name]; listed {
			return result{cluster: cluster}, true, nil
		}
		cluster, err := c.GetCluster(ctx, name)
		if !IsNotFound(err) {
			return result{cluster, c.absenceIfFinal(cluster)}, true, err
		}
		hasGrown := len(clusters) > previousSize
		previousSize = len(clusters)
		waited := c.clock.Now().Sub(began)
		switch {
		case lookups < minAbsenceLookups:
		case !hasGrown && waited >= minAbsenceTimeFor(len(clusters)):
			cluster, absence, err := c.waitForCache(ctx, name)
			return result{cluster, absence}, true, err
		case waited > maxConfirmTime:
			return result{}, false, fmt.Errorf("could not confirm that the cluster %s no longer exists: the gateway does not find it, but its list of clusters kept growing for %s", name, waited.Round(time.Second))
		}
		return result{}, false, nil
	})
	if err != nil {
		return Cluster{}, nil, err
	}
	return found.cluster, found.absence, nil
}

// minAbsenceTimeFor returns how long a cluster must be missing from a list of this
// size.
func minAbsenceTimeFor(listed int) time.Duration {
	if listed == 0 {
		return minAbsenceTimeEmptyList
	}
	return minAbsenceTime
}
