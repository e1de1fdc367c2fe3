// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// began is a running cluster with the options in effect when two cores were
// asked for.
func began(name string, at time.Time) string {
	return clusterJSON(name, "RUNNING", at, defaults("2.0"))
}

// twoCores are options whose cluster began makes.
func twoCores() map[string]any { return map[string]any{"worker_cores": json.Number("2")} }

func candidate(n int) string { return fmt.Sprintf("prod.%032x", n) }

// isAdopted reports whether the create adopted the cluster of this name.
func isAdopted(got gateway.Creation, name string) bool {
	return got.Name == name && got.Adopted != nil
}

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
				if err != nil || !isAdopted(got, name) {
					t.Errorf("got %+v, %v", got, err)
				}
				server.Expect(t, create, options, listAll, listAll)
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
			var undecided *gateway.AdoptError
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
		waited     time.Duration
	}{
		"nothing appeared":       {empty, nil, 6, 10 * time.Second},
		"two appeared":           {listing(began(candidate(2), second), began(candidate(1), second)), []string{candidate(1), candidate(2)}, 1, 0},
		"an older one is there":  {listing(began(candidate(1), start.Add(-time.Minute))), nil, 6, 10 * time.Second},
		"other cores":            {listing(clusterJSON(candidate(1), "RUNNING", second, defaults("1.0"))), nil, 6, 10 * time.Second},
		"another option chosen":  {listing(clusterJSON(candidate(1), "RUNNING", second, `{"worker_cores": 2.0, "gpu": true}`)), nil, 6, 10 * time.Second},
		"it failed at once":      {listing(clusterJSON(candidate(1), "FAILED", second, defaults("2.0"))), []string{candidate(1)}, 1, 0},
		"one failed, one runs":   {listing(clusterJSON(candidate(1), "FAILED", second, defaults("2.0")), began(candidate(2), second)), []string{candidate(1), candidate(2)}, 1, 0},
		"the list cannot be had": {badGate, nil, 9, 150 * time.Second},
		"the list is refused":    {failing(403, "no"), nil, 6, 10 * time.Second},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			server.On(create, lost)
			server.On(options, declared)
			server.On(listAll, at(test.listed, second))
			_, err := client.Create(t.Context(), twoCores())
			var undecided *gateway.AdoptError
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
			if undecided.Interrupted {
				t.Error("there was time enough")
			}
			if n := server.Count(listAll); n != test.looks {
				t.Errorf("%d looks, want %d", n, test.looks)
			}
			if n := server.Count(create); n != 1 {
				t.Errorf("%d POSTs", n)
			}
			if waited := fake.Now().Sub(start); waited != test.waited {
				t.Errorf("looked for %s, want %s", waited, test.waited)
			}
		})
	}
}

