// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package share_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/share"
)

var directoryStart = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// gatedClock is a fake clock on which the time for which reads are gathered
// passes when the test says so.
type gatedClock struct {
	*clock.Fake

	gate chan struct{}
}

func (c *gatedClock) Sleep(ctx context.Context, _ time.Duration) error {
	select {
	case <-c.gate:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shelf has things to list, and counts the listings.
type shelf struct {
	*share.Directory[int]

	clock *gatedClock
	lists atomic.Int32
	// during is called by each listing, before it answers.
	during func(ctx context.Context) error
}

func newShelf(things int) *shelf {
	s := &shelf{clock: &gatedClock{Fake: clock.NewFake(directoryStart), gate: make(chan struct{})}}
	s.Directory = share.NewDirectory(s.clock, func(ctx context.Context) (map[string]int, error) {
		s.lists.Add(1)
		if s.during != nil {
			if err := s.during(ctx); err != nil {
				return nil, err
			}
		}
		all := map[string]int{}
		for i := range things {
			all[fmt.Sprint(i)] = i
		}
		return all, nil
	})
	return s
}

// opened is a shelf whose gathering takes no time.
func opened(things int) *shelf {
	s := newShelf(things)
	close(s.clock.gate)
	return s
}

type found struct {
	thing  int
	listed bool
	err    error
}

// finding starts a Find, and returns once it is one of the n that wait.
func (s *shelf) finding(ctx context.Context, name string, n int) <-chan found {
	result := make(chan found, 1)
	go func() {
		thing, listed, err := s.Find(ctx, name)
		result <- found{thing, listed, err}
	}()
	for s.Waiting() < n {
		runtime.Gosched()
	}
	return result
}

// expect finds a thing, in a list or not, and asserts how many listings there were
// so far.
func (s *shelf) expect(t *testing.T, name string, listed bool, lists int32) {
	t.Helper()
	_, got, err := s.Find(t.Context(), name)
	if err != nil || got != listed || s.lists.Load() != lists {
		t.Errorf("%s: listed %t, %v, after %d listings; want %t after %d", name, got, err, s.lists.Load(), listed, lists)
	}
}

func TestDirectory_manySharesOneListing(t *testing.T) {
	t.Parallel()
	const many = 50
	s := newShelf(many)
	results := make([]<-chan found, many)
	for i := range many {
		results[i] = s.finding(t.Context(), fmt.Sprint(i), i+1)
	}
	close(s.clock.gate)
	for i, result := range results {
		if got := <-result; got.err != nil || !got.listed || got.thing != i {
			t.Errorf("%d: %+v", i, got)
		}
	}
	if lists := s.lists.Load(); lists != 1 {
		t.Errorf("%d listings", lists)
	}
}

func TestDirectory_oneAloneIsNotListedFor(t *testing.T) {
	t.Parallel()
	s := opened(3)
	for range 5 {
		s.expect(t, "1", false, 0)
	}
}

// TestDirectory_oneAfterTheOther is Terraform with -parallelism=1.
func TestDirectory_oneAfterTheOther(t *testing.T) {
	t.Parallel()
	s := opened(100)
	s.expect(t, "0", false, 0)
	for i := 1; i < 100; i++ {
		s.expect(t, fmt.Sprint(i), true, 1)
	}
}

func TestDirectory_neverAnswersTwiceFromOneListing(t *testing.T) {
	t.Parallel()
	s := opened(3)
	s.expect(t, "0", false, 0)
	s.expect(t, "1", true, 1)
	s.expect(t, "2", true, 1)
	s.expect(t, "1", true, 2)
	s.expect(t, "2", true, 2)
	s.expect(t, "2", true, 3)
}

// TestDirectory_theReadAloneIsNewer has one alone ask by itself. How long that takes
// the Directory cannot know: a listing of meanwhile may be older.
func TestDirectory_theReadAloneIsNewer(t *testing.T) {
	t.Parallel()
	s := opened(3)
	s.expect(t, "0", false, 0)
	s.expect(t, "1", true, 1)
	s.expect(t, "0", false, 1)
	t.Run("the first of two has left", func(t *testing.T) {
		t.Parallel()
		s := newShelf(3)
		ctx, cancel := context.WithCancel(t.Context())
		ending, staying := s.finding(ctx, "0", 1), s.finding(t.Context(), "1", 2)
		cancel()
		<-ending
		close(s.clock.gate)
		if got := <-staying; got.err != nil || got.listed {
			t.Errorf("got %+v", got)
		}
		s.expect(t, "2", true, 1)
		s.expect(t, "1", false, 1)
	})
}

func TestDirectory_aListingGrowsOld(t *testing.T) {
	t.Parallel()
	s := opened(9)
	s.expect(t, "0", false, 0)
	s.expect(t, "1", true, 1)
	s.clock.Advance(9 * time.Second)
	s.expect(t, "2", true, 1)
	s.clock.Advance(time.Second)
	// Nobody has read anything for so long: this one is alone again.
	s.expect(t, "3", false, 1)
	s.expect(t, "4", true, 2)
}

func TestDirectory_whatTheListLacksOrWasChanged(t *testing.T) {
	t.Parallel()
	s := opened(3)
	s.expect(t, "0", false, 0)
	s.expect(t, "1", true, 1)
	s.expect(t, "another", false, 1)
	s.expect(t, "another", false, 1)
	s.Changed("2")
	s.expect(t, "2", false, 1)
	s.clock.Advance(time.Hour)
	s.expect(t, "2", false, 1)
}

func TestDirectory_whatIsChangedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newShelf(3)
	s.during = func(context.Context) error { s.Changed("1"); return nil }
	changed, other := s.finding(t.Context(), "1", 1), s.finding(t.Context(), "2", 2)
	close(s.clock.gate)
	if got := <-changed; got.listed || got.err != nil {
		t.Errorf("what was changed: %+v", got)
	}
	if got := <-other; !got.listed {
		t.Errorf("the other: %+v", got)
	}
}

func TestDirectory_oneCallersEndIsNotTheOthers(t *testing.T) {
	t.Parallel()
	t.Run("while reads are gathered", func(t *testing.T) {
		t.Parallel()
		s := newShelf(3)
		ctx, cancel := context.WithCancel(t.Context())
		ending, first, second := s.finding(ctx, "0", 1), s.finding(t.Context(), "1", 2), s.finding(t.Context(), "2", 3)
		cancel()
		if got := <-ending; !errors.Is(got.err, context.Canceled) {
			t.Errorf("the one that ended: %+v", got)
		}
		close(s.clock.gate)
		for _, result := range []<-chan found{first, second} {
			if got := <-result; got.err != nil || !got.listed {
				t.Errorf("another: %+v", got)
			}
		}
	})
	t.Run("while the listing is under way", func(t *testing.T) {
		t.Parallel()
		s := newShelf(3)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan found, 1)
		s.during = func(ctx context.Context) error { cancel(); <-ended; return ctx.Err() }
		ending, staying := s.finding(ctx, "0", 1), s.finding(t.Context(), "1", 2)
		close(s.clock.gate)
		got := <-ending
		ended <- got
		if !errors.Is(got.err, context.Canceled) {
			t.Errorf("the one that ended: %+v", got)
		}
		if got := <-staying; got.err != nil || !got.listed {
			t.Errorf("the other: %+v", got)
		}
	})
	t.Run("the last one that stays is alone", func(t *testing.T) {
		t.Parallel()
		s := newShelf(3)
		ctx, cancel := context.WithCancel(t.Context())
		ending, staying := s.finding(ctx, "0", 1), s.finding(t.Context(), "1", 2)
		cancel()
		<-ending
		close(s.clock.gate)
		if got := <-staying; got.err != nil || got.listed || s.lists.Load() != 0 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("all of them", func(t *testing.T) {
		t.Parallel()
		s := newShelf(3)
		ended := make(chan struct{})
		s.during = func(ctx context.Context) error { <-ctx.Done(); close(ended); return ctx.Err() }
		ctx, cancel := context.WithCancel(t.Context())
		first, second := s.finding(ctx, "0", 1), s.finding(ctx, "1", 2)
		close(s.clock.gate)
		for s.lists.Load() == 0 {
			runtime.Gosched()
		}
		cancel()
		<-first
		<-second
		<-ended
		s.during = nil
		s.expect(t, "2", false, 1)
	})
}

func TestDirectory_aListingThatFails(t *testing.T) {
	t.Parallel()
	s := newShelf(3)
	crash := errors.New("a crash")
	s.during = func(context.Context) error { return crash }
	first, second := s.finding(t.Context(), "0", 1), s.finding(t.Context(), "1", 2)
	close(s.clock.gate)
	for _, result := range []<-chan found{first, second} {
		if got := <-result; !errors.Is(got.err, crash) || got.listed {
			t.Errorf("got %+v", got)
		}
	}
	s.during = nil
	s.expect(t, "2", false, 1)
}
