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

// gatedClock is a fake clock on which the batch window ends when the test opens the gate.
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

// countedDirectory is a Directory of numbers that counts its listings.
type countedDirectory struct {
	*share.Directory[int]

	clock *gatedClock
	lists atomic.Int32
	// beforeReturn is called by each listing before it returns.
	beforeReturn func(ctx context.Context) error
}

func newDirectory(size int) *countedDirectory {
	d := &countedDirectory{clock: &gatedClock{Fake: clock.NewFake(directoryStart), gate: make(chan struct{})}}
	d.Directory = share.NewDirectory(d.clock, func(ctx context.Context) (map[string]int, error) {
		d.lists.Add(1)
		if d.beforeReturn != nil {
			if err := d.beforeReturn(ctx); err != nil {
				return nil, err
			}
		}
		all := map[string]int{}
		for i := range size {
			all[fmt.Sprint(i)] = i
		}
		return all, nil
	})
	return d
}

// newOpenDirectory returns a directory whose batch window takes no time.
func newOpenDirectory(size int) *countedDirectory {
	d := newDirectory(size)
	close(d.clock.gate)
	return d
}

type findResult struct {
	item   int
	listed bool
	err    error
}

// startFind starts a Find and returns when waiters reads wait.
func (d *countedDirectory) startFind(ctx context.Context, name string, waiters int) <-chan findResult {
	result := make(chan findResult, 1)
	go func() {
		item, listed, err := d.Find(ctx, name)
		result <- findResult{item, listed, err}
	}()
	for d.Waiters() < waiters {
		runtime.Gosched()
	}
	return result
}

// expect asserts whether a listing is used for an item, and the number of listings so
// far.
func (d *countedDirectory) expect(t *testing.T, name string, listed bool, lists int32) {
	t.Helper()
	_, got, err := d.Find(t.Context(), name)
	if err != nil || got != listed || d.lists.Load() != lists {
		t.Errorf("%s: listed %t, %v, after %d listings; want %t after %d", name, got, err, d.lists.Load(), listed, lists)
	}
}

func TestDirectory_manyReadsShareOneListing(t *testing.T) {
	t.Parallel()
	const many = 50
	d := newDirectory(many)
	results := make([]<-chan findResult, many)
	for i := range many {
		results[i] = d.startFind(t.Context(), fmt.Sprint(i), i+1)
	}
	close(d.clock.gate)
	for i, result := range results {
		if got := <-result; got.err != nil || !got.listed || got.item != i {
			t.Errorf("%d: %+v", i, got)
		}
	}
	if lists := d.lists.Load(); lists != 1 {
		t.Errorf("%d listings", lists)
	}
}

func TestDirectory_singleReadCausesNoListing(t *testing.T) {
	t.Parallel()
	d := newOpenDirectory(3)
	for range 5 {
		d.expect(t, "1", false, 0)
	}
}

// TestDirectory_sequenceSharesOneListing reads as Terraform does with -parallelism=1.
func TestDirectory_sequenceSharesOneListing(t *testing.T) {
	t.Parallel()
	d := newOpenDirectory(100)
	d.expect(t, "0", false, 0)
	for i := 1; i < 100; i++ {
		d.expect(t, fmt.Sprint(i), true, 1)
	}
}

func TestDirectory_returnsEachItemOncePerListing(t *testing.T) {
	t.Parallel()
	d := newOpenDirectory(3)
	d.expect(t, "0", false, 0)
	d.expect(t, "1", true, 1)
	d.expect(t, "2", true, 1)
	d.expect(t, "1", true, 2)
	d.expect(t, "2", true, 2)
	d.expect(t, "2", true, 3)
}

// TestDirectory_skipsSingleRead begins with a single read, which reads from the
// server itself. Its duration is unknown, so a listing may be older.
func TestDirectory_skipsSingleRead(t *testing.T) {
	t.Parallel()
	d := newOpenDirectory(3)
	d.expect(t, "0", false, 0)
	d.expect(t, "1", true, 1)
	d.expect(t, "0", false, 1)
	t.Run("the first of two reads has left", func(t *testing.T) {
		t.Parallel()
		d := newDirectory(3)
		ctx, cancel := context.WithCancel(t.Context())
		ending, staying := d.startFind(ctx, "0", 1), d.startFind(t.Context(), "1", 2)
		cancel()
		<-ending
		close(d.clock.gate)
		if got := <-staying; got.err != nil || got.listed {
			t.Errorf("got %+v", got)
		}
		d.expect(t, "2", true, 1)
		d.expect(t, "1", false, 1)
	})
}

