// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// siblingTimeout is how much longer a create that has failed waits for other
	// creates with the same options, which may adopt one of its candidates.
	siblingTimeout = 250 * time.Millisecond
	// The cluster of a lost response is looked up several times, because a
	// Kubernetes gateway lists it only when its cache contains it.
	maxLookups     = 6
	lookupInterval = 2 * time.Second
	// unknownName is the name of no cluster. A Kubernetes gateway holds a long poll for
	// such a name while its cache may fill.
	unknownName = "terraform-provider-pc"
	// If the gateway cannot list its clusters, the lookups pause longer and longer,
	// for about two minutes in all. A gateway restarts within this time.
	maxOutageRetries = 8
	maxOutageBackoff = 30 * time.Second
)

// Creation is a cluster that the gateway created.
type Creation struct {
	Name string
	// Adopted is set if the response was lost and the client identified the cluster
	// by its options and start time.
	Adopted *Adoption
}

// Adoption says why the client took a cluster for the one it requested. It is likely and not certain: a cluster that the same user created with the
// same options within the same window looks the same.
type Adoption struct {
	// Cause is what happened to the response.
	Cause error
	// StartedAt is the cluster's start time. The request can have arrived from
	// Earliest until Latest. All three are times of the server's clock.
	StartedAt, Earliest, Latest time.Time
	// create is needed to find other candidates.
	create *pendingCreate
}

// AdoptError is a create whose response was lost. The client cannot decide whether
// the gateway created a cluster, or which one.
type AdoptError struct {
	// Cause is what happened to the response.
	Cause error
	// Candidates are the clusters that may be the one, by name. They have the same
	// options and started when the request can have arrived. Some may have ended.
	Candidates []Cluster
	// Later have the same options, but started after the request can have arrived.
	// They most likely belong to somebody else.
	Later []Cluster
	// ListError is why no listing of the clusters succeeded; nil if one did.
	// Without a listing, an empty list of candidates means nothing.
	ListError error
	// Interrupted means that Ctrl-C, or a timeout, left time for only some of the
	// lookups. They may have missed a cluster that a cache does not contain yet.
	Interrupted bool
	// NotForwarded means that a proxy answered at once that it cannot reach the
	// gateway. Most likely the request never arrived there.
	NotForwarded bool
}

// Error contains the number of clusters that may be the one.
func (e *AdoptError) Error() string {
	if e.ListError != nil {
		return fmt.Sprintf("the response was lost, and the clusters could not be listed since: %v", e.Cause)
	}
	if len(e.Candidates) == 0 {
		return fmt.Sprintf("the response was lost, and no new cluster was seen: %v", e.Cause)
	}
	return fmt.Sprintf("the response was lost, and %d new clusters may be the requested one: %v", len(e.Candidates), e.Cause)
}

// Unwrap returns what happened to the response.
func (e *AdoptError) Unwrap() error { return e.Cause }

// Create creates a cluster. If the response is lost after the request may have
// arrived, Create neither creates a second cluster nor loses the first: it adopts
// the one that has these options and started when the request can have arrived. If
// it cannot decide, the error is an *AdoptError. The server lets nobody choose a
// cluster's name or mark a request, so options and start time must do. The secrets
// are texts in the options that no error shows.
//
// If ctx ends, Create waits for a response that is under way for up to
// transport.InterruptedCreateTimeout, and returns as soon as that has arrived.
func (c *Client) Create(ctx context.Context, options map[string]any, secrets ...string) (Creation, error) {
	created, err := c.create(ctx, options, secrets...)
	if err == nil {
		c.directory.Changed(created.Name)
	}
	return created, err
}

func (c *Client) create(ctx context.Context, options map[string]any, secrets ...string) (Creation, error) {
	if err := ctx.Err(); err != nil {
		return Creation{}, err
	}
	ours := c.creates.begin(options)
	defer c.creates.finish(ours)
	posting, endPost := transport.WithCreateScope(ctx, c.interruptedCreateTimeout, func() { c.creates.markSent(ours, c.clock.Now) })
	defer endPost()
	lookingUp, endLookup := transport.WithGracePeriod(ctx, c.interruptedCreateTimeout+transport.InterruptedCleanupTimeout)
	defer endLookup()
	name, err := c.CreateCluster(posting, options, secrets...)
	if err == nil {
		c.creates.markCreated(ours, name)
		return Creation{Name: name}, nil
	}
	failure, ok := errors.AsType[*transport.Error](err)
	if !ok || !failure.MayHaveArrived() {
		return Creation{}, err
	}
	c.creates.markLost(ours, failure, c.clock.Now())
	if ctx.Err() != nil && !c.hasOptions() {
		// Only the requested options can be compared: the defaults are not fetched now.
		ours.ignoresDefaults = true
	}
	created, err := c.adopt(lookingUp, ours, err)
	if failed, ok := errors.AsType[*AdoptError](err); ok && ctx.Err() != nil {
		failed.Interrupted = true
	}
	return created, err
}

