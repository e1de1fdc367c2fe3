// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Request is a request that the mock received.
type Request struct {
	Method string
	// Path is escaped and has no query.
	Path, Query string
	Header      http.Header
	Body        []byte
	// Status is the status of the response; 0 means that no response was sent.
	Status int
	// User is the user that the request was authenticated as; "" means none.
	User string
	Time time.Time
}

// Requests returns all requests since Start or the last ClearRequests, in the
// order of their responses.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.journal)
}

// ClearRequests empties the journal.
func (s *Server) ClearRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = nil
}

// CountRequests counts the requests with the method ("" for any) and a path that
// matches the pattern. Each * in the pattern matches any characters.
func (s *Server) CountRequests(method, pattern string) int {
	return s.countWhere(func(r Request) bool { return r.matches(method, pattern) })
}

// CountSuccessful counts the requests of CountRequests with a 2xx response.
func (s *Server) CountSuccessful(method, pattern string) int {
	return s.countWhere(func(r Request) bool { return r.matches(method, pattern) && r.Status >= 200 && r.Status < 300 })
}

func (s *Server) countWhere(isCounted func(Request) bool) int {
	count := 0
	for _, request := range s.Requests() {
		if isCounted(request) {
			count++
		}
	}
	return count
}

func (r Request) matches(method, pattern string) bool {
	return (method == "" || method == r.Method) && matches(pattern, r.Path)
}

// AwaitRequest waits until the journal has a request that CountRequests would
// count, or until the context ends.
func (s *Server) AwaitRequest(ctx context.Context, method, pattern string) error {
	for {
		s.mu.Lock()
		recorded := s.journalGrew
		s.mu.Unlock()
		if s.CountRequests(method, pattern) > 0 {
			return nil
		}
		select {
		case <-recorded:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Server) record(x *exchange, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.journalGrew)
	s.journalGrew = make(chan struct{})
	s.journal = append(s.journal, s.journalEntry(x, status))
	if s.cfg.Log != nil {
		query := ""
		if x.URL.RawQuery != "" {
			query = "?" + x.URL.RawQuery
		}
		_, _ = fmt.Fprintf(s.cfg.Log, "%s %s%s %d %s\n", x.Method, x.path, query, status, x.user)
	}
}

func (s *Server) journalEntry(x *exchange, status int) Request {
	return Request{
		Method: x.Method, Path: x.path, Query: x.URL.RawQuery, Header: x.Header.Clone(), Body: x.body, Status: status, User: x.user, Time: s.clock.now(),
	}
}

// matches compares a path with a pattern. Each * matches any characters, slashes
// included; the pattern "" matches every path.
func matches(pattern, path string) bool {
	if pattern == "" {
		return true
	}
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(path, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[last])
}
