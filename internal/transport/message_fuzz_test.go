// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// fuzzedResponse is a response that the fuzzer generates.
type fuzzedResponse struct {
	status int
	header http.Header
	body   string
}

// newFuzzServer starts a server that returns the fuzzed response. Its client has a
// password with a character to escape for every encoding.
func newFuzzServer(f *testing.F) (set func(fuzzedResponse), send func() (*transport.Response, error)) {
	f.Helper()
	var mu sync.Mutex
	var response fuzzedResponse
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		maps.Copy(w.Header(), response.header)
		w.WriteHeader(response.status)
		_, _ = w.Write([]byte(response.body))
	}))
	f.Cleanup(server.Close)
	base, err := http.NewRequest(http.MethodGet, server.URL+pathPrefix, http.NoBody) //nolint:noctx // it is not sent
	if err != nil {
		f.Fatal(err)
	}
	c, err := transport.New(transport.Config{BaseURL: base.URL, Auth: transport.BasicAuth("alice", secret.New(fuzzedPassword)), BypassesProxy: true})
	if err != nil {
		f.Fatal(err)
	}
	set = func(next fuzzedResponse) {
		mu.Lock()
		defer mu.Unlock()
		response = next
	}
	return set, func() (*transport.Response, error) {
		return c.Do(context.Background(), transport.Request{
			Method: http.MethodGet, Path: []string{"x"}, Want: "the thing",
			Decode: func(body io.Reader) error { return transport.NewDecoder(body).Decode(new(map[string]int)) },
		})
	}
}

const fuzzedPassword = `pä"s <w>or/d&1`

// encodings lists the forms in which servers echo a password.
var encodings = []string{
	fuzzedPassword, base64.StdEncoding.EncodeToString([]byte("alice:" + fuzzedPassword)),
	`pä\"s <w>or/d&1`, `p\u00e4\"s <w>or/d&1`, `pä\"s \u003cw\u003eor/d\u00261`, `pä\"s <w>or\/d&1`,
	"pä&#34;s &lt;w&gt;or/d&amp;1", "pä&quot;s &lt;w&gt;or/d&amp;1",
	"p%C3%A4%22s%20%3Cw%3Eor%2Fd&1", "p%C3%A4%22s+%3Cw%3Eor%2Fd%261", "p%c3%a4%22s+%3cw%3eor%2fd%261",
}

// assertPresentable checks that an error is short, has one line and no control
// characters, and does not contain the password.
func assertPresentable(t *testing.T, err error) {
	t.Helper()
	var failure *transport.Error
	if !errors.As(err, &failure) {
		t.Fatalf("%T: %v", err, err)
	}
	text := err.Error()
	if len(text) > 2000 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("not presentable: %q", text)
	}
	for _, encoding := range encodings {
		if dump := fmt.Sprintf("%s %+v", text, *failure); strings.Contains(dump, encoding) {
			t.Errorf("the password is in %q", dump)
		}
	}
}

// FuzzMessages checks the errors for arbitrary bodies that echo the password.
func FuzzMessages(f *testing.F) {
	for i := range encodings {
		f.Add(400, "application/json", `{"error": "`, `"}`, i)
		f.Add(500, "application/json; charset=utf-8", `{"status": 500, "message": ["x", "`, `"]}`, i)
		f.Add(403, "text/html; charset=utf-8", "<!DOCTYPE html><html><head><title>", "</title></head><body>", i)
		f.Add(502, "text/plain", "a\x1b[2J\n\n", "\xff\x00", i)
		f.Add(200, "text/html", "<h1>"+strings.Repeat(" ", 2030), "</h1>", i)
		f.Add(404, "", "<script>"+strings.Repeat("x", 65_500)+"</script>", "", i)
		f.Add(302, "text/plain", "", "", i)
	}
	set, send := newFuzzServer(f)
	f.Fuzz(func(t *testing.T, status int, contentType, before, after string, encoding int) {
		if status < 200 || status > 999 {
			status = 200
		}
		echo := encodings[max(encoding, -encoding, 0)%len(encodings)]
		set(fuzzedResponse{status: status, header: http.Header{"Content-Type": {contentType}}, body: before + echo + after})
		if _, err := send(); err != nil {
			assertPresentable(t, err)
		}
	})
}

// FuzzHeaders checks that arbitrary headers of a response neither stop the client nor
// reach an error unchanged.
func FuzzHeaders(f *testing.F) {
	for _, date := range []string{"Mon, 23 Nov 2026 08:00:00 GMT", "Monday, 23-Nov-26 08:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "now", ""} {
		f.Add(200, date, "", "")
	}
	for _, location := range []string{
		"/hub/login?next=%2F", "https://alice:x@h.example.com/", "//h/..", "http://[::1", "javascript:x", "?token=" + fuzzedPassword, "http://h:port/", "\x1b[2J", "http://\u202e/",
	} {
		f.Add(302, "", location, "")
	}
	for _, after := range []string{"3", "-1", "1e9", "99999999999999999999", "Mon, 23 Nov 2026 08:00:00 GMT", "x"} {
		f.Add(429, "", "", after)
	}
	set, send := newFuzzServer(f)
	f.Fuzz(func(t *testing.T, status int, date, location, retryAfter string) {
		if status < 200 || status > 999 {
			status = 302
		}
		set(fuzzedResponse{status: status, header: http.Header{"Date": {date}, "Location": {location}, "Retry-After": {retryAfter}}, body: "{}"})
		response, err := send()
		if err != nil {
			assertPresentable(t, err)
			return
		}
		now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
		if aMinuteAgo := transport.OnServerClock(now.Add(-time.Minute), now, response.Date); response.Date.IsZero() != aMinuteAgo.Equal(now.Add(-time.Minute-2*time.Second)) && !response.Date.Equal(now) {
			t.Errorf("the date %q is %s, a minute ago %s", date, response.Date, aMinuteAgo)
		}
	})
}
