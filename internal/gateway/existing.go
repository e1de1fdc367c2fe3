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
	// recentPeriod is the age up to which a cluster may be left over from a killed
	// apply. A person who repeats a killed apply does so soon; older clusters would only
	// add noise.
	recentPeriod = 15 * time.Minute
)

// allStatuses is for listings that include ended clusters.
var allStatuses = []Status{StatusPending, StatusRunning, StatusStopping, StatusStopped, StatusFailed}

// existingClusters is a listing from before the first create.
type existingClusters struct {
	clusters  map[string]Cluster
	serverNow time.Time
}

// ListExisting records which clusters exist, so that no create with a lost response
// adopts an older one. All creates of a Client share one listing. If the listing
// fails, only the start times exclude older clusters. ListExisting also reads the
// declared options, because after an interrupt there is no time for that.
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
		// After a failure, the other creates do not try again.
		return existingClusters{clusters, serverNow}, nil
	})
}

// RecentEqualClusters returns the active clusters of the user that ListExisting found
// with exactly these options, that started within recentPeriod, and that this process
// neither created nor read by name. After a killed apply, it is possible that no
// state contains them. RecentEqualClusters sends no request, and returns each cluster
// once.
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
