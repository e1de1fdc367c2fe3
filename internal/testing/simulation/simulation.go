// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package simulation tests the provider's promises with random histories. One seed
// draws everything: the servers, the configuration, the commands, the faults, the
// interrupts and what a second client of the same user does meanwhile. The provider
// runs in the test's process and speaks the plugin protocol. It reaches the mock
// through a network in memory. A history of hours takes milliseconds, because it runs
// in a bubble of testing/synctest, whose clock moves on when everybody waits.
//
// After each command the promises of DESIGN.md are checked: see checks.go. The same
// seed draws the same history, except that the runtime may order goroutines that run
// at the same instant differently. The delays of requests differ by nanoseconds to
// make this rare.
//
// The histories contain clusters, tokens, servers of the Hub, ephemeral tokens and their
// renewals, actions, interrupts and SIGKILL. Each kind has a file of its own. The seeds
// that failed before a kind was added still draw the history without it: see Scope.
//
// What the checks excuse:
//   - A lost cluster once, if a diagnostic of the command says that a cluster may run and
//     cost money, and if not more clusters are lost than responses.
//   - A lost server, if a diagnostic says that it is not known whether it was started.
//   - As many lost clusters, tokens and servers as a command was creating when it was
//     killed.
//   - A rival's cluster with equal options that is taken inside the window, with the
//     warning.
//   - A rival's token that gets its id between the read of the token that had the id
//     before and the DELETE that follows.
//
// The histories do not contain a Terraform that stops reading the lines of an action: the
// framework then never ends the action, and in the real process the exit does.
package simulation

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	user = "alice"
	// commandLimit is longer than the timeouts of all operations of a command that
	// follow each other: refresh, delete and create.
	commandLimit = time.Hour
	// interruptLimit is how long a command may last after an interrupt: the time for
	// the responses to creates, for a last lookup and for a cleanup. GitHub Actions
	// sends a second signal 7.5 s after the first.
	interruptLimit = 7500 * time.Millisecond
	// longestCacheFill is how long a gateway needs at most to read all clusters into its
	// cache after a restart, those of another user first. It is longer than the lookups
	// that confirm an absence take, and not as long as the provider waits for a cache.
	longestCacheFill = 18 * time.Second
	// maxOtherClusters is the most clusters of another user. maxOwnClusters is about how
	// many the user has.
	maxOtherClusters, maxOwnClusters = 20, 6
	// settleTime is longer than the caches lag, clusters take to stop and a gateway
	// takes to restart.
	settleTime = 2 * time.Minute
)

// world is the simulated world of one seed.
type world struct {
	t     *testing.T
	seed  uint64
	clock clock.Clock
	began time.Time
	mock  *mockserver.Server
	net   *network
	token string
	// random draws the history. requestRandom draws the fault of each request, and
	// jitterRandom the pauses of the provider, so that they do not shift the history.
	random                      *rand.Rand
	mu                          sync.Mutex
	requestRandom, jitterRandom *rand.Rand
	// clockOffset is how far the servers' clock is ahead.
	clockOffset time.Duration
	// faultRate is the chance of a fault, in percent.
	faultRate int
	listings  []listing
	// interruptedAt is when the last command was interrupted.
	interruptedAt time.Time
	// endAtCreate interrupts or kills the command soon after a create. It may be nil.
	endAtCreate func()
	creates     []sentCreate
	rivals      rivals
	state       map[string]*resource
	config      map[string]configured
	extras      extras
	// diagnosed has the text of all diagnostics so far.
	diagnosed []string
	trace     []string
	failures  []string
	// lastSucceeded reports whether the last command had no error and no interrupt.
	lastSucceeded bool
	// unknown is how many clusters the last command may have lost: as many as lost
	// responses, if the provider says that it could not look for a cluster; or as many
	// as were being created when the command was killed. unknownTokens and
	// unknownServers are those of a command that was killed.
	unknown, unknownTokens, unknownServers int
	// orphans are the clusters that commands that were killed have left.
	orphans []orphan
	// serverRivals are the servers of the second client. hadServer are those that were
	// in the state before the last command, and lastDiagnosed its diagnostics.
	serverRivals  serverRivals
	hadServer     map[string]bool
	lastDiagnosed []string
	// serverCreatedAt is when the Hub received the last start of each server whose response
	// reaches the provider.
	serverCreatedAt map[string]time.Time
	hub             hubWatch
	// isReported and isReportedToken are those that a diagnostic has named.
	isReported      map[string]bool
	isReportedToken map[tokenKey]bool
}

// sentCreate is a POST with a fault, by this machine's clock. isLossy means that its
// response is lost, or later than promptResponse.
type sentCreate struct {
	path              string
	arrived, answered time.Time
	isLossy           bool
}

// listing is a listing of clusters or tokens that succeeds. delay is the longer of
// those of the request and of the response.
type listing struct {
	arrived, answered time.Time
	delay             time.Duration
}

// Run simulates the history of a seed and fails the test if a promise is broken. It
// returns the trace of the history.
func Run(t *testing.T, seed uint64, scope Scope) []string {
	t.Helper()
	var trace []string
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed, scope)
		// The bubble would wait for ever otherwise.
		defer func() { _ = w.net.Close() }()
		defer w.mock.Close()
		w.run()
		trace = w.trace
		if len(w.failures) > 0 {
			t.Errorf("seed %d breaks a promise (make simulate SEED=%d COUNT=1):\n  %s\nschedule:\n  %s",
				seed, seed, strings.Join(w.failures, "\n  "), strings.Join(w.trace, "\n  "))
		}
	})
	return trace
}