// adopt looks up the cluster of a lost response. It adopts a cluster only after
// two listings with the same candidates, because the first that appears may be
// somebody else's while ours is late. When no further lookup is possible, one
// listing has to do.
func (c *Client) adopt(ctx context.Context, ours *pendingCreate, cause error) (Creation, error) {
	failed := &AdoptError{Cause: cause, ListError: cause, NotForwarded: ours.isNotForwarded}
	var seen listingSnapshot
	// What one listing of a Kubernetes gateway contains, another replica's may not.
	candidates, later := map[string]Cluster{}, map[string]Cluster{}
	lookups, undecidable, othersPending, isCacheFilled := 0, false, false, false
	policy := poll.Policy{
		FirstPause: lookupInterval, IsTransient: transport.IsTransient,
		OutageTolerance: poll.Forever, MaxOutageRetries: maxOutageRetries, LongestOutagePause: maxOutageBackoff,
	}
	name, _ := poll.Until(ctx, c.clock, policy, func(ctx context.Context) (string, bool, error) {
		next, err := c.findCandidates(ctx, ours)
		if err != nil {
			if seen.receivedAt.IsZero() && lookups == 0 {
				failed.ListError = err
			}
			if transport.IsTransient(err) || ctx.Err() != nil {
				return "", false, err
			}
			lookups++
			return "", lookups == maxLookups, nil
		}
		lookups++
		previous := seen.clusters
		seen, failed.ListError = next, nil
		// Another create that is under way may own what the listing contains.
		othersPending = c.creates.waitForOthers(ctx, ours) != nil
		// What Terraform manages must not be offered for import or stopping.
		isKnown := func(cluster Cluster) bool { return c.creates.isKnown(cluster.Name, ours) }
		seen.clusters, seen.later = slices.DeleteFunc(seen.clusters, isKnown), slices.DeleteFunc(seen.later, isKnown)
		addCandidates(candidates, seen.clusters)
		addCandidates(later, seen.later)
		if othersPending {
			return "", false, ctx.Err()
		}
		if undecidable {
			return "", lookups == maxLookups, nil
		}
		stage := listSettled
		if hasNew(seen.clusters, previous) {
			stage = listChanged
		}
		name, isFinal := c.creates.assign(ours, seen, stage)
		undecidable = isFinal && name == ""
		// The error names all candidates, and a cache may not contain all of them yet.
		isComplete := isFinal && !slices.ContainsFunc(seen.clusters, func(cluster Cluster) bool { return mayBeCached(cluster.Name) })
		if lookups == maxLookups && len(candidates) == 0 && !isCacheFilled {
			// A Kubernetes gateway that restarted meanwhile has an empty cache.
			isCacheFilled = true
			if mayHaveCache(next.all) && c.fillCache(ctx) {
				lookups--
			}
		}
		return name, name != "" || isComplete || lookups == maxLookups, nil
	})
	if name == "" && !undecidable && !othersPending {
		name, _ = c.creates.assign(ours, seen, finalLookup)
	}
	if name != "" {
		return Creation{Name: name, Adopted: seen.adoption(name, ours, cause)}, nil
	}
	c.creates.waitForAdoptions(ctx, ours)
	isKnown := func(name string, _ Cluster) bool { return c.creates.isKnown(name, ours) }
	maps.DeleteFunc(candidates, isKnown)
	maps.DeleteFunc(later, func(name string, cluster Cluster) bool {
		_, isCandidate := candidates[name]
		return isCandidate || isKnown(name, cluster)
	})
	failed.Candidates, failed.Later = sortedByName(candidates), sortedByName(later)
	return Creation{}, failed
}

