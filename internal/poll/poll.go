// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package poll repeats a lookup until it returns the result that the caller waits
// for. Every wait of the provider for a server goes through Until, so that all waits
// handle pauses, outages and the end of a context alike.
//
// Two libraries are similar: k8s.io/apimachinery/pkg/util/wait and cenkalti/backoff.
// They use real timers or their own clock types, and neither limits an outage
// separately from the whole wait.
package poll

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// Forever is an OutageTolerance without a limit. The context still ends the wait.
const Forever time.Duration = math.MaxInt64

// Policy states how long Until pauses between lookups, and which errors it tolerates.
// The zero value repeats the lookup at once and tolerates no error.
type Policy struct {
	// InitialDelay is the pause before the first lookup.
	InitialDelay time.Duration
	// FirstPause is the pause after the first lookup. Each further pause is Growth times
	// as long, up to LongestPause. If Growth or LongestPause is not set, all pauses are
	// equal.
	FirstPause, LongestPause time.Duration
	Growth                   float64
	// LongPoll is for lookups that the server may hold open. Until does not pause after
	// a successful lookup that took longer than this. Zero means a pause after every
	// lookup.
	LongPoll time.Duration

	// IsTransient reports whether the next lookup may succeed after an error. Most
	// callers set transport.IsTransient. Any other error ends the wait. Nil means that
	// no error is transient.
	IsTransient func(error) bool
	// OutageTolerance is how long the wait continues while every lookup ends with a
	// transient error. A lookup without an error ends the outage. Zero tolerates no
	// error.
	OutageTolerance time.Duration
	// MaxOutageRetries limits the lookups after consecutive transient errors. Zero means
	// that only OutageTolerance limits them.
	MaxOutageRetries int
	// LongestOutagePause makes the pauses of an outage double, from FirstPause up to
	// this. It does not change other pauses. Zero means that the pauses of an outage are
	// like all others.
	LongestOutagePause time.Duration

	// Timeout limits the whole wait. Zero means that only the context limits it.
	Timeout time.Duration
}

// TimeoutError is a wait that the context's deadline or the policy's Timeout
// ended.
type TimeoutError struct {
	// Waited is the length of the wait.
	Waited time.Duration
	// Last is the error of the last lookup; nil if it succeeded.
	Last error
}

// Error contains the length of the wait and the last error.
func (e *TimeoutError) Error() string {
	text := "timed out after " + e.Waited.Round(time.Second).String()
	if e.Last != nil {
		text += fmt.Sprintf(": %v", e.Last)
	}
	return text
}

// Unwrap makes the error a context.DeadlineExceeded.
func (e *TimeoutError) Unwrap() error { return context.DeadlineExceeded }

// Until calls lookup until it reports done or returns an error that the policy does
// not tolerate. If the wait times out, the error is a *TimeoutError. After a
// cancellation, Until returns the error of the interrupted lookup or of the context.
// The value is always that of the last lookup without an error.
func Until[T any](ctx context.Context, c clock.Clock, p Policy, lookup func(ctx context.Context) (value T, done bool, err error)) (T, error) {
	if p.Timeout > 0 {
		bounded, cancel := context.WithTimeout(ctx, p.Timeout)
		defer cancel()
		ctx = bounded
	}
	w := &wait{clock: c, policy: p, began: c.Now(), pause: p.FirstPause}
	var last T
	if err := w.sleep(ctx, p.InitialDelay); err != nil {
		return last, err
	}
	for {
		lookupBegan := c.Now()
		value, done, err := lookup(ctx)
		if err == nil {
			last = value
			if done {
				return last, nil
			}
		} else if ctx.Err() != nil {
			return last, w.ended(ctx.Err(), err)
		}
		w.last = err
		if !w.tolerates(err) {
			return last, err
		}
		pause := time.Duration(0)
		if err != nil || p.LongPoll <= 0 || c.Now().Sub(lookupBegan) <= p.LongPoll {
			pause = w.nextPause()
		}
		if err := w.sleep(ctx, pause); err != nil {
			return last, err
		}
	}
}

// wait is the state of one Until.
type wait struct {
	clock  clock.Clock
	policy Policy
	began  time.Time
	pause  time.Duration
	last   error
	// outageBegan is the time of the first of the consecutive transient errors,
	// outageErrors their number.
	outageBegan  time.Time
	outageErrors int
}

// tolerates records the outcome of a lookup, and reports whether the wait continues.
func (w *wait) tolerates(err error) bool {
	if err == nil {
		w.outageErrors = 0
		return true
	}
	if w.policy.IsTransient == nil || !w.policy.IsTransient(err) {
		return false
	}
	now := w.clock.Now()
	if w.outageErrors == 0 {
		w.outageBegan = now
	}
	w.outageErrors++
	if w.policy.MaxOutageRetries > 0 && w.outageErrors > w.policy.MaxOutageRetries {
		return false
	}
	return now.Sub(w.outageBegan) < w.policy.OutageTolerance
}

// nextPause returns the pause after the last lookup.
func (w *wait) nextPause() time.Duration {
	if w.outageErrors > 0 && w.policy.LongestOutagePause > 0 {
		return multiplyPause(w.policy.FirstPause, math.Pow(2, float64(w.outageErrors-1)), w.policy.LongestOutagePause)
	}
	pause := w.pause
	w.pause = multiplyPause(pause, max(w.policy.Growth, 1), max(w.policy.LongestPause, w.policy.FirstPause))
	return pause
}

// multiplyPause multiplies a pause without an overflow.
func multiplyPause(pause time.Duration, factor float64, longest time.Duration) time.Duration {
	product := float64(pause) * factor
	if product >= float64(longest) {
		return longest
	}
	return time.Duration(product)
}

// sleep pauses, and returns an error when the context or the Timeout ends. The
// Timeout is also measured by the clock, because a test's clock does not move the
// context's deadline.
func (w *wait) sleep(ctx context.Context, pause time.Duration) error {
	timeout := w.policy.Timeout
	if timeout > 0 {
		pause = min(pause, timeout-w.waited())
	}
	if err := ctx.Err(); err != nil {
		return w.ended(err, err)
	}
	if pause > 0 {
		if err := w.clock.Sleep(ctx, pause); err != nil {
			return w.ended(err, err)
		}
	}
	if timeout > 0 && w.waited() >= timeout {
		return w.ended(context.DeadlineExceeded, nil)
	}
	return nil
}

// ended returns the error of a wait whose context ended for the reason, while
// err interrupted a lookup or a pause.
func (w *wait) ended(reason, err error) error {
	if !errors.Is(reason, context.DeadlineExceeded) {
		return err
	}
	late := &TimeoutError{Waited: w.waited(), Last: w.last}
	if late.Last == nil && !isContextError(err) {
		late.Last = err
	}
	return late
}

func (w *wait) waited() time.Duration { return w.clock.Now().Sub(w.began) }

// isContextError reports whether err is the error of a context itself, without more
// information.
func isContextError(err error) bool {
	return err == nil || err == context.DeadlineExceeded || err == context.Canceled //nolint:errorlint // a wrapping error contains more information
}
