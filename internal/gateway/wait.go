// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// notFoundGracePeriod is how long after a POST a 404 means "not yet": a
	// Kubernetes gateway reads from a cache that follows the creation.
	notFoundGracePeriod = time.Minute
	// outageTolerance is how long a wait continues while every response is a transient
	// error. A gateway restarts within it. It applies to every call for an existing
	// cluster, because an error during a create taints the cluster.
	outageTolerance = 2 * time.Minute
	// stopRetryInterval is how long a cluster may stay active after a DELETE before
	// the DELETE is repeated.
	stopRetryInterval = 3 * time.Second
	// recheckInterval is how often a wait for workers reads the cluster's status.
	recheckInterval = 10 * time.Second
	// longPollDuration separates a long poll that the gateway held from one that
	// returned early. Only an early one is followed by a pause.
	longPollDuration = 5 * time.Second
)

// EndedError is a cluster that ended during a wait.
type EndedError struct{ Cluster Cluster }

// Error names the cluster and its status.
func (e *EndedError) Error() string {
	return fmt.Sprintf("the cluster %s is %s", e.Cluster.Name, e.Cluster.Status)
}

// TimeoutError is a wait that its context's deadline ended.
type TimeoutError struct {
	Waited time.Duration
	// Last is the last status that the gateway reported, "unknown" if it reported
	// none.
	Last Status
	// Have and Want count workers in a wait for workers.
	Have, Want int64
}

// Error contains the length of the wait and the last status.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("still %s after %s", e.Last, e.Waited.Round(time.Second))
}

// Unwrap makes the error a context.DeadlineExceeded.
func (e *TimeoutError) Unwrap() error { return context.DeadlineExceeded }

// waitPolicy is the policy of all waits for a cluster.
func waitPolicy(longestPause time.Duration) poll.Policy {
	return poll.Policy{
		FirstPause: 375 * time.Millisecond, Growth: 1.5, LongestPause: longestPause,
		IsTransient: transport.IsTransient, OutageTolerance: outageTolerance,
	}
}

// waitFor is poll.Until with a *TimeoutError that contains the last status. lookup
// keeps that status up to date.
func waitFor[T any](ctx context.Context, c *Client, policy poll.Policy, last *Status, lookup func(ctx context.Context) (T, bool, error)) (T, error) {
	began := c.clock.Now()
	value, err := poll.Until(ctx, c.clock, policy, lookup)
	if errors.Is(err, context.DeadlineExceeded) {
		err = &TimeoutError{Waited: c.clock.Now().Sub(began), Last: *last}
	}
	return value, err
}

// AwaitRunning waits with long polls until the cluster runs. It tolerates 404s of
// a new cluster, and outages. If the cluster ends, the error is an *EndedError; at
// the context's deadline it is a *TimeoutError.
func (c *Client) AwaitRunning(ctx context.Context, name string) (Cluster, error) {
	began, last := c.clock.Now(), StatusPending
	policy := waitPolicy(5 * time.Second)
	policy.LongPoll = longPollDuration
	return waitFor(ctx, c, policy, &last, func(ctx context.Context) (Cluster, bool, error) {
		cluster, err := c.WaitCluster(ctx, name)
		switch {
		case IsNotFound(err):
			return Cluster{}, false, c.tolerateNotFound(ctx, name, began, err)
		case err != nil:
			return Cluster{}, false, err
		}
		last = cluster.Status
		if last != StatusPending && last != StatusRunning {
			return cluster, false, &EndedError{Cluster: c.waitUntilFinal(ctx, cluster)}
		}
		return cluster, last == StatusRunning, nil
	})
}

// tolerateNotFound returns nil if a wait for a cluster must continue after a 404: the
// cluster is new, the gateway lists it after all, or the next read will return its
// final status.
func (c *Client) tolerateNotFound(ctx context.Context, name string, began time.Time, notFound error) error {
	if c.clock.Now().Sub(began) < notFoundGracePeriod {
		return nil
	}
	_, absence, err := c.confirmAbsence(ctx, name)
	if absence != nil && !absence.ReportedByGateway() {
		return notFound
	}
	return err
}

// waitUntilFinal reads a cluster that is STOPPING for up to five seconds, until
// its status is FAILED or STOPPED. It returns what it read last.
func (c *Client) waitUntilFinal(ctx context.Context, cluster Cluster) Cluster {
	if cluster.Status.IsFinal() {
		return cluster
	}
	const pause = 500 * time.Millisecond
	policy := poll.Policy{InitialDelay: pause, FirstPause: pause, Timeout: 5 * time.Second}
	next, _ := poll.Until(ctx, c.clock, policy, func(ctx context.Context) (Cluster, bool, error) {
		next, err := c.GetCluster(ctx, cluster.Name)
		return next, next.Status.IsFinal(), err
	})
	if next.Name == "" {
		return cluster
	}
	return next
}

// AwaitStopped stops the cluster and waits until the gateway reports its end, or
// until its absence is confirmed. It repeats the DELETE while the cluster stays
// active: a gateway whose cache does not contain the cluster returns 204 and stops
// nothing. A DELETE that failed remains an error even if the next read succeeds.
func (c *Client) AwaitStopped(ctx context.Context, name string) (Absence, error) {
	last := Status("unknown")
	var stoppedAt time.Time
	absence, err := waitFor(ctx, c, waitPolicy(2*time.Second), &last, func(ctx context.Context) (*Absence, bool, error) {
		var stopErr error
		if now := c.clock.Now(); stoppedAt.IsZero() || now.Sub(stoppedAt) >= stopRetryInterval && last != StatusStopping {
			if stopErr = c.StopCluster(ctx, name); stopErr == nil {
				stoppedAt = now
			} else if ctx.Err() != nil || !transport.IsTransient(stopErr) {
				return nil, false, stopErr
			}
		}
		cluster, absence, err := c.GetOrConfirmAbsence(ctx, name)
		switch {
		case err != nil:
			return nil, false, err
		case absence != nil:
			return absence, true, nil
		}
		last = cluster.Status
		return nil, false, stopErr
	})
	if err != nil {
		return Absence{}, err
	}
	return *absence, nil
}

// AwaitWorkers waits until the given number of workers has joined the scheduler.
// It calls progress, which may be nil, after every change. It tolerates a missing
// route to a new scheduler. If the cluster ends, the error is an *EndedError.
func (c *Client) AwaitWorkers(ctx context.Context, name string, want int64, progress func(have int64)) error {
	have, last, checkedAt := int64(-1), StatusRunning, c.clock.Now()
	_, err := waitFor(ctx, c, waitPolicy(3*time.Second), &last, func(ctx context.Context) (int64, bool, error) {
		count, err := c.Workers(ctx, name)
		if err == nil && count >= want {
			return count, true, nil
		}
		if err == nil {
			if count != have && progress != nil {
				progress(count)
			}
			have = count
		}
		if now := c.clock.Now(); err != nil || now.Sub(checkedAt) >= recheckInterval {
			checkedAt = now
			if cluster, getErr := c.GetCluster(ctx, name); getErr == nil && (cluster.Status.IsFinal() || cluster.Status == StatusStopping) {
				return count, false, &EndedError{Cluster: c.waitUntilFinal(ctx, cluster)}
			}
		}
		return count, false, err
	})
	if late, ok := errors.AsType[*TimeoutError](err); ok {
		late.Have, late.Want = max(have, 0), want
	}
	return err
}
