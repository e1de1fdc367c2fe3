// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// listingSnapshot is a listing of all clusters, evaluated for one create.
type listingSnapshot struct {
	// all are the listed clusters by name.
	all map[string]Cluster
	// equal are the clusters with the options of the create. candidates are those of
	// them that it can have created, later those that started too late.
	equal, candidates, later []Cluster
	// sentAt and receivedAt are the times of the request and of the response by this
	// machine's clock. serverNow is the response's Date.
	sentAt, receivedAt, serverNow time.Time
}

// fixWindow sets the window of a create, unless it is set. The window is longer than
// necessary: by the time that the listing took, and by at most three seconds at its
// start and one at its end, because the Date header and the start times of Kubernetes
// are in whole seconds.
func (p *pendingCreate) fixWindow(seen listingSnapshot) {
	if p.earliest.IsZero() {
		p.earliest = transport.OnServerClock(p.sentAt, seen.receivedAt, seen.serverNow)
		p.latest = transport.LatestOnServerClock(p.failedAt.Add(p.lateBy), seen.sentAt, seen.serverNow)
	}
}

// mayBeCached reports whether a gateway reads the cluster from a cache. Only the
// Kubernetes backend has a cache, and it puts a namespace and a dot before the name.
func mayBeCached(name string) bool { return strings.Contains(name, ".") }

// adoption describes why the create adopts the cluster.
func (s listingSnapshot) adoption(name string, create *pendingCreate, cause error) *Adoption {
	adoption := &Adoption{Cause: cause, Earliest: create.earliest, Latest: create.latest, create: create}
	for _, cluster := range s.candidates {
		if cluster.Name == name {
			adoption.StartedAt = cluster.StartTime
		}
	}
	return adoption
}
