// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"net/url"
	"regexp"
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
	{regexp.MustCompile(`(?i)("(?:token|api_token|tls_key|tls_cert|password)"\s*:\s*)"(?:[^"\\]|\\.)*"?`), `$1"` + mask + `"`},
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
		if secret != "" {
			pairs = append(pairs, secret, mask)
			if escaped := url.QueryEscape(secret); escaped != secret {
				pairs = append(pairs, escaped, mask)
			}
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
	}
	return redactor{own: strings.NewReplacer(pairs...)}
}

func (r redactor) text(text string) string {
	text = r.own.Replace(text)
	for _, pattern := range patterns {
		text = pattern.find.ReplaceAllString(text, pattern.replace)
	}
	return text
}
