// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"context"
	"sync"
	"time"
)

// gathering is how long the first of many reads waits for the others.
const gathering = 25 * time.Millisecond

// directory lets many who look for clusters at the same time share one
// listing. Terraform refreshes each resource on its own; the gateway should
// not notice how many there are.
type directory struct {
	client *Client

	mu sync.Mutex
	// touched holds the clusters that this process made or changed: a listing
	// may be older than the change, so they are read by name.
	touched map[string]bool
	open    *listing
}

// listing is one shared request, and those who wait for it.
type listing struct {
	ctx      context.Context
	cancel   context.CancelFunc
	waiting  int
	alone    bool
	done     chan struct{}
	clusters map[string]Cluster
	err      error
}

func newDirectory(c *Client) *directory {
	return &directory{client: c, touched: map[string]bool{}}
}

// changed keeps the cluster out of shared listings from now on.
func (d *directory) changed(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.touched[name] = true
}

// find returns the cluster if a shared listing has it. False means that it has
// to be asked for by name: because it is missing from the list, was changed
// here, or is the only one that is looked for.
func (d *directory) find(ctx context.Context, name string) (Cluster, bool, error) {
	l := d.join(ctx, name)
	if l == nil {
		return Cluster{}, false, nil
	}
	select {
	case <-l.done:
	case <-ctx.Done():
		d.leave(l)
		return Cluster{}, false, ctx.Err()
	}
	if l.alone {
		return Cluster{}, false, nil
	}
	if l.err != nil {
		return Cluster{}, false, l.err
	}
	d.mu.Lock()
	touched := d.touched[name]
	d.mu.Unlock()
	cluster, listed := l.clusters[name]
	return cluster, listed && !touched, nil
}

// join enters the listing that is being gathered, or opens one. It returns nil
// for a cluster that must be asked for by name.
func (d *directory) join(ctx context.Context, name string) *listing {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.touched[name] {
		return nil
	}
	if d.open == nil {
		l := &listing{done: make(chan struct{})}
		// The request belongs to all who wait: one caller's end must not end it.
		l.ctx, l.cancel = context.WithCancel(context.WithoutCancel(ctx))
		d.open = l
		go d.run(l)
	}
	d.open.waiting++
	return d.open
}

// leave takes one caller off a listing, and ends it with the last one.
func (d *directory) leave(l *listing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.waiting--
	if l.waiting == 0 {
		l.cancel()
		if d.open == l {
			d.open = nil
		}
	}
}

func (d *directory) run(l *listing) {
	defer l.cancel()
	defer close(l.done)
	l.err = d.client.clock.Sleep(l.ctx, gathering)
	d.mu.Lock()
	if d.open == l {
		d.open = nil
	}
	l.alone = l.waiting < 2
	d.mu.Unlock()
	if l.err == nil && !l.alone {
		l.clusters, l.err = d.client.ListClusters(l.ctx)
	}
}
