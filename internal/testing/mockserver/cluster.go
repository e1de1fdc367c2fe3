// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"slices"
	"time"
)

// cluster is the gateway's record of a cluster.
type cluster struct {
	name, user string
	status     string
	// createdAt is the exact time of creation, startTime the time that the gateway
	// reports for it.
	createdAt, startTime time.Time
	stopTime             time.Time
	options              object
	// certificate and key are PEM while the cluster is RUNNING, and "" otherwise.
	certificate, key string
	// workers counts the workers that have joined.
	workers, requestedWorkers int64
	minimum, maximum          any
	adaptive                  bool
	// load is what the scheduler reports besides its workers.
	load SchedulerLoad
	// statusChanged is closed when the status changes.
	statusChanged chan struct{}
}

func (s *Server) addCluster(user string, options object) *cluster {
	now := s.clock.now()
	c := &cluster{name: newHex(), user: user, status: "PENDING", createdAt: now, startTime: now, options: options, statusChanged: make(chan struct{})}
	if s.cfg.Kubernetes != nil {
		c.name, c.startTime = s.cfg.Kubernetes.Namespace+"."+c.name, now.Truncate(time.Second)
	}
	s.state.clusters[c.name] = c
	s.state.clusterNames = append(s.state.clusterNames, c.name)
	return c
}

// setStatus changes the status and wakes everything that waits for it.
func (s *Server) setStatus(c *cluster, status string) {
	if c.status == status || isFinal(c.status) {
		return
	}
	c.status = status
	c.certificate, c.key = "", ""
	switch {
	case status == "RUNNING":
		c.certificate, c.key = s.cfg.Certificate(c.name, c.startTime)
	case isFinal(status):
		c.stopTime, c.workers, c.requestedWorkers = s.clock.now(), 0, 0
		if s.cfg.Kubernetes != nil {
			c.stopTime = c.stopTime.Truncate(time.Second)
		}
	}
	close(c.statusChanged)
	c.statusChanged = make(chan struct{})
}

func isFinal(status string) bool { return status == "STOPPED" || status == "FAILED" }

// finishStart ends a start, successful or not. A failed start passes through
// STOPPING.
func (s *Server) finishStart(c *cluster) {
	profile, _ := c.options.get("profile")
	switch {
	case c.status != "PENDING" || profile == "stuck":
	case s.state.startsFail || profile == "broken":
		s.setStopping(c)
		s.runAfter(s.cfg.StopDelay, func() { s.setStatus(c, "FAILED") })
	default:
		s.setStatus(c, "RUNNING")
	}
}

// stopCluster is the server's stop_cluster: STOPPING at once, STOPPED after
// StopDelay.
func (s *Server) stopCluster(c *cluster) {
	if c.status == "STOPPING" || isFinal(c.status) {
		return
	}
	s.setStopping(c)
	s.runAfter(s.cfg.StopDelay, func() { s.setStatus(c, "STOPPED") })
}

// setStopping sets the status to STOPPING, which the Kubernetes backend does not
// have.
func (s *Server) setStopping(c *cluster) {
	if s.cfg.Kubernetes == nil {
		s.setStatus(c, "STOPPING")
	}
}

// resize changes the number of workers after WorkerDelay. The last request decides.
func (s *Server) resize(c *cluster, workers int64) {
	c.requestedWorkers = workers
	s.runAfter(s.cfg.WorkerDelay, func() {
		if c.status == "RUNNING" {
			c.workers = c.requestedWorkers
		}
	})
}

// runAfter calls f under the lock after d, unless the servers have stopped.
func (s *Server) runAfter(d time.Duration, f func()) {
	s.AfterFunc(d, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		f()
	})
}

// ownedBy returns the user's clusters with one of the statuses, oldest first.
func (s *state) ownedBy(user string, statuses []string) []*cluster {
	var found []*cluster
	for _, name := range s.clusterNames {
		if c := s.clusters[name]; c != nil && c.user == user && slices.Contains(statuses, c.status) {
			found = append(found, c)
		}
	}
	return found
}

// model returns the cluster as the gateway reports it, TLS material included.
func (c *cluster) model() object {
	var route, ended, certificate, key any
	if c.status == "RUNNING" {
		route = "/clusters/" + c.name + "/status"
		certificate, key = c.certificate, c.key
	}
	if !c.stopTime.IsZero() {
		ended = c.stopTime.UnixMilli()
	}
	return object{
		{"name", c.name},
		{"dashboard_route", route},
		{"status", c.status},
		{"start_time", c.startTime.UnixMilli()},
		{"stop_time", ended},
		{"options", c.options},
		{"tls_cert", certificate},
		{"tls_key", key},
	}
}
