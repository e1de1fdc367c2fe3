// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

var errJSON = errors.New("not JSON")

// loads reads JSON as Python's json.loads does: the order of members and the
// difference between 1 and 1.0 are kept, and NaN is a number.
func loads(text string) (any, error) {
	p := &parser{text: text}
	value, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at != len(p.text) {
		return nil, errJSON
	}
	return value, nil
}

type parser struct {
	text string
	at   int
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

func (p *parser) take(word string) bool {
	if strings.HasPrefix(p.text[p.at:], word) {
		p.at += len(word)
		return true
	}
	return false
}

func (p *parser) value(depth int) (any, error) {
	p.space()
	if depth > 900 || p.at >= len(p.text) {
		return nil, errJSON
	}
	switch p.text[p.at] {
	case '{':
		return p.object(depth)
	case '[':
		return p.list(depth)
	case '"':
		return p.string()
	}
	for word, value := range map[string]any{
		"null": nil, "true": true, "false": false, "NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1),
	} {
		if p.take(word) {
			return value, nil
		}
	}
	return p.number()
}

func (p *parser) object(depth int) (any, error) {
	p.at++
	result := object{}
	if p.space(); p.take("}") {
		return result, nil
	}
	for {
		p.space()
		name, err := p.string()
		if err != nil {
			return nil, err
		}
		if p.space(); !p.take(":") {
			return nil, errJSON
		}
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		result = result.with(name, value)
		if p.space(); p.take("}") {
			return result, nil
		}
		if !p.take(",") {
			return nil, errJSON
		}
	}
}

func (p *parser) list(depth int) (any, error) {
	p.at++
	result := []any{}
	if p.space(); p.take("]") {
		return result, nil
	}
	for {
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		result = append(result, value)
		if p.space(); p.take("]") {
			return result, nil
		}
		if !p.take(",") {
			return nil, errJSON
		}
	}
}

func (p *parser) string() (string, error) {
	if !p.take(`"`) {
		return "", errJSON
	}
	var text strings.Builder
	for p.at < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		p.at += size
		switch {
		case r == '"':
			return text.String(), nil
		case r == '\\':
			if err := p.escape(&text); err != nil {
				return "", err
			}
		case r < 0x20:
			return "", errJSON
		default:
			text.WriteRune(r)
		}
	}
	return "", errJSON
}

func (p *parser) escape(text *strings.Builder) error {
	if p.at >= len(p.text) {
		return errJSON
	}
	c := p.text[p.at]
	p.at++
	if i := strings.IndexByte(`"\/bfnrt`, c); i >= 0 {
		text.WriteByte("\"\\/\b\f\n\r\t"[i])
		return nil
	}
	if c != 'u' {
		return errJSON
	}
	r, err := p.unit()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) && p.take(`\u`) {
		low, err := p.unit()
		if err != nil {
			return err
		}
		r = utf16.DecodeRune(r, low)
	}
	text.WriteRune(r)
	return nil
}

func (p *parser) unit() (rune, error) {
	if p.at+4 > len(p.text) {
		return 0, errJSON
	}
	code, err := strconv.ParseUint(p.text[p.at:p.at+4], 16, 16)
	p.at += 4
	return rune(code), err
}

// number is the pattern of Python's decoder; what it does not match ends the
// number.
var number = regexp.MustCompile(`^(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?`)

// longestInteger is how many digits Python reads at most.
const longestInteger = 4300

func (p *parser) number() (any, error) {
	found := number.FindStringSubmatch(p.text[p.at:])
	if found == nil {
		return nil, errJSON
	}
	text := found[0]
	p.at += len(text)
	if found[2] == "" && found[3] == "" {
		if number, err := strconv.ParseInt(text, 10, 64); err == nil {
			return number, nil
		}
		number, ok := new(big.Int).SetString(text, 10)
		if !ok || len(strings.TrimPrefix(text, "-")) > longestInteger {
			return nil, errJSON
		}
		return number, nil
	}
	// What is too large is infinite, in Python as in Go.
	number, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(number, 0) {
		return nil, errJSON
	}
	return number, nil
}
