// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package scripted

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"
)

// Gigabyte is the length of the body of a Flood.
const Gigabyte = 1 << 30

// Flood serves a body of a gigabyte: Begin, and then Part repeated.
type Flood struct {
	Status                   int
	ContentType, Begin, Part string

	sent atomic.Int64
}

// ServeHTTP sends the body until the client closes the connection.
func (f *Flood) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", f.ContentType)
	w.WriteHeader(f.Status)
	part := bytes.Repeat([]byte(f.Part), 1+64<<10/len(f.Part))
	n, err := io.WriteString(w, f.Begin)
	for f.sent.Add(int64(n)); err == nil && f.sent.Load() < Gigabyte; f.sent.Add(int64(n)) {
		n, err = w.Write(part)
	}
}

// Sent returns how many bytes the client and the buffers before it accepted.
func (f *Flood) Sent() int64 { return f.sent.Load() }

// Bomb serves a compressed body that is a gigabyte once it is decompressed: begin,
// and then part repeated.
func Bomb(contentType, begin, part string) http.HandlerFunc {
	first := compress([]byte(begin))
	repeated := compress(bytes.Repeat([]byte(part), 1<<20/len(part)))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Encoding", "gzip")
		_, err := w.Write(first)
		for sent := 0; err == nil && sent < Gigabyte; sent += 1 << 20 {
			_, err = w.Write(repeated)
		}
	}
}

func compress(text []byte) []byte {
	var compressed bytes.Buffer
	writer := gzip.NewWriter(&compressed)
	_, _ = writer.Write(text)
	_ = writer.Close()
	return compressed.Bytes()
}

// Trickle sends a header and the beginning of a body, one byte per packet, and then
// keeps the connection open until the client closes it.
func Trickle(contentType, begin string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := range len(begin) {
			_, _ = io.WriteString(w, begin[i:i+1])
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	}
}

// Raw sends text that may not be HTTP, and closes the connection.
func Raw(text string) http.HandlerFunc { return raw(text, false) }

// RawHeld sends text that may not be HTTP, and keeps the connection open until the
// client closes it.
func RawHeld(text string) http.HandlerFunc { return raw(text, true) }

func raw(text string, keepsOpen bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = connection.Close() }()
		_, _ = io.Copy(connection, strings.NewReader(text))
		if keepsOpen {
			_, _ = io.Copy(io.Discard, connection)
		}
	}
}

// Raw200 sends a response with status 200, the lines of a header, and a body.
func Raw200(header, body string) http.HandlerFunc {
	return Raw("HTTP/1.1 200 OK\r\n" + header + "\r\n" + body)
}

// HostileCase is a response that no API sends, and the error that it causes.
type HostileCase struct {
	Reply Reply
	// Kind is "status", "redirect", "no response" or "body". Message is a part of
	// the error.
	Kind, Message string
	// HasValidStatus means that the response is an error only for a client that decodes
	// the body.
	HasValidStatus bool
	// TimesOut means that the server keeps the connection open, so that the client's
	// timeout has to end the request.
	TimesOut bool
	// IsLarge means that the response takes a while.
	IsLarge bool
	// Flood is set if it serves the response. MaxSent is how much of it the client
	// and all buffers may accept.
	Flood   *Flood
	MaxSent int64
}

