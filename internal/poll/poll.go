// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package poll repeats a lookup until it returns what the caller waits for. Every
// wait of the provider for a server goes through Until, so that all waits agree
// on pauses, on outages and on the end of a context.
//
// Two libraries do nearly the same. k8s.io/apimachinery/pkg/util/wait and
// cenkalti/backoff sleep on real timers or on clock types of their own, and
// neither counts an outage apart from the wait around it.
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

// Policy says how long Until pauses between lookups and which errors it
// tolerates. The zero value looks again at once and tolerates no error.
type Policy struct {
	// InitialDelay is the pause before the first lookup.
	InitialDelay time.Duration
	// FirstPause is the pause after the first lookup. Each further pause is
	// Growth times as long, up to LongestPause. A Growth or LongestPause that is
	// not set keeps all pauses equal.
	FirstPause, LongestPause time.Duration
	Growth                   float64
	// LongPoll is for lookups that the server may hold open. One that succeeded
	// and took longer is followed by the next without a pause. Zero means that
	// every lookup is followed by a pause.
	LongPoll time.Duration

	// IsTransient reports whether an error may be gone at the next lookup, mostly
	// transport.IsTransient. Any other error ends the wait. Nil stands for no
	// error.
	IsTransient func(error) bool
	// OutageTolerance is how long the wait goes on while every lookup ends in a
	// transient error. A lookup without an error ends the outage. Zero tolerates
	// no error.
	OutageTolerance time.Duration
	// MaxOutageRetries limits the lookups after transient errors in a row; zero
	// sets no limit beside OutageTolerance.
	MaxOutageRetries int
	// LongestOutagePause lets the pauses of an outage double from FirstPause up to
	// it, and leaves the other pauses as they are. Zero treats an outage like any
	// other wait.
	LongestOutagePause time.Duration

	// Timeout limits the whole wait; zero leaves that to the context.
	Timeout time.Duration
}

// TimeoutError is a wait that the context's deadline or the policy's Timeout
// ended.
type TimeoutError struct {
	// Waited is how long the wait was.
	Waited time.Duration
	// Last is the error of the last lookup; nil if that had none.
	Last error
}

// Error names the length of the wait and the last error.
func (e *TimeoutError) Error() string {
	text := "timed out after " + e.Waited.Round(time.Second).String()
	if e.Last != nil {
		text += fmt.Sprintf(": %v", e.Last)
	}
	return text
}

// Unwrap makes the error a context.DeadlineExceeded.
func (e *TimeoutError) Unwrap() error { return context.DeadlineExceeded }

// Until calls look until it reports done, returns an error that the policy does
// not tolerate, or the wait times out, which is a *TimeoutError. After a
// cancellation it returns the error of the interrupted lookup or the context's.
// The value is always that of the last lookup without an error.
func Until[T any](ctx context.Context, c clock.Clock, p Policy, look func(ctx context.Context) (value T, done bool, err error)) (T, error) {
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
		lookedAt := c.Now()
		value, done, err := look(ctx)
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
		if err != nil || p.LongPoll <= 0 || c.Now().Sub(lookedAt) <= p.LongPoll {
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
	// outageBegan is when the first of the transient errors in a row came, and
	// outageErrors is their number.
	outageBegan  time.Time
	outageErrors int
}

// tolerates counts the outcome of a lookup and reports whether the wait goes on.
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

// nextPause returns the pause after the lookup that was counted last.
func (w *wait) nextPause() time.Duration {
	if w.outageErrors > 0 && w.policy.LongestOutagePause > 0 {
		return grown(w.policy.FirstPause, math.Pow(2, float64(w.outageErrors-1)), w.policy.LongestOutagePause)
	}
	pause := w.pause
	w.pause = grown(pause, max(w.policy.Growth, 1), max(w.policy.LongestPause, w.policy.FirstPause))
	return pause
}

// grown multiplies a pause without an overflow.
func grown(pause time.Duration, factor float64, longest time.Duration) time.Duration {
	product := float64(pause) * factor
	if product >= float64(longest) {
		return longest
	}
	return time.Duration(product)
}

// sleep pauses, and ends the wait where the context or the Timeout does. The
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

// isContextError reports whether err is nothing but the end of a context.
func isContextError(err error) bool {
	return err == nil || err == context.DeadlineExceeded || err == context.Canceled //nolint:errorlint // a lookup's own error says more than the one inside it
}
