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

// pause is between two looks at what is to change.
const pause = 50 * time.Millisecond

// patience is for what is to change: a real scheduler has to start or stop on a
// busy machine, one that is quick with long polls is quick with all the rest.
func patience(longPoll time.Duration) time.Duration { return 10*time.Second + 4*longPoll }

// Report counts what Run did.
type Report struct {
	// Cases is the length of the table, Runs how many of its cases ran on a
	// target, on each of them counted anew.
	Cases, Runs int
	// NotRun says of each case that ran on no target what is missing there.
	NotRun map[string]string
}

// String is one line, and one more for each case that was not run.
func (r Report) String() string {
	lines := []string{fmt.Sprintf("%d cases, %d runs, %d cases not run", r.Cases, r.Runs, len(r.NotRun))}
	for _, name := range slices.Sorted(maps.Keys(r.NotRun)) {
		lines = append(lines, fmt.Sprintf("not run: %s: %s", name, r.NotRun[name]))
	}
	return strings.Join(lines, "\n")
}

// Run runs each case on each target that has what it needs, most of them at once. It
// hands the report to done when the last one has ended. Answers to be recorded
// go to the recorder.
func Run(t *testing.T, targets []Target, recorder *Recorder, done func(Report)) {
	t.Helper()
	runCases(t, Cases(), targets, recorder, done)
}

// RunHub runs the cases of a major version of JupyterHub on a target with such a
// Hub.
func RunHub(t *testing.T, major int, target Target, done func(Report)) {
	t.Helper()
	runCases(t, HubCases(major), []Target{target}, NewRecorder("", false), done)
}

func runCases(t *testing.T, cases []Case, targets []Target, recorder *Recorder, done func(Report)) {
	t.Helper()
	report := Report{Cases: len(cases), NotRun: map[string]string{}}
	servers := make([]*server, len(targets))
	for i, target := range targets {
		servers[i] = newServer(target)
	}
	t.Cleanup(func() { done(report) })
	for _, c := range cases {
		reason, ran := "", false
		for _, server := range servers {
			if lacking := server.lacks(c); lacking != "" {
				reason = lacking
				continue
			}
			ran = true
			report.Runs++
			t.Run(server.target.Name()+"/"+c.Name, func(t *testing.T) {
				// What is not parallel runs before everything that is.
				if !c.Alone {
					t.Parallel()
				}
				server.run(t, c, recorder)
			})
		}
		if !ran {
			report.NotRun[c.Name] = reason
		}
	}
}

// server is a target with what its cases share.
type server struct {
	target  Target
	running func() (string, error)
	loners  atomic.Int64

	mu          sync.Mutex
	credentials map[string]string
}

func newServer(target Target) *server {
	s := &server{target: target, credentials: map[string]string{}}
	s.running = sync.OnceValues(func() (string, error) {
		shared := &session{server: s, kept: map[string]string{}, made: map[string]string{}}
		ctx := context.Background() // The first case must not end it for the others.
		exchanges := []Exchange{create(`{}`), become("RUNNING")}
		if s.has(Workers) {
			exchanges = append(exchanges, reachable())
		}
		for _, exchange := range exchanges {
			if err := shared.exchange(ctx, exchange, nil); err != nil {
				return "", fmt.Errorf("start the shared cluster: %w", err)
			}
		}
		return shared.kept["cluster"], nil
	})
	return s
}

// options are those of a cluster that was made with a profile and no others.
func (s *server) options(profile string) string {
	if s.has(Local) {
		return localOptions(profile)
	}
	return kubernetesOptions(profile)
}

// has says whether the target has the capability.
func (s *server) has(capability Capability) bool {
	_, lacking := s.target.Lacks()[capability]
	return !lacking
}

// lacks is what the target lacks for the case, with the reason.
func (s *server) lacks(c Case) string {
	missing := s.target.Lacks()
	for _, need := range c.Needs {
		if reason, ok := missing[need]; ok {
			return fmt.Sprintf("needs %s: %s", need, reason)
		}
	}
	return ""
}

