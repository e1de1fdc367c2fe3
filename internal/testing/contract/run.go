// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// pollInterval is the time between two attempts.
const pollInterval = 50 * time.Millisecond

// pollTimeout limits how long an exchange is repeated. Real schedulers start and stop
// slowly on a busy machine. A server with a short long poll is a mock, which is fast.
func pollTimeout(longPoll time.Duration) time.Duration { return 10*time.Second + 4*longPoll }

// Report is the result of Run.
type Report struct {
	// Cases is the number of cases in the table. Runs is the number of executed
	// cases, summed over the targets.
	Cases, Runs int
	// NotRun maps each case that ran on no target to the reason.
	NotRun map[string]string
}

// String returns a summary line and a line for each case that did not run.
func (r Report) String() string {
	lines := []string{fmt.Sprintf("%d cases, %d runs, %d cases did not run", r.Cases, r.Runs, len(r.NotRun))}
	for _, name := range slices.Sorted(maps.Keys(r.NotRun)) {
		lines = append(lines, fmt.Sprintf("did not run: %s: %s", name, r.NotRun[name]))
	}
	return strings.Join(lines, "\n")
}

// Run runs each case on every target that has the capabilities, most of them in
// parallel. It calls done with the report after the last case. The recorder handles
// responses that are recorded.
func Run(t *testing.T, targets []Target, recorder *Recorder, done func(Report)) {
	t.Helper()
	runCases(t, Cases(), targets, recorder, done)
}

// RunHub runs the cases of a JupyterHub version on a target with that version.
func RunHub(t *testing.T, major int, target Target, done func(Report)) {
	t.Helper()
	runCases(t, HubCases(major), []Target{target}, NewRecorder("", false), done)
}

func runCases(t *testing.T, cases []Case, targets []Target, recorder *Recorder, done func(Report)) {
	t.Helper()
	report := Report{Cases: len(cases), NotRun: map[string]string{}}
	servers := make([]*testedServer, len(targets))
	for i, target := range targets {
		servers[i] = newServer(target)
	}
	t.Cleanup(func() { done(report) })
	for _, c := range cases {
		reason, hasRun := "", false
		for _, server := range servers {
			if lacking := server.missingFor(c); lacking != "" {
				reason = lacking
				continue
			}
			hasRun = true
			report.Runs++
			t.Run(server.target.Name()+"/"+c.Name, func(t *testing.T) {
				// Tests without t.Parallel run before all parallel tests.
				if !c.Exclusive {
					t.Parallel()
				}
				server.run(t, c, recorder)
			})
		}
		if !hasRun {
			report.NotRun[c.Name] = reason
		}
	}
}

// testedServer is a target with the state that its cases share.
type testedServer struct {
	target        Target
	sharedCluster func() (string, error)
	caseUsers     atomic.Int64

	mu          sync.Mutex
	credentials map[string]string
}

func newServer(target Target) *testedServer {
	s := &testedServer{target: target, credentials: map[string]string{}}
	s.sharedCluster = sync.OnceValues(func() (string, error) {
		session := &session{server: s, stored: map[string]string{}, createdClusters: map[string]string{}}
		ctx := context.Background() // The first case must not end it for the others.
		exchanges := []Exchange{createCluster(`{}`), waitForStatus("RUNNING")}
		if s.has(RunningSchedulers) {
			exchanges = append(exchanges, waitForDashboard())
		}
		for _, exchange := range exchanges {
			if err := session.exchange(ctx, exchange, nil); err != nil {
				return "", fmt.Errorf("start the shared cluster: %w", err)
			}
		}
		return session.stored["cluster"], nil
	})
	return s
}

// options are the options of a cluster that was created with a profile only.
func (s *testedServer) options(profile string) string {
	if s.has(LocalBackend) {
		return localOptions(profile)
	}
	return kubernetesOptions(profile)
}

// has reports whether the target has the capability.
func (s *testedServer) has(capability Capability) bool {
	_, lacking := s.target.MissingCapabilities()[capability]
	return !lacking
}

// missingFor returns what the target lacks for the case, with the reason, or "".
func (s *testedServer) missingFor(c Case) string {
	missing := s.target.MissingCapabilities()
	for _, need := range c.Needs {
		if reason, ok := missing[need]; ok {
			return fmt.Sprintf("requires %s: %s", need, reason)
		}
	}
	return ""
}

// credential returns the user's credential, which is created once.
func (s *testedServer) credential(ctx context.Context, user string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cached, ok := s.credentials[user]; ok {
		return cached, nil
	}
	credential, err := s.target.Credential(ctx, user)
	if err == nil {
		s.credentials[user] = credential
	}
	return credential, err
}

