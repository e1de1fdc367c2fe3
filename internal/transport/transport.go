// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package transport is the one HTTP client of the provider. It knows no API and
// no Terraform: it sends a request with credentials, repeats it where that is
// safe, follows no redirect, keeps no cookie, and turns whatever comes back
// into an answer or a typed error without a secret in it.
package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-cleanhttp"
	"github.com/hashicorp/go-retryablehttp"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

const (
	defaultRequestTimeout = 30 * time.Second
	defaultRetryWaitMin   = 500 * time.Millisecond
	defaultRetryWaitMax   = 10 * time.Second
	dialTimeout           = 10 * time.Second
	maxHeader             = 256 << 10
)

// ErrNoCertificate is returned by New when RootCAs holds no PEM certificate.
var ErrNoCertificate = errors.New("there is no PEM certificate in it: expected one or more blocks that begin with -----BEGIN CERTIFICATE-----")

// ErrProxy is returned by New when a proxy variable of the environment is not the
// address of a proxy.
var ErrProxy = errors.New("not the address of an HTTP proxy: expected http://HOST:PORT")

// LogFunc writes one line of log. Message and fields are redacted already.
type LogFunc func(ctx context.Context, message string, fields map[string]any)

// Config says where requests go and how.
type Config struct {
	// BaseURL is what every path is joined to, its own path prefix included.
	// A trailing slash makes no difference.
	BaseURL *url.URL
	// Auth puts credentials on every request that is not Anonymous; nil for none.
	Auth Auth
	// UserAgent is sent as it is.
	UserAgent string
	// RootCAs are PEM certificates that are trusted beside the system's.
	RootCAs []byte
	// ServerName is the name that the server's certificate must have; empty for
	// the host of BaseURL.
	ServerName string
	// Proxy is an HTTP proxy for all requests, except to the hosts in NO_PROXY. Nil
	// means HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment, unless NoProxy is
	// set.
	Proxy   *url.URL
	NoProxy bool
	// MaxRetries is how often a request may be repeated; 0 for never.
	MaxRetries int
	// MaxConnections is how many connections there are to a host at most; zero means
	// 32. Requests wait for one, for as long as their contexts let them. Those that the
	// server holds back leave a quarter of them free: see TryHold.
	MaxConnections int
	// RetryWaitMin and RetryWaitMax bound the pause before a repetition; zero
	// means 500 ms and 10 s. A Retry-After makes it longer, up to six times
	// RetryWaitMax: a server may not hold up a pipeline for a day.
	RetryWaitMin, RetryWaitMax time.Duration
	// RequestTimeout is for one attempt, from dialling to the last byte of the
	// answer; zero means 30 s.
	RequestTimeout time.Duration
	// AllowCleartext lets credentials go over http:// to any host.
	AllowCleartext bool
	// Log gets one line for each attempt; nil for none.
	Log LogFunc
	// Clock is nil for the real one.
	Clock clock.Clock
	// IsCredentialFailure recognises an answer that means that the credentials
	// are bad although its status says something else. Such an answer is never
	// repeated. Nil for none.
	IsCredentialFailure func(status int, message string) bool
	// CredentialOrigin says where the credentials came from, for errors.
	CredentialOrigin string
}

// Format keeps what Auth and the addresses hold out of %v, %+v and %#v.
func (cfg Config) Format(state fmt.State, _ rune) {
	host := ""
	if cfg.BaseURL != nil {
		host = cfg.BaseURL.Host
	}
	_, _ = fmt.Fprintf(state, "transport.Config(%s)", host)
}

// Client sends requests to one server with one identity. It is safe for
// concurrent use.
type Client struct {
	base             *url.URL
	auth             Auth
	userAgent        string
	allowCleartext   bool
	credentialOrigin string
	isCredential     func(int, string) bool
	redact           redactor
	// proxy is the host and port of the HTTP proxy, "" for none. isProxyNearby
	// reports whether credentials may go to it in clear text.
	proxy         string
	isProxyNearby bool
	attempts      *attempts
	retry         *retryablehttp.Client
	// held has an element for each request that the server holds back.
	held chan struct{}
}

