// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package mockserver is a Dask Gateway 2026.3.0 behind a JupyterHub 6.1.1, or an
// older one, in one process, for tests and for trying things out. It imitates what the real
// servers were seen to say, and imports nothing of the provider's, so that a
// mistake in the clients cannot be made here as well.
//
// What it does not imitate: the Hub's OAuth pages, what answers in its servers,
// the answer that waits for their start, changes to its users (501), logging in by the body of a request, text that is no Unicode,
// the start that gives up after a minute (the profile "stuck" stays PENDING),
// and the schedulers themselves, of which a few dashboard routes answer.
// Certificates have EC keys, not RSA ones, which would take long to make.
package mockserver

import (
	"context"
	"errors"
	"fmt"
	"io"
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
	// HubVersion is the Hub's major version, from "1" to "6", or the release that
	// the mock knows of it; "" is the newest.
	HubVersion string
	// Auth is "jupyterhub", the default, or "basic" with any user name and the
	// one Password; any password where that is "".
	Auth, Password string
	// StartDelay is from POST to RUNNING, StopDelay from DELETE to STOPPED,
	// WorkerDelay from a request for workers to their joining; 5 ms by default.
	StartDelay, StopDelay, WorkerDelay time.Duration
	// LongPoll is how long ?wait holds a request at most, 20 s by default.
	LongPoll time.Duration
	// MaxWorkers, MaxCores and MaxMemory (in bytes) are the gateway's
	// cluster_max_workers, cluster_max_cores and cluster_max_memory; 0 for no
	// limit. A scheduler takes a core and 2 GiB of them.
	MaxWorkers, MaxCores int
	MaxMemory            int64
	// Kubernetes makes it a gateway with the Kubernetes backend; nil for one with
	// the local backend.
	Kubernetes *Kubernetes
	// Now is the servers' clock; nil for the machine's. Delays pass by the
	// machine's clock all the same.
	Now func() time.Time
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
	load     *load
	proxy404 int

	connections connections
}

// Start starts the servers. They run until Close.
func Start(cfg Config) (*Server, error) {
	cfg = withDefaults(cfg)
	if cfg.Auth != "jupyterhub" && cfg.Auth != "basic" {
		return nil, fmt.Errorf("the mock knows no authentication %q, only jupyterhub and basic", cfg.Auth)
	}
	if majorVersion(cfg.HubVersion) == 0 {
		return nil, fmt.Errorf("the mock can be no JupyterHub %q, only those of the major versions 1 to 6", cfg.HubVersion)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("the mock cannot listen: %w", err)
	}
	s := &Server{
		cfg: cfg, url: "http://" + listener.Addr().String(), now: &movingClock{base: cfg.Now}, state: newState(),
		done: make(chan struct{}), recorded: make(chan struct{}),
	}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute, ConnState: s.connections.changed}
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
	set(&cfg.HubVersion, hubVersion)
	for _, delay := range []*time.Duration{&cfg.StartDelay, &cfg.StopDelay, &cfg.WorkerDelay} {
		if *delay == 0 {
			*delay = 5 * time.Millisecond
		}
	}
	if cfg.LongPoll == 0 {
		cfg.LongPoll = 20 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = machineTime
	}
	if cfg.Kubernetes != nil {
		kubernetes := *cfg.Kubernetes
		set(&kubernetes.Namespace, "prod")
		if kubernetes.CacheFillTime == 0 {
			kubernetes.CacheFillTime = 8 * time.Millisecond
		}
		cfg.Kubernetes = &kubernetes
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

// Advance moves the servers' clock on, the Date of their answers included:
// tokens and cookies expire, and what happens next happens later.
func (s *Server) Advance(d time.Duration) { s.now.advance(d) }
