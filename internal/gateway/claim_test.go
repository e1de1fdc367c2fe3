// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/scripted"
)

// began is a running cluster with the options in effect when two cores were
// asked for.
func began(name string, at time.Time) string {
	return clusterJSON(name, "RUNNING", at, defaults("2.0"))
}

// twoCores are options whose cluster began makes.
func twoCores() map[string]any { return map[string]any{"worker_cores": json.Number("2")} }

func candidate(n int) string { return fmt.Sprintf("prod.%032x", n) }

func TestCreate_costsOneRequest(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(create, created)
	got, err := client.Create(t.Context(), twoCores())
	if err != nil || got != (gateway.Creation{Name: name}) {
		t.Errorf("got %+v, %v", got, err)
	}
	server.Expect(t, create)
}

func TestCreate_takesOverTheClusterOfALostAnswer(t *testing.T) {
	t.Parallel()
	for label, answer := range map[string]reply{
		"the connection broke":     lost,
		"the proxy lost its peer":  badGate,
		"the proxy lost patience":  text(504, "Gateway Timeout"),
		"the gateway crashed":      crashed,
		"an answer without a name": {Status: 201, ContentType: "application/json", Body: `{}`},
		"an answer cut short":      {Status: 201, ContentType: "application/json", Body: `{"name": "prod.`},
	} {
		for _, ahead := range []time.Duration{0, 7 * time.Minute, -7 * time.Minute} {
			t.Run(fmt.Sprintf("%s, server %s ahead", label, ahead), func(t *testing.T) {
				t.Parallel()
				server, client, fake := newScripted(t)
				server.On(create, scripted.After(answer, func() { fake.Advance(30 * time.Second) }))
				server.On(options, declared)
				serverNow := start.Add(ahead + 30*time.Second)
				server.On(listAll, at(listing(
					began(name, serverNow.Add(-29*time.Second)),
					began(candidate(1), serverNow.Add(-40*time.Second)),
					clusterJSON(candidate(2), "RUNNING", serverNow, defaults("1.0")),
				), serverNow))
				got, err := client.Create(t.Context(), twoCores())
				if err != nil || got != (gateway.Creation{Name: name, Claimed: true}) {
					t.Errorf("got %+v, %v", got, err)
				}
				server.Expect(t, create, options, listAll)
			})
		}
	}
}

func TestCreate_whatWasRefusedIsNotLookedFor(t *testing.T) {
	t.Parallel()
	for label, answer := range map[string]reply{
		"wrong options":   failing(422, "Unknown fields ['nope']"),
		"no credentials":  failing(401, "Authentication required"),
		"bad credentials": failing(500, "Permission failure verifying user's JupyterHub API token"),
		"a redirect":      {Status: 302},
		"a wrong address": proxy404,
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(create, answer)
			_, err := client.Create(t.Context(), nil)
			var undecided *gateway.ClaimError
			if err == nil || errors.As(err, &undecided) {
				t.Errorf("got %v", err)
			}
			server.Expect(t, create)
		})
	}
}

func TestCreate_waitsForAClusterThatIsNotListedYet(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(create, lost)
	server.On(options, declared)
	server.On(listAll, at(empty, start), badGate, at(empty, start.Add(4*time.Second)), at(listing(began(name, start)), start.Add(6*time.Second)))
	got, err := client.Create(t.Context(), twoCores())
	if err != nil || got.Name != name {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCreate_whatCannotBeDecidedIsNotTaken(t *testing.T) {
	t.Parallel()
	second := start.Add(time.Second)
	for label, test := range map[string]struct {
		listed     reply
		candidates []string
		looks      int
	}{
		"nothing appeared":       {empty, nil, 6},
		"two appeared":           {listing(began(candidate(2), second), began(candidate(1), second)), []string{candidate(1), candidate(2)}, 1},
		"an older one is there":  {listing(began(candidate(1), start.Add(-time.Minute))), nil, 6},
		"other cores":            {listing(clusterJSON(candidate(1), "RUNNING", second, defaults("1.0"))), nil, 6},
		"another option chosen":  {listing(clusterJSON(candidate(1), "RUNNING", second, `{"worker_cores": 2.0, "gpu": true}`)), nil, 6},
		"it failed at once":      {listing(clusterJSON(candidate(1), "FAILED", second, defaults("2.0"))), []string{candidate(1)}, 1},
		"one failed, one runs":   {listing(clusterJSON(candidate(1), "FAILED", second, defaults("2.0")), began(candidate(2), second)), []string{candidate(1), candidate(2)}, 1},
		"the list cannot be had": {badGate, nil, 6},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			server.On(create, lost)
			server.On(options, declared)
			server.On(listAll, at(test.listed, second))
			_, err := client.Create(t.Context(), twoCores())
			var undecided *gateway.ClaimError
			if !errors.As(err, &undecided) {
				t.Fatalf("got %v", err)
			}
			var names []string
			for _, each := range undecided.Candidates {
				names = append(names, each.Name)
			}
			if !slices.Equal(names, test.candidates) {
				t.Errorf("candidates %q, want %q", names, test.candidates)
			}
			if n := server.Count(listAll); n != test.looks {
				t.Errorf("%d looks, want %d", n, test.looks)
			}
			if n := server.Count(create); n != 1 {
				t.Errorf("%d POSTs", n)
			}
			if waited := fake.Now().Sub(start); test.looks > 1 && waited != 10*time.Second {
				t.Errorf("looked for %s", waited)
			}
		})
	}
}