// New makes a Client. It sends nothing. The error says which part of the
// configuration cannot be used; ErrNoCertificate is one of them.
func New(cfg Config) (*Client, error) {
	if cfg.BaseURL == nil || cfg.BaseURL.Host == "" || cfg.BaseURL.Scheme != "http" && cfg.BaseURL.Scheme != "https" {
		return nil, errors.New("the address must begin with http:// or https:// and name a host")
	}
	chooseProxy, err := proxyFor(cfg)
	if err != nil {
		return nil, err
	}
	proxy, err := chooseProxy(cfg.BaseURL)
	if err != nil {
		return nil, err
	}
	redact := newRedactor(cfg.Auth, proxy)
	httpTransport, err := newHTTPTransport(cfg, chooseProxy, redact)
	if err != nil {
		return nil, err
	}
	c := &Client{
		base:             cfg.BaseURL,
		auth:             cfg.Auth,
		userAgent:        cfg.UserAgent,
		allowCleartext:   cfg.AllowCleartext,
		credentialOrigin: cfg.CredentialOrigin,
		isCredential:     cfg.IsCredentialFailure,
		redact:           redact,
		held:             make(chan struct{}, maxHeld(maxConnections(cfg))),
	}
	if proxy != nil {
		c.proxy, c.isProxyNearby = proxy.Host, isTrustedNetwork(proxy)
	}
	if c.isCredential == nil {
		c.isCredential = func(int, string) bool { return false }
	}
	c.attempts = &attempts{
		next:        httpTransport,
		connections: make(chan struct{}, maxConnections(cfg)),
		largeBodies: make(chan struct{}, largeBodySlots),
		clock:       clockOrReal(cfg.Clock),
		timeout:     orDefault(cfg.RequestTimeout, defaultRequestTimeout),
		log:         cfg.Log,
		redact:      c.redact,
	}
	c.retry = c.newRetryClient(cfg, c.attempts)
	return c, nil
}

// Format keeps everything inside out of %v, %+v and %#v.
func (c *Client) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "transport.Client(%s)", c.base.Host)
}

func newHTTPTransport(cfg Config, chooseProxy func(*url.URL) (*url.URL, error), redact redactor) (*http.Transport, error) {
	httpTransport := cleanhttp.DefaultPooledTransport()
	httpTransport.DialContext = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	httpTransport.TLSHandshakeTimeout = dialTimeout
	httpTransport.MaxConnsPerHost = maxConnections(cfg)
	httpTransport.MaxIdleConnsPerHost = httpTransport.MaxConnsPerHost
	httpTransport.MaxIdleConns = httpTransport.MaxConnsPerHost
	httpTransport.IdleConnTimeout = 60 * time.Second
	httpTransport.MaxResponseHeaderBytes = maxHeader
	httpTransport.Proxy = func(r *http.Request) (*url.URL, error) { return chooseProxy(r.URL) }
	httpTransport.OnProxyConnectResponse = refusedTunnel(redact) //nolint:bodyclose // net/http closes it
	if cfg.ServerName != "" {
		httpTransport.TLSClientConfig = &tls.Config{ServerName: cfg.ServerName, MinVersion: tls.VersionTLS12}
	}
	if len(cfg.RootCAs) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(cfg.RootCAs) {
			return nil, ErrNoCertificate
		}
		httpTransport.TLSClientConfig = &tls.Config{RootCAs: pool, ServerName: cfg.ServerName, MinVersion: tls.VersionTLS12}
	}
	return httpTransport, nil
}

func clockOrReal(c clock.Clock) clock.Clock {
	if c == nil {
		return clock.Real()
	}
	return c
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d <= 0 {
		return fallback
	}
	return d
}
