// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"time"
)

// DropPoint is where a connection is closed.
type DropPoint int

const (
	// None closes no connection.
	None DropPoint = iota
	// BeforeHandling closes it before anything is done.
	BeforeHandling
	// AfterHandling closes it when everything is done, without an answer.
	AfterHandling
	// MidAnswer closes it in the midst of the answer.
	MidAnswer
	// AtByte closes it when Byte bytes of the answer have been sent, those of its
	// status line and header included.
	AtByte
)

// Fault is something that goes wrong with a request.
type Fault struct {
	// Method and Path say with which; "" for any. A * in the path stands for any
	// characters.
	Method, Path string
	// Times is how often; 0 means once.
	Times int
	// Delay is how long the request is held up first, Linger how long its answer
	// is afterwards; both end when the client gives up.
	Delay, Linger time.Duration
	// Meanwhile is what happens in that moment, before the request is carried out,
	// and Afterwards what happens before its answer; nil for nothing.
	Meanwhile, Afterwards func()
	// Drop closes the connection; None gives the answer below.
	Drop DropPoint
	Byte int
	// AfterHandling gives the answer below when the request has been carried
	// out, as a proxy does that has waited for too long.
	AfterHandling     bool
	Status            int
	ContentType, Body string
	Header            http.Header
}

// FailNext lets the next requests that match the fault go wrong. Faults are
// used up in the order in which they were given.
func (s *Server) FailNext(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Times = max(f.Times, 1)
	s.faults = append(s.faults, &f)
}

// FailEvery lets each nth request to the gateway's API go wrong, with one fault
// after the other, until Heal. Their Method, Path and Times do not count.
func (s *Server) FailEvery(n int, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.load = &load{every: n, faults: faults}
}

// load is faults at a steady rate.
type load struct {
	every, requests int
	faults          []Fault
}

func (l *load) next() *Fault {
	l.requests++
	if l.requests%l.every != 0 {
		return nil
	}
	return &l.faults[l.requests/l.every%len(l.faults)]
}

// Heal forgets the faults that are still to come.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.proxy404, s.load = nil, 0, nil
}

// GatewayDown is what configurable-http-proxy answers while the gateway behind
// it is down: JupyterHub's page, whatever the client accepts. Its Path is every
// path, those of the Hub included, unless one is set.
func GatewayDown() Fault {
	return Fault{
		Status: http.StatusServiceUnavailable, ContentType: "text/html",
		Body: hubErrorPage("503 : Service Unavailable", "Your server appears to be down. Try restarting it <a href='/hub/home'>from the hub</a>"),
	}
}

// RestartProxy lets the next requests to the gateway meet its proxy before it
// knows its routes, as in the half second after a restart.
func (s *Server) RestartProxy(requests int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proxy404 = requests
}

func (s *Server) takeFault(x *exchange) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, fault := range s.faults {
		if fault.Method != "" && fault.Method != x.Method || !matches(fault.Path, x.path) {
			continue
		}
		if fault.Times--; fault.Times == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return fault
	}
	if s.load != nil && matches("*/api/v1/*", x.path) {
		return s.load.next()
	}
	return nil
}

func (f *Fault) reply() *reply {
	return &reply{status: f.Status, contentType: f.ContentType, body: f.Body, header: f.Header.Clone()}
}
