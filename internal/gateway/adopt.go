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
	// maxLookups is how often the client looks up the cluster of a lost response. A
	// Kubernetes gateway lists it only when its cache contains it.
	maxLookups     = 6
	lookupInterval = 2 * time.Second
	// unknownName is the name of no cluster. A Kubernetes gateway holds a long poll for
	// such a name for cacheFillTimeout.
	unknownName = "terraform-provider-pc"
	// If the gateway cannot list its clusters, the pauses between the lookups grow, to
	// about two minutes in total. A gateway restarts within this time.
	maxOutageRetries = 8
	maxOutageBackoff = 30 * time.Second
	// maxCacheFills is how often one create waits for the cache of a Kubernetes gateway
	// to fill, if restarts empty it again.
	maxCacheFills = 3
)

// outagePolicy is the policy of the lookups of a create.
var outagePolicy = poll.Policy{
	FirstPause: lookupInterval, IsTransient: transport.IsTransient,
	OutageTolerance: poll.Forever, MaxOutageRetries: maxOutageRetries, LongestOutagePause: maxOutageBackoff,
}

// Creation is a cluster that the gateway created.
type Creation struct {
	Name string
	// Adopted is set if the response was lost and the client identified the cluster by
	// its options and start time.
	Adopted *Adoption
}

// Adoption explains why the client considers a cluster to be the one it requested.
// This is likely, but not certain: a cluster that the same user created with the same
// options within the same window looks the same.
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
	// Candidates are the clusters that may be the requested one, sorted by name. They
	// have its options, and started when the request can have arrived. Some may have
	// ended.
	Candidates []Cluster
	// Later are the clusters with the same options that started too late to be the
	// requested one. Most likely, another request created them.
	Later []Cluster
	// ListError is why no listing of the clusters succeeded; nil if one did.
	// Without a listing, an empty list of candidates means nothing.
	ListError error
	// WasInterrupted means that Ctrl-C, or a timeout, left time for only some of the
	// lookups. They may have missed a cluster that a cache does not contain yet.
	WasInterrupted bool
	// MayBeIncomplete means that the gateway may have a cache that had no time to fill
	// since a restart, so that the listings may have missed a cluster.
	MayBeIncomplete bool
	// WasNotForwarded means that a proxy responded at once that it cannot reach the
	// gateway. Most likely the request never arrived there.
	WasNotForwarded bool
}

// Error contains the number of clusters that may be the requested one.
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
// arrived, Create neither creates a second cluster nor loses the first: it adopts the
// cluster that has these options and started when the request can have arrived. If it
// cannot decide, the error is an *AdoptError. The API has no way to choose a
// cluster's name or to mark a request, so only options and start time identify a
// cluster. Errors mask the secrets, which are texts in the options.
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
		// There is no time to fetch the defaults, so only the requested options are
		// compared.
		ours.ignoresDefaults = true
	}
	created, err := c.adopt(lookingUp, ours, err)
	if failed, ok := errors.AsType[*AdoptError](err); ok && ctx.Err() != nil {
		failed.WasInterrupted = true
	}
	return created, err
}

// adopt looks up the cluster of a lost response. It adopts a cluster only after two
// listings with the same candidates: the first candidate may belong to another
// request, while the requested cluster appears later. If no further lookup is
// possible, one listing is enough.
func (c *Client) adopt(ctx context.Context, ours *pendingCreate, cause error) (Creation, error) {
	search := &candidateSearch{
		client: c, ours: ours, failed: &AdoptError{Cause: cause, ListError: cause, WasNotForwarded: ours.isNotForwarded},
		candidates: map[string]Cluster{}, later: map[string]Cluster{},
	}
	if name := search.run(ctx); name != "" {
		return Creation{Name: name, Adopted: search.seen.adoption(name, ours, cause)}, nil
	}
	c.creates.waitForAdoptions(ctx, ours)
	return Creation{}, search.error()
}

