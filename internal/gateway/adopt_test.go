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

// twoCoreCluster returns a running cluster as a gateway creates it for
// twoCoreOptions.
func twoCoreCluster(name string, at time.Time) string {
	return clusterJSON(name, "RUNNING", at, defaultOptions("2.0"))
}

// twoCoreOptions returns the options of a create for twoCoreCluster.
func twoCoreOptions() map[string]any { return map[string]any{"worker_cores": json.Number("2")} }

func candidateName(n int) string { return fmt.Sprintf("prod.%032x", n) }

// localName is the name of a cluster of a gateway without a cache.
func localName(n int) string { return fmt.Sprintf("%032x", n) }

// isAdopted reports whether the create adopted the cluster of this name.
func isAdopted(got gateway.Creation, name string) bool {
	return got.Name == name && got.Adopted != nil
}

func TestCreate_sendsOneRequest(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(createRequest, createdReply)
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || got != (gateway.Creation{Name: clusterName}) {
		t.Errorf("got %+v, %v", got, err)
	}
	server.Expect(t, createRequest)
}

func TestCreate_adoptsClusterOfLostResponse(t *testing.T) {
	t.Parallel()
	for label, response := range map[string]serverReply{
		"the connection broke":        lostReply,
		"the proxy lost its upstream": badGatewayReply,
		"the proxy timed out":         textReply(504, "Gateway Timeout"),
		"the gateway crashed":         crashReply,
		"a response without a name":   {Status: 201, ContentType: "application/json", Body: `{}`},
		"a truncated response":        {Status: 201, ContentType: "application/json", Body: `{"name": "prod.`},
	} {
		for _, ahead := range []time.Duration{0, 7 * time.Minute, -7 * time.Minute} {
			t.Run(fmt.Sprintf("%s, server %s ahead", label, ahead), func(t *testing.T) {
				t.Parallel()
				server, client, fake := newScripted(t)
				server.On(createRequest, scripted.After(response, func() { fake.Advance(30 * time.Second) }))
				server.On(optionsRequest, optionsReply)
				serverNow := startTime.Add(ahead + 30*time.Second)
				server.On(listAllRequest, withServerTime(listReply(
					twoCoreCluster(clusterName, serverNow.Add(-29*time.Second)),
					twoCoreCluster(candidateName(1), serverNow.Add(-40*time.Second)),
					clusterJSON(candidateName(2), "RUNNING", serverNow, defaultOptions("1.0")),
				), serverNow))
				got, err := client.Create(t.Context(), twoCoreOptions())
				if err != nil || !isAdopted(got, clusterName) {
					t.Errorf("got %+v, %v", got, err)
				}
				server.Expect(t, createRequest, optionsRequest, listAllRequest, listAllRequest)
			})
		}
	}
}

func TestCreate_searchesForNothingAfterARejection(t *testing.T) {
	t.Parallel()
	for label, response := range map[string]serverReply{
		"wrong options":   errorReply(422, "Unknown fields ['nope']"),
		"no credentials":  errorReply(401, "Authentication required"),
		"bad credentials": errorReply(500, "Permission failure verifying user's JupyterHub API token"),
		"a redirect":      {Status: 302},
		"a wrong address": proxyNotFoundReply,
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(createRequest, response)
			_, err := client.Create(t.Context(), nil)
			var undecided *gateway.AdoptError
			if err == nil || errors.As(err, &undecided) {
				t.Errorf("got %v", err)
			}
			server.Expect(t, createRequest)
		})
	}
}

