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
)

const maxWords = 300

// serverWords is what an answer says, in one line and without secrets, and
// whether it said it in the error member of a JSON object: {"error"} at the
// gateway, {"message"} at the Hub, where it may be null, {"description"} and
// {"detail"} at a STAC API and what is made like one. isCut says that the body is
// only the beginning of the answer.
func (r redactor) serverWords(contentType string, body []byte, isCut bool) (string, bool) {
	if words, ok := jsonWords(body); ok && isJSON(contentType) {
		return r.line(words), true
	}
	if isCut {
		body = r.end(body)
	}
	if isHTML(contentType, body) {
		return r.line(htmlWords(body)), false
	}
	return r.line(string(body)), false
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && (media == "application/json" || strings.HasSuffix(media, "+json"))
}

func isHTML(contentType string, body []byte) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "text/html" || bytes.HasPrefix(bytes.ToLower(bytes.TrimSpace(body)), []byte("<!doctype html"))
}

// jsonWords reads the error member of an answer; ok says that there is one,
// even if it is null.
func jsonWords(body []byte) (words string, ok bool) {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return "", false
	}
	for _, name := range []string{"error", "message", "description", "detail"} {
		raw, there := members[name]
		if !there {
			continue
		}
		if json.Unmarshal(raw, &words) != nil {
			words = string(raw)
		}
		return words, true
	}
	return "", false
}

var (
	htmlHeading = regexp.MustCompile(`(?is)<h1[^>]*>(.*?)</h1>(?:\s*<p[^>]*>(.*?)</p>)?`)
	htmlTitle   = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	htmlHidden  = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)>`)
	htmlTag     = regexp.MustCompile(`(?s)<[^>]*>`)
)

// htmlWords finds the sentence in a page: its first heading with the paragraph
// after it, else its title, else its text.
func htmlWords(body []byte) string {
	page := string(bytes.ToValidUTF8(body, []byte("?")))
	for _, part := range []*regexp.Regexp{htmlHeading, htmlTitle} {
		if found := part.FindStringSubmatch(page); found != nil {
			if text := htmlText(strings.Join(found[1:], " ")); text != "" {
				return text
			}
		}
	}
	return htmlText(htmlHidden.ReplaceAllString(page, " "))
}

func htmlText(fragment string) string {
	return strings.TrimSpace(html.UnescapeString(htmlTag.ReplaceAllString(fragment, " ")))
}

// oneLine also takes out what would move the cursor of a terminal, or turn the
// direction of its text.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.Join(strings.Fields(text), " "))
}

// Words makes one short line of what a server said in an answer, without
// secrets, so that a person can be shown it.
func (c *Client) Words(said string) string { return cut(c.redact.line(said)) }

// cut shortens what is too long to be read in an error. It comes after
// redaction, which would not know a secret by its first half.
func cut(text string) string {
	if utf8.RuneCountInString(text) <= maxWords {
		return text
	}
	return string([]rune(text)[:maxWords]) + "…"
}
