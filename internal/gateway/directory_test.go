// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/scripted"
)

// gatedClock is a fake clock on which the time for which reads are gathered
// passes when the test says so.
type gatedClock struct {
	*clock.Fake
	gate chan struct{}
}

func newGatedClock() *gatedClock {
	return &gatedClock{Fake: clock.NewFake(start), gate: make(chan struct{})}
}

func (c *gatedClock) Sleep(ctx context.Context, d time.Duration) error {
	if d < 100*time.Millisecond {
		select {
		case <-c.gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return c.Fake.Sleep(ctx, d)
}

type looked struct {
	cluster gateway.Cluster
	absence *gateway.Absence
	err     error
}

// looking starts a Look and returns once it is one of the n that wait.
func looking(ctx context.Context, client *gateway.Client, name string, n int) <-chan looked {
	result := make(chan looked, 1)
	go func() {
		cluster, absence, err := client.Look(ctx, name)
		result <- looked{cluster, absence, err}
	}()
	for client.Gathered() < n {
		runtime.Gosched()
	}
	return result
}

func TestLook_manySharesOneListing(t *testing.T) {
	t.Parallel()
	gated := newGatedClock()
	server, client := newScriptedWith(t, gated)
	const many = 50
	server.On(list, listOf(many))
	results := make(map[string]<-chan looked, many)
	for i := range many {
		called := fmt.Sprintf("prod.%032x", i+10)
		results[called] = looking(t.Context(), client, called, i+1)
	}
	close(gated.gate)
	for called, result := range results {
		if got := <-result; got.err != nil || got.absence != nil || got.cluster.Name != called {
			t.Errorf("%s: got %+v", called, got)
		}
	}
	server.Expect(t, list)
}

func TestLook_asksByNameForWhatTheListLacks(t *testing.T) {
	t.Parallel()
	gated := newGatedClock()
	server, client := newScriptedWith(t, gated)
	server.On(list, listing(running(other)))
	server.On(get, is("STOPPED"))
	first := looking(t.Context(), client, name, 1)
	second := looking(t.Context(), client, other, 2)
	close(gated.gate)
	if got := <-first; got.err != nil || got.absence == nil {
		t.Errorf("the stopped one: %+v", got)
	}
	if got := <-second; got.err != nil || got.cluster.Name != other {
		t.Errorf("the running one: %+v", got)
	}
	server.Expect(t, list, get)
}

func TestLook_readsAfreshWhatWasChanged(t *testing.T) {
	t.Parallel()
	t.Run("before the listing", func(t *testing.T) {
		t.Parallel()
		gated := newGatedClock()
		server, client := newScriptedWith(t, gated)
		scale := "POST /api/v1/clusters/" + name + "/scale"
		server.On(scale, ok(`{"ok": true, "msg": null}`))
		server.On(get, is("RUNNING"))
		if _, err := client.Scale(t.Context(), name, 1); err != nil {
			t.Fatal(err)
		}
		if _, _, err := client.Look(t.Context(), name); err != nil {
			t.Error(err)
		}
		server.Expect(t, scale, get)
	})
	t.Run("while the listing is under way", func(t *testing.T) {
		t.Parallel()
		gated := newGatedClock()
		server, client := newScriptedWith(t, gated)
		server.On(stop, noContent)
		server.On(get, is("STOPPING"))
		server.On(list, scripted.After(listing(running(name), running(other)), func() {
			if err := client.StopCluster(t.Context(), name); err != nil {
				t.Error(err)
			}
		}))
		first := looking(t.Context(), client, name, 1)
		second := looking(t.Context(), client, other, 2)
		close(gated.gate)
		if got := <-first; got.err != nil || got.cluster.Status != gateway.StatusStopping {
			t.Errorf("got %+v", got)
		}
		<-second
		server.Expect(t, list, stop, get)
	})
}

func TestLook_oneCallersEndIsNotTheOthers(t *testing.T) {
	t.Parallel()
	t.Run("while reads are gathered", func(t *testing.T) {
		t.Parallel()
		gated := newGatedClock()
		server, client := newScriptedWith(t, gated)
		server.On(list, listing(running(name), running(other)))
		ctx, cancel := context.WithCancel(t.Context())
		ending := looking(ctx, client, candidate(1), 1)
		first := looking(t.Context(), client, name, 2)
		second := looking(t.Context(), client, other, 3)
		cancel()
		if got := <-ending; !errors.Is(got.err, context.Canceled) {
			t.Errorf("the one that ended: %+v", got)
		}
		close(gated.gate)
		for _, result := range []<-chan looked{first, second} {
			if got := <-result; got.err != nil || got.cluster.Status != gateway.StatusRunning {
				t.Errorf("another: %+v", got)
			}
		}
		server.Expect(t, list)
	})
	t.Run("while the listing is under way", func(t *testing.T) {
		t.Parallel()
		gated := newGatedClock()
		server, client := newScriptedWith(t, gated)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan looked, 1)
		server.On(list, scripted.After(listing(running(name), running(other)), func() { cancel(); <-ended }))
		ending := looking(ctx, client, name, 1)
		staying := looking(t.Context(), client, other, 2)
		close(gated.gate)
		got := <-ending
		ended <- got
		if !errors.Is(got.err, context.Canceled) {
			t.Errorf("the one that ended: %+v", got)
		}
		if got := <-staying; got.err != nil || got.cluster.Name != other {
			t.Errorf("the other: %+v", got)
		}
	})
	t.Run("the last one that stays asks by name", func(t *testing.T) {
		t.Parallel()
		gated := newGatedClock()
		server, client := newScriptedWith(t, gated)
		server.On(get, is("RUNNING"))
		ctx, cancel := context.WithCancel(t.Context())
		ending := looking(ctx, client, other, 1)
		staying := looking(t.Context(), client, name, 2)
		cancel()
		<-ending
		close(gated.gate)
		if got := <-staying; got.err != nil || got.cluster.Name != name {
			t.Errorf("got %+v", got)
		}
		server.Expect(t, get)
	})
	t.Run("all of them", func(t *testing.T) {
		t.Parallel()
		gated := newGatedClock()
		server, client := newScriptedWith(t, gated)
		server.On(get, is("RUNNING"))
		ctx, cancel := context.WithCancel(t.Context())
		first, second := looking(ctx, client, name, 1), looking(ctx, client, other, 2)
		cancel()
		<-first
		<-second
		server.Expect(t)
		close(gated.gate)
		if _, _, err := client.Look(t.Context(), name); err != nil {
			t.Errorf("the next one: %v", err)
		}
		server.Expect(t, get)
	})
}

func TestLook_aListingThatFailsIsAnErrorForAll(t *testing.T) {
	t.Parallel()
	for label, answer := range map[string]reply{"a crash": crashed, "the proxy's 404": proxy404, "not a list": ok(`[]`)} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			gated := newGatedClock()
			server, client := newScriptedWith(t, gated)
			server.On(list, answer)
			first, second := looking(t.Context(), client, name, 1), looking(t.Context(), client, other, 2)
			close(gated.gate)
			for _, result := range []<-chan looked{first, second} {
				if got := <-result; got.err == nil || got.absence != nil {
					t.Errorf("got %+v", got)
				}
			}
			server.Expect(t, list)
		})
	}
}

func TestLook_withTheRealClock(t *testing.T) {
	t.Parallel()
	server, client := newScriptedWith(t, clock.Real())
	server.On(get, is("RUNNING"))
	for range 3 {
		if _, _, err := client.Look(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	server.Expect(t, get, get, get)
}
