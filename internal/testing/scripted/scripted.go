// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package scripted is a server for the tests of the API clients: it gives the
// answers that it was told to, and remembers what was asked.
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

// Reply is one answer, written by hand from what real servers were seen to say.
type Reply struct {
	Status int
	// ContentType is the server's DefaultType when it is empty.
	ContentType, Body string
	// Date is the server's clock; zero for a server that does not tell.
	Date time.Time
	// Drop closes the connection in place of an answer.
	Drop bool
	// Handle answers in place of all that is above.
	Handle http.HandlerFunc
	// Before is done first, and Request is given what was asked.
	Before  func()
	Request func(r *http.Request, body string)
}

// Server answers below a path prefix, each request with its replies in turn and
// the last one again and again. What it has no reply for fails the test.
type Server struct {
	// Base is the address of the prefix, with a slash at its end.
	Base *url.URL
	// DefaultType is the content type of replies that have none; empty for none.
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

// On sets the replies to a request, which is "METHOD path?query" below the
// prefix.
func (s *Server) On(request string, replies ...Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.replies[request] = replies
}

// Always sets the reply to every request that has none of its own.
func (s *Server) Always(reply Reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always = &reply
}

// ServeHTTP gives the next reply.
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
	waiting := s.replies[key]
	if len(waiting) == 0 && s.always != nil {
		return *s.always, true
	}
	if len(waiting) == 0 {
		return Reply{}, false
	}
	if len(waiting) > 1 {
		s.replies[key] = waiting[1:]
	}
	return waiting[0], true
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
	w.Header()["Content-Type"] = nil
	if p.ContentType != "" {
		w.Header().Set("Content-Type", p.ContentType)
	}
	w.WriteHeader(p.Status)
	_, _ = io.WriteString(w, p.Body)
}

// Requests returns what was asked so far.
func (s *Server) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count counts how often the request came.
func (s *Server) Count(request string) int {
	n := 0
	for _, each := range s.Requests() {
		if each == request {
			n++
		}
	}
	return n
}

// Expect compares the requests so far.
func (s *Server) Expect(t *testing.T, want ...string) {
	t.Helper()
	if got := s.Requests(); !slices.Equal(got, want) {
		t.Errorf("the requests were\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// After returns the reply with something done before it is sent.
func After(p Reply, do func()) Reply {
	p.Before = do
	return p
}