// candidateSearch looks up the cluster of a create whose response was lost.
type candidateSearch struct {
	client *Client
	ours   *pendingCreate
	failed *AdoptError
	// lookupsLeft is the number of lookups that lookUp may still make.
	lookupsLeft int
	// seen is the last listing. candidates and later are those of all listings: one
	// replica of a Kubernetes gateway may list clusters that another does not.
	seen              listingSnapshot
	candidates, later map[string]Cluster
	// isUndecidable means that one of the candidates belongs to another request.
	// isComplete means that no other listing can have more of them.
	isUndecidable, isComplete bool
	// hasPendingSiblings means that a candidate may belong to another create that is
	// under way.
	hasPendingSiblings bool
}

// run returns the name of the adopted cluster, or "" if it adopted none.
func (s *candidateSearch) run(ctx context.Context) string {
	name := s.lookUp(ctx, maxLookups)
	for range maxCacheFills {
		if name != "" || s.isComplete || ctx.Err() != nil || !s.mayMissClusters() {
			break
		}
		// A Kubernetes gateway that restarted meanwhile has an empty cache.
		waited, err := s.client.fillCache(ctx)
		if err != nil || !waited {
			s.failed.MayBeIncomplete = err != nil
			break
		}
		previous := s.seen.receivedAt
		name = s.lookUp(ctx, 1)
		s.failed.MayBeIncomplete = s.seen.receivedAt.Equal(previous) || s.mayMissClusters()
	}
	if name == "" && !s.isUndecidable && !s.hasPendingSiblings {
		name, _ = s.client.creates.assign(s.ours, s.seen, finalLookup)
	}
	return name
}

// mayMissClusters reports whether the gateway may have a cache that had no time to
// fill.
func (s *candidateSearch) mayMissClusters() bool {
	return s.failed.ListError == nil && mayHaveCache(s.seen.all) && !s.client.cache.isFilled(s.client.clock.Now())
}

// lookUp lists the clusters until it can adopt one, at most as often as given.
func (s *candidateSearch) lookUp(ctx context.Context, lookups int) string {
	s.lookupsLeft = lookups
	name, _ := poll.Until(ctx, s.client.clock, outagePolicy, s.lookUpOnce)
	return name
}

// lookUpOnce lists the clusters once. isDone means that lookUp must end.
func (s *candidateSearch) lookUpOnce(ctx context.Context) (name string, isDone bool, err error) {
	creates := s.client.creates
	next, err := s.client.findCandidates(ctx, s.ours)
	if err != nil {
		if s.seen.receivedAt.IsZero() && s.lookupsLeft == maxLookups {
			s.failed.ListError = err
		}
		if transport.IsTransient(err) || ctx.Err() != nil {
			return "", false, err
		}
		s.lookupsLeft--
		return "", s.lookupsLeft == 0, nil
	}
	s.lookupsLeft--
	previous := s.seen.candidates
	s.seen, s.failed.ListError = next, nil
	// A listed cluster may belong to another create that is under way.
	s.hasPendingSiblings = creates.waitForOthers(ctx, s.ours) != nil
	// The error must not offer a cluster that Terraform manages for import or stopping.
	isKnown := func(cluster Cluster) bool { return creates.isKnown(cluster.Name, s.ours) }
	s.seen.candidates, s.seen.later = slices.DeleteFunc(s.seen.candidates, isKnown), slices.DeleteFunc(s.seen.later, isKnown)
	addCandidates(s.candidates, s.seen.candidates)
	addCandidates(s.later, s.seen.later)
	if s.hasPendingSiblings {
		return "", false, ctx.Err()
	}
	if s.isUndecidable {
		return "", s.lookupsLeft == 0, nil
	}
	stage := listSettled
	if hasNew(s.seen.candidates, previous) {
		stage = listChanged
	}
	name, isFinal := creates.assign(s.ours, s.seen, stage)
	s.isUndecidable = isFinal && name == ""
	// The error names all candidates, and a cache may not contain all of them yet.
	s.isComplete = isFinal && !slices.ContainsFunc(s.seen.candidates, func(cluster Cluster) bool { return mayBeCached(cluster.Name) })
	return name, name != "" || s.isComplete || s.lookupsLeft == 0, nil
}

