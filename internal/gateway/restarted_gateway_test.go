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
	// visibleFrom contains, per replica, the time from which its cache contains each
	// cluster. active contains the running clusters.
	visibleFrom []map[string]time.Time
	active      map[string]bool
	// longPolls counts the requests that the gateway held open.
	longPolls int
}

// newRestartedGateway creates a gateway with some clusters of the user. clusterName
// is one of them unless isGone is set.
func newRestartedGateway(seed uint64, fake *clock.Fake, isGone bool) *restartedGateway {
	source := rand.New(rand.NewPCG(seed, 2)) //nolint:gosec // a reproducible test
	g := &restartedGateway{Rand: source, clock: fake, replicas: 1 + source.IntN(3), isSticky: source.IntN(2) == 0, active: map[string]bool{}}
	for i := range source.IntN(5) {
		g.active[fmt.Sprintf("prod.%032x", i+10)] = true
	}
	if !isGone {
		g.active[clusterName] = true
	}
	for range g.replicas {
		visibleFrom := map[string]time.Time{}
		for name := range g.active {
			visibleFrom[name] = fake.Now().Add(time.Duration(source.Int64N(int64(longPollDuration))))
		}
		g.visibleFrom = append(g.visibleFrom, visibleFrom)
	}
	return g
}

func (g *restartedGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.isSticky {
		g.current = g.IntN(g.replicas)
	}
	requestedName := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	switch {
	case requestedName == "":
		g.serveList(w)
	case r.Method == http.MethodDelete:
		if g.isVisible(requestedName) {
			g.active[requestedName] = false
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		g.serveCluster(w, requestedName, r.URL.RawQuery == "wait")
	}
}

func (g *restartedGateway) isVisible(cluster string) bool {
	visibleFrom, exists := g.visibleFrom[g.current][cluster]
	return exists && !g.clock.Now().Before(visibleFrom)
}

func (g *restartedGateway) serveCluster(w http.ResponseWriter, cluster string, wait bool) {
	if wait && !g.isVisible(cluster) {
		g.longPolls++
		g.clock.Advance(longPollDuration)
	}
	w.Header().Set("Content-Type", "application/json")
	if !g.isVisible(cluster) {
		w.WriteHeader(http.StatusNotFound)
		_, _ = fmt.Fprintf(w, `{"error": "Cluster %s not found"}`, cluster) //nolint:gosec // no browser renders it
		return
	}
	_, _ = io.WriteString(w, g.clusterJSON(cluster)) //nolint:gosec // no browser renders it
}

func (g *restartedGateway) serveList(w http.ResponseWriter) {
	var listed []string
	for name, isActive := range g.active {
		if isActive && g.isVisible(name) {
			listed = append(listed, fmt.Sprintf("%q: %s", name, g.clusterJSON(name)))
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{"+strings.Join(listed, ", ")+"}")
}

func (g *restartedGateway) clusterJSON(name string) string {
	status := "RUNNING"
	if !g.active[name] {
		status = "STOPPED"
	}
	return clusterJSON(name, status, startTime, defaultOptions("1"))
}

// newRestartedGatewayClient starts a restarted gateway and returns a client for it.
func newRestartedGatewayClient(t *testing.T, seed uint64, isGone bool) (*restartedGateway, *gateway.Client) {
	t.Helper()
	server, client, fake := newScripted(t)
	restarted := newRestartedGateway(seed, fake, isGone)
	server.Always(scripted.Reply{Handle: restarted.ServeHTTP})
	return restarted, client
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
	restarted, client := newRestartedGatewayClient(t, 1, true)
	var all sync.WaitGroup
	for i := range 5 {
		all.Go(func() {
			name := fmt.Sprintf("prod.%032x", i+100)
			if _, absence, err := client.GetOrConfirmAbsence(t.Context(), name); absence == nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	all.Wait()
	if restarted.longPolls != 1 {
		t.Errorf("%d long polls", restarted.longPolls)
	}
}

// A replica whose cache lacks the cluster responds to a DELETE with 204 and stops
// nothing.
func TestAwaitStopped_waitsUntilTheCacheIsFilled(t *testing.T) {
	t.Parallel()
	for seed := range uint64(100) {
		restarted, client := newRestartedGatewayClient(t, seed, false)
		if _, err := client.AwaitStopped(t.Context(), clusterName); err != nil || restarted.active[clusterName] {
			t.Errorf("seed %d: active %t, %v", seed, restarted.active[clusterName], err)
		}
	}
}
