// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scripted

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Fuzzed is a server that gives the one answer to every request that a fuzzer
// has made up last.
type Fuzzed struct {
	// Base is the address of the prefix.
	Base *url.URL

	mu          sync.Mutex
	contentType string
	body        []byte
}

// NewFuzzed starts a server that ends with the test. Its answers are of the
// content type.
func NewFuzzed(f *testing.F, prefix, contentType string) *Fuzzed {
	f.Helper()
	s := &Fuzzed{contentType: contentType}
	server := httptest.NewServer(s)
	f.Cleanup(server.Close)
	base, err := url.Parse(server.URL + prefix)
	if err != nil {
		f.Fatal(err)
	}
	s.Base = base
	return s
}

// Set is the body of the answers from now on.
func (s *Fuzzed) Set(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body = body
}

// ServeHTTP gives the answer.
func (s *Fuzzed) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", s.contentType)
	_, _ = w.Write(s.body)
}

// Presentable fails unless an error of a client is about the answer's body and can
// be shown to a person.
func Presentable(t *testing.T, err error) {
	t.Helper()
	failure, ok := errors.AsType[*transport.Error](err)
	if !ok || failure.Kind != transport.KindBody {
		t.Fatalf("%T: %v", err, err)
	}
	if text := err.Error(); len(text) > 2000 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("nobody can be shown %q", text)
	}
}
