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
	// after its caller was interrupted. Its name prevents the loss of what was created,
	// which is more important than a fast exit.
	InterruptedCreateTimeout = 5500 * time.Millisecond
	// InterruptedCleanupTimeout is how much longer a client may look up what was
	// created, or revoke a token, if no response has arrived by then. Both timeouts, and
	// the time in which Terraform writes its state, fit into the 7.5 s after which
	// GitHub Actions sends a second signal.
	InterruptedCleanupTimeout = 1500 * time.Millisecond
)

// WithGracePeriod returns a context that ends d after ctx, for work that must be
// completed after an interrupt, such as the revocation of a token.
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
// ctx, requests that are not IsRetryable are no longer sent. The client calls sent each
// time it has a connection and is about to send the request: this request did not
// create anything older.
func WithCreateScope(ctx context.Context, d time.Duration, sent func()) (context.Context, context.CancelFunc) {
	longer, cancel := WithGracePeriod(ctx, d)
	return context.WithValue(longer, createScopeKey{}, createScope{ctx, sent}), cancel
}

// createScopeFrom returns the scope that WithCreateScope set, or a scope with the
// request's own context.
func createScopeFrom(ctx context.Context, r Request) createScope {
	if scope, isSet := ctx.Value(createScopeKey{}).(createScope); isSet && !r.IsRetryable {
		return scope
	}
	return createScope{ctx, func() {}}
}
