// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"time"
)

type createScopeKey struct{}

// making is what a request that makes something goes by: the context of those who
// wait for it, and whom to tell when it is sent.
type createScope struct {
	context.Context
	sent func()
}

// WithGracePeriod returns a context that ends d after ctx does, for what must be finished
// after Ctrl-C all the same, such as a revocation.
func WithGracePeriod(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(d, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}

// WithCreateScope is WithGracePeriod for a request that makes something, so that its answer may
// still arrive and what was made has a name. What is not Retryable is no longer
// begun after the end of ctx. Each time that it is, sent is called when there is a
// connection for it: nothing that is older is of this request.
func WithCreateScope(ctx context.Context, d time.Duration, sent func()) (context.Context, context.CancelFunc) {
	longer, cancel := WithGracePeriod(ctx, d)
	return context.WithValue(longer, createScopeKey{}, createScope{ctx, sent}), cancel
}

// createScopeFrom is how a request is to be begun: as WithCreateScope says, else by its own
// context alone.
func createScopeFrom(ctx context.Context, r Request) createScope {
	if m, ok := ctx.Value(createScopeKey{}).(createScope); ok && !r.Retryable {
		return m
	}
	return createScope{ctx, func() {}}
}
