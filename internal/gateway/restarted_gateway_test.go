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

// longPollDuration is how long a Kubernetes gateway holds a long poll open.
const longPollDuration = 20 * time.Second

// restartedGateway simulates a Kubernetes gateway after a restart. Each replica
// fills its cache with the clusters of all users, in its own order. Time follows
// the client's clock.
type restartedGateway struct {
	*rand.Rand
	mu       sync.Mutex
	clock    *clock.Fake
	replicas int
	// isSticky means that one replica answers all requests, as on a kept-alive
	// connection. Otherwise each request goes to a random replica.
	isSticky bool
	current  int
	// visibleFrom contains, per replica, the time from which it knows each cluster.
	// active contains the running clusters.
	visibleFrom []map[string]time.Time
	active      map[string]bool
	// longPolls counts the requests that the gateway held open.
	longPolls int
}

// newRestartedGateway creates a gateway with some clusters of the user. clusterName
// is one of them unless gone is set.
func newRestartedGateway(seed uint64, fake *clock.Fake, gone bool) *restartedGateway {
	source := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a reproducible test
	f := &restartedGateway{Rand: source, clock: fake, replicas: 1 + source.IntN(3), isSticky: source.IntN(2) == 0, active: map[string]bool{}}
	for i := range source.IntN(5) {
		f.active[fmt.Sprintf("prod.%032x", i+10)] = true
	}
	if !gone {
		f.active[clusterName] = true
	}
	for range f.replicas {
		shows := map[string]time.Time{}
		for each := range f.active {
			shows[each] = fake.Now().Add(time.Duration(source.Int64N(int64(longPollDuration))))
		}
		f.visibleFrom = append(f.visibleFrom, shows)
	}
	return f
}

func (f *restartedGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.isSticky {
		f.current = f.IntN(f.replicas)
	}
	requestedName := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case requestedName == "":
		f.serveList(w)
	case r.Method == http.MethodDelete:
		if f.isVisible(requestedName) {
			f.active[requestedName] = false
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		f.serveCluster(w, requestedName, r.URL.RawQuery == "wait")
	}
}

func (f *restartedGateway) isVisible(cluster string) bool {
	shows, there := f.visibleFrom[f.current][cluster]
	return there && !f.clock.Now().Before(shows)
}

func (f *restartedGateway) serveCluster(w http.ResponseWriter, cluster string, wait bool) {
	if wait && !f.isVisible(cluster) {
		f.longPolls++
		f.clock.Advance(longPollDuration)
	}
	w.Header().Set("Content-Type", "application/json")
	if !f.isVisible(cluster) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprintf(w, `{"error": "Cluster %s not found"}`, cluster) //nolint:gosec // no browser renders it
		return
	}
	_, _ = io.WriteString(w, f.clusterJSON(cluster)) //nolint:gosec // no browser renders it
}

func (f *restartedGateway) serveList(w http.ResponseWriter) {
	var listed []string
	for each, active := range f.active {
		if active && f.isVisible(each) {
			listed = append(listed, fmt.Sprintf("%q: %s", each, f.clusterJSON(each)))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{"+strings.Join(listed, ", ")+"}")
}

func (f *restartedGateway) clusterJSON(listedName string) string {
	status := "RUNNING"
	if !f.active[listedName] {
		status = "STOPPED"
	}
	return clusterJSON(listedName, status, startTime, defaultOptions("1"))
}

// newRestartedGatewayClient starts a restarted gateway and returns a client for it.
func newRestartedGatewayClient(t *testing.T, seed uint64, gone bool) (*restartedGateway, *gateway.Client) {
	t.Helper()
	server, client, fake := newScripted(t)
	world := newRestartedGateway(seed, fake, gone)
	server.Always(scripted.Reply{Handle: world.ServeHTTP})
	return world, client
}

// The caches of busy gateways take up to 20 seconds to fill after a restart: 2,500
// clusters of all users at 8 ms each.
func TestRefresh_waitsUntilTheCacheIsFilled(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		_, client := newRestartedGatewayClient(t, seed, false)
		if _, absence, err := client.Refresh(t.Context(), clusterName); absence != nil {
			t.Errorf("seed %d: a running cluster counts as gone: %v", seed, err)
		}
		_, client = newRestartedGatewayClient(t, seed, true)
		if cluster, absence, err := client.Refresh(t.Context(), clusterName); absence == nil {
			t.Errorf("seed %d: an absent cluster is reported as %+v, %v", seed, cluster, err)
		}
	}
}

// Five clusters, all of them gone, share one long poll.
func TestGetOrConfirmAbsence_sharesOneLongPoll(t *testing.T) {
	t.Parallel()
	world, client := newRestartedGatewayClient(t, 1, true)
	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() {
			listedName := fmt.Sprintf("prod.%032x", i+100)
			if _, absence, err := client.GetOrConfirmAbsence(t.Context(), listedName); absence == nil {
				t.Errorf("%s: %v", listedName, err)
			}
		})
	}
	all.Wait()
	if world.longPolls != 1 {
		t.Errorf("%d long polls", world.longPolls)
	}
}

// A replica that does not know the cluster answers a DELETE with 204 and stops
// nothing.
func TestAwaitStopped_waitsUntilTheCacheIsFilled(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		world, client := newRestartedGatewayClient(t, seed, false)
		if _, err := client.AwaitStopped(t.Context(), clusterName); err != nil || world.active[clusterName] {
			t.Errorf("seed %d: active %t, %v", seed, world.active[clusterName], err)
		}
	}
}
