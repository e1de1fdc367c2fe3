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

// fresh is how old an answer out of a listing may be: DESIGN.md.
const fresh = 10 * time.Second

// edition is a thing as a listing showed it: version counts its changes until then,
// listing is the number of the listing.
type edition struct {
	thing   *thing
	version int
	listing int
}

// thing is something on the server. Ends has when each of its versions ended.
type thing struct {
	name string
	ends []time.Time
	gone bool
	// changed is when this process last changed it, newest the latest version that
	// a read has returned.
	changed time.Time
	newest  int
	// answered has the listings that have answered for it.
	answered map[int]bool
}

func (t *thing) version() int { return len(t.ends) }

// crash is a listing that failed, and when.
type crash struct{ at time.Time }

func (c *crash) Error() string { return "crashed at " + c.at.Format(time.StampMilli) }

// registry is a server with things, whom many readers ask at once, in the time of
// a synctest bubble. What it finds wrong goes to t.
type registry struct {
	*share.Directory[edition]

	t *testing.T
	// mu guards all below, and the source of chance.
	mu       sync.Mutex
	chance   *rand.Rand
	things   map[string]*thing
	listings int
}

func newRegistry(t *testing.T, seed uint64) *registry {
	t.Helper()
	r := &registry{t: t, chance: rand.New(rand.NewPCG(seed, 7)), things: map[string]*thing{}} //nolint:gosec // a test's choice of cases
	for i := range 1 + r.chance.IntN(12) {
		name := fmt.Sprint(i)
		r.things[name] = &thing{name: name, answered: map[int]bool{}}
	}
	r.Directory = share.NewDirectory(clock.Real(), r.list)
	return r
}

// pass lets up to a time pass, or none.
func (r *registry) pass(ctx context.Context, most time.Duration) error {
	r.mu.Lock()
	d := time.Duration(r.chance.Int64N(int64(most)))
	if r.chance.IntN(4) == 0 {
		d = 0
	}
	r.mu.Unlock()
	return clock.Real().Sleep(ctx, d)
}

func (r *registry) oneIn(n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.chance.IntN(n) == 0
}

// list is slow, and fails or hangs now and then.
func (r *registry) list(ctx context.Context) (map[string]edition, error) {
	r.mu.Lock()
	r.listings++
	number := r.listings
	r.mu.Unlock()
	if r.oneIn(12) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if err := r.pass(ctx, 3*time.Second); err != nil {
		return nil, err
	}
	if r.oneIn(6) {
		return nil, &crash{clock.Real().Now()}
	}
	r.mu.Lock()
	all := map[string]edition{}
	for name, each := range r.things {
		if !each.gone {
			all[name] = edition{each, each.version(), number}
		}
	}
	r.mu.Unlock()
	return all, r.pass(ctx, time.Second)
}

// change changes a thing in this process, or behind its back.
func (r *registry) change(name string, ours bool) {
	if ours {
		r.Changed(name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now, each := clock.Real().Now(), r.things[name]
	each.ends = append(each.ends, now)
	each.gone = r.chance.IntN(5) == 0
	if ours {
		each.changed = now
	}
}

// read finds a thing as a refresh does, and asks for it by name where no listing
// has it.
func (r *registry) read(name string) {
	r.mu.Lock()
	each, began := r.things[name], clock.Real().Now()
	floor, changed := each.newest, each.changed
	patience := time.Minute
	if r.chance.IntN(3) == 0 {
		patience = time.Duration(r.chance.Int64N(int64(4 * time.Second)))
	}
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	got, listed, err := r.Find(ctx, name)
	now := clock.Real().Now()
	failed, crashed := errors.AsType[*crash](err)
	switch {
	case crashed && (failed.at.Before(began) || failed.at.After(now)):
		r.t.Errorf("a read from %s to %s got the failure of a listing that had %s", began, now, failed)
	case err != nil && !crashed && now.Sub(began) < patience:
		r.t.Errorf("a read got another's end: %v after %s of %s", err, now.Sub(began), patience)
	case err != nil:
	case listed:
		r.judge(got, name, began, floor, changed)
	default:
		r.byName(ctx, each)
	}
}

// judge says whether a listing might answer so.
func (r *registry) judge(got edition, name string, began time.Time, floor int, changed time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	each := r.things[name]
	switch {
	case got.thing != each:
		r.t.Errorf("asked for %s, got %s", name, got.thing.name)
	case !changed.IsZero():
		r.t.Errorf("%s was changed by this process at %s, and a listing answered at %s", name, changed, began)
	case got.version < floor:
		r.t.Errorf("%s was version %d, and is %d again in listing %d", name, floor, got.version, got.listing)
	case each.answered[got.listing]:
		r.t.Errorf("listing %d answered for %s twice", got.listing, name)
	case got.version < each.version() && began.Sub(each.ends[got.version]) > fresh:
		r.t.Errorf("version %d of %s ended %s before it was asked for", got.version, name, began.Sub(each.ends[got.version]))
	}
	each.answered[got.listing] = true
	each.newest = max(each.newest, got.version)
}

func (r *registry) byName(ctx context.Context, each *thing) {
	if r.pass(ctx, 2*time.Second) != nil {
		return
	}
	r.mu.Lock()
	seen := each.version()
	r.mu.Unlock()
	if r.pass(ctx, time.Second) != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	each.newest = max(each.newest, seen)
}

// act is one of those who read and change, for a while.
func (r *registry) act(names []string) {
	for range 12 {
		r.mu.Lock()
		name, choice := names[r.chance.IntN(len(names))], r.chance.IntN(24)
		r.mu.Unlock()
		switch {
		case choice == 0:
			r.change(name, true)
		case choice < 6:
			r.change(name, false)
		default:
			r.read(name)
		}
		_ = r.pass(r.t.Context(), 2*time.Second)
	}
}

// TestDirectory_keepsItsPromises lets many read and change things of a server that
// is slow, fails and hangs, in 400 ways. A goroutine that is left behind, and waits
// for ever, fails the test: synctest sees it.
func TestDirectory_keepsItsPromises(t *testing.T) {
	t.Parallel()
	answered := 0
	for seed := range uint64(400) {
		synctest.Test(t, func(t *testing.T) {
			r := newRegistry(t, seed)
			names := slices.Sorted(maps.Keys(r.things))
			var all sync.WaitGroup
			for range 1 + r.chance.IntN(10) {
				all.Go(func() { r.act(names) })
			}
			all.Wait()
			for _, each := range r.things {
				answered += len(each.answered)
			}
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if answered < 1000 {
		t.Errorf("listings have answered only %d times: nothing was put to the test", answered)
	}
}
