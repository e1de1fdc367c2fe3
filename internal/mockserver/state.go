// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// state is all that the servers remember. Server.mu guards it.
type state struct {
	clusters   map[string]*cluster
	order      []string
	users      map[string]*user
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

// cluster is a record of the gateway.
type cluster struct {
	name, user string
	status     string
	started    time.Time
	ended      time.Time
	options    object
	workers    int64
	minimum    any
	maximum    any
	adaptive   bool
	// changed is closed when the status changes.
	changed chan struct{}
}

func newState() *state {
	return &state{
		clusters: map[string]*cluster{}, users: map[string]*user{}, tokens: map[int]*token{},
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
	// Workers have joined. Minimum and Maximum are the bounds of adaptive
	// scaling as they were given, while Adaptive is on.
	Workers          int64
	Minimum, Maximum any
	Adaptive         bool
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
			options[m.name] = m.value
		}
		found = append(found, Cluster{
			Name: c.name, User: c.user, Status: c.status, Options: options,
			Workers: c.workers, Minimum: c.minimum, Maximum: c.maximum, Adaptive: c.adaptive,
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

// ForgetCluster removes the record of a cluster, as a gateway without a
// database does when it restarts.
func (s *Server) ForgetCluster(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cluster(name)
	delete(s.state.clusters, name)
}

// SetStartFails lets the clusters made from now on end in FAILED, or no more.
func (s *Server) SetStartFails(fails bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.startFails = fails
}

// HoldStart keeps the clusters made from now on PENDING, or lets all go on.
func (s *Server) HoldStart(held bool) {
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

func (s *Server) addCluster(user string, options object) *cluster {
	c := &cluster{name: newHex(), user: user, status: "PENDING", started: s.now.now(), options: options, changed: make(chan struct{})}
	s.state.clusters[c.name] = c
	s.state.order = append(s.state.order, c.name)
	return c
}

// become changes a cluster's status and wakes those who wait for it.
func (s *Server) become(c *cluster, status string) {
	if c.status == status || final(c.status) {
		return
	}
	c.status = status
	if final(status) {
		c.ended, c.workers = s.now.now(), 0
	}
	close(c.changed)
	c.changed = make(chan struct{})
}

func final(status string) bool { return status == "STOPPED" || status == "FAILED" }

// start is the end of a start, good or bad. A bad one passes through STOPPING.
func (s *Server) start(c *cluster) {
	profile, _ := c.options.get("profile")
	switch {
	case c.status != "PENDING" || profile == "stuck":
	case s.state.startFails || profile == "broken":
		s.become(c, "STOPPING")
		s.later(s.cfg.StopDelay, func() { s.become(c, "FAILED") })
	default:
		s.become(c, "RUNNING")
	}
}

// stop is the server's stop_cluster: STOPPING at once, STOPPED later.
func (s *Server) stop(c *cluster) {
	if c.status == "STOPPING" || final(c.status) {
		return
	}
	s.become(c, "STOPPING")
	s.later(s.cfg.StopDelay, func() { s.become(c, "STOPPED") })
}

// resize lets the workers become so many, after a while.
func (s *Server) resize(c *cluster, workers int64) {
	s.later(s.cfg.WorkerDelay, func() {
		if c.status == "RUNNING" {
			c.workers = workers
		}
	})
}

// later runs f under the lock after d, unless the servers have ended.
func (s *Server) later(d time.Duration, f func()) {
	time.AfterFunc(d, func() {
		select {
		case <-s.done:
			return
		default:
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	})
}

// ownedBy returns the user's clusters with one of the statuses, oldest first.
func (s *state) ownedBy(user string, statuses []string) []*cluster {
	var found []*cluster
	for _, name := range s.order {
		if c := s.clusters[name]; c != nil && c.user == user && slices.Contains(statuses, c.status) {
			found = append(found, c)
		}
	}
	return found
}

// answer is the cluster as the gateway tells of it, TLS material included.
func (c *cluster) answer() object {
	var route, ended, certificate, key any
	if c.status == "RUNNING" {
		route = "/clusters/" + c.name + "/status"
		certificate = pem("CERTIFICATE", c.name)
		key = pem("PRIVATE KEY", c.name)
	}
	if !c.ended.IsZero() {
		ended = c.ended.UnixMilli()
	}
	return object{
		{"name", c.name},
		{"dashboard_route", route},
		{"status", c.status},
		{"start_time", c.started.UnixMilli()},
		{"stop_time", ended},
		{"options", c.options},
		{"tls_cert", certificate},
		{"tls_key", key},
	}
}

// pem looks like PEM and is not: nothing here speaks TLS, and what a client
// does with a key can be looked for in its logs all the same.
func pem(kind, name string) string {
	return "-----BEGIN " + kind + "-----\n" + strings.Repeat("MOCK"+name+"\n", 3) + "-----END " + kind + "-----\n"
}
