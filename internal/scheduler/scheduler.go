// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package scheduler waits for a Dask scheduler that one runs oneself, by the web
// server that serves its dashboard (distributed/http). It sends no credentials
// and knows nothing of Terraform.
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
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	firstPause = 250 * time.Millisecond
	// longestPause is short beside the minutes that a machine takes to boot, and
	// long beside what an answer costs the scheduler.
	longestPause = 5 * time.Second
	// attempt bounds one request: a firewall that drops packets says nothing, and
	// another look costs little.
	attempt = 10 * time.Second
	// tlsPatience is how long a connection may fail for want of TLS: what has the
	// port before the scheduler does passes, a certificate that is not trusted
	// doesn't.
	tlsPatience = time.Minute
	maxHealth   = 80
)

// Config is what a Client needs. The transport must not repeat requests: Await
// does that itself.
type Config struct {
	Transport *transport.Client
	Clock     clock.Clock
}

// Client asks the web server of one scheduler.
type Client struct {
	transport *transport.Client
	clock     clock.Clock
}

// New makes a Client. It sends nothing.
func New(cfg Config) *Client {
	c := &Client{transport: cfg.Transport, clock: cfg.Clock}
	if c.clock == nil {
		c.clock = clock.Real()
	}
	return c
}

// Status is what a scheduler says of itself and its workers.
type Status struct {
	// Address is the one that the scheduler knows itself by, mostly a private one.
	Address          string
	Started          time.Time
	Workers, Threads int64
	// Memory is what all workers may use, in bytes; 0 for workers without limit.
	Memory int64
}

// Step is what a wait is at. They follow each other.
type Step string

// The steps of Await.
const (
	StepName    Step = "name"
	StepConnect Step = "connect"
	StepHealth  Step = "health"
	StepWorkers Step = "workers"
)

// TimeoutError is a wait that its context's deadline ended.
type TimeoutError struct {
	// Step is where it hung: the name had no address, no connection was made, the
	// scheduler was not healthy, or workers were missing.
	Step       Step
	Waited     time.Duration
	Have, Want int64
	// Last is what the last request ended with; nil if it was answered.
	Last error
}

// Error says how long the wait was and where it hung.
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

// Await asks until the scheduler is healthy and so many workers have joined, and
// tells progress, which may be nil, of every change. What a machine that boots
// looks like is waited for: a name without address, a connection refused or
// reset, no answer, 404 and 5xx. An answer of something else than a scheduler is
// an error at once. The context's deadline is a *TimeoutError, with the status
// last seen beside it.
func (c *Client) Await(ctx context.Context, workers int64, progress func(Step, Status)) (Status, error) {
	began, pause := c.clock.Now(), firstPause
	var status Status
	late := TimeoutError{Step: StepName, Want: workers}
	told := false
	for {
		step, seen, err := c.look(ctx)
		switch {
		case err == nil:
			if progress != nil && (!told || step != late.Step || seen.Workers != status.Workers) {
				progress(step, seen)
				told = true
			}
			status = seen
			late.Step, late.Have, late.Last = step, seen.Workers, nil
			if seen.Workers >= workers {
				return seen, nil
			}
		case ctx.Err() == nil && !boots(err, c.clock.Now().Sub(began)):
			return status, err
		case ctx.Err() == nil:
			if progress != nil && step != late.Step {
				progress(step, status)
			}
			late.Step, late.Last = step, err
		case late.Last == nil && late.Step != StepWorkers:
			late.Step, late.Last = step, err
		}
		if err := c.clock.Sleep(ctx, pause); err != nil {
			if errors.Is(err, context.DeadlineExceeded) {
				late.Waited = c.clock.Now().Sub(began)
				return status, &late
			}
			return status, err
		}
		pause = min(pause*3/2, longestPause)
	}
}

// look asks once. Without an error the step is StepWorkers; with one it is where
// the error came from.
func (c *Client) look(ctx context.Context) (Step, Status, error) {
	if err := c.health(ctx); err != nil {
		return stepOf(err), Status{}, err
	}
	counts, err := call(ctx, c, "counts.json", wireCounts.objection)
	if err != nil {
		return stepOf(err), Status{}, err
	}
	identity, err := call(ctx, c, "identity.json", wireIdentity.objection)
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

// health is GET /health, which is answered with the text ok.
func (c *Client) health(ctx context.Context) error {
	_, err := c.transport.Do(ctx, transport.Request{
		Method: http.MethodGet, Path: []string{"health"}, Anonymous: true, Timeout: attempt,
		Decode: func(body io.Reader) error {
			text, err := io.ReadAll(io.LimitReader(body, maxHealth))
			if answer := strings.TrimSpace(string(text)); err == nil && answer != "ok" {
				return &transport.Error{Kind: transport.KindBody, Words: fmt.Sprintf("a Dask scheduler says ok here, not %q", answer)}
			}
			return err
		},
	})
	return err
}

func call[T any](ctx context.Context, c *Client, page string, check func(T) string) (T, error) {
	return transport.Call(ctx, c.transport, transport.Request{
		Method: http.MethodGet, Path: []string{"json", page}, Anonymous: true, Timeout: attempt, Want: "a Dask scheduler's " + page,
	}, check)
}

// stepOf says how far a request came.
func stepOf(err error) Step {
	failure, ok := errors.AsType[*transport.Error](err)
	switch {
	case ok && failure.Lookup:
		return StepName
	case ok && (failure.Kind == transport.KindUnreachable || failure.Kind == transport.KindTLS || failure.Kind == transport.KindProxy):
		return StepConnect
	default:
		return StepHealth
	}
}

// boots says of an error that a machine on its way up may be its reason.
func boots(err error, waited time.Duration) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	if !ok {
		return false
	}
	switch failure.Kind {
	case transport.KindUnreachable:
		return true
	case transport.KindNoAnswer:
		// Another protocol's port, mostly the scheduler's own for Dask's clients, will
		// not speak HTTP later.
		return !failure.NoHTTP
	case transport.KindTLS:
		return waited < tlsPatience
	case transport.KindProxy:
		return failure.Status == 0 || failure.Status >= http.StatusInternalServerError
	case transport.KindStatus:
		return failure.Status == http.StatusNotFound || failure.Status >= http.StatusInternalServerError || failure.Status == http.StatusTooManyRequests
	default:
		return false
	}
}
