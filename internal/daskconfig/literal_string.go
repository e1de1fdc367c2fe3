// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// strings reads one or several adjacent string literals, which Python joins.
// Bytes and f-strings are not read.
func (p *literalParser) strings() (any, bool) {
	var joined strings.Builder
	for read := false; ; read = true {
		raw := false
		body := p.rest
		if body != "" && strings.ContainsRune("rRuU", rune(body[0])) {
			raw = body[0] == 'r' || body[0] == 'R'
			body = body[1:]
		}
		if body == "" || body[0] != '"' && body[0] != '\'' {
			return joined.String(), read
		}
		quote := body[:1]
		if triple := strings.Repeat(quote, 3); strings.HasPrefix(body, triple) {
			quote = triple
		}
		p.rest = body[len(quote):]
		if !p.quoted(&joined, quote, raw) {
			return nil, false
		}
		p.space()
	}
}

// quoted reads up to and including the closing quote.
func (p *literalParser) quoted(to *strings.Builder, quote string, raw bool) bool {
	for p.rest != "" {
		if rest, closed := strings.CutPrefix(p.rest, quote); closed {
			p.rest = rest
			return true
		}
		c := p.rest[0]
		switch {
		case (c == '\n' || c == '\r') && len(quote) == 1:
			return false
		case c == '\\' && raw:
			if len(p.rest) < 2 {
				return false
			}
			to.WriteString(p.rest[:2])
			p.rest = p.rest[2:]
		case c == '\\':
			if !p.escape(to) {
				return false
			}
		default:
			to.WriteByte(c)
			p.rest = p.rest[1:]
		}
	}
	return false
}

var simpleEscapes = map[byte]string{
	'\n': "", '\\': "\\", '\'': "'", '"': "\"",
	'a': "\a", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", 'v': "\v",
}

// escape reads an escape sequence. As in Python, an undefined one stands for itself.
// Names of characters, \N{...}, are not supported.
func (p *literalParser) escape(to *strings.Builder) bool {
	if len(p.rest) < 2 {
		return false
	}
	c := p.rest[1]
	if text, ok := simpleEscapes[c]; ok {
		to.WriteString(text)
		p.rest = p.rest[2:]
		return true
	}
	switch {
	case '0' <= c && c <= '7':
		digits := 1
		for digits < 3 && len(p.rest) > 1+digits && '0' <= p.rest[1+digits] && p.rest[1+digits] <= '7' {
			digits++
		}
		return p.codePoint(to, 1, digits, 8)
	case c == 'x':
		return p.codePoint(to, 2, 2, 16)
	case c == 'u':
		return p.codePoint(to, 2, 4, 16)
	case c == 'U':
		return p.codePoint(to, 2, 8, 16)
	case c == 'N':
		return false
	default:
		to.WriteByte('\\')
		p.rest = p.rest[1:]
		return true
	}
}

// codePoint reads the digits after a prefix. Half a surrogate pair cannot be
// represented in UTF-8.
func (p *literalParser) codePoint(to *strings.Builder, prefix, digits, base int) bool {
	if len(p.rest) < prefix+digits {
		return false
	}
	point, err := strconv.ParseUint(p.rest[prefix:prefix+digits], base, 32)
	if err != nil || point > utf8.MaxRune || !utf8.ValidRune(rune(point)) {
		return false
	}
	to.WriteRune(rune(point))
	p.rest = p.rest[prefix+digits:]
	return true
}
