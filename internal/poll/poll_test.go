// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package poll_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/poll"
)

var (
	errTransient = errors.New("transient")
	errPermanent = errors.New("permanent")
	startTime    = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
)

func isTransient(err error) bool { return errors.Is(err, errTransient) }

// outcome is the result of one lookup and its duration.
type outcome struct {
	done bool
	err  error
	took time.Duration
}

// runUntil calls Until with a lookup that returns the outcomes in order, and repeats
// the last one. The value of a lookup is its number.
func runUntil(ctx context.Context, fake *clock.Fake, policy poll.Policy, outcomes ...outcome) (lookups, value int, err error) {
	value, err = poll.Until(ctx, fake, policy, func(context.Context) (int, bool, error) {
		next := outcomes[min(lookups, len(outcomes)-1)]
		lookups++
		fake.Advance(next.took)
		return lookups, next.done, next.err
	})
	return lookups, value, err
}

func repeat(count int, o outcome) []outcome { return slices.Repeat([]outcome{o}, count) }

func TestUntil_pausesAsPolicyRequires(t *testing.T) {
	t.Parallel()
	found, notYet, transient := outcome{done: true}, outcome{}, outcome{err: errTransient}
	growing := poll.Policy{FirstPause: 2 * time.Second, LongestPause: 5 * time.Second, Growth: 1.5}
	outage := poll.Policy{FirstPause: time.Second, LongestOutagePause: 5 * time.Second, IsTransient: isTransient, OutageTolerance: poll.Forever}
	seconds := func(pauses ...float64) []time.Duration {
		var durations []time.Duration
		for _, pause := range pauses {
			durations = append(durations, time.Duration(pause*float64(time.Second)))
		}
		return durations
	}
	for name, test := range map[string]struct {
		policy   poll.Policy
		outcomes []outcome
		want     []time.Duration
	}{
		"a first success needs no pause":         {growing, []outcome{found}, nil},
		"pauses grow up to the longest":          {growing, append(repeat(5, notYet), found), seconds(2, 3, 4.5, 5, 5)},
		"pauses are equal without growth":        {poll.Policy{FirstPause: time.Second}, append(repeat(3, notYet), found), seconds(1, 1, 1)},
		"a long first pause is the longest":      {poll.Policy{FirstPause: 9 * time.Second, LongestPause: time.Second, Growth: 2}, append(repeat(2, notYet), found), seconds(9, 9)},
		"the initial delay comes first":          {poll.Policy{InitialDelay: 7 * time.Second, FirstPause: time.Second}, []outcome{notYet, found}, seconds(7, 1)},
		"a held lookup needs no pause":           {poll.Policy{FirstPause: time.Second, LongPoll: 5 * time.Second}, []outcome{{took: 6 * time.Second}, {took: 4 * time.Second}, found}, seconds(1)},
		"a held lookup that failed is paused":    {poll.Policy{FirstPause: time.Second, LongPoll: 5 * time.Second, IsTransient: isTransient, OutageTolerance: time.Hour}, []outcome{{took: 6 * time.Second, err: errTransient}, found}, seconds(1)},
		"pauses of an outage double":             {outage, append(repeat(5, transient), found), seconds(1, 2, 4, 5, 5)},
		"a lookup without error ends the outage": {outage, []outcome{transient, transient, notYet, transient, found}, seconds(1, 2, 1, 1)},
		"a long outage does not overflow":        {outage, append(repeat(70, transient), found), append(seconds(1, 2, 4), slices.Repeat(seconds(5), 67)...)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := clock.NewFake(startTime)
			lookups, value, err := runUntil(t.Context(), fake, test.policy, test.outcomes...)
			if err != nil || lookups != len(test.outcomes) || value != lookups {
				t.Errorf("%d lookups, value %d, %v, want %d lookups", lookups, value, err, len(test.outcomes))
			}
			if got := fake.Sleeps(); !slices.Equal(got, test.want) {
				t.Errorf("paused %v, want %v", got, test.want)
			}
		})
	}
}

