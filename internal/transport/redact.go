// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

const (
	mask = "***"
	// shortestPrefix is the minimum length, in bytes, of the beginning of a secret that
	// is masked: see maskedPrefix.
	shortestPrefix = 6
	// maxDecodings is how many levels of percent-encoding are searched for secrets.
	maxDecodings = 4
)

// patterns match texts that are always secret: PEM blocks, members of JSON objects,
// credential headers, and tokens in a query.
var patterns = []struct {
	find    func() *regexp.Regexp
	replace string
}{
	{lazy.Regexp(`(?s)-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|$)`), mask},
	{lazy.Regexp(`(?i)(["'](?:token|api_token|tls_key|tls_cert|password)["']\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)`), `${1}"` + mask + `"`},
	{lazy.Regexp(`(?i)\b((?:authorization|cookie|set-cookie|proxy-authorization)["']?\s*[:=]\s*)[^\r\n]*`), "${1}" + mask},
	{lazy.Regexp(`(?i)\b(negotiate\s+)[A-Za-z0-9+/=]{16,}`), "${1}" + mask},
	{lazy.Regexp(`(?i)([?&](?:token|access_token|api_token|password|sig)=)[^&\s"'<>]*`), "${1}" + mask},
	{lazy.Regexp(`(://)[^/\s:@]*:[^/\s@]*@`), "${1}" + mask + "@"},
}

// redactor masks secrets in texts for logs and errors: the secrets of its client, and
// texts that match a pattern. It recognises a secret in plain text, in the escapes of
// JSON, HTML and addresses, and by its first two thirds. It does not recognise a
// secret that a server encodes in base64 or hexadecimal digits.
type redactor struct {
	// forms returns the texts to mask. It is a function so that a dump of a client shows
	// its address instead of the secrets.
	forms func() []string
	// add adds forms for the rest of the run.
	add func(forms []string)
}

func newRedactor(auth Auth, proxy *url.URL) redactor {
	var forms []string
	hide := func(secret string) {
		if secret != "" {
			forms = append(forms, formsOf(secret)...)
		}
	}
	if auth != nil {
		for _, secret := range auth.Secrets() {
			hide(secret)
		}
	}
	if proxy != nil && proxy.User != nil {
		password, _ := proxy.User.Password()
		hide(password)
		hide(base64.StdEncoding.EncodeToString([]byte(proxy.User.Username() + ":" + password)))
	}
	return redactorOf(forms)
}

func redactorOf(forms []string) redactor {
	var current atomic.Pointer[[]string]
	add := func(more []string) {
		for {
			before := current.Load()
			all := slices.Clone(more)
			if before != nil {
				all = append(all, *before...)
			}
			slices.Sort(all)
			all = slices.Compact(all)
			if current.CompareAndSwap(before, &all) {
				return
			}
		}
	}
	add(forms)
	return redactor{forms: func() []string { return *current.Load() }, add: add}
}

// HideSecrets masks texts in all later logs and errors of the client. A server may
// quote them in responses to later requests, even about other objects.
func (c *Client) HideSecrets(secrets ...string) {
	known := c.redact.forms()
	var forms []string
	for _, secret := range secrets {
		if _, exists := slices.BinarySearch(known, secret); secret != "" && !exists {
			forms = append(forms, formsOf(secret)...)
		}
	}
	if len(forms) > 0 {
		c.redact.add(forms)
	}
}

// with returns a redactor that also masks the secrets of one request.
func (r redactor) with(secrets []string) redactor {
	if len(secrets) == 0 {
		return r
	}
	forms := slices.Clone(r.forms())
	for _, secret := range secrets {
		if secret != "" {
			forms = append(forms, formsOf(secret)...)
		}
	}
	return redactorOf(forms)
}

// formsOf returns the forms in which a response may contain a text: in plain text,
// and quoted once or twice by JSON or Python, which may quote each other's output.
func formsOf(text string) []string {
	quoted := append(inJSON(text), inPython(text)...)
	forms := slices.Clone(quoted)
	for _, form := range quoted {
		if form != text {
			forms = append(append(forms, inJSON(form)...), inPython(form)...)
		}
	}
	for _, escaped := range []string{url.QueryEscape(text), url.PathEscape(text)} {
		forms = append(forms, escaped, lowerEscapes().ReplaceAllStringFunc(escaped, strings.ToLower))
	}
	// Python's html.escape uses different entities from Go's.
	forms = append(forms, html.EscapeString(text), pythonEntities.Replace(text), text)
	for _, form := range slices.Clone(forms) {
		if strings.Contains(form, "/") {
			forms = append(forms, strings.ReplaceAll(form, "/", `\/`))
		}
	}
	return forms
}

var (
	lowerEscapes   = lazy.Regexp(`%[0-9A-F]{2}`)
	pythonEntities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;")
)

// inJSON returns the forms of a text inside a JSON string: with as few escapes as
// possible, as Go writes it, and in ASCII as Python does.
func inJSON(text string) []string {
	inner := func(quoted string) string { return quoted[1 : len(quoted)-1] }
	forms := []string{strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text), inner(strconv.Quote(text)), inner(strconv.QuoteToASCII(text))}
	if quoted, err := json.Marshal(text); err == nil {
		forms = append(forms, inner(string(quoted)))
	}
	return forms
}

