// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package share sends one request for many callers: a Value is fetched once, and a
// Directory serves many reads from one listing.
package share

import (
	"context"
	"sync"
)

// Value is fetched once, for all callers that need it. The zero Value is ready to use. A
// Value is safe for concurrent use.
type Value[T any] struct {
	mu        sync.Mutex
	current   *fetch
	isFetched bool
	value     T
}

// fetch is a fetch that is under way. err and isAbandoned are set before done is
// closed. isAbandoned means that the context of the fetching caller has ended.
type fetch struct {
	done        chan struct{}
	isAbandoned bool
	err         error
}

// Get returns the value and fetches it if necessary. Callers that arrive during a
// fetch wait for it and share its error: a thousand callers must not try a broken
// server one after the other. If the fetch failed because the context of its caller
// ended, for example by Ctrl-C, another caller fetches again. Get returns when ctx
// ends.
func (v *Value[T]) Get(ctx context.Context, get func(context.Context) (T, error)) (T, error) {
	for {
		v.mu.Lock()
		if v.isFetched {
			defer v.mu.Unlock()
			return v.value, nil
		}
		if v.current == nil {
			v.current = &fetch{done: make(chan struct{})}
			v.mu.Unlock()
			return v.fetch(ctx, get)
		}
		current := v.current
		v.mu.Unlock()
		var none T
		select {
		case <-current.done:
		case <-ctx.Done():
			return none, ctx.Err()
		}
		if current.err != nil && !current.isAbandoned {
			return none, current.err
		}
	}
}

func (v *Value[T]) fetch(ctx context.Context, get func(context.Context) (T, error)) (T, error) {
	value, err := get(ctx)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err == nil {
		v.value, v.isFetched = value, true
	}
	v.current.err, v.current.isAbandoned = err, ctx.Err() != nil
	close(v.current.done)
	v.current = nil
	return value, err
}

// Peek returns the value if it has been fetched.
func (v *Value[T]) Peek() (T, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.value, v.isFetched
}
