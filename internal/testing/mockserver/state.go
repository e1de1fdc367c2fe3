// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// state is what the servers store. Server.mu guards it.
type state struct {
	// restartedAt is the time of the gateway's last restart. restarted is closed at the
	// next one. replicaTurn counts the requests that were assigned to a replica.
	restartedAt  time.Time
	restarted    chan struct{}
	replicaTurn  int
	clusters     map[string]*cluster
	clusterNames []string
	users        map[string]*account
	tokens       map[int]*token
	// cookieNames has the name of the cookie of each replica, which is another after
	// a restart.
	cookieNames map[int]string
	cookies     map[string]issuedCookie
	startsFail  bool
	startsHeld  bool
}

type issuedCookie struct {
	replica  int
	user     string
	issuedAt time.Time
}

func newState() *state {
	return &state{
		clusters: map[string]*cluster{}, users: map[string]*account{}, tokens: map[int]*token{},
		restarted: make(chan struct{}), cookieNames: map[int]string{}, cookies: map[string]issuedCookie{},
	}
}

// newHex returns 32 random hexadecimal digits, like uuid4().hex.
func newHex() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw)
	return hex.EncodeToString(raw)
}

// Cluster describes a cluster for tests.
type Cluster struct {
	Name, User, Status string
	// Options holds all resolved options.
	Options map[string]any
	// Workers counts the workers that have joined, RequestedWorkers those of the
	// last scale request. Minimum and Maximum are the bounds of the last adapt
	// request while Adaptive is true.
	Workers, RequestedWorkers int64
	Minimum, Maximum          any
	Adaptive                  bool
}

// Clusters returns the user's clusters in the order of their creation. Stopped and
// failed clusters are included.
func (s *Server) Clusters(user string) []Cluster {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Cluster
	for _, name := range s.state.clusterNames {
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
			Workers: c.workers, RequestedWorkers: c.requestedWorkers, Minimum: c.minimum, Maximum: c.maximum, Adaptive: c.adaptive,
		})
	}
	return found
}

// AddCluster creates a RUNNING cluster, as another client of the user would, and
// returns its name. It panics if the gateway would reject the options.
func (s *Server) AddCluster(user string, options map[string]any) string {
	requested := object{}
	for name, value := range options {
		requested = requested.with(name, toPython(value))
	}
	resolved, message := resolveOptions(requested)
	if message != "" {
		panic("mockserver: " + message)
	}
	resolved, representable := s.storedOptions(resolved)
	if !representable {
		panic("mockserver: Kubernetes cannot store NaN or an infinite number")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.addCluster(user, resolved)
	s.setStatus(c, "RUNNING")
	return c.name
}

// RepeatCreate sends the user's last create request again, as a second client of
// the same user would, and returns the name of the new cluster. It repeats a
// request that failed as well. It panics if there is none in the journal, or if the
// gateway rejects it.
func (s *Server) RepeatCreate(user string) string {
	requests := slices.DeleteFunc(s.Requests(), func(r Request) bool {
		return !r.matches(http.MethodPost, s.cfg.GatewayPrefix+"/api/v1/clusters/") || r.User != "" && r.User != user
	})
	if len(requests) == 0 {
		panic("mockserver: no create request to repeat")
	}
	body := requests[len(requests)-1].Body
	x := &exchange{Request: &http.Request{Header: http.Header{}}, body: body, user: user}
	response := createCluster(s, x, "")
	created, _ := loads(response.body)
	members, _ := created.(object)
	name, _ := members.get("name")
	if response.status != http.StatusCreated {
		panic("mockserver: repeated create request: " + response.body)
	}
	return str(name)
}

// toPython converts a Go value of a test to the form that the mock stores.
func toPython(value any) any {
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

// toGo converts a stored value to a plain Go value that tests can compare.
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
		for _, element := range value {
			converted = append(converted, toGo(element))
		}
		return converted
	default:
		return value
	}
}

// StopCluster sets a cluster to STOPPED at once, as its idle timeout would.
func (s *Server) StopCluster(name string) { s.endCluster(name, "STOPPED") }

// FailCluster sets a cluster to FAILED at once, as the death of its scheduler
// would.
func (s *Server) FailCluster(name string) { s.endCluster(name, "FAILED") }

func (s *Server) endCluster(name, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.setStatus(s.mustFindCluster(name), status)
}

// DeleteClusterRecord removes the record of a cluster, as the restart of a
// gateway without a database does.
func (s *Server) DeleteClusterRecord(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustFindCluster(name)
	delete(s.state.clusters, name)
}

// SetStartsFail decides whether clusters that start from now on end in FAILED.
func (s *Server) SetStartsFail(fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.startsFail = fails
}

// SetStartsHeld keeps clusters that are created from now on PENDING if held is
// true. Otherwise it starts all PENDING clusters.
func (s *Server) SetStartsHeld(held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.startsHeld = held
	if held {
		return
	}
	for _, c := range s.state.clusters {
		if c.status == "PENDING" {
			s.runAfter(s.cfg.StartDelay, func() { s.finishStart(c) })
		}
	}
}

// mustFindCluster returns the cluster of that name and panics if there is none.
func (s *Server) mustFindCluster(name string) *cluster {
	c := s.state.clusters[name]
	if c == nil {
		panic(fmt.Sprintf("mockserver: no cluster %q", name))
	}
	return c
}
