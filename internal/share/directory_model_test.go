// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package share_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/share"
)

// maxListingAge is the promise of DESIGN.md about the age of a listed item.
const maxListingAge = 10 * time.Second

// snapshot is an item as a listing included it. version counts its changes until then,
// listing is the number of the listing.
type snapshot struct {
	item    *item
	version int
	listing int
}

// item is an item on the server. ends contains the time when each of its versions
// ended.
type item struct {
	name      string
	ends      []time.Time
	isRemoved bool
	// changedAt is when this process last changed the item. newest is the latest version
	// that a read has returned.
	changedAt time.Time
	newest    int
	// returnedBy contains the listings that have returned the item.
	returnedBy map[int]bool
}

func (i *item) version() int { return len(i.ends) }

// listingError is the error of a listing, with its time.
type listingError struct{ at time.Time }

func (e *listingError) Error() string { return "failed at " + e.at.Format(time.StampMilli) }

// model is a server with items and many concurrent readers, in the time of a synctest
// bubble. It reports to t every result that Directory's documentation excludes.
type model struct {
	*share.Directory[snapshot]

	t *testing.T
	// mu guards all fields below and the items.
	mu       sync.Mutex
	random   *rand.Rand
	items    map[string]*item
	listings int
}

func newModel(t *testing.T, seed uint64) *model {
	t.Helper()
	m := &model{t: t, random: rand.New(rand.NewPCG(seed, 7)), items: map[string]*item{}} //nolint:gosec // the cases of a test
	for i := range 1 + m.random.IntN(12) {
		name := fmt.Sprint(i)
		m.items[name] = &item{name: name, returnedBy: map[int]bool{}}
	}
	m.Directory = share.NewDirectory(clock.Real(), m.list)
	return m
}

// pause waits for up to longest, or not at all.
func (m *model) pause(ctx context.Context, longest time.Duration) error {
	m.mu.Lock()
	d := time.Duration(m.random.Int64N(int64(longest)))
	if m.random.IntN(4) == 0 {
		d = 0
	}
	m.mu.Unlock()
	return clock.Real().Sleep(ctx, d)
}

func (m *model) isOneIn(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.random.IntN(n) == 0
}

// list is slow. Sometimes it fails or does not return.
func (m *model) list(ctx context.Context) (map[string]snapshot, error) {
	m.mu.Lock()
	m.listings++
	number := m.listings
	m.mu.Unlock()
	if m.isOneIn(12) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := m.pause(ctx, 3*time.Second); err != nil {
		return nil, err
	}
	if m.isOneIn(6) {
		return nil, &listingError{clock.Real().Now()}
	}
	m.mu.Lock()
	all := map[string]snapshot{}
	for name, each := range m.items {
		if !each.isRemoved {
			all[name] = snapshot{each, each.version(), number}
		}
	}
	m.mu.Unlock()
	return all, m.pause(ctx, time.Second)
}

// change changes an item in this process or outside of it.
func (m *model) change(name string, byThisProcess bool) {
	if byThisProcess {
		m.Changed(name)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now, each := clock.Real().Now(), m.items[name]
	each.ends = append(each.ends, now)
	each.isRemoved = m.random.IntN(5) == 0
	if byThisProcess {
		each.changedAt = now
	}
}

// read reads an item as a refresh does: from a listing, or by its name.
func (m *model) read(name string) {
	m.mu.Lock()
	each, began := m.items[name], clock.Real().Now()
	minVersion, changedAt := each.newest, each.changedAt
	timeout := time.Minute
	if m.random.IntN(3) == 0 {
		timeout = time.Duration(m.random.Int64N(int64(4 * time.Second)))
	}
	m.mu.Unlock()
	ctx, cancel := context.WithTimeout(m.t.Context(), timeout)
	defer cancel()
	got, listed, err := m.Find(ctx, name)
	now := clock.Real().Now()
	failed, isListingError := errors.AsType[*listingError](err)
	switch {
	case isListingError && (failed.at.Before(began) || failed.at.After(now)):
		m.t.Errorf("a read from %s to %s got the error of a listing that %s", began, now, failed)
	case err != nil && !isListingError && now.Sub(began) < timeout:
		m.t.Errorf("a read ended with the context of another: %v after %s of %s", err, now.Sub(began), timeout)
	case err != nil:
	case listed:
		m.check(got, name, began, minVersion, changedAt)
	default:
		m.readByName(ctx, each)
	}
}

// check reports an item that no listing may have returned.
func (m *model) check(got snapshot, name string, began time.Time, minVersion int, changedAt time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	each := m.items[name]
	switch {
	case got.item != each:
		m.t.Errorf("read %s, got %s", name, got.item.name)
	case !changedAt.IsZero():
		m.t.Errorf("this process changed %s at %s, and a read at %s returned a listed item", name, changedAt, began)
	case got.version < minVersion:
		m.t.Errorf("%s was version %d, and is version %d in listing %d", name, minVersion, got.version, got.listing)
	case each.returnedBy[got.listing]:
		m.t.Errorf("listing %d returned %s twice", got.listing, name)
	case got.version < each.version() && began.Sub(each.ends[got.version]) > maxListingAge:
		m.t.Errorf("version %d of %s ended %s before the read", got.version, name, began.Sub(each.ends[got.version]))
	}
	each.returnedBy[got.listing] = true
	each.newest = max(each.newest, got.version)
}

func (m *model) readByName(ctx context.Context, each *item) {
	if m.pause(ctx, 2*time.Second) != nil {
		return
	}
	m.mu.Lock()
	version := each.version()
	m.mu.Unlock()
	if m.pause(ctx, time.Second) != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	each.newest = max(each.newest, version)
}

// readAndChange is one concurrent reader.
func (m *model) readAndChange(names []string) {
	for range 12 {
		m.mu.Lock()
		name, choice := names[m.random.IntN(len(names))], m.random.IntN(24)
		m.mu.Unlock()
		switch {
		case choice == 0:
			m.change(name, true)
		case choice < 6:
			m.change(name, false)
		default:
			m.read(name)
		}
		_ = m.pause(m.t.Context(), 2*time.Second)
	}
}

// TestDirectory_returnsNoOldOrRepeatedItems has many readers and a server that is
// slow, fails and hangs, in 400 variants. synctest fails the test if a goroutine never
// ends.
func TestDirectory_returnsNoOldOrRepeatedItems(t *testing.T) {
	t.Parallel()
	listedReads := 0
	for seed := range uint64(400) {
		synctest.Test(t, func(t *testing.T) {
			m := newModel(t, seed)
			names := slices.Sorted(maps.Keys(m.items))
			var all sync.WaitGroup
			for range 1 + m.random.IntN(10) {
				all.Go(func() { m.readAndChange(names) })
			}
			all.Wait()
			for _, each := range m.items {
				listedReads += len(each.returnedBy)
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if listedReads < 1000 {
		t.Errorf("only %d reads returned a listed item, so the test proves nothing", listedReads)
	}
}