func TestUntil_toleratesTransientErrorsForAWhile(t *testing.T) {
	t.Parallel()
	transient := outcome{err: errTransient}
	for name, test := range map[string]struct {
		policy   poll.Policy
		outcomes []outcome
		lookups  int
		value    int
		err      error
	}{
		"a permanent error ends the wait": {
			poll.Policy{IsTransient: isTransient, OutageTolerance: time.Hour}, []outcome{{}, {err: errPermanent}}, 2, 1, errPermanent,
		},
		"without a tolerance the first error ends the wait": {
			poll.Policy{IsTransient: isTransient}, []outcome{transient}, 1, 0, errTransient,
		},
		"without IsTransient every error is permanent": {
			poll.Policy{OutageTolerance: poll.Forever}, []outcome{transient}, 1, 0, errTransient,
		},
		"the tolerance is measured from the first error in a row": {
			poll.Policy{FirstPause: time.Second, IsTransient: isTransient, OutageTolerance: 3 * time.Second},
			[]outcome{{}, transient, transient, {}, transient, transient, transient, transient, {done: true}},
			8, 4, errTransient,
		},
		"retries of an outage are counted": {
			poll.Policy{FirstPause: time.Second, IsTransient: isTransient, OutageTolerance: poll.Forever, MaxOutageRetries: 2},
			[]outcome{transient, transient, {}, transient, transient, transient, {done: true}},
			6, 3, errTransient,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lookups, value, err := runUntil(t.Context(), clock.NewFake(startTime), test.policy, test.outcomes...)
			if lookups != test.lookups || value != test.value || !errors.Is(err, test.err) {
				t.Errorf("%d lookups, value %d, %v, want %d, %d, %v", lookups, value, err, test.lookups, test.value, test.err)
			}
		})
	}
}

func TestUntil_endsWithItsTimeout(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		outcome outcome
		last    error
	}{
		"nothing found":    {outcome{}, nil},
		"during an outage": {outcome{err: errTransient}, errTransient},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := clock.NewFake(startTime)
			policy := poll.Policy{FirstPause: 4 * time.Second, Timeout: 10 * time.Second, IsTransient: isTransient, OutageTolerance: poll.Forever}
			lookups, _, err := runUntil(t.Context(), fake, policy, test.outcome)
			late, ok := errors.AsType[*poll.TimeoutError](err)
			if !ok || late.Waited != 10*time.Second || late.Last != test.last || !errors.Is(err, context.DeadlineExceeded) { //nolint:errorlint // the same error
				t.Fatalf("got %#v", err)
			}
			if want := []time.Duration{4 * time.Second, 4 * time.Second, 2 * time.Second}; lookups != 3 || !slices.Equal(fake.Sleeps(), want) {
				t.Errorf("%d lookups, paused %v, want 3, %v", lookups, fake.Sleeps(), want)
			}
		})
	}
}

func TestUntil_endsALookupWithItsTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := poll.Until(t.Context(), clock.Real(), poll.Policy{Timeout: 10 * time.Second}, func(ctx context.Context) (int, bool, error) {
			<-ctx.Done()
			return 0, false, fmt.Errorf("the lookup was interrupted: %w", ctx.Err())
		})
		late, ok := errors.AsType[*poll.TimeoutError](err)
		if !ok || late.Waited != 10*time.Second || late.Last == nil {
			t.Errorf("got %#v", err)
		}
	})
}