func TestCreate_waitsUntilTheClusterIsListed(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(createRequest, lostReply)
	server.On(optionsRequest, optionsReply)
	server.On(listAllRequest, withServerTime(emptyListReply, startTime), badGatewayReply, withServerTime(emptyListReply, startTime.Add(4*time.Second)), withServerTime(listReply(twoCoreCluster(clusterName, startTime)), startTime.Add(6*time.Second)))
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || got.Name != clusterName {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCreate_adoptsNothingWhenUndecided(t *testing.T) {
	t.Parallel()
	second := startTime.Add(time.Second)
	for label, test := range map[string]struct {
		listed     serverReply
		candidates []string
		lookups    int
		waited     time.Duration
	}{
		"nothing appeared":      {emptyListReply, nil, 6, 10 * time.Second},
		"two appeared":          {listReply(twoCoreCluster(localName(2), second), twoCoreCluster(localName(1), second)), []string{localName(1), localName(2)}, 1, 0},
		"two in a cache":        {listReply(twoCoreCluster(candidateName(2), second), twoCoreCluster(candidateName(1), second)), []string{candidateName(1), candidateName(2)}, 6, 10 * time.Second},
		"an older one exists":   {listReply(twoCoreCluster(candidateName(1), startTime.Add(-time.Minute))), nil, 6, 10 * time.Second},
		"other cores":           {listReply(clusterJSON(candidateName(1), "RUNNING", second, defaultOptions("1.0"))), nil, 6, 10 * time.Second},
		"another option chosen": {listReply(clusterJSON(candidateName(1), "RUNNING", second, `{"worker_cores": 2.0, "gpu": true}`)), nil, 6, 10 * time.Second},
		"it failed at once":     {listReply(clusterJSON(localName(1), "FAILED", second, defaultOptions("2.0"))), []string{localName(1)}, 1, 0},
		"one failed, one runs":  {listReply(clusterJSON(localName(1), "FAILED", second, defaultOptions("2.0")), twoCoreCluster(localName(2), second)), []string{localName(1), localName(2)}, 1, 0},
		"the list fails":        {badGatewayReply, nil, 9, 150 * time.Second},
		"the list is rejected":  {errorReply(403, "no"), nil, 6, 10 * time.Second},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, fake := newScripted(t)
			server.On(createRequest, lostReply)
			server.On(optionsRequest, optionsReply)
			server.On(listAllRequest, withServerTime(test.listed, second))
			_, err := client.Create(t.Context(), twoCoreOptions())
			var undecided *gateway.AdoptError
			if !errors.As(err, &undecided) {
				t.Fatalf("got %v", err)
			}
			var names []string
			for _, candidate := range undecided.Candidates {
				names = append(names, candidate.Name)
			}
			if !slices.Equal(names, test.candidates) {
				t.Errorf("candidates %q, want %q", names, test.candidates)
			}
			if undecided.WasInterrupted {
				t.Error("Interrupted is set without an interrupt")
			}
			if n := server.Count(listAllRequest); n != test.lookups {
				t.Errorf("%d lookups, want %d", n, test.lookups)
			}
			if n := server.Count(createRequest); n != 1 {
				t.Errorf("%d POSTs", n)
			}
			if waited := fake.Now().Sub(startTime); waited != test.waited {
				t.Errorf("searched for %s, want %s", waited, test.waited)
			}
		})
	}
}

