// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package transport is the HTTP client of the provider. It is independent of the APIs
// and of Terraform. It sends requests with credentials, retries them where that is
// safe, follows no redirect, stores no cookie, and returns a response or a typed
// error that contains no secret.
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
	// DefaultRequestTimeout limits one attempt if the Config sets no RequestTimeout.
	DefaultRequestTimeout = 30 * time.Second

	defaultRetryWaitMin = 500 * time.Millisecond
	defaultRetryWaitMax = 10 * time.Second
	dialTimeout         = 10 * time.Second
	maxHeaderSize       = 256 << 10
)

// ErrNoCertificate is returned by New if RootCAs contains no PEM certificate.
var ErrNoCertificate = errors.New("no PEM certificate found: expected one or more blocks that begin with -----BEGIN CERTIFICATE-----")

// ErrProxy is returned by New if a proxy variable of the environment is not the
// address of a proxy.
var ErrProxy = errors.New("not the address of an HTTP proxy: expected http://HOST:PORT")

// LogFunc writes one log line. The message and the fields are already redacted.
type LogFunc func(ctx context.Context, message string, fields map[string]any)

// Config configures a Client.
type Config struct {
	// BaseURL is the address that every path is joined to, including its own path. A
	// trailing slash makes no difference.
	BaseURL *url.URL
	// Auth provides the credentials of every request that is not IsAnonymous. Nil means
	// no credentials.
	Auth Auth
	// UserAgent is the header of the same name.
	UserAgent string
	// RootCAs are PEM certificates to trust in addition to those of the system.
	RootCAs []byte
	// ServerName is the name that the server's certificate must have. Empty means the
	// host of BaseURL.
	ServerName string
	// Proxy is an HTTP proxy for all requests, except to the hosts in NO_PROXY. Nil
	// means HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the environment, unless
	// BypassesProxy is set.
	Proxy         *url.URL
	BypassesProxy bool
	// MaxRetries is the maximum number of retries. 0 means none.
	MaxRetries int
	// MaxConnections is the maximum number of connections to a host. Zero means
	// DefaultMaxConnections. Requests wait for a free connection until their contexts
	// end. Requests that the server holds open leave a quarter free: see TryHold.
	MaxConnections int
	// RetryWaitMin and RetryWaitMax limit the pause before a retry. Zero means 500 ms
	// and 10 s. A Retry-After makes the pause longer, up to six times RetryWaitMax, so
	// that a server cannot block a pipeline for a day.
	RetryWaitMin, RetryWaitMax time.Duration
	// RequestTimeout limits one attempt, from dialling to the last byte of the
	// response. Zero means DefaultRequestTimeout.
	RequestTimeout time.Duration
	// DecodeLimit is a limit to share with other clients, if a configuration may contact
	// many servers. Nil means a separate limit.
	DecodeLimit *DecodeLimit
	// AllowsCleartext allows credentials over http:// to any host.
	AllowsCleartext bool
	// Log receives one line for each attempt. Nil means no log.
	Log LogFunc
	// Clock is the clock for pauses. Nil means the real one.
	Clock clock.Clock
	// Wrap returns the RoundTripper that sends the requests, for tests with their own
	// network. It may change the transport that it receives. Nil means that transport.
	Wrap func(*http.Transport) http.RoundTripper
	// Jitter returns a random duration from 0 up to and including longest, for tests
	// that must be repeatable. Nil means the random numbers of math/rand.
	Jitter func(longest time.Duration) time.Duration
	// IsCredentialFailure reports whether a response means that the credentials are
	// invalid although its status is not 401 or 403. Such a request is not retried. Nil
	// means no such response.
	IsCredentialFailure func(status int, message string) bool
	// CredentialOrigin is the place where the credentials were found, for errors.
	CredentialOrigin string
	// SchemeOrigin is the place that decided the kind of credentials, for errors.
	SchemeOrigin string
}

// Format hides credentials from %v, %+v and %#v.
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
	base                *url.URL
	auth                Auth
	userAgent           string
	allowsCleartext     bool
	credentialOrigin    string
	schemeOrigin        string
	isCredentialFailure func(int, string) bool
	redact              redactor
	// proxy is the host and port of the HTTP proxy, "" for none. isProxyNearby
	// reports whether credentials may go to it in clear text.
	proxy         string
	isProxyNearby bool
	attempts      *attempts
	retry         *retryablehttp.Client
	// held has one element for each request that the server holds open.
	held chan struct{}
}

// New creates a Client. It sends no request. The error describes the invalid part of
// the configuration: see ErrNoCertificate and ErrProxy.
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
		base:                cfg.BaseURL,
		auth:                cfg.Auth,
		userAgent:           cfg.UserAgent,
		allowsCleartext:     cfg.AllowsCleartext,
		credentialOrigin:    cfg.CredentialOrigin,
		schemeOrigin:        cfg.SchemeOrigin,
		isCredentialFailure: cfg.IsCredentialFailure,
		redact:              redact,
		held:                make(chan struct{}, maxHeld(maxConnections(cfg))),
	}
	if proxy != nil {
		c.proxy, c.isProxyNearby = proxy.Host, isTrustedNetwork(proxy)
	}
	if c.isCredentialFailure == nil {
		c.isCredentialFailure = func(int, string) bool { return false }
	}
	decodeLimit := cfg.DecodeLimit
	if decodeLimit == nil {
		decodeLimit = NewDecodeLimit()
	}
	c.attempts = &attempts{
		next:        httpTransport,
		connections: make(chan struct{}, maxConnections(cfg)),
		largeBodies: decodeLimit.slots,
		clock:       clock.OrReal(cfg.Clock),
		timeout:     orDefault(cfg.RequestTimeout, DefaultRequestTimeout),
		log:         cfg.Log,
		redact:      c.redact,
	}
	if cfg.Wrap != nil {
		c.attempts.next = cfg.Wrap(httpTransport)
	}
	c.retry = c.newRetryClient(cfg, c.attempts)
	return c, nil
}

// Format hides the content of a Client from %v, %+v and %#v.
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
	httpTransport.MaxResponseHeaderBytes = maxHeaderSize
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

func orDefault(d, fallback time.Duration) time.Duration {
	if d <= 0 {
		return fallback
	}
	return d
}
