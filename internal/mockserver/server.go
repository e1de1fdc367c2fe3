// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package mockserver is a Dask Gateway 2026.3.0 behind a JupyterHub 6.1.1 in
// one process, for tests and for trying things out. It imitates what the real
// servers were seen to say, and imports nothing of the provider's, so that a
// mistake in the clients cannot be made here as well.
//
// What it does not imitate: the Hub's servers, its OAuth pages, and the
// schedulers themselves, of which only the dashboard routes answer.
package mockserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Config says how the servers behave. The zero value is a gateway that answers
// fast, behind a Hub.
type Config struct {
	// Listen is the address to listen on; "" is a free port of 127.0.0.1.
	Listen string
	// GatewayPrefix is where the gateway stands, "/services/dask-gateway" by
	// default; HubPrefix where the Hub does, "/" by default.
	GatewayPrefix, HubPrefix string
	// Auth is "jupyterhub", the default, or "basic" with any user name and the
	// one Password.
	Auth, Password string
	// StartDelay is from POST to RUNNING, StopDelay from DELETE to STOPPED,
	// WorkerDelay from a request for workers to their joining; 5 ms by default.
	StartDelay, StopDelay, WorkerDelay time.Duration
	// LongPoll is how long ?wait holds a request at most, 20 s by default.
	LongPoll time.Duration
	// MaxWorkers is the gateway's cluster_max_workers; 0 for no limit.
	MaxWorkers int
	// Log gets a line for each request; nil for none.
	Log io.Writer
}

// Server is the running servers.
type Server struct {
	cfg     Config
	http    *http.Server
	url     string
	now     *movingClock
	done    chan struct{}
	closing sync.Once
	mu      sync.Mutex
	state   *state
	journal []Request
	// recorded is closed when the journal grows.
	recorded chan struct{}
	faults   []*Fault
	proxy404 int
}

// Start starts the servers. They run until Close.
func Start(cfg Config) (*Server, error) {
	cfg = withDefaults(cfg)
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("the mock cannot listen: %w", err)
	}
	s := &Server{cfg: cfg, url: "http://" + listener.Addr().String(), now: &movingClock{}, done: make(chan struct{}), recorded: make(chan struct{}), state: newState()}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute}
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) && cfg.Log != nil {
			_, _ = fmt.Fprintln(cfg.Log, err)
		}
	}()
	return s, nil
}

func withDefaults(cfg Config) Config {
	set := func(value *string, fallback string) {
		if *value == "" {
			*value = fallback
		}
	}
	set(&cfg.Listen, "127.0.0.1:0")
	set(&cfg.GatewayPrefix, "/services/dask-gateway")
	set(&cfg.HubPrefix, "/")
	set(&cfg.Auth, "jupyterhub")
	for _, delay := range []*time.Duration{&cfg.StartDelay, &cfg.StopDelay, &cfg.WorkerDelay} {
		if *delay == 0 {
			*delay = 5 * time.Millisecond
		}
	}
	if cfg.LongPoll == 0 {
		cfg.LongPoll = 20 * time.Second
	}
	cfg.GatewayPrefix = strings.TrimRight(cfg.GatewayPrefix, "/")
	cfg.HubPrefix = strings.TrimRight(cfg.HubPrefix, "/")
	return cfg
}

// Close ends the servers, and with them every request that waits.
func (s *Server) Close() {
	s.closing.Do(func() {
		close(s.done)
		_ = s.http.Close()
	})
}

// URL is the address of the proxy in front of everything, without a path.
func (s *Server) URL() string { return s.url }

// GatewayURL is the address that clients give to Gateway(), with its slash.
func (s *Server) GatewayURL() string { return s.url + s.cfg.GatewayPrefix + "/" }

// HubURL is the address of the Hub, with its slash.
func (s *Server) HubURL() string { return s.url + s.cfg.HubPrefix + "/" }

// Advance moves the servers' clock on: tokens expire, and what happens next
// happens later.
func (s *Server) Advance(d time.Duration) { s.now.advance(d) }

// reply is an answer to be sent.
type reply struct {
	status      int
	contentType string
	body        string
	header      http.Header
}

func (r *reply) set(name, value string) *reply {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
	return r
}

// exchange is a request on its way through the servers.
type exchange struct {
	*http.Request
	// path is the escaped path, as it came.
	path string
	body []byte
	user string
}

// serve is the outermost proxy, configurable-http-proxy: it records, breaks
// what is to be broken, and routes by prefix.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	x := &exchange{Request: r, path: r.URL.EscapedPath(), body: body}
	if err != nil {
		// A body that breaks off never reaches a handler.
		return
	}
	fault := s.takeFault(x)
	if fault != nil {
		s.pause(r.Context(), fault.Delay)
	}
	var answer *reply
	switch {
	case fault == nil || fault.Drop == None && fault.Status == 0:
		answer = s.route(x)
	case fault.Drop == BeforeHandling:
		s.record(x, 0)
		drop(w)
		return
	case fault.Drop == None && !fault.AfterHandling:
		answer = fault.reply()
	default:
		answer = s.route(x)
		if fault.AfterHandling {
			answer = fault.reply()
		}
	}
	s.record(x, answer.status)
	switch {
	case fault != nil && fault.Drop == AfterHandling:
		drop(w)
	case fault != nil && fault.Drop == MidAnswer:
		s.sendHalf(w, answer)
	default:
		s.send(w, answer)
	}
}

func (s *Server) pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.done:
	}
}

func (s *Server) route(x *exchange) *reply {
	if path, ok := below(x.path, s.cfg.GatewayPrefix); ok {
		return s.gatewayProxy(x, path)
	}
	if path, ok := below(x.path, s.cfg.HubPrefix+"/hub/api"); ok {
		return s.hub(x, path)
	}
	return s.hubPages(x)
}

func below(path, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(path, prefix)
	return rest, ok && (rest == "" || rest[0] == '/')
}

func (s *Server) send(w http.ResponseWriter, answer *reply) {
	s.writeHeader(w, answer)
	_, _ = io.WriteString(w, answer.body)
}

func (s *Server) writeHeader(w http.ResponseWriter, answer *reply) {
	maps.Copy(w.Header(), answer.header)
	w.Header().Set("Date", s.now.now().Format(http.TimeFormat))
	// A nil value keeps net/http from guessing a type.
	w.Header()["Content-Type"] = nil
	if answer.contentType != "" {
		w.Header().Set("Content-Type", answer.contentType)
	}
	w.WriteHeader(answer.status)
}

// sendHalf announces the whole answer and breaks off in its midst.
func (s *Server) sendHalf(w http.ResponseWriter, answer *reply) {
	answer.set("Content-Length", fmt.Sprint(len(answer.body)+1))
	s.writeHeader(w, answer)
	_, _ = io.WriteString(w, answer.body[:len(answer.body)/2])
	_ = http.NewResponseController(w).Flush()
	drop(w)
}

// drop closes the connection without another byte.
func drop(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = connection.Close()
	}
}
