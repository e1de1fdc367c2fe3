// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"encoding/json"
	"html"
	"mime"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

// maxMessageLength is the maximum length of a message in an error, in characters.
const maxMessageLength = 300

// message is the error message in a response. Decisions use the raw message. Only
// the text for people is redacted: a password that is part of "not found" must not
// change what the provider does.
type message struct {
	raw, printable string
	// isJSON reports whether raw is the error member of a JSON object, which means that
	// the response comes from the API and not from a proxy in front of it.
	isJSON bool
}

// messageOf extracts the message from a response. isCut reports whether the body is
// only the beginning of the response.
func (r redactor) messageOf(contentType string, body []byte, isCut bool) message {
	if raw, ok := jsonMessage(body); ok && isJSON(contentType) {
		return message{raw: raw, printable: r.printable(raw), isJSON: true}
	}
	raw := string(body)
	if isCut {
		body = r.withoutPartialSecret(body)
	}
	if isHTML(contentType, body) {
		return message{raw: htmlMessage([]byte(raw)), printable: r.printable(htmlMessage(body))}
	}
	return message{raw: raw, printable: r.printable(string(body))}
}

// Printable converts a text from a server to one short line that is safe to print on
// a terminal. Control characters, escape sequences and characters that change the
// direction of a text become question marks. Every text from a server must pass
// through Printable before it reaches a diagnostic.
func Printable(text string) string { return shorten(oneLine(text)) }

// Printable is like the function Printable and also masks the client's secrets.
func (c *Client) Printable(text string) string { return c.redact.printable(text) }

// printable masks secrets before and after it joins the lines: a secret may contain
// blanks that the joined line lacks, and joining lines may complete a secret.
func (r redactor) printable(text string) string {
	if len(text) > maxBodyStartSize {
		text = string(r.withoutPartialSecret([]byte(text[:maxBodyStartSize])))
	}
	return shorten(r.text(oneLine(r.text(text))))
}

func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
}

// shorten must run after redaction, because redaction does not recognise the first
// half of a secret.
func shorten(text string) string {
	if utf8.RuneCountInString(text) <= maxMessageLength {
		return text
	}
	return string([]rune(text)[:maxMessageLength]) + "…"
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

func isHTML(contentType string, body []byte) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "text/html" || bytes.HasPrefix(bytes.ToLower(bytes.TrimSpace(body)), []byte("<!doctype html"))
}

// jsonMessage returns the error member of a JSON object: "error" from the gateway,
// "message" from the Hub, "description" or "detail" from a STAC API. ok reports
// whether the member exists. The Hub may set it to null.
func jsonMessage(body []byte) (text string, ok bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return "", false
	}
	for _, name := range []string{"error", "message", "description", "detail"} {
		value, exists := members[name]
		if !exists {
			continue
		}
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		return text, true
	}
	return "", false
}

var (
	htmlHeading = lazy.Regexp(`(?is)<h1[^>]*>(.*?)</h1>(?:\s*<p[^>]*>(.*?)</p>)?`)
	htmlTitle   = lazy.Regexp(`(?is)<title[^>]*>(.*?)</title>`)
	htmlHidden  = lazy.Regexp(`(?is)<(script|style|head)\b.*?</(script|style|head)>`)
	htmlTag     = lazy.Regexp(`(?s)<[^>]*>`)
)

// htmlMessage returns the message of an HTML page: the first heading with the
// paragraph after it, or the title, or the text.
func htmlMessage(body []byte) string {
	page := string(bytes.ToValidUTF8(body, []byte("?")))
	for _, part := range []*regexp.Regexp{htmlHeading(), htmlTitle()} {
		if found := part.FindStringSubmatch(page); found != nil {
			if text := htmlText(strings.Join(found[1:], " ")); text != "" {
				return text
			}
		}
	}
	return htmlText(htmlHidden().ReplaceAllString(page, " "))
}

func htmlText(fragment string) string {
	return strings.TrimSpace(html.UnescapeString(htmlTag().ReplaceAllString(fragment, " ")))
}
