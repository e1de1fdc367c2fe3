// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"slices"
	"time"
)

// cluster is a record of the gateway.
type cluster struct {
	name, user string
	status     string
	// born is when it was made, started what the gateway tells of that.
	born, started time.Time
	ended         time.Time
	options       object
	// certificate and key are PEM while the cluster runs.
	certificate, key string
	// workers have joined, of those that are wanted.
	workers, wanted  int64
	minimum, maximum any
	adaptive         bool
	// changed is closed when the status changes.
	changed chan struct{}
}

func (s *Server) addCluster(user string, options object) *cluster {
	now := s.now.now()
	c := &cluster{name: newHex(), user: user, status: "PENDING", born: now, started: now, options: options, changed: make(chan struct{})}
	if s.cfg.Kubernetes != nil {
		c.name, c.started = s.cfg.Kubernetes.Namespace+"."+c.name, now.Truncate(time.Second)
	}
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
	c.certificate, c.key = "", ""
	switch {
	case status == "RUNNING":
		c.certificate, c.key = newCertificate(c.name, c.started)
	case final(status):
		c.ended, c.workers, c.wanted = s.now.now(), 0, 0
		if s.cfg.Kubernetes != nil {
			c.ended = c.ended.Truncate(time.Second)
		}
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
		s.beginEnd(c)
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
	s.beginEnd(c)
	s.later(s.cfg.StopDelay, func() { s.become(c, "STOPPED") })
}

// beginEnd tells of an end that has begun; Kubernetes has no word for it.
func (s *Server) beginEnd(c *cluster) {
	if s.cfg.Kubernetes == nil {
		s.become(c, "STOPPING")
	}
}

// resize lets the workers become so many, after a while. The last word counts.
func (s *Server) resize(c *cluster, workers int64) {
	c.wanted = workers
	s.later(s.cfg.WorkerDelay, func() {
		if c.status == "RUNNING" {
			c.workers = c.wanted
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
		certificate, key = c.certificate, c.key
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