// The cluster of another request appears first. A cache that lags behind lists the
// requested one two seconds later.
func TestCreate_adoptsOnlyAfterASecondListing(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(createRequest, lostReply)
	server.On(optionsRequest, optionsReply)
	theirs := twoCoreCluster(candidateName(1), startTime)
	server.On(listAllRequest, withServerTime(emptyListReply, startTime), withServerTime(listReply(theirs), startTime.Add(2*time.Second)), withServerTime(listReply(theirs, twoCoreCluster(clusterName, startTime.Add(time.Second))), startTime.Add(4*time.Second)))
	got, err := client.Create(t.Context(), twoCoreOptions())
	undecided, ok := errors.AsType[*gateway.AdoptError](err)
	if !ok || len(undecided.Candidates) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestCreate_waitsForAnEmptyCache has a Kubernetes gateway whose cache is empty for
// longer than all lookups take, because it restarted meanwhile.
func TestCreate_waitsForAnEmptyCache(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(createRequest, lostReply)
	server.On(optionsRequest, optionsReply)
	empty := withServerTime(emptyListReply, startTime)
	server.On(listAllRequest, empty, empty, empty, empty, empty, empty, withServerTime(listReply(twoCoreCluster(clusterName, startTime)), startTime.Add(32*time.Second)))
	server.On(cacheFillRequest, scripted.After(unknownReply, func() { fake.Advance(20 * time.Second) }))
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || !isAdopted(got, clusterName) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A failed listing does not count as a lookup.
func TestCreate_waitsForARestartingGateway(t *testing.T) {
	t.Parallel()
	server, client, fake := newScripted(t)
	server.On(createRequest, lostReply)
	server.On(optionsRequest, optionsReply)
	// The cache of a Kubernetes gateway fills after the restart.
	server.On(listAllRequest, badGatewayReply, badGatewayReply, proxyNotFoundReply, badGatewayReply, withServerTime(emptyListReply, startTime.Add(30*time.Second)), withServerTime(emptyListReply, startTime.Add(32*time.Second)), withServerTime(listReply(twoCoreCluster(clusterName, startTime)), startTime.Add(34*time.Second)))
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || !isAdopted(got, clusterName) {
		t.Errorf("got %+v, %v", got, err)
	}
	if waited := fake.Now().Sub(startTime); waited != (2+4+8+16+2+2+2)*time.Second {
		t.Errorf("searched for %s", waited)
	}
}

func TestCreate_doesNotAdoptKnownClusters(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(createRequest, createdReply, lostReply)
	server.On(optionsRequest, optionsReply)
	server.On("GET /api/v1/clusters/"+candidateName(1), jsonReply(twoCoreCluster(candidateName(1), startTime)))
	server.On(listAllRequest, withServerTime(listReply(twoCoreCluster(clusterName, startTime), twoCoreCluster(candidateName(1), startTime), twoCoreCluster(candidateName(2), startTime)), startTime))
	if _, err := client.Create(t.Context(), twoCoreOptions()); err != nil {
		t.Fatal(err)
	}
	if _, err := client.GetCluster(t.Context(), candidateName(1)); err != nil {
		t.Fatal(err)
	}
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || !isAdopted(got, candidateName(2)) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCreate_waitsForConcurrentCreates(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	arrived, lostOne := make(chan struct{}), make(chan struct{})
	server.On(createRequest,
		scripted.After(createdReply, func() { close(arrived); <-lostOne }),
		scripted.After(lostReply, func() { close(lostOne) }),
	)
	server.On(optionsRequest, optionsReply)
	server.On(listAllRequest, withServerTime(listReply(twoCoreCluster(clusterName, startTime), twoCoreCluster(candidateName(1), startTime)), startTime))
	var both sync.WaitGroup
	both.Go(func() {
		if got, err := client.Create(t.Context(), twoCoreOptions()); err != nil || got.Name != clusterName || got.Adopted != nil {
			t.Errorf("the create with a response got %+v, %v", got, err)
		}
	})
	<-arrived
	got, err := client.Create(t.Context(), twoCoreOptions())
	if err != nil || !isAdopted(got, candidateName(1)) {
		t.Errorf("the create without a response got %+v, %v", got, err)
	}
	both.Wait()
}

// stoppedClock is a clock whose pauses end only with their context.
type stoppedClock struct{ *clock.Fake }

func (*stoppedClock) Sleep(ctx context.Context, _ time.Duration) error {
	<-ctx.Done()
	return ctx.Err()
}

// hookedClock calls onNow each time the client reads the time.
type hookedClock struct {
	*clock.Fake

	onNow func()
}

func (c *hookedClock) Now() time.Time {
	c.onNow()
	return c.Fake.Now()
}

// TestCreate_offersNoManagedClusterWhenInterrupted interrupts a create between its
// listing and the response of another create in flight. The error must not offer a
// cluster that Terraform manages: its text contains commands to import and stop the
// candidates.
func TestCreate_offersNoManagedClusterWhenInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var server *scripted.Server
	watched := &hookedClock{Fake: clock.NewFake(startTime), onNow: func() {
		if server.Count(listAllRequest) == 1 {
			cancel()
		}
	}}
	server, client := newScriptedWith(t, watched)
	arrived, release := make(chan struct{}), make(chan struct{})
	server.On(createRequest, createdReply, scripted.After(errorReply(422, "no"), func() { close(arrived); <-release }), lostReply)
	server.On(optionsRequest, optionsReply)
	server.On(listAllRequest, withServerTime(listReply(twoCoreCluster(clusterName, startTime), twoCoreCluster(candidateName(1), startTime)), startTime))
	if _, err := client.Create(t.Context(), twoCoreOptions()); err != nil {
		t.Fatal(err)
	}
	var underWay sync.WaitGroup
	underWay.Go(func() { _, _ = client.Create(t.Context(), twoCoreOptions()) })
	<-arrived
	_, err := client.Create(ctx, twoCoreOptions())
	close(release)
	underWay.Wait()
	undecided, ok := errors.AsType[*gateway.AdoptError](err)
	if !ok || len(undecided.Candidates) != 1 || undecided.Candidates[0].Name != candidateName(1) {
		t.Errorf("got %v with candidates %+v", err, undecided)
	}
}

func TestAdoptError_reportsAFailedListing(t *testing.T) {
	t.Parallel()
	cause, listError := errors.New("the connection broke"), errors.New("503")
	for label, test := range map[string]struct {
		err  gateway.AdoptError
		want string
	}{
		"no listing":              {gateway.AdoptError{Cause: cause, ListError: listError}, "could not be listed"},
		"nothing new":             {gateway.AdoptError{Cause: cause}, "no new cluster was seen"},
		"two new ones":            {gateway.AdoptError{Cause: cause, Candidates: make([]gateway.Cluster, 2)}, "2 new clusters"},
		"one new one, then a 503": {gateway.AdoptError{Cause: cause, ListError: listError, Candidates: make([]gateway.Cluster, 1)}, "could not be listed"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			if got := test.err.Error(); !strings.Contains(got, test.want) || !strings.Contains(got, cause.Error()) {
				t.Errorf("got %q, want %q in it", got, test.want)
			}
		})
	}
}

// The first create loses its response and lists a cluster whose own create is still
// in flight. Under load, two resources once got the same cluster in this way.
func TestCreate_leavesTheClusterOfALaterCreate(t *testing.T) {
	t.Parallel()
	withDefault := twoCoreOptions()
	withDefault["worker_memory"] = json.Number("8")
	for name, laterOptions := range map[string]map[string]any{"with the same options": twoCoreOptions(), "with a default option": withDefault} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leavesTheClusterOfALaterCreate(t, laterOptions)
		})
	}
}

