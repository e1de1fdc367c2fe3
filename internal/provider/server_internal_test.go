// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"weak"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// callState represents what the context of a call carries: loggers and the stream.
type callState struct{ _ [1024]byte }

type callStateKey struct{}

// isKept reports whether the server keeps the state of a call after the call has
// returned.
func isKept(t *testing.T, server tfprotov6.ProviderServer) bool {
	t.Helper()
	state := callOnce(t, server)
	// The first collection may still find it on this goroutine's stack.
	for range 3 {
		runtime.GC()
	}
	runtime.KeepAlive(server)
	return state.Value() != nil
}

// callOnce makes one call and returns a weak pointer to the call's state.
func callOnce(t *testing.T, server tfprotov6.ProviderServer) weak.Pointer[callState] {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	state := &callState{}
	_, err := server.UpgradeResourceState(context.WithValue(ctx, callStateKey{}, state), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: "pc_dask_cluster", RawState: &tfprotov6.RawState{JSON: []byte(`{}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return weak.Make(state)
}

func TestServer_releasesTheStateOfACall(t *testing.T) {
	t.Parallel()
	if isKept(t, NewServer(New("test")())) {
		t.Error("the server keeps the context of a call after its return")
	}
}

// TestServer_isStillNeeded fails when the framework releases the state of calls
// itself: server.go can be deleted then.
func TestServer_isStillNeeded(t *testing.T) {
	t.Parallel()
	if !isKept(t, providerserver.NewProtocol6(New("test")())()) {
		t.Error("the framework's own server releases the state of calls: serve the provider with it")
	}
}

func TestCallContext_isTheCallersUntilTheCallReturns(t *testing.T) {
	t.Parallel()
	caller, cancel := context.WithCancel(context.WithValue(t.Context(), callStateKey{}, "value"))
	defer cancel()
	var during, derived context.Context
	_, err := call(caller, 0, func(ctx context.Context, _ int) (int, error) {
		if ctx.Value(callStateKey{}) != "value" || ctx.Err() != nil {
			t.Error("the context of the call differs from the caller's")
		}
		during = ctx
		var cancelDerived context.CancelFunc
		derived, cancelDerived = context.WithCancel(ctx)
		t.Cleanup(cancelDerived)
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if derived.Value(callStateKey{}) != nil {
		t.Error("a context derived from it still has the caller's values")
	}
	assertCancelled(t, during)
	cancel()
	<-derived.Done()
}

// TestCallContext_staysCancelled interrupts a call. The context must stay cancelled
// after the call returns.
func TestCallContext_staysCancelled(t *testing.T) {
	t.Parallel()
	caller, cancel := context.WithCancel(t.Context())
	var during context.Context
	_, err := call(caller, 0, func(ctx context.Context, _ int) (int, error) {
		during = ctx
		cancel()
		return 0, ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the call returned %v", err)
	}
	assertCancelled(t, during)
	afterwards, stop := context.WithCancel(during)
	defer stop()
	assertCancelled(t, afterwards)
}

func assertCancelled(t *testing.T, ctx context.Context) {
	t.Helper()
	select {
	case <-ctx.Done():
	default:
		t.Error("the context is not done")
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("the context's error is %v", ctx.Err())
	}
}
