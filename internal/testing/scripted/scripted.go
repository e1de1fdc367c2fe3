// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package scripted is a server for the tests of the API clients. It sends the
// responses that a test sets, and records the requests.
package scripted

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Reply is one response.
type Reply struct {
	Status int
	// ContentType is the server's DefaultType when it is empty.
	ContentType, Body string
	// Date is the time of the server's clock. Zero sends no Date header.
	Date time.Time
	// Cookie is the Set-Cookie header. It is not sent if it is empty.
	Cookie string
	// Drop closes the connection without a response.
	Drop bool
	// Handle sends the response in place of all fields above.
	Handle http.HandlerFunc
	// Before is called before the response is sent. Request receives the request
	// first.
	Before  func()
	Request func(r *http.Request, body string)
}

// Server sends the replies to each request in turn, and repeats the last one. A
// request without a reply fails the test. All paths are below a prefix.
type Server struct {
	// Base is the address of the prefix, with a trailing slash.
	Base *url.URL
	// DefaultType is the content type of replies without one; empty for none.
	DefaultType string

	t        *testing.T
	prefix   string
	mu       sync.Mutex
	replies  map[string][]Reply
	always   *Reply
	requests []string
}

// New starts a server that ends with the test.
func New(t *testing.T, prefix string) *Server {
	t.Helper()
	s := &Server{t: t, prefix: prefix, replies: map[string][]Reply{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	base, err := url.Parse(server.URL + prefix + "/")
	if err != nil {
		t.Fatal(err)
	}
	s.Base = base
	return s
}

// On sets the replies to a request: "METHOD path?query", without the prefix.
func (s *Server) On(request string, replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[request] = replies
}

// Always sets the reply to all requests that On does not name.
func (s *Server) Always(reply Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always = &reply
}

// ServeHTTP sends the next reply.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	path, below := strings.CutPrefix(r.URL.EscapedPath(), s.prefix)
	if !below {
		s.t.Errorf("a request outside the prefix: %s", r.URL)
	}
	key := r.Method + " " + path
	if r.URL.RawQuery != "" {
		key += "?" + r.URL.RawQuery
	}
	reply, ok := s.next(key)
	if !ok {
		s.t.Errorf("an unexpected request: %s", key)
		http.Error(w, "unexpected", http.StatusTeapot)
		return
	}
	if reply.ContentType == "" {
		reply.ContentType = s.DefaultType
	}
	reply.send(s.t, w, r, string(body))
}

func (s *Server) next(key string) (Reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, key)
	remaining := s.replies[key]
	if len(remaining) == 0 && s.always != nil {
		return *s.always, true
	}
	if len(remaining) == 0 {
		return Reply{}, false
	}
	if len(remaining) > 1 {
		s.replies[key] = remaining[1:]
	}
	return remaining[0], true
}

func (p Reply) send(t *testing.T, w http.ResponseWriter, r *http.Request, body string) {
	if p.Request != nil {
		p.Request(r, body)
	}
	if p.Before != nil {
		p.Before()
	}
	if p.Handle != nil {
		p.Handle(w, r)
		return
	}
	if p.Drop {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		_ = connection.Close()
		return
	}
	w.Header()["Date"] = nil
	if !p.Date.IsZero() {
		w.Header().Set("Date", p.Date.UTC().Format(http.TimeFormat))
	}
	if p.Cookie != "" {
		w.Header().Set("Set-Cookie", p.Cookie)
	}
	w.Header()["Content-Type"] = nil
	if p.ContentType != "" {
		w.Header().Set("Content-Type", p.ContentType)
	}
	w.WriteHeader(p.Status)
	_, _ = io.WriteString(w, p.Body)
}

// Requests returns the requests so far.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count returns how often a request was received.
func (s *Server) Count(request string) int {
	n := 0
	for _, each := range s.Requests() {
		if each == request {
			n++
		}
	}
	return n
}

// Expect fails unless the requests so far are these.
func (s *Server) Expect(t *testing.T, want ...string) {
	t.Helper()
	if got := s.Requests(); !slices.Equal(got, want) {
		t.Errorf("the requests were\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// After returns a reply that is sent after a function call.
func After(r Reply, before func()) Reply {
	r.Before = before
	return r
}
