// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"time"
)

type createScopeKey struct{}

// createScope carries the caller's context and a hook that runs when the request is
// sent.
type createScope struct {
	context.Context
	sent func()
}

const (
	// InterruptedCreateTimeout is how long the response to a create may still arrive
	// after its caller was interrupted. What is known by name is not lost, which outranks
	// a fast exit.
	InterruptedCreateTimeout = 5500 * time.Millisecond
	// InterruptedCleanupTimeout is how much longer a client may look for what was created,
	// and revoke a token, if no response has arrived by then. Both together, and the time
	// in which Terraform writes its state, fit into the 7.5 s that GitHub Actions leaves
	// before it sends a second signal.
	InterruptedCleanupTimeout = 1500 * time.Millisecond
)

// WithGracePeriod returns a context that ends d after ctx ends, for work that must be
// finished after an interrupt, such as revoking a token.
func WithGracePeriod(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(d, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}

// WithCreateScope is WithGracePeriod for a request that creates something: the
// response with the new name can still arrive after ctx has ended. After the end of
// ctx, requests that are not Retryable are no longer sent. The client calls sent each
// time it is about to send the request and has a connection: whatever is older was
// not created by this request.
func WithCreateScope(ctx context.Context, d time.Duration, sent func()) (context.Context, context.CancelFunc) {
	longer, cancel := WithGracePeriod(ctx, d)
	return context.WithValue(longer, createScopeKey{}, createScope{ctx, sent}), cancel
}

// createScopeFrom returns the scope that WithCreateScope set, or one that consists of
// the request's own context.
func createScopeFrom(ctx context.Context, r Request) createScope {
	if m, ok := ctx.Value(createScopeKey{}).(createScope); ok && !r.Retryable {
		return m
	}
	return createScope{ctx, func() {}}
}
