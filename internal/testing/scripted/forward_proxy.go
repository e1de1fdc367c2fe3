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

// ForwardProxy is an HTTP proxy as companies have them: it tunnels by CONNECT
// what is https, and passes on what is http (RFC 9110, sections 7.3.2 and 9.3.6).
type ForwardProxy struct {
	// Address is its host and port.
	Address string

	user, password string
	hosts          map[string]string
	mu             sync.Mutex
	refuse         int
	refusals       int
	requests       []string
	tunnels        []net.Conn
	copies         sync.WaitGroup
}

// NewForwardProxy starts a proxy that ends with the test. With a user it demands
// the password; hosts says where a host and port is really found.
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

// Refuse makes it answer so many requests with a status and some words; status
// 0 is for none.
func (p *ForwardProxy) Refuse(status, count int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse, p.refusals = status, count
}

// note remembers a request, and returns the status to refuse it with.
func (p *ForwardProxy) note(r *http.Request) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r.Method+" "+r.RequestURI)
	if p.refusals == 0 {
		return 0
	}
	p.refusals--
	return p.refuse
}

// Requests are the methods and targets that were asked for, refused ones too.
func (p *ForwardProxy) Requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.requests)
}

// ServeHTTP answers one request.
func (p *ForwardProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := p.note(r)
	switch {
	case refuse != 0:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(refuse)
		_, _ = io.WriteString(w, "<html><title>Blocked by the network's policy</title></html>")
	case !p.admits(r.Header.Get("Proxy-Authorization")):
		w.Header().Set("Proxy-Authenticate", `Basic realm="the network"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
	case r.Method == http.MethodConnect:
		p.tunnel(w, r)
	default:
		p.pass(w, r)
	}
}

func (p *ForwardProxy) admits(header string) bool {
	return p.user == "" || header == "Basic "+base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password))
}

func (p *ForwardProxy) where(host string) string {
	if really, ok := p.hosts[host]; ok {
		return really
	}
	return host
}

func (p *ForwardProxy) pass(w http.ResponseWriter, r *http.Request) {
	host := r.URL.Host
	if r.URL.Port() == "" {
		host = net.JoinHostPort(host, "80")
	}
	target := &url.URL{Scheme: "http", Host: p.where(host)}
	(&httputil.ReverseProxy{Rewrite: func(forwarded *httputil.ProxyRequest) {
		forwarded.SetURL(target)
		// Whoever sees it here would have the password of the proxy.
		forwarded.Out.Header.Del("Proxy-Authorization")
	}}).ServeHTTP(w, r)
}

func (p *ForwardProxy) tunnel(w http.ResponseWriter, r *http.Request) {
	far, err := (&net.Dialer{}).DialContext(r.Context(), "tcp", p.where(r.Host))
	if err != nil {
		http.Error(w, strings.TrimSpace(err.Error()), http.StatusBadGateway)
		return
	}
	near, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = far.Close()
		return
	}
	_, _ = io.WriteString(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	p.mu.Lock()
	p.tunnels = append(p.tunnels, near, far)
	p.mu.Unlock()
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		p.copies.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = near.Close()
			_ = far.Close()
		})
	}
}

// close ends the tunnels, which clients keep open for their next request.
func (p *ForwardProxy) close() {
	p.mu.Lock()
	for _, connection := range p.tunnels {
		_ = connection.Close()
	}
	p.mu.Unlock()
	p.copies.Wait()
}