func leavesTheClusterOfALaterCreate(t *testing.T, laterOptions map[string]any) {
	t.Helper()
	server, client, _ := newScripted(t)
	arrived, firstDone := make(chan struct{}), make(chan struct{})
	server.On(createRequest, lostReply, scripted.After(createdReply, func() {
		close(arrived)
		// The first create returns at once if it does not wait for the second.
		select {
		case <-firstDone:
		case <-time.After(100 * time.Millisecond):
		}
	}))
	server.On(optionsRequest, optionsReply)
	var both sync.WaitGroup
	var once sync.Once
	server.On(listAllRequest, scripted.After(withServerTime(listReply(twoCoreCluster(clusterName, startTime)), startTime), func() {
		once.Do(func() {
			both.Go(func() {
				if got, err := client.Create(t.Context(), laterOptions); err != nil || got != (gateway.Creation{Name: clusterName}) {
					t.Errorf("the later create got %+v, %v", got, err)
				}
			})
			<-arrived
		})
	}))
	got, err := client.Create(t.Context(), twoCoreOptions())
	close(firstDone)
	undecided, ok := errors.AsType[*gateway.AdoptError](err)
	if !ok || len(undecided.Candidates) != 0 {
		t.Errorf("the create without a response got %+v, %v", got, err)
	}
	both.Wait()
}

func TestCreate_assignsClustersOfSeveralLostResponses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ creates, appeared, adopted int }{
		{3, 3, 3}, {3, 2, 2}, {3, 4, 0}, {2, 1, 1},
	} {
		t.Run(fmt.Sprintf("%d creates, %d clusters", test.creates, test.appeared), func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			var arrived sync.WaitGroup
			arrived.Add(test.creates)
			server.On(createRequest, scripted.After(lostReply, func() { arrived.Done(); arrived.Wait() }))
			server.On(optionsRequest, optionsReply)
			clusters := make([]string, 0, test.appeared)
			for n := range test.appeared {
				clusters = append(clusters, twoCoreCluster(candidateName(n+1), startTime))
			}
			server.On(listAllRequest, listReply(clusters...))
			names := make(chan string, test.creates)
			var all sync.WaitGroup
			for range test.creates {
				all.Go(func() {
					got, err := client.Create(t.Context(), twoCoreOptions())
					if err == nil {
						names <- got.Name
					} else if _, ok := errors.AsType[*gateway.AdoptError](err); !ok {
						t.Errorf("got %v", err)
					}
				})
			}
			all.Wait()
			close(names)
			adopted := map[string]bool{}
			for name := range names {
				if adopted[name] {
					t.Errorf("%s was adopted twice", name)
				}
				adopted[name] = true
			}
			if len(adopted) != test.adopted {
				t.Errorf("%d clusters were adopted, want %d", len(adopted), test.adopted)
			}
		})
	}
}

