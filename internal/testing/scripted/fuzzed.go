// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scripted

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Fuzzed is a server that sends the same body to every request: the latest one that
// a fuzzer generated.
type Fuzzed struct {
	// Base is the address of the prefix.
	Base *url.URL

	mu          sync.Mutex
	contentType string
	body        []byte
}

// NewFuzzed starts a server that ends with the test. Its responses have the content
// type.
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

// Set sets the body of the following responses.
func (s *Fuzzed) Set(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body = body
}

// ServeHTTP sends the body.
func (s *Fuzzed) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", s.contentType)
	_, _ = w.Write(s.body)
}

// ExpectPrintable fails unless an error of a client is about the body of a response,
// is short, and contains only printable characters.
func ExpectPrintable(t *testing.T, err error) {
	t.Helper()
	failure, ok := errors.AsType[*transport.Error](err)
	if !ok || failure.Kind != transport.KindBody {
		t.Fatalf("%T: %v", err, err)
	}
	if text := err.Error(); len(text) > 2000 || !isPrintable(text) {
		t.Errorf("the error is too long or not printable: %q", text)
	}
}
