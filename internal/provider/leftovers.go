// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// Leftovers are what ephemeral resources have opened and Terraform has not
// closed. Terraform closes one after all that depends on it, and leaves that
// out when any of those has failed (seen with 1.11.4): what is left then goes
// when the provider's process ends.
type Leftovers struct {
	mu   sync.Mutex
	open map[string]func(context.Context) error
}

// WithLeftovers lets the caller of New end what was left open.
func WithLeftovers(l *Leftovers) Option {
	return func(p *pcProvider) { p.leftovers = l }
}

// End closes what is left, all at once: a process that has been told to end has
// two seconds for it (Kill in go-plugin's client.go).
func (l *Leftovers) End(ctx context.Context) error {
	l.mu.Lock()
	left := slices.Collect(maps.Values(l.open))
	l.open = nil
	l.mu.Unlock()
	failed := make(chan error)
	for _, closeOne := range left {
		go func() { failed <- closeOne(ctx) }()
	}
	var all error
	for range left {
		all = errors.Join(all, <-failed)
	}
	return all
}

func (l *Leftovers) opened(key string, closeOne func(context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[string]func(context.Context) error{}
	}
	l.open[key] = closeOne
}

// closed forgets what Terraform has closed, or has been told of.
func (l *Leftovers) closed(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, key)
}
