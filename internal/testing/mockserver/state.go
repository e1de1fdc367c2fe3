// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// state is all that the servers remember. Server.mu guards it.
type state struct {
	// restarted is when the gateway last was; turn counts its requests.
	restarted  time.Time
	turn       int
	clusters   map[string]*cluster
	order      []string
	users      map[string]*owner
	tokens     map[int]*token
	cookieName string
	cookies    map[string]cookie
	startFails bool
	startHeld  bool
}

type cookie struct {
	user   string
	issued time.Time
}

func newState() *state {
	return &state{
		clusters: map[string]*cluster{}, users: map[string]*owner{}, tokens: map[int]*token{},
		cookieName: "dask-gateway-" + newHex(), cookies: map[string]cookie{},
	}
}

// newHex is 32 random hexadecimal digits, as uuid4().hex.
func newHex() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

// Cluster is what a test may know of a cluster.
type Cluster struct {
	Name, User, Status string
	// Options are all options in effect.
	Options map[string]any
	// Workers counts the workers that have joined, RequestedWorkers those that the
	// gateway was asked for. Minimum and Maximum are the bounds of the last adapt
	// request while Adaptive is true.
	Workers, RequestedWorkers int64
	Minimum, Maximum          any
	Adaptive                  bool
}

// Clusters returns the user's clusters, those that have ended included, in the
// order in which they were made.
func (s *Server) Clusters(user string) []Cluster {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Cluster
	for _, name := range s.state.order {
		c := s.state.clusters[name]
		if c == nil || c.user != user {
			continue
		}
		options := map[string]any{}
		for _, m := range c.options {
			options[m.name] = toGo(m.value)
		}
		found = append(found, Cluster{
			Name: c.name, User: c.user, Status: c.status, Options: options,
			Workers: c.workers, RequestedWorkers: c.wanted, Minimum: c.minimum, Maximum: c.maximum, Adaptive: c.adaptive,
		})
	}
	return found
}

// AddCluster makes a cluster that runs, as another client of the user would.
// It panics if the gateway would refuse the options.
func (s *Server) AddCluster(user string, options map[string]any) string {
	asked := object{}
	for name, value := range options {
		asked = asked.with(name, fromGo(value))
	}
	resolved, words := resolveOptions(asked)
	if words != "" {
		panic("mockserver: " + words)
	}
	resolved, kept := s.keep(resolved)
	if !kept {
		panic("mockserver: Kubernetes keeps no number that is no JSON")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.addCluster(user, resolved)
	s.become(c, "RUNNING")
	return c.name
}

// fromGo turns a test's plain value into one of Python's.
func fromGo(value any) any {
	switch value := value.(type) {
	case int:
		return int64(value)
	case map[string]string:
		converted := object{}
		for name, text := range value {
			converted = converted.with(name, text)
		}
		return converted
	default:
		return value
	}
}

// toGo turns a value of Python's into one that a test can compare.
func toGo(value any) any {
	switch value := value.(type) {
	case object:
		converted := map[string]any{}
		for _, m := range value {
			converted[m.name] = toGo(m.value)
		}
		return converted
	case []any:
		converted := make([]any, 0, len(value))
		for _, each := range value {
			converted = append(converted, toGo(each))
		}
		return converted
	default:
		return value
	}
}

// StopCluster ends a cluster as its idle timeout would: STOPPED at once.
func (s *Server) StopCluster(name string) { s.end(name, "STOPPED") }

// FailCluster ends a cluster as the death of its scheduler would: FAILED at
// once.
func (s *Server) FailCluster(name string) { s.end(name, "FAILED") }

func (s *Server) end(name, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.become(s.cluster(name), status)
}

// DeleteClusterRecord removes the record of a cluster, as the restart of a
// gateway without a database does.
func (s *Server) DeleteClusterRecord(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cluster(name)
	delete(s.state.clusters, name)
}

// SetStartsFail decides whether clusters that start from now on end in FAILED.
func (s *Server) SetStartsFail(fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.startFails = fails
}

// SetStartsHeld(true) keeps clusters that are created from now on PENDING.
// SetStartsHeld(false) starts all PENDING clusters.
func (s *Server) SetStartsHeld(held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.startHeld = held
	if held {
		return
	}
	for _, c := range s.state.clusters {
		if c.status == "PENDING" {
			s.later(s.cfg.StartDelay, func() { s.start(c) })
		}
	}
}

// cluster finds a cluster for a test, which must name one that exists.
func (s *Server) cluster(name string) *cluster {
	c := s.state.clusters[name]
	if c == nil {
		panic(fmt.Sprintf("mockserver: no cluster %q", name))
	}
	return c
}
