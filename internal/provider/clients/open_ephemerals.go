// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// OpenEphemerals are the ephemeral resources that Terraform has opened and not
// closed. Terraform does not close one when anything that depends on it has
// failed (observed with 1.11.4). The provider closes them when it exits.
type OpenEphemerals struct {
	mu   sync.Mutex
	open map[string]func(context.Context) error
}

// CloseAll closes all of them at once. A provider that Terraform asks to exit has
// two seconds (Kill in go-plugin's client.go).
func (l *OpenEphemerals) CloseAll(ctx context.Context) error {
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

// Add records an open ephemeral resource and how to close it.
func (l *OpenEphemerals) Add(key string, closeOne func(context.Context) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[string]func(context.Context) error{}
	}
	l.open[key] = closeOne
}

// Remove removes an ephemeral resource that is closed, or whose failure was reported.
func (l *OpenEphemerals) Remove(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, key)
}
