// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
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
	{regexp.MustCompile(`(?i)([?&](?:token|access_token|api_token|password|sig)=)[^&\s"'<>]*`), "${1}" + mask},
	{regexp.MustCompile(`(://)[^/\s:@]*:[^/\s@]*@`), "${1}" + mask + "@"},
}

// redactor removes secrets from texts that go into logs and errors: those of
// its own client to the letter, and what looks like one.
type redactor struct {
	own *strings.Replacer
}

func newRedactor(auth Auth, proxy *url.URL) redactor {
	var pairs []string
	hide := func(secret string) {
		if secret == "" {
			return
		}
		for _, form := range append(inJSON(secret), secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret)) {
			pairs = append(pairs, form, mask)
		}
	}
	if auth != nil {
		for _, secret := range auth.secrets() {
			hide(secret)
		}
	}
	if proxy != nil && proxy.User != nil {
		password, _ := proxy.User.Password()
		hide(password)
		hide(base64.StdEncoding.EncodeToString([]byte(proxy.User.Username() + ":" + password)))
	}
	return redactor{own: strings.NewReplacer(pairs...)}
}

// inJSON is how a text stands between the quotes of a JSON string: as short as
// may be, as Go writes it, and in ASCII as Python does.
func inJSON(text string) []string {
	inner := func(quoted string) string { return quoted[1 : len(quoted)-1] }
	forms := []string{strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text), inner(strconv.QuoteToASCII(text))}
	if quoted, err := json.Marshal(text); err == nil {
		forms = append(forms, inner(string(quoted)))
	}
	return forms
}

// header returns a copy without cookies and without secrets in the rest, for
// example in a Location.
func (r redactor) header(header http.Header) http.Header {
	kept := header.Clone()
	kept.Del("Set-Cookie")
	for _, values := range kept {
		for i := range values {
			values[i] = r.text(values[i])
		}
	}
	return kept
}

func (r redactor) text(text string) string {
	text = r.own.Replace(text)
	for _, pattern := range patterns {
		text = pattern.find.ReplaceAllString(text, pattern.replace)
	}
	return text
}