func TestCreate_takesNothingItKnew(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(create, created, lost)
	server.On(options, declared)
	server.On("GET /api/v1/clusters/"+candidate(1), ok(began(candidate(1), start)))
	server.On(listAll, at(listing(began(name, start), began(candidate(1), start), began(candidate(2), start)), start))
	if _, err := client.Create(t.Context(), twoCores()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetCluster(t.Context(), candidate(1)); err != nil {
		t.Fatal(err)
	}
	got, err := client.Create(t.Context(), twoCores())
	if err != nil || got != (gateway.Creation{Name: candidate(2), Claimed: true}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCreate_waitsForOthersInFlight(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	arrived, lostOne := make(chan struct{}), make(chan struct{})
	server.On(create,
		scripted.After(created, func() { close(arrived); <-lostOne }),
		scripted.After(lost, func() { close(lostOne) }),
	)
	server.On(options, declared)
	server.On(listAll, at(listing(began(name, start), began(candidate(1), start)), start))
	var both sync.WaitGroup
	both.Go(func() {
		if got, err := client.Create(t.Context(), twoCores()); err != nil || got.Name != name || got.Claimed {
			t.Errorf("the one that was answered got %+v, %v", got, err)
		}
	})
	<-arrived
	got, err := client.Create(t.Context(), twoCores())
	if err != nil || got != (gateway.Creation{Name: candidate(1), Claimed: true}) {
		t.Errorf("the one whose answer was lost got %+v, %v", got, err)
	}
	both.Wait()
}

func TestCreate_severalLostAnswersShareAsManyClusters(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ creates, appeared, taken int }{
		{3, 3, 3}, {3, 2, 2}, {3, 4, 0}, {2, 1, 1},
	} {
		t.Run(fmt.Sprintf("%d creates, %d clusters", test.creates, test.appeared), func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			var arrived sync.WaitGroup
			arrived.Add(test.creates)
			server.On(create, scripted.After(lost, func() { arrived.Done(); arrived.Wait() }))
			server.On(options, declared)
			clusters := make([]string, 0, test.appeared)
			for n := range test.appeared {
				clusters = append(clusters, began(candidate(n+1), start))
			}
			server.On(listAll, listing(clusters...))
			names := make(chan string, test.creates)
			var all sync.WaitGroup
			for range test.creates {
				all.Go(func() {
					got, err := client.Create(t.Context(), twoCores())
					if err == nil {
						names <- got.Name
					} else if _, ok := errors.AsType[*gateway.ClaimError](err); !ok {
						t.Errorf("got %v", err)
					}
				})
			}
			all.Wait()
			close(names)
			taken := map[string]bool{}
			for each := range names {
				if taken[each] {
					t.Errorf("%s was taken twice", each)
				}
				taken[each] = true
			}
			if len(taken) != test.taken {
				t.Errorf("%d were taken, want %d", len(taken), test.taken)
			}
		})
	}
}

func TestCreate_interrupted(t *testing.T) {
	t.Parallel()
	t.Run("the answer still comes", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(create, scripted.After(created, cancel))
		got, err := client.Create(ctx, twoCores())
		if err != nil || got.Name != name {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("the answer is lost, the cluster is found", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(create, scripted.After(lost, cancel))
		server.On(options, declared)
		server.On(listAll, at(listing(began(name, start)), start))
		got, err := client.Create(ctx, twoCores())
		if err != nil || !got.Claimed || got.Name != name {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("the gateway hangs", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		hang := make(chan struct{})
		t.Cleanup(func() { close(hang) })
		server.On(create, scripted.After(created, func() { cancel(); <-hang }))
		server.On(options, scripted.After(declared, func() { <-hang }))
		before := clock.Real().Now()
		_, err := client.Create(ctx, twoCores())
		var undecided *gateway.ClaimError
		if !errors.As(err, &undecided) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if took := clock.Real().Now().Sub(before); took > 2*time.Second {
			t.Errorf("took %s", took)
		}
	})
	t.Run("before anything was sent", func(t *testing.T) {
		t.Parallel()
		_, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := client.Create(ctx, twoCores()); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
