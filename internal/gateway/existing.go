// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"slices"
	"strings"
	"time"
)

const (
	// initialListTimeout bounds the listing before the first create.
	initialListTimeout = 5 * time.Second
	// recentPeriod is how old a cluster may be to count as a leftover of an apply
	// that was killed. A person who repeats a killed apply does so soon; older
	// clusters would only add noise.
	recentPeriod = 15 * time.Minute
)

// allStatuses is for listings that include ended clusters.
var allStatuses = []Status{StatusPending, StatusRunning, StatusStopping, StatusStopped, StatusFailed}

// existingClusters is a listing from before the first create.
type existingClusters struct {
	clusters  map[string]Cluster
	serverNow time.Time
}

// ListExisting records which clusters there are, so that no create with a lost
// response adopts one that was there before. All creates of a Client share one
// listing. If that fails, the clusters' start times have to do. It also reads the
// declared options unless they are known: after an interrupt there is no time to.
func (c *Client) ListExisting(ctx context.Context) {
	_, _ = c.existing.Get(ctx, func(ctx context.Context) (existingClusters, error) {
		ctx, cancel := context.WithTimeout(ctx, initialListTimeout)
		defer cancel()
		clusters, response, _ := c.listClusters(ctx, allStatuses...)
		serverNow := response.Date
		_, _ = c.Options(ctx)
		if serverNow.IsZero() {
			serverNow = c.clock.Now()
		}
		// A failure is not repeated by each of the creates.
		return existingClusters{clusters, serverNow}, nil
	})
}

// RecentEqualClusters returns the active clusters of the user that ListExisting
// found with exactly these options, that started within recentPeriod, and that
// this process neither created nor read by name. After an apply that was killed
// they may be in no state. It sends no request, and reports each cluster once.
func (c *Client) RecentEqualClusters(options map[string]any) []Cluster {
	existing, listed := c.existing.Peek()
	declared, known := c.options.Peek()
	if !listed || !known {
		return nil
	}
	var found []Cluster
	for _, cluster := range existing.clusters {
		isRecent := !cluster.StartTime.Before(existing.serverNow.Add(-recentPeriod))
		if cluster.Status.isActive() && isRecent && matchesOptions(options, cluster.Options, declared) && c.creates.reportOnce(cluster.Name) {
			found = append(found, cluster)
		}
	}
	slices.SortFunc(found, func(a, b Cluster) int { return strings.Compare(a.Name, b.Name) })
	return found
}