func (s *testedServer) run(t *testing.T, c Case, recorder *Recorder) {
	t.Helper()
	challenge := "jupyterhub"
	if s.target.HubURL() == "" {
		challenge = "Basic"
	}
	session := &session{
		server:          s,
		caseUser:        fmt.Sprintf("caseuser%d", s.caseUsers.Add(1)),
		stored:          map[string]string{"challenge": challenge},
		createdClusters: map[string]string{},
	}
	for _, profile := range []string{"standard", "stuck", "broken"} {
		session.stored["options-"+profile] = s.options(profile)
	}
	if c.NeedsCluster {
		name, err := s.sharedCluster()
		if err != nil {
			t.Fatal(err)
		}
		session.stored["cluster"] = name
	}
	defer session.stopClusters(context.WithoutCancel(t.Context()))
	for i, exchange := range c.Exchanges {
		if err := session.exchange(t.Context(), exchange, recorder); err != nil {
			t.Fatalf("exchange %d of %d: %s %s: %v", i+1, len(c.Exchanges), exchange.Request.Method, exchange.Request.Path, err)
		}
	}
}

// exchange sends the request, repeats it if necessary, and compares the response.
func (s *session) exchange(ctx context.Context, x Exchange, recorder *Recorder) error {
	deadline := clock.Real().Now().Add(pollTimeout(s.server.target.LongPoll()))
	for {
		got, err := s.send(ctx, x.Request)
		if err != nil || got == nil {
			return err
		}
		s.recordCluster(x.Request, got)
		if err := s.waitForCache(ctx, x.Request, got); err != nil {
			return err
		}
		stored, differences := compare(x.Response, got, s.server.target.LongPoll(), s.value(ctx))
		if len(differences) == 0 {
			maps.Copy(s.stored, stored)
			if !s.server.has(LocalBackend) {
				return nil // The recorded responses are those of the local backend.
			}
			return recorder.record(x, got, s)
		}
		if !x.Repeat || clock.Real().Now().After(deadline) {
			return fmt.Errorf("%s", strings.Join(differences, "\n"))
		}
		if err := clock.Real().Sleep(ctx, pollInterval); err != nil {
			return err
		}
	}
}

// recordCluster stores the name of a created cluster, to stop it later.
func (s *session) recordCluster(r Request, got *receivedResponse) {
	if r.Method != http.MethodPost || got.status != http.StatusCreated {
		return
	}
	if name, ok := got.clusterName(); ok {
		s.createdClusters[name] = r.User
	}
}

// clusterName returns the name in the response to the POST of a cluster.
func (r *receivedResponse) clusterName() (name string, ok bool) {
	name, ok = strings.CutPrefix(r.body, `{"name": "`)
	return strings.TrimSuffix(name, `"}`), ok
}

// waitForCache waits until the cache of a Kubernetes gateway contains the change of a
// cluster, so that the general cases also apply to such a gateway. Other cases cover the
// responses before that.
func (s *session) waitForCache(ctx context.Context, r Request, got *receivedResponse) error {
	if s.server.has(LocalBackend) || got.status != http.StatusCreated && got.status != http.StatusNoContent {
		return nil
	}
	path, err := expand(r.Path, s.value(ctx))
	if err != nil {
		return err
	}
	name, isCached := strings.TrimPrefix(path, clustersPath), func(response *receivedResponse) bool {
		return strings.Contains(response.body, `"stop_time": 1`)
	}
	if r.Method == http.MethodPost {
		name, _ = got.clusterName()
		isCached = func(response *receivedResponse) bool { return response.status == http.StatusOK }
	}
	owner, isOwnCluster := s.createdClusters[name]
	deadline := clock.Real().Now().Add(pollTimeout(s.server.target.LongPoll()))
	for isOwnCluster && clock.Real().Now().Before(deadline) {
		response, err := s.send(ctx, Request{Method: http.MethodGet, Path: clustersPath + name, User: owner})
		if err != nil {
			return err
		}
		if isCached(response) {
			return nil
		}
		if err := clock.Real().Sleep(ctx, pollInterval); err != nil {
			return err
		}
	}
	return nil
}

// stopClusters stops the clusters of the case, because they slow down a real
// server.
func (s *session) stopClusters(ctx context.Context) {
	for name, owner := range s.createdClusters {
		_, _ = s.send(ctx, Request{Method: http.MethodDelete, Path: "api/v1/clusters/" + name, User: owner})
	}
}