// error returns the error of a search that has found no cluster.
func (s *candidateSearch) error() *AdoptError {
	isKnown := func(name string, _ Cluster) bool { return s.client.creates.isKnown(name, s.ours) }
	maps.DeleteFunc(s.candidates, isKnown)
	maps.DeleteFunc(s.later, func(name string, cluster Cluster) bool {
		_, isCandidate := s.candidates[name]
		return isCandidate || isKnown(name, cluster)
	})
	s.failed.Candidates, s.failed.Later = sortedByName(s.candidates), sortedByName(s.later)
	return s.failed
}

// mayHaveCache reports whether a gateway with these clusters may have a cache. The
// name of one cluster is enough to show that it has none.
func mayHaveCache(clusters map[string]Cluster) bool {
	for name := range clusters {
		if !mayBeCached(name) {
			return false
		}
	}
	return true
}

func addCandidates(all map[string]Cluster, clusters []Cluster) {
	for _, cluster := range clusters {
		all[cluster.Name] = cluster
	}
}

func sortedByName(clusters map[string]Cluster) []Cluster {
	return slices.SortedFunc(maps.Values(clusters), func(a, b Cluster) int { return strings.Compare(a.Name, b.Name) })
}

// OtherCandidates returns the active clusters that may be the requested one instead
// of the adopted one: the requested one may have been listed late. It waits until the
// gateway must have created the requested cluster, if it does at all. A Kubernetes
// gateway lists a cluster only when its cache contains it, so there it waits until
// all lookups of a create would have ended.
func (c *Client) OtherCandidates(ctx context.Context, name string, adopted Adoption) ([]Cluster, error) {
	ours := adopted.create
	lateBy := ours.lateBy
	if mayBeCached(name) {
		lateBy = max(lateBy, maxLookups*lookupInterval)
	}
	if pause := ours.failedAt.Add(lateBy).Sub(c.clock.Now()); pause > 0 {
		if err := c.clock.Sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
	seen, err := c.findAllCandidates(ctx, ours, mayBeCached(name))
	if err != nil {
		return nil, err
	}
	isExcluded := func(cluster Cluster) bool { return !cluster.Status.isActive() || c.creates.isKnown(cluster.Name, ours) }
	others := slices.DeleteFunc(seen.candidates, isExcluded)
	if len(others) > 0 {
		c.creates.waitForAdoptions(ctx, ours)
	}
	return slices.DeleteFunc(others, isExcluded), nil
}

// findAllCandidates calls findCandidates after a cache, if the gateway has one, had
// time to fill.
func (c *Client) findAllCandidates(ctx context.Context, ours *pendingCreate, isCached bool) (listingSnapshot, error) {
	for range maxCacheFills {
		if isCached && !c.cache.isFilled(c.clock.Now()) {
			if _, err := c.fillCache(ctx); err != nil {
				return listingSnapshot{}, err
			}
		}
		seen, err := c.findCandidates(ctx, ours)
		if err != nil || !isCached || c.cache.isFilled(c.clock.Now()) {
			return seen, err
		}
	}
	return listingSnapshot{}, errors.New("the gateway restarted during each of the lookups")
}

// hasNew reports whether one of the clusters was not among the previous ones.
func hasNew(clusters, previous []Cluster) bool {
	return slices.ContainsFunc(clusters, func(cluster Cluster) bool {
		return !slices.ContainsFunc(previous, func(known Cluster) bool { return known.Name == cluster.Name })
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
	snapshot := listingSnapshot{sentAt: c.clock.Now()}
	clusters, response, err := c.listClusters(ctx, allStatuses...)
	if err != nil {
		return listingSnapshot{}, err
	}
	snapshot.receivedAt, snapshot.serverNow = c.clock.Now(), response.Date
	// Failed attempts before this response would extend the window, by minutes while the
	// gateway restarts.
	if lastSentAt := snapshot.receivedAt.Add(-response.Took); lastSentAt.After(snapshot.sentAt) {
		snapshot.sentAt = lastSentAt
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