// inPython returns the forms of a text inside the quotes of Python's repr(), for
// either kind of quote, and of ascii().
func inPython(text string) []string {
	var plain, ascii strings.Builder
	for _, r := range text {
		switch {
		case r == '\\':
			plain.WriteString(`\\`)
			ascii.WriteString(`\\`)
		case r == '\n' || r == '\r' || r == '\t':
			escaped := strings.Trim(strconv.QuoteRune(r), "'")
			plain.WriteString(escaped)
			ascii.WriteString(escaped)
		case r < 0x20 || r >= 0x7f:
			escaped := pythonEscape(r)
			ascii.WriteString(escaped)
			if unicode.IsPrint(r) {
				escaped = string(r)
			}
			plain.WriteString(escaped)
		default:
			plain.WriteRune(r)
			ascii.WriteRune(r)
		}
	}
	var forms []string
	for _, form := range []string{plain.String(), ascii.String()} {
		forms = append(forms, form, strings.ReplaceAll(form, "'", `\'`), strings.ReplaceAll(form, `"`, `\"`))
	}
	return forms
}

// pythonEscape writes a character as Python's unicode_repr does
// (Objects/unicodeobject.c).
func pythonEscape(r rune) string {
	switch {
	case r <= 0xff:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}

// text masks the secrets in a text, including percent-encoded ones, and the matches
// of patterns.
func (r redactor) text(text string) string {
	forms := r.forms()
	spans := secretSpans(text, forms)
	encoded := encodedText{bytes: text}
	for range maxDecodings {
		next, changed := encoded.decode()
		if !changed {
			break
		}
		encoded = next
		for _, found := range secretSpans(encoded.bytes, forms) {
			spans = append(spans, span{encoded.offset(found.start), encoded.offset(found.end)})
		}
	}
	text = maskSpans(text, spans)
	for _, pattern := range patterns {
		text = pattern.find().ReplaceAllString(text, pattern.replace)
	}
	return text
}

// span is a part of a text, in bytes.
type span struct{ start, end int }

// secretSpans finds the forms of secrets in a text, and their beginnings.
func secretSpans(text string, forms []string) []span {
	var spans []span
	for _, form := range forms {
		prefix := form[:maskedPrefix(form)]
		for position := 0; ; position++ {
			found := strings.Index(text[position:], prefix)
			if found < 0 {
				break
			}
			position += found
			length := len(prefix)
			if isShortNumber(form) && isInsideWord(text, position, position+length) {
				continue
			}
			for length < len(form) && position+length < len(text) && form[length] == text[position+length] {
				length++
			}
			spans = append(spans, span{position, position + length})
		}
	}
	return spans
}

// isShortNumber reports whether a secret is a number of few digits. It is masked only
// where it stands alone, and not inside a longer number or word, such as a status.
func isShortNumber(form string) bool {
	return len(form) < 4 && strings.Trim(form, "0123456789.-") == ""
}

func isInsideWord(text string, start, end int) bool {
	isWord := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
	}
	return start > 0 && isWord(text[start-1]) || end < len(text) && isWord(text[end])
}

// maskedPrefix is the length of the beginning of a secret that is masked even if the
// rest is missing: two thirds, because some servers shorten what they quote. Short
// secrets are masked only as a whole, because many words contain their beginnings.
func maskedPrefix(form string) int {
	return min(len(form), max(shortestPrefix, (2*len(form)+2)/3))
}

func maskSpans(text string, spans []span) string {
	if len(spans) == 0 {
		return text
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var masked strings.Builder
	end := 0
	for _, s := range spans {
		if s.start >= end {
			masked.WriteString(text[end:s.start])
			masked.WriteString(mask)
		}
		end = max(end, s.end)
	}
	masked.WriteString(text[end:])
	return masked.String()
}

// encodedText is a text without a level of percent-encoding. offsets are the
// positions of its bytes in the original text; nil for the original itself.
type encodedText struct {
	bytes   string
	offsets []int
}

func (e encodedText) offset(i int) int {
	if e.offsets == nil {
		return i
	}
	return e.offsets[i]
}

// decode removes one level of percent-encoding.
func (e encodedText) decode() (decoded encodedText, changed bool) {
	var text strings.Builder
	offsets := make([]int, 0, len(e.bytes)+1)
	for i := 0; i < len(e.bytes); i++ {
		offsets = append(offsets, e.offset(i))
		if e.bytes[i] == '%' && i+2 < len(e.bytes) {
			if value, err := strconv.ParseUint(e.bytes[i+1:i+3], 16, 8); err == nil {
				text.WriteByte(byte(value))
				changed = true
				i += 2
				continue
			}
		}
		text.WriteByte(e.bytes[i])
	}
	return encodedText{text.String(), append(offsets, e.offset(len(e.bytes)))}, changed
}

// withoutPartialSecret removes the beginning of a secret from the end of a truncated
// text.
func (r redactor) withoutPartialSecret(text []byte) []byte {
	longest := 0
	for _, form := range r.forms() {
		for n := min(len(form)-1, len(text)); n > longest; n-- {
			if bytes.HasSuffix(text, []byte(form[:n])) {
				longest = n
			}
		}
	}
	return text[:len(text)-longest]
}
