// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package share

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

const (
	// gathering is how long the first of many reads waits for the others.
	gathering = 25 * time.Millisecond
	// freshness is how long a listing serves reads that come later, from the
	// moment on at which it was asked for. Terraform reads ten resources at a
	// time, and takes seconds for a thousand; it keeps what it has read for as long
	// as the plan lasts, which is more.
	freshness = 10 * time.Second
)

// Directory lets many who each read one of many things share one listing of them.
// Terraform refreshes each resource on its own; the server should not notice how
// many there are. One thing alone is not listed for, no listing answers for the
// same thing twice, and none answers for what this process has changed. It is
// safe for concurrent use.
type Directory[T any] struct {
	clock clock.Clock
	list  func(context.Context) (map[string]T, error)

	mu sync.Mutex
	// byName holds what is read by itself: what this process made or changed, which
	// a listing may not show yet, and what a listing lacked, which has been asked
	// for by name since.
	byName map[string]bool
	// latest is the listing that reads join: one for which they are gathered, one
	// that is under way, or one that is fresh.
	latest *listing[T]
	// alone is the latest one for which a single read had come, which was then sent
	// to ask by itself.
	alone *listing[T]
}

// listing is one shared request, and those who wait for it.
type listing[T any] struct {
	ctx     context.Context
	cancel  context.CancelFunc
	waiting int
	// served has what it does not answer for again.
	served map[string]bool
	// asked is when the request was sent; zero while reads are gathered.
	asked time.Time
	alone bool
	done  chan struct{}
	all   map[string]T
	err   error
}

// NewDirectory makes a Directory of what list returns by name.
func NewDirectory[T any](c clock.Clock, list func(context.Context) (map[string]T, error)) *Directory[T] {
	return &Directory[T]{clock: c, list: list, byName: map[string]bool{}}
}

// Changed keeps a thing out of listings from now on.
func (d *Directory[T]) Changed(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.byName[name] = true
}

// Find returns a thing if a shared listing has it. False means that it has to be
// read by itself: because it is missing from the list, was changed here, or is
// the only one that is looked for. A listing that fails is an error for all who
// wait for it, and for nobody else.
func (d *Directory[T]) Find(ctx context.Context, name string) (T, bool, error) {
	var none T
	l := d.join(ctx, name)
	if l == nil {
		return none, false, nil
	}
	select {
	case <-l.done:
	case <-ctx.Done():
		d.leave(l)
		return none, false, ctx.Err()
	}
	if l.alone || l.err != nil {
		return none, false, l.err
	}
	found, listed := l.all[name]
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.latest != nil {
		// Where it is another one, it may have answered sooner, with what is older.
		d.latest.served[name] = true
	}
	if !listed || d.byName[name] {
		d.byName[name] = true
		return none, false, nil
	}
	return found, true, nil
}

// join enters the latest listing, or opens one. It returns nil for what must be
// read by itself.
func (d *Directory[T]) join(ctx context.Context, name string) *listing[T] {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.byName[name] {
		return nil
	}
	if l := d.latest; l != nil && (l.served[name] || !l.asked.IsZero() && d.clock.Now().Sub(l.asked) >= freshness) {
		// Those who wait for it still get it.
		d.latest = nil
	}
	if d.latest == nil {
		d.open(ctx, name)
	}
	d.latest.waiting++
	d.latest.served[name] = true
	return d.latest
}

// open begins a listing. Reads are gathered for it, unless another thing was just
// read by itself: then there are many, one after the other.
func (d *Directory[T]) open(ctx context.Context, name string) {
	l := &listing[T]{served: map[string]bool{}, done: make(chan struct{})}
	// The request belongs to all who wait: one caller's end must not end it.
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // called by run, and by the last one that leaves
	d.latest = l
	now := d.clock.Now()
	following := false
	if d.alone != nil && now.Sub(d.alone.asked) < freshness {
		if following = !d.alone.served[name]; following {
			l.asked = now
		}
		// The read alone may still be under way, and end with what is newer.
		maps.Copy(l.served, d.alone.served)
	}
	go d.run(l, following)
}

// leave takes one caller off a listing, and ends it with the last one.
func (d *Directory[T]) leave(l *listing[T]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.waiting--
	if l.waiting == 0 {
		l.cancel()
		if d.latest == l {
			d.latest = nil
		}
	}
}

func (d *Directory[T]) run(l *listing[T], following bool) {
	defer l.cancel()
	defer close(l.done)
	if !following {
		if l.err = d.clock.Sleep(l.ctx, gathering); l.err != nil || d.isAlone(l) {
			return
		}
	}
	l.all, l.err = d.list(l.ctx)
	if l.err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.latest == l {
			d.latest = nil
		}
	}
}

// isAlone ends the gathering, and says whether one read alone has come.
func (d *Directory[T]) isAlone(l *listing[T]) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.asked = d.clock.Now()
	l.alone = l.waiting < 2
	if l.alone {
		d.alone = l
		if d.latest == l {
			d.latest = nil
		}
	}
	return l.alone
}