func TestCreate_afterAnInterrupt(t *testing.T) {
	t.Parallel()
	t.Run("the response still arrives", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(createRequest, scripted.After(createdReply, cancel))
		got, err := client.Create(ctx, twoCoreOptions())
		if err != nil || got.Name != clusterName {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("the response comes later than a second lookup would", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(createRequest, scripted.After(createdReply, func() {
			cancel()
			_ = clock.Real().Sleep(t.Context(), 1200*time.Millisecond)
		}))
		got, err := client.Create(ctx, twoCoreOptions())
		if err != nil || got != (gateway.Creation{Name: clusterName}) {
			t.Errorf("got %+v, %v", got, err)
		}
		server.Expect(t, createRequest)
	})
	t.Run("the response is lost, the cluster is found", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(createRequest, scripted.After(lostReply, cancel))
		server.On(optionsRequest, optionsReply)
		server.On(listAllRequest, withServerTime(emptyListReply, startTime), withServerTime(listReply(twoCoreCluster(clusterName, startTime)), startTime))
		client.ListExisting(ctx)
		got, err := client.Create(ctx, twoCoreOptions())
		if err != nil || !isAdopted(got, clusterName) {
			t.Errorf("got %+v, %v", got, err)
		}
		server.Expect(t, listAllRequest, optionsRequest, createRequest, listAllRequest, listAllRequest)
	})
	t.Run("the response is lost, and the options are not known", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(createRequest, scripted.After(lostReply, cancel))
		server.On(listAllRequest, withServerTime(listReply(twoCoreCluster(clusterName, startTime)), startTime))
		_, err := client.Create(ctx, twoCoreOptions())
		undecided, ok := errors.AsType[*gateway.AdoptError](err)
		if !ok || len(undecided.Candidates) != 1 {
			t.Errorf("got %v", err)
		}
		if server.Count(optionsRequest) != 0 {
			t.Error("the client read the options after the interrupt")
		}
	})
	t.Run("the response is lost, and there is no time for a second lookup", func(t *testing.T) {
		t.Parallel()
		server, client := newScriptedWith(t, &stoppedClock{Fake: clock.NewFake(startTime)})
		client.SetInterruptedCreateTimeout(10 * time.Millisecond)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(createRequest, scripted.After(lostReply, cancel))
		server.On(listAllRequest, withServerTime(emptyListReply, startTime))
		_, err := client.Create(ctx, twoCoreOptions())
		if undecided, ok := errors.AsType[*gateway.AdoptError](err); !ok || !undecided.WasInterrupted || undecided.ListError != nil {
			t.Errorf("got %v", err)
		}
		server.Expect(t, createRequest, listAllRequest)
	})
	t.Run("the cluster is found before Ctrl-C, and no second lookup is possible", func(t *testing.T) {
		t.Parallel()
		server, client, _ := newScripted(t)
		ctx, cancel := context.WithCancel(t.Context())
		server.On(createRequest, lostReply)
		server.On(optionsRequest, optionsReply)
		server.On(listAllRequest, withServerTime(emptyListReply, startTime), withServerTime(listReply(twoCoreCluster(clusterName, startTime)), startTime), scripted.After(badGatewayReply, cancel))
		got, err := client.Create(ctx, twoCoreOptions())
		if err != nil || got.Adopted == nil || got.Name != clusterName {
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
		server.On(createRequest, scripted.After(createdReply, func() { cancel(); <-hang }))
		server.On(listAllRequest, scripted.After(emptyListReply, func() { <-hang }))
		before := clock.Real().Now()
		_, err := client.Create(ctx, twoCoreOptions())
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
		if _, err := client.Create(ctx, twoCoreOptions()); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
