// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const mask = "***"

// patterns are what looks like a secret wherever it turns up: PEM blocks,
// members of JSON objects, credential headers, and tokens in a query.
var patterns = []struct {
	find    *regexp.Regexp
	replace string
}{
	{regexp.MustCompile(`(?s)-----BEGIN [A-Z ]+-----.*?(-----END [A-Z ]+-----|$)`), mask},
	{regexp.MustCompile(`(?i)(["'](?:token|api_token|tls_key|tls_cert|password)["']\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)`), `${1}"` + mask + `"`},
	{regexp.MustCompile(`(?i)\b((?:authorization|cookie|set-cookie|proxy-authorization)["']?\s*[:=]\s*)[^\r\n]*`), "${1}" + mask},
	{regexp.MustCompile(`(?i)\b(negotiate\s+)[A-Za-z0-9+/=]{16,}`), "${1}" + mask},
	{regexp.MustCompile(`(?i)([?&](?:token|access_token|api_token|password|sig)=)[^&\s"'<>]*`), "${1}" + mask},
	{regexp.MustCompile(`(://)[^/\s:@]*:[^/\s@]*@`), "${1}" + mask + "@"},
}

// redactor removes secrets from texts that go into logs and errors: those of
// its own client to the letter, and what looks like one. It has them in
// functions: whatever prints a client prints no more of those than an address.
type redactor struct {
	// forms are what the secrets may look like, own puts the mask in their place.
	forms func() []string
	own   func(string) string
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
	// One secret may begin as another does: the longer one comes first.
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range forms {
		pairs = append(pairs, form, mask)
	}
	return redactor{forms: func() []string { return forms }, own: strings.NewReplacer(pairs...).Replace}
}

// with also removes the secrets of one request.
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

// formsOf is how a text may stand in an answer: the longest form of all those
// that begin alike comes first.
func formsOf(text string) []string {
	forms := inJSON(text)
	for _, escaped := range []string{url.QueryEscape(text), url.PathEscape(text)} {
		forms = append(forms, escaped, lowerEscapes.ReplaceAllStringFunc(escaped, strings.ToLower))
	}
	// Python's html.escape writes other entities than Go's.
	forms = append(forms, html.EscapeString(text), pythonEntities.Replace(text), text)
	for _, form := range slices.Clone(forms) {
		if strings.Contains(form, "/") {
			forms = append(forms, strings.ReplaceAll(form, "/", `\/`))
		}
	}
	slices.Sort(forms)
	forms = slices.Compact(forms)
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return forms
}

var (
	lowerEscapes   = regexp.MustCompile(`%[0-9A-F]{2}`)
	pythonEntities = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#x27;")
)

// inJSON is how a text stands between the quotes of a JSON string: as short as
// may be, as Go writes it, and in ASCII as Python does.
func inJSON(text string) []string {
	inner := func(quoted string) string { return quoted[1 : len(quoted)-1] }
	forms := []string{strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text), inner(strconv.Quote(text)), inner(strconv.QuoteToASCII(text))}
	if quoted, err := json.Marshal(text); err == nil {
		forms = append(forms, inner(string(quoted)))
	}
	return forms
}

func (r redactor) text(text string) string {
	text = r.own(text)
	for _, pattern := range patterns {
		text = pattern.find.ReplaceAllString(text, pattern.replace)
	}
	return text
}

// line makes one line of the beginning of a text, without secrets. A secret may
// have blanks that the line has not, and the line blanks that make one.
func (r redactor) line(text string) string {
	if len(text) > maxBegun {
		text = string(r.end([]byte(text[:maxBegun])))
	}
	return r.text(oneLine(r.text(text)))
}

// end takes off the first part of a secret, which the end of the text may have
// cut in two.
func (r redactor) end(text []byte) []byte {
	part := 0
	for _, form := range r.forms() {
		for n := min(len(form)-1, len(text)); n > part; n-- {
			if bytes.HasSuffix(text, []byte(form[:n])) {
				part = n
			}
		}
	}
	return text[:len(text)-part]
}
