// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package share sends one request for many callers: a Value is fetched once, and a
// Directory answers many reads from one listing.
package share

import (
	"context"
	"sync"
)

// Value is an answer that many ask for and that is fetched once. The zero
// value is ready for use, by many at once.
type Value[T any] struct {
	mu      sync.Mutex
	flight  *flight
	fetched bool
	value   T
}

// flight is a fetch under way. Abandoned and err are set before done is closed:
// whether the context of the one who fetches has ended, and else why it failed.
type flight struct {
	done      chan struct{}
	abandoned bool
	err       error
}

// Get returns the answer, or fetches it. Whoever comes while it is being fetched
// waits for it, and shares the failure: a thousand who ask a server that is out of
// order are not to try it one after the other. Where it was the end of the other's
// context, by Ctrl-C for example, it is fetched anew.
func (s *Value[T]) Get(ctx context.Context, fetch func(context.Context) (T, error)) (T, error) {
	for {
		s.mu.Lock()
		if s.fetched {
			defer s.mu.Unlock()
			return s.value, nil
		}
		if s.flight == nil {
			s.flight = &flight{done: make(chan struct{})}
			s.mu.Unlock()
			return s.fetch(ctx, fetch)
		}
		other := s.flight
		s.mu.Unlock()
		var none T
		select {
		case <-other.done:
		case <-ctx.Done():
			return none, ctx.Err()
		}
		if other.err != nil && !other.abandoned {
			return none, other.err
		}
	}
}

func (s *Value[T]) fetch(ctx context.Context, fetch func(context.Context) (T, error)) (T, error) {
	value, err := fetch(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.value, s.fetched = value, true
	}
	s.flight.err, s.flight.abandoned = err, ctx.Err() != nil
	close(s.flight.done)
	s.flight = nil
	return value, err
}

// Peek returns the answer if it has been fetched already.
func (s *Value[T]) Peek() (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.fetched
}
