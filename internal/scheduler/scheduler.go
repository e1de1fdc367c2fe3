// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package scheduler waits for a Dask scheduler that the user runs, through the web
// server of its dashboard (distributed/http). It sends no credentials and does not
// depend on Terraform.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	firstPause = 250 * time.Millisecond
	// longestPause is short compared with the minutes that a machine takes to boot, and
	// long compared with the time of one response.
	longestPause = 5 * time.Second
	// attemptTimeout limits one request. A firewall that drops packets sends no
	// response, and another attempt costs little.
	attemptTimeout = 10 * time.Second
	// tlsErrorTolerance is how long TLS errors are tolerated. Another program may use
	// the port until the scheduler starts, but an untrusted certificate stays untrusted.
	tlsErrorTolerance = time.Minute
	maxHealthLength   = 80
)

// Config configures a Client. The transport must not retry requests, because Await
// does.
type Config struct {
	Transport *transport.Client
	Clock     clock.Clock
}

// Client sends requests to the web server of one scheduler.
type Client struct {
	transport *transport.Client
	clock     clock.Clock
}

// New returns a Client. It sends no request.
func New(cfg Config) *Client {
	return &Client{transport: cfg.Transport, clock: clock.OrReal(cfg.Clock)}
}

// Status describes a scheduler and its workers.
type Status struct {
	// Address is the address on which the scheduler listens, usually a private one.
	Address          string
	Started          time.Time
	Workers, Threads int64
	// Memory is the memory limit of all workers in bytes; 0 for workers without a
	// limit.
	Memory int64
}

// Step is the stage that a wait has reached.
type Step string

// The steps of Await, in order.
const (
	StepName    Step = "name"
	StepConnect Step = "connect"
	StepHealth  Step = "health"
	StepWorkers Step = "workers"
)

// TimeoutError is a wait that reached its context's deadline.
type TimeoutError struct {
	// Step is the last step of the wait: the name had no address, no connection was
	// made, the scheduler was not healthy, or workers were missing.
	Step   Step
	Waited time.Duration
	// Have and Want are the numbers of workers.
	Have, Want int64
	// Last is the error of the last request; nil if that succeeded.
	Last error
}

// Error contains the length of the wait and its last step.
func (e *TimeoutError) Error() string {
	waited := e.Waited.Round(time.Second)
	switch e.Step {
	case StepName:
		return fmt.Sprintf("the scheduler's name had no address after %s: %v", waited, e.Last)
	case StepConnect:
		return fmt.Sprintf("no connection to the scheduler was made within %s: %v", waited, e.Last)
	case StepHealth:
		return fmt.Sprintf("the scheduler was not healthy after %s: %v", waited, e.Last)
	default:
		return fmt.Sprintf("%d of %d workers had joined after %s", e.Have, e.Want, waited)
	}
}

// Unwrap makes the error a context.DeadlineExceeded.
func (e *TimeoutError) Unwrap() error { return context.DeadlineExceeded }

// Await waits until the scheduler is healthy and has the given number of workers. It
// calls progress, which may be nil, on every change. It tolerates the failures of a
// booting machine: a name without an address, a connection refused or reset, no
// response, 404 and 5xx. A response of another kind of server is an error at once. At
// the context's deadline, the error is a *TimeoutError. Await returns the last status
// with every error.
func (c *Client) Await(ctx context.Context, workers int64, progress func(Step, Status)) (Status, error) {
	if progress == nil {
		progress = func(Step, Status) {}
	}
	began := c.clock.Now()
	var status Status
	timeout := TimeoutError{Step: StepName, Want: workers}
	policy := poll.Policy{
		FirstPause: firstPause, LongestPause: longestPause, Growth: 1.5, OutageTolerance: poll.Forever,
		IsTransient: func(err error) bool { return mayBeBooting(err, c.clock.Now().Sub(began)) },
	}
	hasStatus := false
	status, err := poll.Until(ctx, c.clock, policy, func(ctx context.Context) (Status, bool, error) {
		step, current, err := c.readStatus(ctx)
		switch {
		case err == nil:
			if !hasStatus || step != timeout.Step || current.Workers != status.Workers {
				progress(step, current)
			}
			hasStatus, status = true, current
			timeout.Step, timeout.Have, timeout.Last = step, current.Workers, nil
		case ctx.Err() == nil:
			if mayBeBooting(err, c.clock.Now().Sub(began)) && step != timeout.Step {
				progress(step, status)
			}
			timeout.Step, timeout.Last = step, err
		case timeout.Last == nil && timeout.Step != StepWorkers:
			timeout.Step, timeout.Last = step, err
		}
		return current, err == nil && current.Workers >= workers, err
	})
	if late, ok := errors.AsType[*poll.TimeoutError](err); ok {
		timeout.Waited = late.Waited
		return status, &timeout
	}
	return status, err
}

// readStatus reads the status once. The step is StepWorkers, or the step that failed.
func (c *Client) readStatus(ctx context.Context) (Step, Status, error) {
	if err := c.health(ctx); err != nil {
		return stepOf(err), Status{}, err
	}
	counts, err := call(ctx, c, "counts.json", wireCounts.invalidReason)
	if err != nil {
		return stepOf(err), Status{}, err
	}
	identity, err := call(ctx, c, "identity.json", wireIdentity.invalidReason)
	if err != nil {
		return stepOf(err), Status{}, err
	}
	return StepWorkers, Status{
		Address: identity.Address,
		Started: identity.started(),
		Workers: *counts.Workers,
		Threads: identity.Threads,
		Memory:  identity.Memory,
	}, nil
}

// health sends GET /health. A healthy scheduler returns the text ok.
func (c *Client) health(ctx context.Context) error {
	_, err := c.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, Path: []string{"health"}, IsAnonymous: true, Timeout: attemptTimeout,
		Decode: func(body io.Reader) error {
			text, err := io.ReadAll(io.LimitReader(body, maxHealthLength))
			if health := strings.TrimSpace(string(text)); err == nil && health != "ok" {
				return &transport.Error{Kind: transport.KindBody, Message: fmt.Sprintf("a Dask scheduler returns ok here, not %q", health)}
			}
			return err
		},
	})
	return err
}

func call[T any](ctx context.Context, c *Client, page string, check func(T) string) (T, error) {
	return transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"json", page}, IsAnonymous: true, Timeout: attemptTimeout, IsLarge: true, Want: "a Dask scheduler's " + page,
	}, check)
}

// stepOf returns the step at which a request failed.
func stepOf(err error) Step {
	failure, ok := errors.AsType[*transport.Error](err)
	switch {
	case ok && failure.IsHostNotFound:
		return StepName
	case ok && (failure.Kind == transport.KindUnreachable || failure.Kind == transport.KindTLS || failure.Kind == transport.KindProxy):
		return StepConnect
	default:
		return StepHealth
	}
}

// mayBeBooting reports whether a booting machine may be the cause of an error. It
// tolerates more than transport.IsTransient: any 404, because the web server starts
// before its pages, and TLS errors at the beginning.
func mayBeBooting(err error, waited time.Duration) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	if !ok {
		return false
	}
	switch {
	case failure.Kind == transport.KindTLS:
		return waited < tlsErrorTolerance
	case failure.IsNotHTTP:
		// The port of another protocol, often the scheduler's own for Dask clients,
		// does not change to HTTP.
		return false
	case failure.Kind == transport.KindStatus && failure.Status == http.StatusNotFound:
		return true
	default:
		return transport.IsTransient(err)
	}
}
