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
	// batchWindow is how long the first read waits for others to share its listing.
	batchWindow = 25 * time.Millisecond
	// maxListingAge is how long a listing is used for later reads, from the moment when
	// it was requested. Terraform reads ten resources at a time and needs seconds for a
	// thousand. Results of this age are acceptable: Terraform uses them for a whole
	// plan, which takes longer.
	maxListingAge = 10 * time.Second
)

// Directory serves many reads, each of one named item, from one shared listing.
// Terraform refreshes each resource separately, but the server should receive only
// one request, regardless of their number.
//
// A single read causes no listing. A listing is used at most once for each item, and
// never for an item that this process has changed. A Directory is safe for concurrent
// use.
type Directory[T any] struct {
	clock clock.Clock
	list  func(context.Context) (map[string]T, error)

	mu sync.Mutex
	// unlisted contains the items for which no listing is used: items that this process
	// created or changed, which a listing may not include yet, and items that a listing
	// did not include.
	unlisted map[string]bool
	// current is the listing that reads join. It is waiting for its batch, is under way,
	// or is younger than maxListingAge.
	current *listing[T]
	// lastSingle is the latest listing that only one read joined. It was not requested.
	lastSingle *listing[T]
}

// listing is one shared request and the reads that wait for it.
type listing[T any] struct {
	ctx     context.Context
	cancel  context.CancelFunc
	waiters int
	// excluded contains the items for which the listing is not used again.
	excluded map[string]bool
	// requestedAt is zero while the listing waits for its batch.
	requestedAt time.Time
	isSingle    bool
	done        chan struct{}
	items       map[string]T
	err         error
}

// NewDirectory returns a Directory of the items that list returns by name.
func NewDirectory[T any](c clock.Clock, list func(context.Context) (map[string]T, error)) *Directory[T] {
	return &Directory[T]{clock: c, list: list, unlisted: map[string]bool{}}
}

// Changed records that this process creates, changes or removes an item. From now on,
// no listing is used for it.
func (d *Directory[T]) Changed(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unlisted[name] = true
}

// Find returns an item from a shared listing. If it returns false, the caller must
// read the item itself: the listing does not include it, this process has changed it,
// or no other read shares a listing. A failed listing is an error for all reads that
// wait for it, and for no others.
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
	if l.isSingle || l.err != nil {
		return none, false, l.err
	}
	item, included := l.items[name]
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current != nil {
		// If current is another listing, its result may be older than this one.
		d.current.excluded[name] = true
	}
	if !included || d.unlisted[name] {
		d.unlisted[name] = true
		return none, false, nil
	}
	return item, true, nil
}

// join adds a read to the current listing, or to a new one. It returns nil if no
// listing is used for the item.
func (d *Directory[T]) join(ctx context.Context, name string) *listing[T] {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unlisted[name] {
		return nil
	}
	if l := d.current; l != nil && (l.excluded[name] || !l.requestedAt.IsZero() && d.clock.Now().Sub(l.requestedAt) >= maxListingAge) {
		// The reads that wait for it still get its result.
		d.current = nil
	}
	if d.current == nil {
		d.open(ctx, name)
	}
	d.current.waiters++
	d.current.excluded[name] = true
	return d.current
}

// open starts a listing. It waits for a batch, unless a single read of another item
// came just before: then the reads are sequential, and more of them will follow.
func (d *Directory[T]) open(ctx context.Context, name string) {
	l := &listing[T]{excluded: map[string]bool{}, done: make(chan struct{})}
	// The request belongs to all reads that wait, so the end of one of their contexts
	// must not end it.
	l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx)) //nolint:gosec // called by run, and by the last read that leaves
	d.current = l
	now := d.clock.Now()
	isSequence := false
	if d.lastSingle != nil && now.Sub(d.lastSingle.requestedAt) < maxListingAge {
		if isSequence = !d.lastSingle.excluded[name]; isSequence {
			l.requestedAt = now
		}
		// The single read may still be under way and return a newer result.
		maps.Copy(l.excluded, d.lastSingle.excluded)
	}
	go d.run(l, isSequence)
}

// leave removes a read from a listing. The last one to leave cancels the listing.
func (d *Directory[T]) leave(l *listing[T]) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.waiters--
	if l.waiters == 0 {
		l.cancel()
		if d.current == l {
			d.current = nil
		}
	}
}

func (d *Directory[T]) run(l *listing[T], isSequence bool) {
	defer l.cancel()
	defer close(l.done)
	if !isSequence {
		if l.err = d.clock.Sleep(l.ctx, batchWindow); l.err != nil || d.closeBatch(l) {
			return
		}
	}
	l.items, l.err = d.list(l.ctx)
	if l.err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.current == l {
			d.current = nil
		}
	}
}

// closeBatch ends the batch window and reports whether only one read has joined.
func (d *Directory[T]) closeBatch(l *listing[T]) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.requestedAt = d.clock.Now()
	l.isSingle = l.waiters < 2
	if l.isSingle {
		d.lastSingle = l
		if d.current == l {
			d.current = nil
		}
	}
	return l.isSingle
}
