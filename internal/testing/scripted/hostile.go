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

// Gigabyte is the length of a Flood.
const Gigabyte = 1 << 30

// Flood is an answer of a gigabyte: Begin, and then Part again and again.
type Flood struct {
	Status                   int
	ContentType, Begin, Part string

	sent atomic.Int64
}

// ServeHTTP sends as much as is taken.
func (f *Flood) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", f.ContentType)
	w.WriteHeader(f.Status)
	part := bytes.Repeat([]byte(f.Part), 1+64<<10/len(f.Part))
	n, err := io.WriteString(w, f.Begin)
	for f.sent.Add(int64(n)); err == nil && f.sent.Load() < Gigabyte; f.sent.Add(int64(n)) {
		n, err = w.Write(part)
	}
}

// Sent is how many bytes were taken, by the client and by the buffers before it.
func (f *Flood) Sent() int64 { return f.sent.Load() }

// Bomb is an answer that is a gigabyte once it has been unpacked: begin, and then
// part again and again.
func Bomb(contentType, begin, part string) http.HandlerFunc {
	first := packed([]byte(begin))
	repeated := packed(bytes.Repeat([]byte(part), 1<<20/len(part)))
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Encoding", "gzip")
		_, err := w.Write(first)
		for sent := 0; err == nil && sent < Gigabyte; sent += 1 << 20 {
			_, err = w.Write(repeated)
		}
	}
}

func packed(text []byte) []byte {
	var into bytes.Buffer
	writer := gzip.NewWriter(&into)
	_, _ = writer.Write(text)
	_ = writer.Close()
	return into.Bytes()
}

// Trickle sends a header and the beginning of a body, one byte in each packet,
// and then holds the connection until the client lets go.
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

// Raw writes what may be no HTTP, and closes the connection.
func Raw(text string) http.HandlerFunc { return raw(text, false) }

// RawHeld writes what may be no HTTP, and holds the connection until the client
// lets go.
func RawHeld(text string) http.HandlerFunc { return raw(text, true) }

func raw(text string, hold bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = connection.Close() }()
		_, _ = io.Copy(connection, strings.NewReader(text))
		if hold {
			_, _ = io.Copy(io.Discard, connection)
		}
	}
}

// Raw200 writes an answer with these lines of header and this body.
func Raw200(header, body string) http.HandlerFunc {
	return Raw("HTTP/1.1 200 OK\r\n" + header + "\r\n" + body)
}

// Case is an answer that no API gives, and the words in the error that it makes.
type Case struct {
	Reply Reply
	// Kind is "status", "redirect", "no answer" or "body".
	Kind, Words string
	// Body says that only who reads the body as JSON minds the answer.
	Body bool
	// Short is for a server that holds the connection, so that the client's
	// deadline has to end the request.
	Short bool
	// Heavy says that the answer takes a while.
	Heavy bool
	// Flood is set if it is what answers, and Most is how much of it may be
	// taken, buffers included.
	Flood *Flood
	Most  int64
}