// TestCreate_takesNothingAtFirstSight: the cluster that shows first is somebody
// else's, and a cache that lags behind shows ours two seconds later.
func TestCreate_takesNothingAtFirstSight(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(create, lost)
	server.On(options, declared)
	theirs := began(candidate(1), start)
	server.On(listAll, at(empty, start), at(listing(theirs), start.Add(2*time.Second)), at(listing(theirs, began(name, start.Add(time.Second))), start.Add(4*time.Second)))
	got, err := client.Create(t.Context(), twoCores())
	undecided, ok := errors.AsType[*gateway.AdoptError](err)
	if !ok || len(undecided.Candidates) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestCreate_waitsForAGatewayThatIsBeingRestarted: no look while it is down
// counts as one.
func TestCreate_waitsForAGatewayThatIsBeingRestarted(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(create, lost)
	server.On(options, declared)
	// The cache of a Kubernetes gateway fills after the restart.
	server.On(listAll, badGate, badGate, proxy404, badGate, at(empty, start.Add(30*time.Second)), at(empty, start.Add(32*time.Second)), at(listing(began(name, start)), start.Add(34*time.Second)))
	got, err := client.Create(t.Context(), twoCores())
	if err != nil || !isAdopted(got, name) {
		t.Errorf("got %+v, %v", got, err)
	}
	if waited := fake.Now().Sub(start); waited != (2+4+8+16+2+2+2)*time.Second {
		t.Errorf("looked for %s", waited)
	}
}

// TestListExisting_tellsWhatWasThere: a cluster with the same options that began a
// second before is no candidate once it has been seen.
func TestListExisting_tellsWhatWasThere(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	before := began(candidate(1), start.Add(-time.Second))
	server.On(listAll, at(listing(before), start), at(listing(before, began(name, start)), start.Add(time.Second)))
	server.On(create, lost)
	server.On(options, declared)
	for range 3 {
		client.ListExisting(t.Context())
	}
	got, err := client.Create(t.Context(), twoCores())
	if err != nil || !isAdopted(got, name) {
		t.Errorf("got %+v, %v", got, err)
	}
	server.Expect(t, listAll, options, create, listAll, listAll)
}

// TestListExisting_isNotRepeatedWhereItFails: it is a help, and many creates ask.
func TestListExisting_isNotRepeatedWhereItFails(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(listAll, failing(403, "no"))
	server.On(options, declared)
	server.On(create, created)
	for range 3 {
		client.ListExisting(t.Context())
	}
	if _, err := client.Create(t.Context(), twoCores()); err != nil {
		t.Error(err)
	}
	server.Expect(t, listAll, options, create)
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
	if err != nil || !isAdopted(got, candidate(2)) {
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
		if got, err := client.Create(t.Context(), twoCores()); err != nil || got.Name != name || got.Adopted != nil {
			t.Errorf("the one that was answered got %+v, %v", got, err)
		}
	})
	<-arrived
	got, err := client.Create(t.Context(), twoCores())
	if err != nil || !isAdopted(got, candidate(1)) {
		t.Errorf("the one whose answer was lost got %+v, %v", got, err)
	}
	both.Wait()
}

// stoppedClock is a clock on which no pause ends before its context.
type stoppedClock struct{ *clock.Fake }

func (*stoppedClock) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// hookedClock calls onNow each time that somebody reads the time.
type hookedClock struct {
	*clock.Fake

	onNow func()
}

func (c *hookedClock) Now() time.Time {
	c.onNow()
	return c.Fake.Now()
}

// TestCreate_offersNoManagedClusterWhenInterrupted interrupts a create between its
// listing and the response of another create that is still under way. The error
// must not offer a cluster that Terraform manages: its text has commands to
// import and to stop the candidates.
func TestCreate_offersNoManagedClusterWhenInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var server *scripted.Server
	watched := &hookedClock{Fake: clock.NewFake(start), onNow: func() {
		if server.Count(listAll) == 1 {
			cancel()
		}
	}}
	server, client := newScriptedWith(t, watched)
	arrived, release := make(chan struct{}), make(chan struct{})
	server.On(create, created, scripted.After(failing(422, "no"), func() { close(arrived); <-release }), lost)
	server.On(options, declared)
	server.On(listAll, at(listing(began(name, start), began(candidate(1), start)), start))
	if _, err := client.Create(t.Context(), twoCores()); err != nil {
		t.Fatal(err)
	}
	var underWay sync.WaitGroup
	underWay.Go(func() { _, _ = client.Create(t.Context(), twoCores()) })
	<-arrived
	_, err := client.Create(ctx, twoCores())
	close(release)
	underWay.Wait()
	undecided, ok := errors.AsType[*gateway.AdoptError](err)
	if !ok || len(undecided.Candidates) != 1 || undecided.Candidates[0].Name != candidate(1) {
		t.Errorf("got %v with candidates %+v", err, undecided)
	}
}

func TestClaimError_saysWhenNobodyCouldLook(t *testing.T) {
	t.Parallel()
	cause, unseen := errors.New("the connection broke"), errors.New("503")
	for label, test := range map[string]struct {
		err  gateway.AdoptError
		want string
	}{
		"no listing":      {gateway.AdoptError{Cause: cause, ListError: unseen}, "could not be listed"},
		"nothing new":     {gateway.AdoptError{Cause: cause}, "no new cluster was seen"},
		"two new ones":    {gateway.AdoptError{Cause: cause, Candidates: make([]gateway.Cluster, 2)}, "2 new clusters"},
		"one, then a 503": {gateway.AdoptError{Cause: cause, ListError: unseen, Candidates: make([]gateway.Cluster, 1)}, "could not be listed"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			if got := test.err.Error(); !strings.Contains(got, test.want) || !strings.Contains(got, cause.Error()) {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
		})
	}
}

