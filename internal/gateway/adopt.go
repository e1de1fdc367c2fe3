// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// grace is how long the answer to a create may still arrive after its
	// caller has given up: a name that arrives is a cluster that is not lost.
	interruptedCreateTimeout = 500 * time.Millisecond
	// glance bounds the one look for a lost cluster after Ctrl-C.
	interruptedLookupTimeout = 400 * time.Millisecond
	// A lost cluster is looked for so often and with such pauses: a Kubernetes
	// gateway lists it only when its cache has followed.
	maxLookups     = 6
	lookupInterval = 2 * time.Second
	// A gateway that cannot list is waited for with pauses that double up to
	// outagePause, outages of them: about two minutes, in which a gateway is
	// restarted.
	maxOutageRetries = 8
	maxOutageBackoff = 30 * time.Second
	// surveying bounds the look at what there is before the first create.
	initialListTimeout = 5 * time.Second
)

// Survey remembers which clusters there are, so that no create whose answer is
// lost takes one that was there before. It costs one listing for all creates of
// a Client; where that fails, the clusters' start times have to do.
func (c *Client) ListExisting(ctx context.Context) {
	_, _ = c.existingListed.Get(ctx, func(ctx context.Context) (bool, error) {
		ctx, cancel := context.WithTimeout(ctx, initialListTimeout)
		defer cancel()
		_, err := c.ListClusters(ctx, allStatuses...)
		// A failure is not repeated by each of the creates.
		return err == nil, nil
	})
}

// everyStatus is for listings of ended clusters, too.
var allStatuses = []Status{StatusPending, StatusRunning, StatusStopping, StatusStopped, StatusFailed}

// Creation is a cluster that was made. Claimed says that the gateway's answer
// was lost and the cluster was found by its options and start time.
type Creation struct {
	Name    string
	Adopted bool
}

// ClaimError is a create whose answer was lost and of which it cannot be
// decided whether it made a cluster, and which.
type AdoptError struct {
	Cause error
	// Candidates are the clusters that may be the one, by name; also those that
	// have ended since.
	Candidates []Cluster
	// Unseen is why the gateway's clusters could not be listed since, not even
	// once; nil if they could. Then no candidates mean nothing.
	ListError error
	// Hasty says that there was no time for all looks, after Ctrl-C for example: a
	// cluster that a cache does not show yet was not waited for.
	Interrupted bool
}

// Error says how many clusters may be the one.
func (e *AdoptError) Error() string {
	if e.ListError != nil {
		return fmt.Sprintf("the answer was lost, and the clusters could not be listed since: %v", e.Cause)
	}
	if len(e.Candidates) == 0 {
		return fmt.Sprintf("the answer was lost, and no new cluster was seen: %v", e.Cause)
	}
	return fmt.Sprintf("the answer was lost, and %d new clusters may be the one that was asked for: %v", len(e.Candidates), e.Cause)
}

// Unwrap returns what happened to the answer.
func (e *AdoptError) Unwrap() error { return e.Cause }

// Create makes a cluster. Where the answer is lost after the request may have
// arrived, it neither makes a second cluster nor loses the first: the one that
// has appeared since, with these options, is taken over. What cannot be
// decided is a *ClaimError. The server lets no one choose a cluster's name or
// mark a request, so options and start time are all there is to go by. The secrets
// are texts in the options that no error shows.
func (c *Client) Create(ctx context.Context, options map[string]any, secrets ...string) (Creation, error) {
	made, err := c.create(ctx, options, secrets...)
	if err == nil {
		c.directory.Changed(made.Name)
	}
	return made, err
}

