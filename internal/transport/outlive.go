// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"time"
)

type outlivedKey struct{}

// Outlive returns a context that ends d after ctx does. A POST that makes
// something gets it, so that after Ctrl-C its answer may still arrive and what
// was made has a name. What is not Repeatable is no longer begun then.
func Outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithValue(context.WithoutCancel(ctx), outlivedKey{}, ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(d, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}

// outlived is the context that a longer one was made of, else itself.
func outlived(ctx context.Context) context.Context {
	if shorter, ok := ctx.Value(outlivedKey{}).(context.Context); ok {
		return shorter
	}
	return ctx
}