func newWorld(t *testing.T, seed uint64, scope Scope) *world {
	t.Helper()
	w := &world{
		t: t, seed: seed, clock: clock.Real(), net: newNetwork(),
		random: newRandom(seed, 1), requestRandom: newRandom(seed, 2), jitterRandom: newRandom(seed, 3),
		extras: newExtras(seed, scope), state: map[string]*resource{}, config: map[string]configured{}, rivals: newRivals(), isReported: map[string]bool{}, isReportedToken: map[tokenKey]bool{},
		serverRivals: serverRivals{running: map[string]time.Time{}}, serverCreatedAt: map[string]time.Time{}, hub: newHubWatch(),
	}
	w.began = w.clock.Now()
	w.clockOffset = w.draw(20*time.Minute) - 10*time.Minute
	cfg := mockserver.Config{
		Listener: w.net, ClockOffset: w.clockOffset, FaultFor: w.faultFor,
		Certificate: func(string, time.Time) (certificate, key string) { return "a certificate", "a key" },
		StartDelay:  w.draw(40 * time.Second), StopDelay: w.draw(15 * time.Second), WorkerDelay: w.draw(10 * time.Second),
		HubVersion: w.extras.hubVersion,
	}
	others := w.random.IntN(maxOtherClusters + 1)
	if w.random.IntN(2) == 0 {
		cfg.Kubernetes = &mockserver.Kubernetes{
			CacheLags:     []time.Duration{w.draw(3 * time.Second), w.draw(3 * time.Second)},
			CacheFillTime: w.draw(longestCacheFill) / time.Duration(others+maxOwnClusters),
		}
	}
	mock, err := mockserver.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	w.mock = mock
	w.token = mock.NewToken(user)
	for range others {
		mock.AddCluster(otherUser, nil)
	}
	w.addOthers()
	w.note("kubernetes %t, clock offset %s, start %s, stop %s", cfg.Kubernetes != nil, w.clockOffset, cfg.StartDelay, cfg.StopDelay)
	return w
}

func newRandom(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream)) //nolint:gosec // a history that can be repeated
}

// run is the history: some commands, each with faults, then a destroy without.
func (w *world) run() {
	for range 1 + w.random.IntN(2) {
		w.changeConfig()
		w.faultRate = []int{0, 10, 25, 50}[w.random.IntN(4)]
		interruptAfter := time.Duration(0)
		if w.random.IntN(3) == 0 {
			interruptAfter = 1 + w.draw(25*time.Second)
			if w.random.IntN(2) == 0 {
				interruptAfter = -1
			}
		}
		outside := w.extras.endLater(w.extras.drawKill(ending{after: interruptAfter}))
		done := make(chan struct{})
		var rival sync.WaitGroup
		draw := newRandom(w.seed, 100+uint64(len(w.trace)))
		rival.Go(func() { w.actAsRival(draw, done) })
		serverDraw := newRandom(w.seed, 200+uint64(len(w.trace)))
		w.serverRivals.hasActed = false
		rival.Go(func() { w.actAsServerRival(serverDraw, done) })
		tokenDraw := newRandom(w.seed, 400+uint64(len(w.trace)))
		rival.Go(func() { w.revokeOpenTokens(tokenDraw, done) })
		hasRestarted := false
		if w.random.IntN(4) == 0 {
			w.note("restart")
			hasRestarted = true
			w.mock.RestartGateway()
		}
		c := w.apply(outside)
		close(done)
		rival.Wait()
		w.settle()
		w.checkPromises()
		if !hasRestarted {
			w.checkOrphans(c)
		}
		if len(w.failures) > 0 {
			return
		}
		w.endCluster()
		w.act()
		w.actOnHub()
	}
	clear(w.config)
	w.note("destroy")
	result := w.apply(ending{})
	if result.hasError {
		w.fail("the destroy without faults failed")
	}
	w.settle()
	w.checkClusters()
	w.checkTokens()
	w.checkRivals()
	w.checkServers()
	if len(w.state) > 0 {
		w.fail("the state is not empty after the destroy")
	}
}

// settle ends the faults and lets the caches catch up.
func (w *world) settle() {
	w.faultRate = 0
	w.sleep(settleTime)
}

// endCluster sometimes ends a cluster of the state, as its idle timeout would.
func (w *world) endCluster() {
	if w.random.IntN(5) > 0 {
		return
	}
	for _, address := range addresses(w.state) {
		if name := w.state[address].name; w.state[address].typeName == clusterType && w.isRunning(name) {
			w.note("%s ends by itself", name)
			w.mock.StopCluster(name)
			return
		}
	}
}

// draw returns a duration from the history's random numbers.
func (w *world) draw(longest time.Duration) time.Duration {
	return time.Duration(1 + w.random.Int64N(int64(longest)))
}

func (w *world) sleep(d time.Duration) { _ = w.clock.Sleep(context.Background(), d) }

// note adds a line to the trace.
func (w *world) note(format string, arguments ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trace = append(w.trace, fmt.Sprintf("%10.3f ", w.clock.Now().Sub(w.began).Seconds())+fmt.Sprintf(format, arguments...))
}

// fail records a broken promise.
func (w *world) fail(format string, arguments ...any) {
	w.note("BROKEN: "+format, arguments...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failures = append(w.failures, fmt.Sprintf(format, arguments...))
}
