// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package mockserver runs a Dask Gateway 2026.3.0 behind a JupyterHub 6.1.1, or an
// older one, in one process, for tests and for trying things out. It imitates
// recorded responses of the real servers. It imports nothing from the provider, so
// a mistake in the clients cannot repeat here.
//
// The mock does not imitate: the Hub's OAuth pages, the notebook servers
// themselves, the response that waits until a notebook server has started, changes
// to users (501), credentials in a request's body, text that is not Unicode, and
// the start that fails after a minute (the profile "stuck" stays PENDING). Of the
// schedulers it has a few dashboard routes only. Certificates have EC keys, because
// RSA keys take long to generate.
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

// Config configures the servers. The zero value is a fast gateway behind a Hub.
type Config struct {
	// Listen is the address to listen on; "" means a free port of 127.0.0.1.
	Listen string
	// Listener accepts the connections instead, for example those of an in-memory
	// network. Its address is the host in all URLs.
	Listener net.Listener
	// GatewayPrefix and HubPrefix are the paths of the gateway and the Hub. The
	// defaults are "/services/dask-gateway" and "/".
	GatewayPrefix, HubPrefix string
	// HubVersion is the Hub's major version, "1" to "6", or the exact release that
	// the mock imitates; "" means the newest.
	HubVersion string
	// Auth is "jupyterhub" (the default) or "basic". With "basic" every user name
	// is valid with Password, and every password is valid if Password is "".
	Auth, Password string
	// StartDelay passes between POST and RUNNING, StopDelay between DELETE and
	// STOPPED, WorkerDelay until requested workers have joined. The default is 5
	// ms.
	StartDelay, StopDelay, WorkerDelay time.Duration
	// LongPoll is the longest time that ?wait holds a request; 20 s by default.
	LongPoll time.Duration
	// MaxWorkers, MaxCores and MaxMemory (in bytes) are the gateway's
	// cluster_max_workers, cluster_max_cores and cluster_max_memory; 0 means no
	// limit. A scheduler uses one core and 2 GiB of them.
	MaxWorkers, MaxCores int
	MaxMemory            int64
	// Kubernetes selects the Kubernetes backend. The local backend is the default.
	Kubernetes *Kubernetes
	// Now is the servers' clock; nil means the machine's. It does not change how
	// long delays last.
	Now func() time.Time
	// ClockOffset is how far the servers' clock is ahead of Now, or behind it if
	// negative.
	ClockOffset time.Duration
	// ManualTime stops the servers' clock, which only Advance moves then. All
	// delays last until the clock has advanced accordingly.
	ManualTime bool
	// FaultFor returns the fault for a request, or nil for none, for example from
	// a random schedule. The faults of FailNext and FailEvery take precedence. The
	// fault's Method, Path and Times have no effect. FaultFor is called
	// concurrently.
	FaultFor func(Request) *Fault
	// Certificate returns the certificate and the key of a cluster in PEM. Nil creates
	// real ones, which takes long.
	Certificate func(name string, from time.Time) (certificate, key string)
	// Log receives a line for each request. It may be nil.
	Log io.Writer
}

// Server is a running mock.
type Server struct {
	cfg     Config
	http    *http.Server
	url     string
	clock   *adjustableClock
	done    chan struct{}
	closing sync.Once
	mu      sync.Mutex
	state   *state
	journal []Request
	// journalGrew is closed when the journal receives a request.
	journalGrew   chan struct{}
	faults        []*Fault
	faultRate     *faultRate
	routeFailures int

	connections connections
}

// Start starts the servers, which run until Close.
func Start(cfg Config) (*Server, error) {
	cfg = withDefaults(cfg)
	if cfg.Auth != "jupyterhub" && cfg.Auth != "basic" {
		return nil, fmt.Errorf("invalid Auth %q: the mock supports jupyterhub and basic", cfg.Auth)
	}
	if majorVersion(cfg.HubVersion) == 0 {
		return nil, fmt.Errorf("invalid HubVersion %q: the mock supports major versions 1 to 6", cfg.HubVersion)
	}
	listener := cfg.Listener
	if listener == nil {
		var err error
		if listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", cfg.Listen); err != nil {
			return nil, fmt.Errorf("start the mock: %w", err)
		}
	}
	s := &Server{
		cfg: cfg, url: "http://" + listener.Addr().String(), clock: newClock(cfg), state: newState(),
		done: make(chan struct{}), journalGrew: make(chan struct{}),
	}
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: time.Minute, ConnState: s.connections.trackState}
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
	if cfg.Certificate == nil {
		cfg.Certificate = newCertificate
	}
	if cfg.Now == nil {
		cfg.Now = realTime
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

// Close stops the servers and ends all open requests.
func (s *Server) Close() {
	s.closing.Do(func() {
		close(s.done)
		_ = s.http.Close()
	})
}

// URL returns the address of the outermost proxy, without a path.
func (s *Server) URL() string { return s.url }

// GatewayURL returns the address for Gateway(), with a final slash.
func (s *Server) GatewayURL() string { return s.url + s.cfg.GatewayPrefix + "/" }

// HubURL returns the address of the Hub, with a final slash.
func (s *Server) HubURL() string { return s.url + s.cfg.HubPrefix + "/" }

// Advance moves the servers' clock forward, and with it the Date header. Tokens and
// cookies expire accordingly. With Config.ManualTime it also ends the delays that
// are over, in the order of their time.
func (s *Server) Advance(d time.Duration) { s.clock.advance(d) }

// AfterFunc calls f after d, unless the servers have stopped.
func (s *Server) AfterFunc(d time.Duration, f func()) {
	s.clock.afterFunc(d, func() {
		select {
		case <-s.done:
		default:
			f()
		}
	})
}