func TestUntil_endsWithItsContext(t *testing.T) {
	t.Parallel()
	t.Run("before the first lookup", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		lookups, _, err := runUntil(ctx, clock.NewFake(startTime), poll.Policy{}, outcome{done: true})
		if lookups != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d lookups, %v", lookups, err)
		}
	})
	t.Run("cancelled in a pause", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(90*time.Second, cancel)
			began := clock.Real().Now()
			value, err := poll.Until(ctx, clock.Real(), poll.Policy{FirstPause: time.Minute}, func(context.Context) (string, bool, error) { return "seen", false, nil })
			if value != "seen" || !errors.Is(err, context.Canceled) || clock.Real().Now().Sub(began) != 90*time.Second {
				t.Errorf("got %q, %v", value, err)
			}
		})
	})
	t.Run("cancelled in a lookup", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		interrupted := fmt.Errorf("interrupted: %w", context.Canceled)
		_, err := poll.Until(ctx, clock.NewFake(startTime), poll.Policy{IsTransient: func(error) bool { return true }, OutageTolerance: poll.Forever},
			func(context.Context) (int, bool, error) { cancel(); return 0, false, interrupted })
		if err != interrupted { //nolint:errorlint // the same error
			t.Errorf("got %v", err)
		}
	})
	t.Run("at its deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
			defer cancel()
			policy := poll.Policy{FirstPause: time.Minute, IsTransient: isTransient, OutageTolerance: poll.Forever}
			_, err := poll.Until(ctx, clock.Real(), policy, func(context.Context) (int, bool, error) { return 0, false, errTransient })
			late, ok := errors.AsType[*poll.TimeoutError](err)
			if !ok || late.Waited != 150*time.Second || !errors.Is(late.Last, errTransient) {
				t.Errorf("got %#v", err)
			}
		})
	})
	t.Run("a found value outranks the end", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		value, err := poll.Until(ctx, clock.NewFake(startTime), poll.Policy{}, func(context.Context) (int, bool, error) { cancel(); return 7, true, nil })
		if value != 7 || err != nil {
			t.Errorf("got %d, %v", value, err)
		}
	})
}

func TestTimeoutError_containsDurationAndCause(t *testing.T) {
	t.Parallel()
	for want, late := range map[string]*poll.TimeoutError{
		"timed out after 2m0s":            {Waited: 120400 * time.Millisecond},
		"timed out after 3s: transient":   {Waited: 3 * time.Second, Last: errTransient},
		"timed out after 1h0m0s: flat 5s": {Waited: time.Hour, Last: errors.New("flat 5s")},
	} {
		if got := late.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Whatever the policy and the server's behaviour, pauses stay within the policy's
// bounds, no outage is tolerated for longer than the policy allows, and the value is
// that of the last lookup without an error.
func TestUntil_keepsItsPolicy(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a repeatable test
		draw := func(longest time.Duration) time.Duration { return time.Duration(random.Int64N(int64(longest))) }
		policy := poll.Policy{
			InitialDelay: draw(time.Second), FirstPause: 1 + draw(time.Second), LongestPause: draw(10 * time.Second), Growth: random.Float64() * 3,
			LongPoll: draw(8 * time.Second), IsTransient: isTransient, OutageTolerance: draw(time.Minute),
			MaxOutageRetries: random.IntN(6), LongestOutagePause: draw(20 * time.Second), Timeout: 1 + draw(10*time.Minute),
		}
		fake := clock.NewFake(startTime)
		lookups, lastValue, errorsInARow := 0, 0, 0
		var lastErr error
		value, err := poll.Until(t.Context(), fake, policy, func(context.Context) (int, bool, error) {
			lookups++
			fake.Advance(draw(10 * time.Second))
			lastErr = []error{nil, nil, errTransient, errTransient, errTransient, errPermanent}[random.IntN(6)]
			if lastErr != nil {
				errorsInARow++
				return -1, false, lastErr
			}
			lastValue, errorsInARow = lookups, 0
			return lookups, random.IntN(10) == 0, nil
		})
		if value != lastValue {
			t.Fatalf("seed %d: value %d, want %d", seed, value, lastValue)
		}
		longest := max(policy.InitialDelay, policy.FirstPause, policy.LongestPause, policy.LongestOutagePause)
		for _, pause := range fake.Sleeps() {
			if pause <= 0 || pause > longest {
				t.Fatalf("seed %d: paused %s of %+v", seed, pause, policy)
			}
		}
		if waited := fake.Now().Sub(startTime); waited > policy.Timeout+10*time.Second {
			t.Fatalf("seed %d: waited %s of %s", seed, waited, policy.Timeout)
		}
		if policy.MaxOutageRetries > 0 && errorsInARow > policy.MaxOutageRetries+1 {
			t.Fatalf("seed %d: tolerated %d errors in a row of %d", seed, errorsInARow-1, policy.MaxOutageRetries)
		}
		late, timedOut := errors.AsType[*poll.TimeoutError](err)
		if timedOut && late.Last != lastErr || !timedOut && err != nil && err != lastErr { //nolint:errorlint // the same error
			t.Fatalf("seed %d: got %v after %v", seed, err, lastErr)
		}
	}
}
