// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// grace is how long the answer to a create may still arrive after its
	// caller has given up: a name that arrives is a cluster that is not lost.
	grace = 500 * time.Millisecond
	// glance bounds the one look for a lost cluster after Ctrl-C.
	glance = 400 * time.Millisecond
	// A lost cluster is looked for so often and with such pauses: a Kubernetes
	// gateway lists it only when its cache has followed.
	claimLooks = 6
	claimPause = 2 * time.Second
	// slack is for start times and Date headers in whole seconds.
	slack = 2 * time.Second
)

// Creation is a cluster that was made. Claimed says that the gateway's answer
// was lost and the cluster was found by its options and start time.
type Creation struct {
	Name    string
	Claimed bool
}

// ClaimError is a create whose answer was lost and of which it cannot be
// decided whether it made a cluster, and which.
type ClaimError struct {
	Cause error
	// Candidates are the clusters that may be the one, by name.
	Candidates []Cluster
}

// Error says how many clusters may be the one.
func (e *ClaimError) Error() string {
	return fmt.Sprintf("the answer was lost, and %d new clusters may be the one that was asked for: %v", len(e.Candidates), e.Cause)
}

// Unwrap returns what happened to the answer.
func (e *ClaimError) Unwrap() error { return e.Cause }

// Create makes a cluster. Where the answer is lost after the request may have
// arrived, it neither makes a second cluster nor loses the first: the one that
// has appeared since, with these options, is taken over. What cannot be
// decided is a *ClaimError. The server lets no one choose a cluster's name or
// mark a request, so options and start time are all there is to go by.
func (c *Client) Create(ctx context.Context, options map[string]any) (Creation, error) {
	ours := c.own.begin(options)
	defer c.own.end(ours)
	began := c.clock.Now()
	posting, cancel := lasting(ctx, grace)
	defer cancel()
	name, err := c.CreateCluster(posting, options)
	if err == nil {
		c.own.made(ours, name)
		return Creation{Name: name}, nil
	}
	var failure *transport.Error
	if !errors.As(err, &failure) || !failure.MayHaveArrived() {
		return Creation{}, err
	}
	c.own.lost(ours)
	if ctx.Err() != nil {
		looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), glance)
		defer cancel()
		return c.claim(looking, ours, began, 1, err)
	}
	return c.claim(ctx, ours, began, claimLooks, err)
}

// lasting is a context that outlives ctx by d.
func lasting(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(d, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}

// claim looks for the cluster of a lost answer.
func (c *Client) claim(ctx context.Context, ours *creation, began time.Time, looks int, cause error) (Creation, error) {
	for look := 1; ; look++ {
		// A create in flight with the same options may own what is seen.
		if err := c.own.awaitOthers(ctx, ours); err != nil {
			return Creation{}, &ClaimError{Cause: cause}
		}
		candidates, err := c.candidates(ctx, ours, began)
		if err == nil {
			name, decided := c.own.take(ours, candidates)
			switch {
			case name != "":
				return Creation{Name: name, Claimed: true}, nil
			case decided:
				return Creation{}, &ClaimError{Cause: cause, Candidates: candidates}
			}
		}
		if look == looks || c.clock.Sleep(ctx, claimPause) != nil {
			return Creation{}, &ClaimError{Cause: cause, Candidates: candidates}
		}
	}
}

// candidates are the clusters that began in the time of the request, by the
// server's clock, with the options that were asked for.
func (c *Client) candidates(ctx context.Context, ours *creation, began time.Time) ([]Cluster, error) {
	clusters, serverNow, err := c.listClusters(ctx)
	if err != nil {
		return nil, err
	}
	since := began
	if !serverNow.IsZero() {
		since = serverNow.Add(-c.clock.Now().Sub(began))
	}
	since = since.Add(-slack)
	declared, _ := c.options.Peek()
	var found []Cluster
	for _, cluster := range clusters {
		if !cluster.StartTime.Before(since) && agrees(ours.options, cluster.Options, declared) && !c.own.knows(cluster.Name) {
			found = append(found, cluster)
		}
	}
	slices.SortFunc(found, func(a, b Cluster) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}

// agrees says whether a cluster has the options asked for, and the defaults
// for the others where those are known.
func agrees(asked, has map[string]any, declared []Option) bool {
	for name, value := range asked {
		if !SameValue(value, has[name]) {
			return false
		}
	}
	for _, option := range declared {
		if _, given := asked[option.Field]; !given && !SameValue(option.Default, has[option.Field]) {
			return false
		}
	}
	return true
}

// ownClusters are the clusters that this process has made or is making.
type ownClusters struct {
	mu       sync.Mutex
	names    map[string]bool
	creating map[*creation]bool
	settled  chan struct{}
}

// creation is one create that has not ended. Lost says that its answer is.
type creation struct {
	options map[string]any
	lost    bool
}

func newOwnClusters() *ownClusters {
	return &ownClusters{names: map[string]bool{}, creating: map[*creation]bool{}, settled: make(chan struct{})}
}

func (o *ownClusters) begin(options map[string]any) *creation {
	o.mu.Lock()
	defer o.mu.Unlock()
	ours := &creation{options: options}
	o.creating[ours] = true
	return ours
}

func (o *ownClusters) end(ours *creation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.creating, ours)
	o.wake()
}

func (o *ownClusters) made(ours *creation, name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.names[name] = true
	delete(o.creating, ours)
	o.wake()
}

func (o *ownClusters) lost(ours *creation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	ours.lost = true
	o.wake()
}

func (o *ownClusters) knows(name string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.names[name]
}

// wake tells those who wait for other creates that one has moved on.
func (o *ownClusters) wake() {
	close(o.settled)
	o.settled = make(chan struct{})
}

// awaitOthers waits until no other create with the same options is in flight.
func (o *ownClusters) awaitOthers(ctx context.Context, ours *creation) error {
	for {
		o.mu.Lock()
		inFlight := false
		for other := range o.creating {
			inFlight = inFlight || other != ours && !other.lost && SameValue(other.options, ours.options)
		}
		settled := o.settled
		o.mu.Unlock()
		if !inFlight {
			return nil
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// take gives one of the candidates to the create, if there are not more of them
// than creates of this process whose answers were lost: the options of those
// are the same, so any of them will do. More candidates than that are decided
// too: one of them is somebody else's, and nobody can say which.
func (o *ownClusters) take(ours *creation, candidates []Cluster) (name string, decided bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var free []string
	for _, candidate := range candidates {
		if !o.names[candidate.Name] {
			free = append(free, candidate.Name)
		}
	}
	rivals := 0
	for other := range o.creating {
		if other.lost && SameValue(other.options, ours.options) {
			rivals++
		}
	}
	switch {
	case len(free) == 0:
		return "", false
	case len(free) > rivals:
		return "", true
	}
	o.names[free[0]] = true
	delete(o.creating, ours)
	o.wake()
	return free[0], true
}
