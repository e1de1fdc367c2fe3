// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scripted

import (
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ForwardProxy is an HTTP proxy like that of a company network. It tunnels https by
// CONNECT and forwards http (RFC 9110, sections 7.3.2 and 9.3.6).
type ForwardProxy struct {
	// Address is the host and port of the proxy.
	Address string

	user, password string
	hosts          map[string]string
	mu             sync.Mutex
	refusalStatus  int
	refusals       int
	stalls         bool
	requests       []string
	tunnels        []net.Conn
	copies         sync.WaitGroup
}

// NewForwardProxy starts a proxy that ends with the test. If a user is set, it
// requires the password. Hosts maps a host and port to the one to connect to.
func NewForwardProxy(t *testing.T, user, password string, hosts map[string]string) *ForwardProxy {
	t.Helper()
	p := &ForwardProxy{user: user, password: password, hosts: hosts}
	server := httptest.NewServer(p)
	t.Cleanup(func() {
		server.Close()
		p.close()
	})
	p.Address = server.Listener.Addr().String()
	return p
}

// Refuse makes the proxy reject the next count requests with the status and a
// message. Status 0 rejects none.
func (p *ForwardProxy) Refuse(status, count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusalStatus, p.refusals = status, count
}

// Stall makes the proxy keep the connections of rejected requests open after its
// message, until the client closes them.
func (p *ForwardProxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalls = true
}

func (p *ForwardProxy) isStalling() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stalls
}

// record stores a request, and returns the status to reject it with, or 0.
func (p *ForwardProxy) record(r *http.Request) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r.Method+" "+r.RequestURI)
	if p.refusals == 0 {
		return 0
	}
	p.refusals--
	return p.refusalStatus
}

// Requests returns the method and target of each request, including rejected ones.
func (p *ForwardProxy) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// ServeHTTP handles one request.
func (p *ForwardProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rejectWith := p.record(r)
	switch {
	case rejectWith != 0:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(rejectWith)
		_, _ = io.WriteString(w, "<html><title>Blocked by the network's policy</title></html>")
		if p.isStalling() {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	case !p.isAuthorized(r.Header.Get("Proxy-Authorization")):
		w.Header().Set("Proxy-Authenticate", `Basic realm="the network"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
	case r.Method == http.MethodConnect:
		p.tunnel(w, r)
	default:
		p.forward(w, r)
	}
}

func (p *ForwardProxy) isAuthorized(header string) bool {
	return p.user == "" || header == "Basic "+base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password))
}

func (p *ForwardProxy) resolve(host string) string {
	if address, ok := p.hosts[host]; ok {
		return address
	}
	return host
}

func (p *ForwardProxy) forward(w http.ResponseWriter, r *http.Request) {
	host := r.URL.Host
	if r.URL.Port() == "" {
		host = net.JoinHostPort(host, "80")
	}
	target := &url.URL{Scheme: "http", Host: p.resolve(host)}
	(&httputil.ReverseProxy{Rewrite: func(forwarded *httputil.ProxyRequest) {
		forwarded.SetURL(target)
		// The server must not receive the password of the proxy.
		forwarded.Out.Header.Del("Proxy-Authorization")
	}}).ServeHTTP(w, r)
}

func (p *ForwardProxy) tunnel(w http.ResponseWriter, r *http.Request) {
	server, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", p.resolve(r.Host))
	if err != nil {
		http.Error(w, strings.TrimSpace(err.Error()), http.StatusBadGateway)
		return
	}
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = server.Close()
		return
	}
	_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
	p.mu.Lock()
	p.tunnels = append(p.tunnels, client, server)
	p.mu.Unlock()
	for _, direction := range [][2]net.Conn{{client, server}, {server, client}} {
		p.copies.Go(func() {
			_, _ = io.Copy(direction[0], direction[1])
			_ = client.Close()
			_ = server.Close()
		})
	}
}

// close closes the tunnels, which clients keep open for the next request.
func (p *ForwardProxy) close() {
	p.mu.Lock()
	for _, connection := range p.tunnels {
		_ = connection.Close()
	}
	p.mu.Unlock()
	p.copies.Wait()
}