// mayHaveCache reports whether a gateway with these clusters may have a cache: no name
// shows that it has none.
func mayHaveCache(clusters map[string]Cluster) bool {
	for name := range clusters {
		if !mayBeCached(name) {
			return false
		}
	}
	return true
}

// fillCache gives the cache of a Kubernetes gateway the time to fill, and reports
// whether it waited: listings may be complete only now. A gateway without a cache
// answers at once.
func (c *Client) fillCache(ctx context.Context) bool {
	began := c.clock.Now()
	_, _, err := c.waitForCache(ctx, unknownName)
	return err != nil || c.clock.Now().Sub(began) > longPollDuration
}

func addCandidates(all map[string]Cluster, clusters []Cluster) {
	for _, cluster := range clusters {
		all[cluster.Name] = cluster
	}
}

func sortedByName(clusters map[string]Cluster) []Cluster {
	return slices.SortedFunc(maps.Values(clusters), func(a, b Cluster) int { return strings.Compare(a.Name, b.Name) })
}

// OtherCandidates returns the active clusters that may be the requested one instead of
// the adopted one, which may be somebody else's if the requested one was listed late.
// It waits until the gateway has created the requested one, if it does. A Kubernetes
// gateway lists a cluster only when its cache contains it, so there it waits until all
// lookups of a create would have ended.
func (c *Client) OtherCandidates(ctx context.Context, name string, adopted Adoption) ([]Cluster, error) {
	ours := adopted.create
	lateBy := ours.lateBy
	if mayBeCached(name) {
		lateBy = max(lateBy, maxLookups*lookupInterval)
		c.fillCache(ctx)
	}
	if pause := ours.failedAt.Add(lateBy).Sub(c.clock.Now()); pause > 0 {
		if err := c.clock.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
	seen, err := c.findCandidates(ctx, ours)
	if err != nil {
		return nil, err
	}
	isOther := func(cluster Cluster) bool { return cluster.Status.isActive() && !c.creates.isKnown(cluster.Name, ours) }
	if slices.ContainsFunc(seen.clusters, isOther) {
		c.creates.waitForAdoptions(ctx, ours)
	}
	return slices.DeleteFunc(seen.clusters, func(cluster Cluster) bool { return !isOther(cluster) }), nil
}

// hasNew reports whether one of the clusters was not among the previous ones.
func hasNew(clusters, previous []Cluster) bool {
	return slices.ContainsFunc(clusters, func(cluster Cluster) bool {
		return !slices.ContainsFunc(previous, func(other Cluster) bool { return other.Name == cluster.Name })
	})
}

// findCandidates lists the clusters that have the requested options, and separates
// those that the request can have created from those that started later. Clusters
// that have ended are included: one can fail within a second.
func (c *Client) findCandidates(ctx context.Context, ours *pendingCreate) (listingSnapshot, error) {
	var declared []Option
	if !ours.ignoresDefaults {
		var err error
		if declared, err = c.Options(ctx); err != nil {
			return listingSnapshot{}, err
		}
	}
	snapshot := listingSnapshot{askedAt: c.clock.Now()}
	clusters, response, err := c.listClusters(ctx, allStatuses...)
	if err != nil {
		return listingSnapshot{}, err
	}
	snapshot.receivedAt, snapshot.serverNow = c.clock.Now(), response.Date
	// Failed attempts before this response would make the window longer, by minutes
	// while the gateway restarts.
	if sentAt := snapshot.receivedAt.Add(-response.Took); sentAt.After(snapshot.askedAt) {
		snapshot.askedAt = sentAt
	}
	snapshot.all = clusters
	c.creates.recordFirstListing(ours, clusters)
	for _, name := range slices.Sorted(maps.Keys(clusters)) {
		if matchesOptions(ours.options, clusters[name].Options, declared) {
			snapshot.equal = append(snapshot.equal, clusters[name])
		}
	}
	c.creates.sortCandidates(ours, &snapshot)
	return snapshot, nil
}

// matchesOptions reports whether a cluster has the requested options, and the
// declared defaults for all others.
func matchesOptions(requested, inEffect map[string]any, declared []Option) bool {
	for name, value := range requested {
		if !SameValue(value, inEffect[name]) {
			return false
		}
	}
	for _, option := range declared {
		if _, given := requested[option.Field]; !given && !SameValue(option.Default, inEffect[option.Field]) {
			return false
		}
	}
	return true
}
