// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"runtime"
	"testing"
	"weak"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// luggage is what the context of a call carries: loggers and the stream.
type luggage struct{ _ [1024]byte }

type luggageKey struct{}

// leaves says whether what the context of a call carried is kept when the call has
// ended.
func leaves(t *testing.T, server tfprotov6.ProviderServer) bool {
	t.Helper()
	carried := carry(t, server)
	// The first collection may still see it on this goroutine's stack.
	for range 3 {
		runtime.GC()
	}
	runtime.KeepAlive(server)
	return carried.Value() != nil
}

// carry calls a server once.
func carry(t *testing.T, server tfprotov6.ProviderServer) weak.Pointer[luggage] {
	t.Helper()
	called, end := context.WithCancel(t.Context())
	defer end()
	carried := &luggage{}
	_, err := server.UpgradeResourceState(context.WithValue(called, luggageKey{}, carried), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: "pc_dask_cluster", RawState: &tfprotov6.RawState{JSON: []byte(`{}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return weak.Make(carried)
}

func TestServerLetsGoOfACallThatHasEnded(t *testing.T) {
	t.Parallel()
	if leaves(t, NewServer(New("test")())) {
		t.Error("the context of a call is kept after its end")
	}
}

// TestServerIsStillNeeded fails when the framework lets go of calls by itself:
// then server.go can go too.
func TestServerIsStillNeeded(t *testing.T) {
	t.Parallel()
	if !leaves(t, providerserver.NewProtocol6(New("test")())()) {
		t.Error("the framework's own server keeps nothing any more: serve the provider with it")
	}
}

func TestLentContextEndsWithItsOwner(t *testing.T) {
	t.Parallel()
	owner, end := context.WithCancel(context.WithValue(t.Context(), luggageKey{}, "value"))
	var derived context.Context
	_, err := call(owner, 0, func(ctx context.Context, _ int) (int, error) {
		if ctx.Value(luggageKey{}) != "value" || ctx.Err() != nil {
			t.Error("a lent context is not like its owner")
		}
		var cancel context.CancelFunc
		derived, cancel = context.WithCancel(ctx)
		t.Cleanup(cancel)
		return 0, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if derived.Value(luggageKey{}) != nil {
		t.Error("a context that was given back still has its owner's values")
	}
	end()
	select {
	case <-derived.Done():
	default:
		t.Error("what was made of a lent context does not end with the owner")
	}
}
