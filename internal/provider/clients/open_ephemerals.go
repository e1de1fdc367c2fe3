// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// OpenEphemerals are the ephemeral resources that Terraform has opened and not
// closed. Terraform does not close one when anything that depends on it has
// failed (observed with 1.11.4). The provider closes them when it exits.
type OpenEphemerals struct {
	mu   sync.Mutex
	open map[string]func(context.Context) error
}

// CloseAllTimeout limits CloseAll when the provider exits. It is shorter than the two
// seconds that Terraform gives a provider to exit (Kill in go-plugin's client.go).
const CloseAllTimeout = 1800 * time.Millisecond

// CloseAll closes all of them at the same time, because the provider exits soon.
func (o *OpenEphemerals) CloseAll(ctx context.Context) error {
	o.mu.Lock()
	left := slices.Collect(maps.Values(o.open))
	o.open = nil
	o.mu.Unlock()
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
func (o *OpenEphemerals) Add(key string, closeOne func(context.Context) error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open == nil {
		o.open = map[string]func(context.Context) error{}
	}
	o.open[key] = closeOne
}

// Remove removes an ephemeral resource that is closed, or whose failure was reported.
func (o *OpenEphemerals) Remove(key string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.open, key)
}