// HostileCases returns responses that every client must reject, whatever it
// requested. They are valid for one request. Redirects lead to otherAddress.
func HostileCases(otherAddress string) map[string]HostileCase {
	const text, asJSON, page = "text/plain; charset=utf-8", "application/json", "text/html"
	body := func(contentType, body string) Reply {
		return Reply{Status: http.StatusOK, ContentType: contentType, Body: body}
	}
	redirect := func(status int, to string) Reply {
		return Reply{Handle: func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, status) }}
	}
	flood := func(status int, contentType, begin, part string) *Flood {
		return &Flood{Status: status, ContentType: contentType, Begin: begin, Part: part}
	}
	handle := func(handler http.HandlerFunc) Reply { return Reply{Handle: handler} }
	cases := map[string]HostileCase{
		"a gzip bomb":  {Reply: handle(Bomb(asJSON, `{"`, "a")), Kind: "body", Message: " MiB", IsLarge: true},
		"invalid gzip": {Reply: handle(Raw200("Content-Encoding: gzip\r\nContent-Length: 12\r\n", "{          }")), Kind: "no response", Message: "gzip: invalid header"},
		"an encoding that was not requested": {
			Reply: handle(Raw200("Content-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: 3\r\n", "\x8b\x00\x03")),
			Kind:  "body", Message: "as JSON, got application/json: ???", HasValidStatus: true,
		},

		"JSON that never ends":              {Reply: handle(Trickle(asJSON, `{"na`)), Kind: "no response", Message: "no complete response within", TimesOut: true},
		"a page that never ends":            {Reply: handle(Trickle(page, `<html`)), Kind: "body", Message: "as JSON, got text/html: <", HasValidStatus: true},
		"half a header":                     {Reply: handle(RawHeld("HTTP/1.1 200 OK\r\nX-A: ")), Kind: "no response", Message: "no complete response within", TimesOut: true},
		"no byte":                           {Reply: handle(RawHeld("")), Kind: "no response", Message: "no complete response within", TimesOut: true},
		"a switch of protocols":             {Reply: handle(RawHeld("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")), Kind: "status", Message: "returned 101"},
		"100,000 interim responses":         {Reply: handle(Raw(strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 100_000))), Kind: "no response"},
		"another protocol than HTTP":        {Reply: handle(Raw("SSH-2.0-OpenSSH_9.6\r\n")), Kind: "no response", Message: "malformed HTTP"},
		"escape sequences in place of HTTP": {Reply: handle(Raw("\x1b[2J\x1b[31m\x07\r\n")), Kind: "no response", Message: "malformed HTTP"},
		"status 666":                        {Reply: handle(Raw("HTTP/1.1 666 \x1b[2J\r\nContent-Length: 0\r\n\r\n")), Kind: "status", Message: "returned 666"},
		"status 0":                          {Reply: handle(Raw("HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n")), Kind: "status", Message: "returned 0"},

		"a redirect to itself":            {Reply: redirect(http.StatusFound, "#"), Kind: "redirect", Message: "redirects to"},
		"a redirect to another host":      {Reply: redirect(http.StatusTemporaryRedirect, otherAddress), Kind: "redirect", Message: "redirects to " + otherAddress},
		"a redirect to another host, 308": {Reply: redirect(http.StatusPermanentRedirect, otherAddress+"?token=sesame"), Kind: "redirect", Message: "redirects to " + otherAddress},
		"a redirect to another scheme":    {Reply: redirect(http.StatusFound, "javascript:alert(1)"), Kind: "redirect", Message: "redirects to javascript:"},
		"a location of 1 MB":              {Reply: redirect(http.StatusFound, "/"+strings.Repeat("a", 1<<20)), Kind: "no response", Message: "headers exceeded"},

		"a Content-Length that is too small":        {Reply: handle(Raw200("Content-Length: 5\r\n", `{"name": "x"}`)), Kind: "body", Message: "as JSON, got", HasValidStatus: true},
		"a Content-Length that is too large":        {Reply: handle(Raw200("Content-Length: 500\r\n", `{"name": `)), Kind: "no response", Message: "unexpected EOF"},
		"a negative Content-Length":                 {Reply: handle(Raw200("Content-Length: -1\r\n", `{}`)), Kind: "no response", Message: "Content-Length"},
		"two Content-Lengths":                       {Reply: handle(Raw200("Content-Length: 2\r\nContent-Length: 5\r\n", `{}abc`)), Kind: "no response", Message: "Content-Length"},
		"an invalid chunk":                          {Reply: handle(Raw200("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n")), Kind: "no response", Message: "chunk"},
		"a header of 1 MB":                          {Reply: handle(Raw200("X-A: "+strings.Repeat("a", 1<<20)+"\r\n", `{}`)), Kind: "no response", Message: "headers exceeded"},
		"100,000 headers":                           {Reply: handle(Raw200(strings.Repeat("X-A: b\r\n", 100_000), `{}`)), Kind: "no response", Message: "headers exceeded"},
		"escape sequences in the value of a header": {Reply: handle(Raw200("X-A: \x1b[2J\r\n", `{}`)), Kind: "no response", Message: "malformed MIME header"},
		"escape sequences in the name of a header":  {Reply: handle(Raw200("X\x1b[2J: a\r\n", `{}`)), Kind: "no response", Message: "malformed MIME header"},
		"NUL in a header":                           {Reply: handle(Raw200("X-A: a\x00b\r\n", `{}`)), Kind: "no response", Message: "malformed MIME header"},
		"incomplete JSON":                           {Reply: body(asJSON, `{"name": "x`), Kind: "body", Message: "as JSON, got application/json: {", HasValidStatus: true},
		"an empty body":                             {Reply: body(asJSON, ""), Kind: "body", Message: "as JSON, got nothing", HasValidStatus: true},
		"only blanks":                               {Reply: body(asJSON, " \r\n\t "), Kind: "body", Message: "as JSON, got nothing", HasValidStatus: true},
		"a byte order mark":                         {Reply: body(asJSON, "\xef\xbb\xbf{}"), Kind: "body", Message: "as JSON, got", HasValidStatus: true},
		"NUL":                                       {Reply: body(asJSON, "\x00\x00"), Kind: "body", Message: "got application/json: ??", HasValidStatus: true},
		"an HTML page":                              {Reply: body(page, "<html><body><h1>Sign in</h1></body></html>"), Kind: "body", Message: "got text/html: Sign in", HasValidStatus: true},
		"a page labelled as JSON":                   {Reply: body(asJSON, "<!DOCTYPE html><title>Sign in</title>"), Kind: "body", Message: "got application/json: Sign in", HasValidStatus: true},
		"XML":                                       {Reply: body("application/xml", "<?xml version='1.0'?><a>b</a>"), Kind: "body", Message: "got application/xml: <?xml", HasValidStatus: true},
		"control characters in the content type":    {Reply: body("text/x; a=\u202e", "x"), Kind: "body", Message: "got text/x; a=?", HasValidStatus: true},
		"null":                                      {Reply: body(asJSON, "null"), Kind: "body", HasValidStatus: true},
		"a list":                                    {Reply: body(asJSON, "[]"), Kind: "body", HasValidStatus: true},
		"a number":                                  {Reply: body(asJSON, "1e999999999"), Kind: "body", HasValidStatus: true},
		"a string":                                  {Reply: body(asJSON, `"\u001b[2J"`), Kind: "body", HasValidStatus: true},
		"a string that is not UTF-8":                {Reply: body(asJSON, "{\"name\": \"\xff\xfe\"}"), Kind: "body", HasValidStatus: true},
		"a key that is not UTF-8":                   {Reply: body(asJSON, "{\"\xff\xfe\": 1}"), Kind: "body", HasValidStatus: true},
		"objects, 100,000 deep":                     {Reply: body(asJSON, strings.Repeat(`{"name":`, 100_000)), Kind: "body", Message: "nested more than 1000 levels", HasValidStatus: true},
		"the token, in JSON":                        {Reply: body(asJSON, `{"sesame": sesame}`), Kind: "body", Message: "***", HasValidStatus: true},
		"the token, cut in two":                     {Reply: body(text, "<"+strings.Repeat(" ", 2042)+"sesame"), Kind: "body", Message: "got " + text, HasValidStatus: true},

		"escape sequences in an error":     {Reply: Reply{Status: http.StatusBadRequest, ContentType: text, Body: "\x1b[2Jno\x07\u202e\x9b1m\u009b1m"}, Kind: "status", Message: "?[2Jno??"},
		"escape sequences in a JSON error": {Reply: Reply{Status: http.StatusBadRequest, ContentType: asJSON, Body: `{"error": "\u001b[2Jno\u0000"}`}, Kind: "status", Message: "?[2Jno?"},
		"an error that is a list":          {Reply: Reply{Status: http.StatusBadRequest, ContentType: asJSON, Body: strings.Repeat("[", 100_000)}, Kind: "status", Message: "[[["},
		"an error with a list":             {Reply: Reply{Status: http.StatusBadRequest, ContentType: asJSON, Body: `{"error": ["sesame", {"a": null}]}`}, Kind: "status", Message: `["***"`},
		"an error with many tags":          {Reply: Reply{Status: http.StatusBadRequest, ContentType: page, Body: strings.Repeat("<h1><", 10_000)}, Kind: "status"},
		"an error with the token":          {Reply: Reply{Status: http.StatusBadRequest, ContentType: page, Body: "<h1>&#115;esame</h1>"}, Kind: "status", Message: "***"},
	}
	// The client may read a limited part of a flood. The buffers of the loopback
	// interface hold some more.
	const buffers = 16 << 20
	for name, f := range map[string]struct {
		flood         *Flood
		kind, message string
		maxSent       int64
	}{
		"1 GB of one string":    {flood(http.StatusOK, asJSON, `{"`, "a"), "body", " MiB", 4<<20 + buffers},
		"1 GB of blanks":        {flood(http.StatusOK, asJSON, "", " "), "body", " MiB", 4<<20 + buffers},
		"1 GB of a page":        {flood(http.StatusOK, page, "<html>", "a"), "body", "", 64<<20 + buffers},
		"1 GB of an error":      {flood(http.StatusNotFound, text, "", "a"), "status", "returned 404", 64<<10 + buffers},
		"1 GB of an error page": {flood(http.StatusBadRequest, page, "<h1>", "<"), "status", "returned 400", 64<<10 + buffers},
		"1 GB of a redirect":    {flood(http.StatusFound, text, "", "a"), "redirect", "without a usable Location", 64<<10 + buffers},
	} {
		cases[name] = HostileCase{Reply: Reply{Handle: f.flood.ServeHTTP}, IsLarge: true, Flood: f.flood, Kind: f.kind, Message: f.message, MaxSent: f.maxSent}
	}
	return cases
}

// Check compares the error that the response caused with the expected one.
func (c HostileCase) Check(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("the client accepted the response")
	}
	text, kind := err.Error(), KindName(err)
	if kind != c.Kind || !strings.Contains(text, c.Message) {
		t.Errorf("kind %q, want %q; %q does not contain %q", kind, c.Kind, text, c.Message)
	}
	if len(text) > 1000 || !isPrintable(text) {
		t.Errorf("the error of %d bytes is too long or not printable: %.1000q", len(text), text)
	}
	if strings.Contains(text, "sesam") {
		t.Errorf("the token is in %q", text)
	}
	if c.Flood != nil && c.Flood.Sent() > c.MaxSent {
		t.Errorf("the client accepted %d bytes, want at most %d", c.Flood.Sent(), c.MaxSent)
	}
}

func isPrintable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}
