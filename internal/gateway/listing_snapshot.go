// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// listingSnapshot is a listing of all clusters. Those that are equal to a create's,
// because they have its options, are also listed apart: all, its candidates, and those
// that started too late. The request that returned the listing was sent at askedAt and
// the listing received at receivedAt by this machine's clock; serverNow is its Date.
type listingSnapshot struct {
	all                            map[string]Cluster
	equal, clusters, later         []Cluster
	askedAt, receivedAt, serverNow time.Time
}

// fixWindow sets the window of a create. Both ends err on the side of a longer
// window: by the time that the listing took, and by at most three seconds before and one
// after, because the Date header and the start times of Kubernetes are in whole
// seconds.
func (p *pendingCreate) fixWindow(seen listingSnapshot) {
	if p.earliest.IsZero() {
		p.earliest = transport.OnServerClock(p.sentAt, seen.receivedAt, seen.serverNow)
		p.latest = transport.LatestOnServerClock(p.failedAt.Add(p.lateBy), seen.askedAt, seen.serverNow)
	}
}

// mayBeCached reports whether a gateway reads the cluster from a cache. Only the
// Kubernetes backend has one, and it puts a namespace and a dot before the name.
func mayBeCached(name string) bool { return strings.Contains(name, ".") }

// adoption returns the grounds on which the create gets the cluster.
func (s listingSnapshot) adoption(name string, create *pendingCreate, cause error) *Adoption {
	grounds := &Adoption{Cause: cause, Earliest: create.earliest, Latest: create.latest, create: create}
	for _, cluster := range s.clusters {
		if cluster.Name == name {
			grounds.StartedAt = cluster.StartTime
		}
	}
	return grounds
}