// TestCreate_leavesTheClusterOfALaterCreate lists a cluster whose create began
// after the answer was lost and has no answer yet. Under load two resources once
// got the same cluster in this way.
func TestCreate_leavesTheClusterOfALaterCreate(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	arrived, firstDone := make(chan struct{}), make(chan struct{})
	server.On(create, lost, scripted.After(created, func() {
		close(arrived)
		// The first create is done at once where it does not wait for this one.
		select {
		case <-firstDone:
		case <-time.After(100 * time.Millisecond):
		}
	}))
	server.On(options, declared)
	var both sync.WaitGroup
	var once sync.Once
	server.On(listAll, scripted.After(at(listing(began(name, start)), start), func() {
		once.Do(func() {
			both.Go(func() {
				if got, err := client.Create(t.Context(), twoCores()); err != nil || got != (gateway.Creation{Name: name}) {
					t.Errorf("the later one got %+v, %v", got, err)
				}
			})
			<-arrived
		})
	}))
	got, err := client.Create(t.Context(), twoCores())
	close(firstDone)
	undecided, ok := errors.AsType[*gateway.AdoptError](err)
	if !ok || len(undecided.Candidates) != 0 {
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
					} else if _, ok := errors.AsType[*gateway.AdoptError](err); !ok {
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
	t.Run("the response comes later than a second lookup would", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(create, scripted.After(created, func() {
			cancel()
			_ = clock.Real().Sleep(t.Context(), 1200*time.Millisecond)
		}))
		got, err := client.Create(ctx, twoCores())
		if err != nil || got != (gateway.Creation{Name: name}) {
			t.Errorf("got %+v, %v", got, err)
		}
		server.Expect(t, create)
	})
	t.Run("the response is lost, the cluster is found", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(create, scripted.After(lost, cancel))
		server.On(options, declared)
		server.On(listAll, at(empty, start), at(listing(began(name, start)), start))
		client.ListExisting(ctx)
		got, err := client.Create(ctx, twoCores())
		if err != nil || !isAdopted(got, name) {
			t.Errorf("got %+v, %v", got, err)
		}
		server.Expect(t, listAll, options, create, listAll, listAll)
	})
	t.Run("the response is lost, and the options are not known", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(create, scripted.After(lost, cancel))
		server.On(listAll, at(listing(began(name, start)), start))
		_, err := client.Create(ctx, twoCores())
		undecided, ok := errors.AsType[*gateway.AdoptError](err)
		if !ok || len(undecided.Candidates) != 1 {
			t.Errorf("got %v", err)
		}
		if server.Count(options) != 0 {
			t.Error("the options were fetched after the interrupt")
		}
	})
	t.Run("the response is lost, and there is no time for a second lookup", func(t *testing.T) {
		t.Parallel()
		server, client := newScriptedWith(t, &stoppedClock{Fake: clock.NewFake(start)})
		client.SetInterruptedCreateTimeout(10 * time.Millisecond)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(create, scripted.After(lost, cancel))
		server.On(listAll, at(empty, start))
		_, err := client.Create(ctx, twoCores())
		if undecided, ok := errors.AsType[*gateway.AdoptError](err); !ok || !undecided.Interrupted || undecided.ListError != nil {
			t.Errorf("got %v", err)
		}
		server.Expect(t, create, listAll)
	})
	t.Run("the cluster is found before Ctrl-C, and no second look is left", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(create, lost)
		server.On(options, declared)
		server.On(listAll, at(empty, start), at(listing(began(name, start)), start), scripted.After(badGate, cancel))
		got, err := client.Create(ctx, twoCores())
		if err != nil || got.Adopted == nil || got.Name != name {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("the gateway hangs", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		client.SetInterruptedCreateTimeout(100 * time.Millisecond)
		hang := make(chan struct{})
		t.Cleanup(func() { close(hang) })
		server.On(create, scripted.After(created, func() { cancel(); <-hang }))
		server.On(listAll, scripted.After(empty, func() { <-hang }))
		before := clock.Real().Now()
		_, err := client.Create(ctx, twoCores())
		var undecided *gateway.AdoptError
		if !errors.As(err, &undecided) || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if took := clock.Real().Now().Sub(before); took > 5*time.Second {
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