// Cases are answers that every client must survive, whatever it has asked for.
// They are made anew with each call, for one request.
func Cases(elsewhere string) map[string]Case {
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
	cases := map[string]Case{
		"a bomb in gzip": {Reply: handle(Bomb(asJSON, `{"`, "a")), Kind: "body", Words: "longer than 16 MiB", Heavy: true},
		"no gzip":        {Reply: handle(Raw200("Content-Encoding: gzip\r\nContent-Length: 12\r\n", "{          }")), Kind: "no answer", Words: "gzip: invalid header"},
		"an encoding that nobody asked for": {
			Reply: handle(Raw200("Content-Type: application/json\r\nContent-Encoding: br\r\nContent-Length: 3\r\n", "\x8b\x00\x03")),
			Kind:  "body", Words: "as JSON, got application/json: ???", Body: true,
		},

		"a byte now and then":   {Reply: handle(Trickle(asJSON, `{"na`)), Kind: "no answer", Words: "no whole answer within", Short: true},
		"a page now and then":   {Reply: handle(Trickle(page, `<html`)), Kind: "body", Words: "as JSON, got text/html: <", Body: true},
		"half a header":         {Reply: handle(RawHeld("HTTP/1.1 200 OK\r\nX-A: ")), Kind: "no answer", Words: "no whole answer within", Short: true},
		"nothing at all":        {Reply: handle(RawHeld("")), Kind: "no answer", Words: "no whole answer within", Short: true},
		"another protocol":      {Reply: handle(RawHeld("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")), Kind: "status", Words: "answered with 101"},
		"continue, continue":    {Reply: handle(Raw(strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 100_000))), Kind: "no answer"},
		"no HTTP":               {Reply: handle(Raw("SSH-2.0-OpenSSH_9.6\r\n")), Kind: "no answer", Words: "malformed HTTP"},
		"no HTTP, with colours": {Reply: handle(Raw("\x1b[2J\x1b[31m\x07\r\n")), Kind: "no answer", Words: "malformed HTTP"},
		"a status of six":       {Reply: handle(Raw("HTTP/1.1 666 \x1b[2J\r\nContent-Length: 0\r\n\r\n")), Kind: "status", Words: "answered with 666"},
		"a status of none":      {Reply: handle(Raw("HTTP/1.1 000 X\r\nContent-Length: 0\r\n\r\n")), Kind: "status", Words: "answered with 0"},

		"itself again":       {Reply: redirect(http.StatusFound, "#"), Kind: "redirect", Words: "redirects to"},
		"another host":       {Reply: redirect(http.StatusTemporaryRedirect, elsewhere), Kind: "redirect", Words: "redirects to " + elsewhere},
		"another host, 308":  {Reply: redirect(http.StatusPermanentRedirect, elsewhere+"?token=sesame"), Kind: "redirect", Words: "redirects to " + elsewhere},
		"another scheme":     {Reply: redirect(http.StatusFound, "javascript:alert(1)"), Kind: "redirect", Words: "redirects to javascript:"},
		"a location of 1 MB": {Reply: redirect(http.StatusFound, "/"+strings.Repeat("a", 1<<20)), Kind: "no answer", Words: "headers exceeded"},

		"a length that is short":   {Reply: handle(Raw200("Content-Length: 5\r\n", `{"name": "x"}`)), Kind: "body", Words: "as JSON, got", Body: true},
		"a length that is long":    {Reply: handle(Raw200("Content-Length: 500\r\n", `{"name": `)), Kind: "no answer", Words: "unexpected EOF"},
		"a length below nothing":   {Reply: handle(Raw200("Content-Length: -1\r\n", `{}`)), Kind: "no answer", Words: "Content-Length"},
		"two lengths":              {Reply: handle(Raw200("Content-Length: 2\r\nContent-Length: 5\r\n", `{}abc`)), Kind: "no answer", Words: "Content-Length"},
		"a chunk that is none":     {Reply: handle(Raw200("Transfer-Encoding: chunked\r\n", "zz\r\n{}\r\n")), Kind: "no answer", Words: "chunk"},
		"a header of 1 MB":         {Reply: handle(Raw200("X-A: "+strings.Repeat("a", 1<<20)+"\r\n", `{}`)), Kind: "no answer", Words: "headers exceeded"},
		"100,000 headers":          {Reply: handle(Raw200(strings.Repeat("X-A: b\r\n", 100_000), `{}`)), Kind: "no answer", Words: "headers exceeded"},
		"colours in a header":      {Reply: handle(Raw200("X-A: \x1b[2J\r\n", `{}`)), Kind: "no answer", Words: "malformed MIME header"},
		"colours as a header":      {Reply: handle(Raw200("X\x1b[2J: a\r\n", `{}`)), Kind: "no answer", Words: "malformed MIME header"},
		"NUL in a header":          {Reply: handle(Raw200("X-A: a\x00b\r\n", `{}`)), Kind: "no answer", Words: "malformed MIME header"},
		"half of JSON":             {Reply: body(asJSON, `{"name": "x`), Kind: "body", Words: "as JSON, got application/json: {", Body: true},
		"nothing":                  {Reply: body(asJSON, ""), Kind: "body", Words: "as JSON, got nothing", Body: true},
		"blanks":                   {Reply: body(asJSON, " \r\n\t "), Kind: "body", Words: "as JSON, got nothing", Body: true},
		"a byte order mark":        {Reply: body(asJSON, "\xef\xbb\xbf{}"), Kind: "body", Words: "as JSON, got", Body: true},
		"NUL":                      {Reply: body(asJSON, "\x00\x00"), Kind: "body", Words: "got application/json: ??", Body: true},
		"a page":                   {Reply: body(page, "<html><body><h1>Sign in</h1></body></html>"), Kind: "body", Words: "got text/html: Sign in", Body: true},
		"a page as JSON":           {Reply: body(asJSON, "<!DOCTYPE html><title>Sign in</title>"), Kind: "body", Words: "got application/json: Sign in", Body: true},
		"XML":                      {Reply: body("application/xml", "<?xml version='1.0'?><a>b</a>"), Kind: "body", Words: "got application/xml: <?xml", Body: true},
		"a type with colours":      {Reply: body("text/x; a=\u202e", "x"), Kind: "body", Words: "got text/x; a=?", Body: true},
		"null":                     {Reply: body(asJSON, "null"), Kind: "body", Body: true},
		"a list":                   {Reply: body(asJSON, "[]"), Kind: "body", Body: true},
		"a number":                 {Reply: body(asJSON, "1e999999999"), Kind: "body", Body: true},
		"a text":                   {Reply: body(asJSON, `"\u001b[2J"`), Kind: "body", Body: true},
		"a text that is not UTF-8": {Reply: body(asJSON, "{\"name\": \"\xff\xfe\"}"), Kind: "body", Body: true},
		"a key that is not UTF-8":  {Reply: body(asJSON, "{\"\xff\xfe\": 1}"), Kind: "body", Body: true},
		"objects, 100,000 deep":    {Reply: body(asJSON, strings.Repeat(`{"name":`, 100_000)), Kind: "body", Words: "nested more than 1000 levels", Body: true},
		"the token, in JSON":       {Reply: body(asJSON, `{"sesame": sesame}`), Kind: "body", Words: "***", Body: true},
		"the token, cut in two":    {Reply: body(text, "<"+strings.Repeat(" ", 2042)+"sesame"), Kind: "body", Words: "got " + text, Body: true},

		"an error of colours":      {Reply: Reply{Status: http.StatusBadRequest, ContentType: text, Body: "\x1b[2Jno\x07\u202e\x9b1m\u009b1m"}, Kind: "status", Words: "?[2Jno??"},
		"an error in JSON of them": {Reply: Reply{Status: http.StatusBadRequest, ContentType: asJSON, Body: `{"error": "\u001b[2Jno\u0000"}`}, Kind: "status", Words: "?[2Jno?"},
		"an error as a list":       {Reply: Reply{Status: http.StatusBadRequest, ContentType: asJSON, Body: strings.Repeat("[", 100_000)}, Kind: "status", Words: "[[["},
		"an error of a list":       {Reply: Reply{Status: http.StatusBadRequest, ContentType: asJSON, Body: `{"error": ["sesame", {"a": null}]}`}, Kind: "status", Words: `["***"`},
		"an error of tags":         {Reply: Reply{Status: http.StatusBadRequest, ContentType: page, Body: strings.Repeat("<h1><", 10_000)}, Kind: "status"},
		"an error with the token":  {Reply: Reply{Status: http.StatusBadRequest, ContentType: page, Body: "<h1>&#115;esame</h1>"}, Kind: "status", Words: "***"},
	}
	// Most of a flood is what may be read, and what loopback's buffers hold.
	const buffers = 16 << 20
	for name, f := range map[string]struct {
		flood       *Flood
		kind, words string
		most        int64
	}{
		"1 GB of one text":      {flood(http.StatusOK, asJSON, `{"`, "a"), "body", "longer than 16 MiB", 16<<20 + buffers},
		"1 GB of blanks":        {flood(http.StatusOK, asJSON, "", " "), "body", "longer than 16 MiB", 16<<20 + buffers},
		"1 GB of a page":        {flood(http.StatusOK, page, "<html>", "a"), "body", "", 64<<20 + buffers},
		"1 GB of an error":      {flood(http.StatusNotFound, text, "", "a"), "status", "answered with 404", 64<<10 + buffers},
		"1 GB of an error page": {flood(http.StatusBadRequest, page, "<h1>", "<"), "status", "answered with 400", 64<<10 + buffers},
		"1 GB of a redirect":    {flood(http.StatusFound, text, "", "a"), "redirect", "without a usable Location", 64<<10 + buffers},
	} {
		cases[name] = Case{Reply: Reply{Handle: f.flood.ServeHTTP}, Heavy: true, Flood: f.flood, Kind: f.kind, Words: f.words, Most: f.most}
	}
	return cases
}

// Judge looks at the error that the case made; kind is the name of its kind.
func (c Case) Judge(t *testing.T, kind string, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("the answer was taken")
	}
	text := err.Error()
	if kind != c.Kind || !strings.Contains(text, c.Words) {
		t.Errorf("kind %q, want %q; %q does not say %q", kind, c.Kind, text, c.Words)
	}
	if len(text) > 1000 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("nobody can be shown %d bytes of %.1000q", len(text), text)
	}
	if strings.Contains(text, "sesam") {
		t.Errorf("the token is in %q", text)
	}
	if c.Flood != nil && c.Flood.Sent() > c.Most {
		t.Errorf("%d bytes were taken, want at most %d", c.Flood.Sent(), c.Most)
	}
}