func TestDirectory_listsAgainAfterMaxAge(t *testing.T) {
	t.Parallel()
	d := newOpenDirectory(9)
	d.expect(t, "0", false, 0)
	d.expect(t, "1", true, 1)
	d.clock.Advance(9 * time.Second)
	d.expect(t, "2", true, 1)
	d.clock.Advance(time.Second)
	// After such a long time without reads, this is a single read again.
	d.expect(t, "3", false, 1)
	d.expect(t, "4", true, 2)
}

func TestDirectory_skipsMissingOrChangedItem(t *testing.T) {
	t.Parallel()
	d := newOpenDirectory(3)
	d.expect(t, "0", false, 0)
	d.expect(t, "1", true, 1)
	d.expect(t, "another", false, 1)
	d.expect(t, "another", false, 1)
	d.Changed("2")
	d.expect(t, "2", false, 1)
	d.clock.Advance(time.Hour)
	d.expect(t, "2", false, 1)
}

func TestDirectory_skipsItemChangedDuringListing(t *testing.T) {
	t.Parallel()
	d := newDirectory(3)
	d.beforeReturn = func(context.Context) error { d.Changed("1"); return nil }
	changed, other := d.startFind(t.Context(), "1", 1), d.startFind(t.Context(), "2", 2)
	close(d.clock.gate)
	if got := <-changed; got.listed || got.err != nil {
		t.Errorf("the changed item: %+v", got)
	}
	if got := <-other; !got.listed {
		t.Errorf("the other read: %+v", got)
	}
}

func TestDirectory_endOfOneReadDoesNotEndOthers(t *testing.T) {
	t.Parallel()
	t.Run("during the batch window", func(t *testing.T) {
		t.Parallel()
		d := newDirectory(3)
		ctx, cancel := context.WithCancel(t.Context())
		ending, first, second := d.startFind(ctx, "0", 1), d.startFind(t.Context(), "1", 2), d.startFind(t.Context(), "2", 3)
		cancel()
		if got := <-ending; !errors.Is(got.err, context.Canceled) {
			t.Errorf("the read that ended: %+v", got)
		}
		close(d.clock.gate)
		for _, result := range []<-chan findResult{first, second} {
			if got := <-result; got.err != nil || !got.listed {
				t.Errorf("another read: %+v", got)
			}
		}
	})
	t.Run("during the listing", func(t *testing.T) {
		t.Parallel()
		d := newDirectory(3)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan findResult, 1)
		d.beforeReturn = func(ctx context.Context) error { cancel(); <-ended; return ctx.Err() }
		ending, staying := d.startFind(ctx, "0", 1), d.startFind(t.Context(), "1", 2)
		close(d.clock.gate)
		got := <-ending
		ended <- got
		if !errors.Is(got.err, context.Canceled) {
			t.Errorf("the read that ended: %+v", got)
		}
		if got := <-staying; got.err != nil || !got.listed {
			t.Errorf("the other read: %+v", got)
		}
	})
	t.Run("the last read that stays is a single read", func(t *testing.T) {
		t.Parallel()
		d := newDirectory(3)
		ctx, cancel := context.WithCancel(t.Context())
		ending, staying := d.startFind(ctx, "0", 1), d.startFind(t.Context(), "1", 2)
		cancel()
		<-ending
		close(d.clock.gate)
		if got := <-staying; got.err != nil || got.listed || d.lists.Load() != 0 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("all reads end", func(t *testing.T) {
		t.Parallel()
		d := newDirectory(3)
		ended := make(chan struct{})
		d.beforeReturn = func(ctx context.Context) error { <-ctx.Done(); close(ended); return ctx.Err() }
		ctx, cancel := context.WithCancel(t.Context())
		first, second := d.startFind(ctx, "0", 1), d.startFind(ctx, "1", 2)
		close(d.clock.gate)
		for d.lists.Load() == 0 {
			runtime.Gosched()
		}
		cancel()
		<-first
		<-second
		<-ended
		d.beforeReturn = nil
		d.expect(t, "2", false, 1)
	})
}

func TestDirectory_reportsFailedListing(t *testing.T) {
	t.Parallel()
	d := newDirectory(3)
	failure := errors.New("failed")
	d.beforeReturn = func(context.Context) error { return failure }
	first, second := d.startFind(t.Context(), "0", 1), d.startFind(t.Context(), "1", 2)
	close(d.clock.gate)
	for _, result := range []<-chan findResult{first, second} {
		if got := <-result; !errors.Is(got.err, failure) || got.listed {
			t.Errorf("got %+v", got)
		}
	}
	d.beforeReturn = nil
	d.expect(t, "2", false, 1)
}