func (c *Client) create(ctx context.Context, options map[string]any, secrets ...string) (Creation, error) {
	if err := ctx.Err(); err != nil {
		return Creation{}, err
	}
	ours := c.creates.begin(options)
	defer c.creates.finish(ours)
	posting, cancel := transport.WithCreateScope(ctx, interruptedCreateTimeout, func() { c.creates.markSent(ours, c.clock.Now) })
	defer cancel()
	name, err := c.CreateCluster(posting, options, secrets...)
	if err == nil {
		c.creates.markCreated(ours, name)
		return Creation{Name: name}, nil
	}
	var failure *transport.Error
	if !errors.As(err, &failure) || !failure.MayHaveArrived() {
		return Creation{}, err
	}
	c.creates.markLost(ours)
	if ctx.Err() != nil {
		looking, cancel := context.WithTimeout(context.WithoutCancel(ctx), interruptedLookupTimeout)
		defer cancel()
		return c.adopt(looking, ours, 1, err)
	}
	return c.adopt(ctx, ours, maxLookups, err)
}

// claim looks for the cluster of a lost answer. Where there is time for more than
// one look it is taken when a second one shows nothing new: the first that shows
// may be somebody else's, and ours be late.
func (c *Client) adopt(ctx context.Context, ours *pendingCreate, looks int, cause error) (Creation, error) {
	var candidates listingSnapshot
	unseen, outage := cause, 0
	for look := 1; ; look++ {
		pause := lookupInterval
		seen, err := c.findCandidates(ctx, ours)
		if look == 1 || err == nil {
			unseen = err
		}
		if err != nil && looks > 1 && outage < maxOutageRetries && transport.IsTransient(err) {
			// Nobody has looked.
			pause = min(lookupInterval<<outage, maxOutageBackoff)
			outage++
			look--
		}
		if err == nil {
			before := candidates.clusters
			candidates = seen
			// A create in flight may own what is seen.
			interrupted := c.creates.waitForOthers(ctx, ours)
			// What Terraform manages must not be offered for import or stopping.
			candidates.clusters = slices.DeleteFunc(candidates.clusters, func(seen Cluster) bool { return c.creates.isKnown(seen.Name, ours) })
			if interrupted != nil {
				return Creation{}, &AdoptError{Cause: cause, Candidates: candidates.clusters, Interrupted: true}
			}
			stage := listSettled
			if hasNew(candidates.clusters, before) {
				stage = listChanged
			}
			name, decided := c.creates.assign(ours, candidates, stage)
			switch {
			case name != "":
				return Creation{Name: name, Adopted: true}, nil
			case decided:
				return Creation{}, &AdoptError{Cause: cause, Candidates: candidates.clusters}
			}
		}
		if look == looks || c.clock.Sleep(ctx, pause) != nil {
			// There will be no other look.
			if name, _ := c.creates.assign(ours, candidates, finalLookup); name != "" {
				return Creation{Name: name, Adopted: true}, nil
			}
			return Creation{}, &AdoptError{Cause: cause, Candidates: candidates.clusters, ListError: unseen, Interrupted: look < maxLookups}
		}
	}
}

// newIn says whether one of the clusters was not among those before.
func hasNew(clusters, before []Cluster) bool {
	return slices.ContainsFunc(clusters, func(cluster Cluster) bool {
		return !slices.ContainsFunc(before, func(other Cluster) bool { return other.Name == cluster.Name })
	})
}

// candidates are the clusters that began since the request, by the server's
// clock, and that have the options asked for. Ended ones are among them: a
// cluster can fail within a second.
func (c *Client) findCandidates(ctx context.Context, ours *pendingCreate) (listingSnapshot, error) {
	declared, err := c.Options(ctx)
	if err != nil {
		return listingSnapshot{}, err
	}
	clusters, serverNow, err := c.listClusters(ctx, allStatuses...)
	if err != nil {
		return listingSnapshot{}, err
	}
	seen := listingSnapshot{receivedAt: c.clock.Now(), serverNow: serverNow}
	for _, cluster := range clusters {
		if seen.canComeFrom(cluster, ours) && matchesOptions(ours.options, cluster.Options, declared) {
			seen.clusters = append(seen.clusters, cluster)
		}
	}
	slices.SortFunc(seen.clusters, func(a, b Cluster) int { return strings.Compare(a.Name, b.Name) })
	return seen, nil
}

// agrees says whether a cluster has the options asked for and the defaults for
// the others.
func matchesOptions(asked, has map[string]any, declared []Option) bool {
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
