// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	// infancy is how long a 404 after a POST is "not yet": a Kubernetes gateway
	// reads from a cache that follows the creation.
	notFoundGracePeriod = time.Minute
	// patience is how long a wait goes on while every answer is a passing fault.
	outageTolerance = 2 * time.Minute
	// restatement is how long a cluster may go on as if it had not been stopped
	// before it is stopped again.
	stopRetryInterval = 3 * time.Second
	// checkup is how often a wait for workers looks whether the cluster runs.
	recheckInterval = 10 * time.Second
)

// EndedError is a cluster that ended while something was waited for.
type EndedError struct{ Cluster Cluster }

// Error names the cluster and its status.
func (e *EndedError) Error() string {
	return fmt.Sprintf("the cluster %s is %s", e.Cluster.Name, e.Cluster.Status)
}

// TimeoutError is a wait that its context's deadline ended.
type TimeoutError struct {
	Waited time.Duration
	// Last is the status last seen, "unknown" if none was.
	Last Status
	// Have and Want count workers, where those were waited for.
	Have, Want int64
}

// Error says how long the wait was and what was last seen.
func (e *TimeoutError) Error() string {
	return fmt.Sprintf("still %s after %s", e.Last, e.Waited.Round(time.Second))
}

// Unwrap makes the error a context.DeadlineExceeded.
func (e *TimeoutError) Unwrap() error { return context.DeadlineExceeded }

// wait is one wait for something: how long it has been, and what was last seen.
type wait struct {
	client *Client
	began  time.Time
	last   Status
	pause  time.Duration
	// faulty is since when every answer has been a passing fault; zero for not.
	outageSince time.Time
}

func (c *Client) newWait() *wait {
	return &wait{client: c, began: c.clock.Now(), last: "unknown", pause: 250 * time.Millisecond}
}

// rest pauses, each time a little longer, up to the limit.
func (w *wait) pauseUpTo(ctx context.Context, limit time.Duration) error {
	w.pause = min(w.pause*3/2, limit)
	if err := w.client.clock.Sleep(ctx, w.pause); err != nil {
		return w.asTimeout(err)
	}
	return nil
}

// ended turns the end of the context into a TimeoutError, if it was its
// deadline.
func (w *wait) asTimeout(err error) error {
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &TimeoutError{Waited: w.client.clock.Now().Sub(w.began), Last: w.last}
}

// bears says whether the wait may go on after the error: a fault that passes,
// and not for longer than outageTolerance.
func (w *wait) tolerates(ctx context.Context, err error) bool {
	if ctx.Err() != nil || !isTransient(err) {
		return false
	}
	now := w.client.clock.Now()
	if w.outageSince.IsZero() {
		w.outageSince = now
	}
	return now.Sub(w.outageSince) < outageTolerance
}

func (w *wait) record(cluster Cluster) {
	w.last, w.outageSince = cluster.Status, time.Time{}
}

// passes says of an error that another look may bring an answer. A 404 that is not
// the gateway's own is that of a proxy which does not know it yet.
func isTransient(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && (failure.Passes() || failure.Kind == transport.KindStatus && failure.Status == http.StatusNotFound && !failure.JSONError)
}

// AwaitRunning waits by long polls until the cluster runs. It tolerates 404s while
// the cluster is young, and passing faults for a while. A cluster that ends
// instead is an *EndedError, the context's deadline a *TimeoutError.
func (c *Client) AwaitRunning(ctx context.Context, name string) (Cluster, error) {
	w := c.newWait()
	w.last = StatusPending
	for {
		asked := c.clock.Now()
		cluster, err := c.WaitCluster(ctx, name)
		switch {
		case err == nil:
			w.record(cluster)
		case IsNotFound(err):
			if err := w.handleNotFound(ctx, name, err); err != nil {
				return Cluster{}, w.asTimeout(err)
			}
		case !w.tolerates(ctx, err):
			return Cluster{}, w.asTimeout(err)
		}
		switch {
		case err != nil:
		case cluster.Status == StatusRunning:
			return cluster, nil
		case cluster.Status != StatusPending:
			return cluster, &EndedError{Cluster: c.waitUntilFinal(ctx, cluster)}
		case c.clock.Now().Sub(asked) > 5*time.Second:
			continue
		}
		// The poll came back early; asking again at once would hammer.
		if err := w.pauseUpTo(ctx, 5*time.Second); err != nil {
			return Cluster{}, err
		}
	}
}

