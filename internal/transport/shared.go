// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"sync"
)

// Shared is an answer that many ask for and that is fetched once. The zero
// value is ready for use, by many at once.
type Shared[T any] struct {
	mu      sync.Mutex
	flight  chan struct{}
	fetched bool
	value   T
}

// Get returns the answer, or fetches it. Whoever comes while it is being
// fetched waits for it, and fetches it anew where the other failed: the failure
// may be the other's Ctrl-C.
func (s *Shared[T]) Get(ctx context.Context, fetch func(context.Context) (T, error)) (T, error) {
	for {
		s.mu.Lock()
		if s.fetched {
			defer s.mu.Unlock()
			return s.value, nil
		}
		if s.flight == nil {
			s.flight = make(chan struct{})
			s.mu.Unlock()
			return s.fetch(ctx, fetch)
		}
		flight := s.flight
		s.mu.Unlock()
		select {
		case <-flight:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

func (s *Shared[T]) fetch(ctx context.Context, fetch func(context.Context) (T, error)) (T, error) {
	value, err := fetch(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.value, s.fetched = value, true
	}
	close(s.flight)
	s.flight = nil
	return value, err
}

// Peek returns the answer if it has been fetched already.
func (s *Shared[T]) Peek() (T, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.value, s.fetched
}
