// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"time"
)

// DropPoint is the moment at which the mock closes a connection.
type DropPoint int

const (
	// NoDrop keeps the connection open.
	NoDrop DropPoint = iota
	// DropBeforeHandling closes it before the request is handled.
	DropBeforeHandling
	// DropAfterHandling closes it after the request is handled, without a response.
	DropAfterHandling
	// DropMidResponse closes it after half of the response's body.
	DropMidResponse
	// DropAtByte closes it after the first ResponseBytes bytes of the response. The
	// status line and the header count as well.
	DropAtByte
)

// Fault describes what goes wrong with a request. A fault with neither Status
// nor Drop leaves the response as it is and can only delay it.
type Fault struct {
	// Method and Path select the requests; "" matches any. A * in the path matches
	// any characters.
	Method, Path string
	// Times is the number of requests that the fault applies to; 0 means 1.
	Times int
	// RequestDelay passes before the request is handled, ResponseDelay before the
	// response is sent. Both end early when the client closes the connection.
	RequestDelay, ResponseDelay time.Duration
	// BeforeRequest is called after RequestDelay and before the request is handled,
	// BeforeResponse before ResponseDelay and the response. Both may be nil.
	BeforeRequest, BeforeResponse func()
	// Drop closes the connection. With NoDrop the client receives the response
	// below.
	Drop DropPoint
	// ResponseBytes is the number of bytes for DropAtByte.
	ResponseBytes int
	// HandleRequest handles the request before the client receives the response
	// below, as when a proxy gives up waiting. Otherwise the request has no effect,
	// as when a proxy cannot forward it.
	HandleRequest bool
	// Status, ContentType, Body and Header are the response. A 401 of the gateway
	// has its WWW-Authenticate header unless Header has another.
	Status            int
	ContentType, Body string
	Header            http.Header
}

// FailNext applies the fault to the next requests that match it. Several faults
// apply in the order in which they were added.
func (s *Server) FailNext(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Times = max(f.Times, 1)
	s.faults = append(s.faults, &f)
}

// FailEvery applies the faults in turn to every nth request to the gateway's API,
// until ClearFaults. It ignores their Method, Path and Times.
func (s *Server) FailEvery(n int, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faultRate = &faultRate{every: n, faults: faults}
}

// faultRate applies faults at a steady rate.
type faultRate struct {
	every, requests int
	faults          []Fault
}

func (r *faultRate) next() *Fault {
	r.requests++
	if r.requests%r.every != 0 {
		return nil
	}
	return &r.faults[r.requests/r.every%len(r.faults)]
}

// ClearFaults removes all faults that have not been used up.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.routeFailures, s.faultRate = nil, 0, nil
}

// GatewayUnavailable returns the response of configurable-http-proxy while the
// gateway behind it is down: JupyterHub's error page, whatever the client
// accepts. Set Path to keep the fault away from the Hub's own paths.
func GatewayUnavailable() Fault {
	return Fault{
		Status: http.StatusServiceUnavailable, ContentType: "text/html",
		Body: hubErrorPage("503 : Service Unavailable", "Your server appears to be down. Try restarting it <a href='/hub/home'>from the hub</a>"),
	}
}

// RequestNotForwarded returns the response of a proxy that cannot connect to the
// server behind it: 502 (nginx's page), and the request has no effect.
func RequestNotForwarded() Fault {
	return Fault{
		Status: http.StatusBadGateway, ContentType: "text/html",
		Body: "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
	}
}

// FailNextRoutes returns 404 for the next requests to the gateway, as its proxy
// does in the half second after a restart, before it has received its routes.
func (s *Server) FailNextRoutes(requests int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routeFailures = requests
}

// faultFor returns the fault for the request, or nil.
func (s *Server) faultFor(x *exchange) *Fault {
	if fault := s.takeFault(x); fault != nil || s.cfg.FaultFor == nil {
		return fault
	}
	return s.cfg.FaultFor(s.journalEntry(x, 0))
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
	if s.faultRate != nil && matches("*/api/v1/*", x.path) {
		return s.faultRate.next()
	}
	return nil
}

// faultResponse is the fault's response. A 401 of the gateway has a challenge.
func (s *Server) faultResponse(f *Fault, x *exchange) *httpResponse {
	response := &httpResponse{status: f.Status, contentType: f.ContentType, body: f.Body, header: f.Header.Clone()}
	_, isGateway := cutPathPrefix(x.path, s.cfg.GatewayPrefix)
	if f.Status == http.StatusUnauthorized && isGateway && f.Header.Get("Www-Authenticate") == "" {
		response.setHeader("Www-Authenticate", s.challenge())
	}
	return response
}