// missing returns nil if the wait for a cluster to run may go on after a 404: the
// cluster is young, or it turns out to be there after all.
func (w *wait) handleNotFound(ctx context.Context, name string, notFound error) error {
	if w.client.clock.Now().Sub(w.began) < notFoundGracePeriod {
		return nil
	}
	_, absence, err := w.client.confirmAbsence(ctx, name)
	if absence != nil {
		if _, ended := absence.Ended(); !ended {
			return notFound
		}
	}
	if err != nil && !w.tolerates(ctx, err) {
		return err
	}
	return nil
}

// untilFinal gives a cluster that is STOPPING, on the way to FAILED or STOPPED,
// a few seconds to say which.
func (c *Client) waitUntilFinal(ctx context.Context, cluster Cluster) Cluster {
	for range 10 {
		if cluster.Status.IsFinal() || c.clock.Sleep(ctx, 500*time.Millisecond) != nil {
			break
		}
		next, err := c.GetCluster(ctx, cluster.Name)
		if err != nil {
			break
		}
		cluster = next
	}
	return cluster
}

// AwaitStopped stops the cluster and waits until the gateway reports its end or
// its absence is confirmed. The DELETE is repeated while the cluster goes on
// as if it had not been sent: a gateway that has not cached the cluster yet
// answers 204 and stops nothing.
func (c *Client) AwaitStopped(ctx context.Context, name string) (Absence, error) {
	// A DELETE that fails is not made good by a read that does not.
	w, stops := c.newWait(), c.newWait()
	var stopped time.Time
	for {
		if now := c.clock.Now(); stopped.IsZero() || now.Sub(stopped) >= stopRetryInterval && w.last != StatusStopping {
			switch err := c.StopCluster(ctx, name); {
			case err == nil:
				stopped, stops.outageSince = now, time.Time{}
			case !stops.tolerates(ctx, err):
				return Absence{}, w.asTimeout(err)
			}
		}
		cluster, absence, err := c.GetOrConfirmAbsence(ctx, name)
		switch {
		case err == nil && absence != nil:
			return *absence, nil
		case err == nil:
			w.record(cluster)
		case !w.tolerates(ctx, err):
			return Absence{}, w.asTimeout(err)
		}
		if err := w.pauseUpTo(ctx, 2*time.Second); err != nil {
			return Absence{}, err
		}
	}
}

// AwaitWorkers waits until so many workers have joined the scheduler, and
// tells progress, which may be nil, of every change. It tolerates that the route to
// a young scheduler is not there yet. A cluster that ends is an *EndedError.
func (c *Client) AwaitWorkers(ctx context.Context, name string, want int64, progress func(have int64)) error {
	w := c.newWait()
	w.last = StatusRunning
	have, checked := int64(-1), w.began
	for {
		count, err := c.Workers(ctx, name)
		switch {
		case err == nil && count >= want:
			return nil
		case err == nil:
			w.outageSince = time.Time{}
			if count != have && progress != nil {
				progress(count)
			}
			have = count
		case !w.tolerates(ctx, err):
			return c.withWorkerCounts(w.asTimeout(err), have, want)
		}
		if now := c.clock.Now(); err != nil || now.Sub(checked) >= recheckInterval {
			checked = now
			if cluster, err := c.GetCluster(ctx, name); err == nil && (cluster.Status.IsFinal() || cluster.Status == StatusStopping) {
				return &EndedError{Cluster: c.waitUntilFinal(ctx, cluster)}
			}
		}
		if err := w.pauseUpTo(ctx, 3*time.Second); err != nil {
			return c.withWorkerCounts(err, have, want)
		}
	}
}

func (c *Client) withWorkerCounts(err error, have, want int64) error {
	if late, ok := errors.AsType[*TimeoutError](err); ok {
		late.Have, late.Want = max(have, 0), want
	}
	return err
}
