// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// held is how long a Kubernetes gateway holds ?wait back.
const held = 20 * time.Second

// forgetful is a Kubernetes gateway that has just restarted: each of its replicas
// fills its cache with the clusters of all users, in an order of its own, and
// the time passes by the client's clock.
type forgetful struct {
	*rand.Rand
	mu       sync.Mutex
	clock    *clock.Fake
	replicas int
	// sticky says that one replica answers all, as behind a connection that stays
	// open; else any does.
	sticky  bool
	current int
	// shows has when each replica knows each cluster; active are those that run.
	shows  []map[string]time.Time
	active map[string]bool
	// polls counts the requests that were held back.
	polls int
}

// newForgetful has the cluster called name, unless it is gone, and some others of
// the user.
func newForgetful(seed uint64, fake *clock.Fake, gone bool) *forgetful {
	source := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a test that can be repeated
	f := &forgetful{Rand: source, clock: fake, replicas: 1 + source.IntN(3), sticky: source.IntN(2) == 0, active: map[string]bool{}}
	for i := range source.IntN(5) {
		f.active[fmt.Sprintf("prod.%032x", i+10)] = true
	}
	if !gone {
		f.active[name] = true
	}
	for range f.replicas {
		shows := map[string]time.Time{}
		for each := range f.active {
			shows[each] = fake.Now().Add(time.Duration(source.Int64N(int64(held))))
		}
		f.shows = append(f.shows, shows)
	}
	return f
}

func (f *forgetful) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.sticky {
		f.current = f.IntN(f.replicas)
	}
	asked := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case asked == "":
		f.list(w)
	case r.Method == http.MethodDelete:
		if f.knows(asked) {
			f.active[asked] = false
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		f.get(w, asked, r.URL.RawQuery == "wait")
	}
}

func (f *forgetful) knows(cluster string) bool {
	shows, there := f.shows[f.current][cluster]
	return there && !f.clock.Now().Before(shows)
}

func (f *forgetful) get(w http.ResponseWriter, cluster string, wait bool) {
	if wait && !f.knows(cluster) {
		f.polls++
		f.clock.Advance(held)
	}
	w.Header().Set("Content-Type", "application/json")
	if !f.knows(cluster) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprintf(w, `{"error": "Cluster %s not found"}`, cluster) //nolint:gosec // no browser reads it
		return
	}
	_, _ = io.WriteString(w, f.cluster(cluster)) //nolint:gosec // no browser reads it
}

func (f *forgetful) list(w http.ResponseWriter) {
	var listed []string
	for each, active := range f.active {
		if active && f.knows(each) {
			listed = append(listed, fmt.Sprintf("%q: %s", each, f.cluster(each)))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{"+strings.Join(listed, ", ")+"}")
}

func (f *forgetful) cluster(called string) string {
	status := "RUNNING"
	if !f.active[called] {
		status = "STOPPED"
	}
	return clusterJSON(called, status, start, defaults("1"))
}

// forgetfulClient is a client of such a gateway.
func forgetfulClient(t *testing.T, seed uint64, gone bool) (*forgetful, *gateway.Client) {
	t.Helper()
	server, client, fake := newScripted(t)
	world := newForgetful(seed, fake, gone)
	server.Always(scripted.Reply{Handle: world.ServeHTTP})
	return world, client
}

// TestGetOrConfirmAbsence_waitsForACache lets gateways with many clusters restart, whose caches
// take up to 20 seconds to fill: 2,500 clusters of all users, 8 ms each.
func TestGetOrConfirmAbsence_waitsForACache(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		_, client := forgetfulClient(t, seed, false)
		if _, absence, err := client.Refresh(t.Context(), name); absence != nil {
			t.Errorf("seed %d: a cluster that runs is gone: %v", seed, err)
		}
		_, client = forgetfulClient(t, seed, true)
		if cluster, absence, err := client.Refresh(t.Context(), name); absence == nil {
			t.Errorf("seed %d: a cluster that is gone is %+v, %v", seed, cluster, err)
		}
	}
}

// TestGetOrConfirmAbsence_waitsOnceForMany looks for clusters of which none is there any more.
func TestGetOrConfirmAbsence_waitsOnceForMany(t *testing.T) {
	t.Parallel()
	world, client := forgetfulClient(t, 1, true)
	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() {
			called := fmt.Sprintf("prod.%032x", i+100)
			if _, absence, err := client.GetOrConfirmAbsence(t.Context(), called); absence == nil {
				t.Errorf("%s: %v", called, err)
			}
		})
	}
	all.Wait()
	if world.polls != 1 {
		t.Errorf("%d requests were held back", world.polls)
	}
}

// TestAwaitStopped_waitsForACache destroys a cluster on such gateways: a DELETE
// that a replica does not know stops nothing.
func TestAwaitStopped_waitsForACache(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		world, client := forgetfulClient(t, seed, false)
		if _, err := client.AwaitStopped(t.Context(), name); err != nil || world.active[name] {
			t.Errorf("seed %d: active %t, %v", seed, world.active[name], err)
		}
	}
}