// credential is the same one for a user each time.
func (s *server) credential(ctx context.Context, user string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.credentials[user]; ok {
		return known, nil
	}
	credential, err := s.target.Credential(ctx, user)
	if err == nil {
		s.credentials[user] = credential
	}
	return credential, err
}

func (s *server) run(t *testing.T, c Case, recorder *Recorder) {
	t.Helper()
	challenge := "jupyterhub"
	if s.target.HubURL() == "" {
		challenge = "Basic"
	}
	run := &session{
		server: s,
		loner:  fmt.Sprintf("loner%d", s.loners.Add(1)),
		kept:   map[string]string{"challenge": challenge},
		made:   map[string]string{},
	}
	for _, profile := range []string{"standard", "stuck", "broken"} {
		run.kept["options-"+profile] = s.options(profile)
	}
	if c.Running {
		name, err := s.running()
		if err != nil {
			t.Fatal(err)
		}
		run.kept["cluster"] = name
	}
	defer run.stopAll(context.WithoutCancel(t.Context()))
	for i, exchange := range c.Exchanges {
		if err := run.exchange(t.Context(), exchange, recorder); err != nil {
			t.Fatalf("exchange %d of %d: %s %s: %v", i+1, len(c.Exchanges), exchange.Request.Method, exchange.Request.Path, err)
		}
	}
}

// exchange sends the request, as often as it must, and compares the answer.
func (s *session) exchange(ctx context.Context, x Exchange, recorder *Recorder) error {
	deadline := clock.Real().Now().Add(patience(s.server.target.LongPoll()))
	for {
		got, err := s.send(ctx, x.Request)
		if err != nil || got == nil {
			return err
		}
		s.remember(x.Request, got)
		if err := s.settle(ctx, x.Request, got); err != nil {
			return err
		}
		kept, differences := check(x.Answer, got, s.server.target.LongPoll(), s.value(ctx))
		if len(differences) == 0 {
			maps.Copy(s.kept, kept)
			if !s.server.has(Local) {
				return nil // What is recorded is the local backend's.
			}
			return recorder.record(x, got, s)
		}
		if !x.Until || clock.Real().Now().After(deadline) {
			return fmt.Errorf("%s", strings.Join(differences, "\n"))
		}
		if err := clock.Real().Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// remember notes the clusters that come into being.
func (s *session) remember(r Request, got *answer) {
	if r.Method != http.MethodPost || got.status != http.StatusCreated {
		return
	}
	if name, ok := strings.CutPrefix(got.body, `{"name": "`); ok {
		s.made[strings.TrimSuffix(name, `"}`)] = r.As
	}
}

// settle lets a gateway on Kubernetes catch up after a change of a cluster, so
// that the cases of every gateway hold there. What it says before that is in
// cases of its own.
func (s *session) settle(ctx context.Context, r Request, got *answer) error {
	if s.server.has(Local) || got.status != http.StatusCreated && got.status != http.StatusNoContent {
		return nil
	}
	path, err := expand(r.Path, s.value(ctx))
	if err != nil {
		return err
	}
	name, settled := strings.TrimPrefix(path, clusters), func(a *answer) bool {
		return strings.Contains(a.body, `"stop_time": 1`)
	}
	if r.Method == http.MethodPost {
		name = strings.TrimSuffix(strings.TrimPrefix(got.body, `{"name": "`), `"}`)
		settled = func(a *answer) bool { return a.status == http.StatusOK }
	}
	owner, ours := s.made[name]
	deadline := clock.Real().Now().Add(patience(s.server.target.LongPoll()))
	for ours && clock.Real().Now().Before(deadline) {
		answer, err := s.send(ctx, Request{Method: http.MethodGet, Path: clusters + name, As: owner})
		if err != nil {
			return err
		}
		if settled(answer) {
			return nil
		}
		if err := clock.Real().Sleep(ctx, pause); err != nil {
			return err
		}
	}
	return nil
}

// stopAll stops the clusters of the case, which cost time on a real server.
func (s *session) stopAll(ctx context.Context) {
	for name, owner := range s.made {
		_, _ = s.send(ctx, Request{Method: http.MethodDelete, Path: "api/v1/clusters/" + name, As: owner})
	}
}
