// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// interpret reads the text of a DASK_* environment variable as Dask does
// (dask/config.py, interpret_value): a Python literal, else one of a few words
// of YAML, else the text itself. It returns nil, a bool, a string, a
// json.Number, a []any or a map[string]any.
//
// Literals that JSON cannot represent (sets, bytes, complex numbers, infinity, keys
// other than strings) are left as text.
func interpret(text string) any {
	if value, ok := parseLiteral(text); ok {
		return value
	}
	switch strings.ToLower(text) {
	case "none", "null":
		return nil
	case "true":
		return true
	case "false":
		return false
	default:
		return text
	}
}

// Python's tokenizer rejects deeper brackets and longer integers.
const (
	maxLiteralDepth  = 200
	maxIntegerDigits = 4300
)

var (
	pythonInteger = longest(`^(?:[1-9](?:_?[0-9])*|0(?:_?0)*|0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+)`)
	pythonFloat   = longest(`^(?:D?\.D|D\.|(?:D|D?\.D|D\.)[eE][+-]?D)`)
)

func longest(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp {
		compiled := regexp.MustCompile(strings.ReplaceAll(pattern, "D", `(?:[0-9](?:_?[0-9])*)`))
		compiled.Longest()
		return compiled
	})
}

// literalParser reads Python literals as ast.literal_eval does. If a method returns
// false, the whole text is not a literal, and the parser cannot be used further.
type literalParser struct {
	rest  string
	depth int
}

func parseLiteral(text string) (any, bool) {
	p := &literalParser{rest: strings.TrimLeft(text, " \t")}
	value, ok := p.value()
	if !ok {
		return nil, false
	}
	if p.accept(',') {
		// Commas make a tuple, with or without parentheses.
		value, ok = p.elements([]any{value}, 0)
	}
	p.depth++ // text after the literal may be on separate lines
	p.space()
	return value, ok && p.rest == ""
}

// space skips blanks and comments; line ends only inside brackets.
func (p *literalParser) space() {
	blanks := " \t\f"
	if p.depth > 0 {
		blanks += "\r\n"
	}
	for {
		p.rest = strings.TrimLeft(p.rest, blanks)
		if !strings.HasPrefix(p.rest, "#") {
			return
		}
		end := strings.IndexAny(p.rest, "\r\n")
		if end < 0 {
			end = len(p.rest)
		}
		p.rest = p.rest[end:]
	}
}

// accept skips blanks, and consumes the byte if it comes next.
func (p *literalParser) accept(b byte) bool {
	p.space()
	if p.rest == "" || p.rest[0] != b {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *literalParser) value() (any, bool) {
	p.space()
	if p.rest == "" {
		return nil, false
	}
	switch c := p.rest[0]; {
	case c == '[' || c == '(' || c == '{':
		return p.bracket(c)
	case c == '+' || c == '-':
		return p.signed()
	case c == '.' || '0' <= c && c <= '9':
		return p.number()
	case p.acceptWord("True"):
		return true, true
	case p.acceptWord("False"):
		return false, true
	case p.acceptWord("None"):
		return nil, true
	default:
		return p.strings()
	}
}

func (p *literalParser) acceptWord(word string) bool {
	rest, found := strings.CutPrefix(p.rest, word)
	if found {
		p.rest = rest
	}
	return found
}

func (p *literalParser) bracket(open byte) (any, bool) {
	if p.depth++; p.depth >= maxLiteralDepth {
		return nil, false
	}
	p.accept(open)
	var value any
	var ok bool
	switch open {
	case '[':
		value, ok = p.elements([]any{}, ']')
	case '{':
		value, ok = p.members()
	default:
		value, ok = p.parenthesis()
	}
	p.depth--
	return value, ok
}

// parenthesis reads a tuple, or one value in parentheses.
func (p *literalParser) parenthesis() (any, bool) {
	if p.accept(')') {
		return []any{}, true
	}
	value, ok := p.value()
	if !ok || p.accept(')') {
		return value, ok
	}
	if !p.accept(',') {
		return nil, false
	}
	return p.elements([]any{value}, ')')
}

// elements reads values between commas, with an optional comma at the end, up to and
// including the closing bracket. If closing is 0, it reads to the end of the line.
func (p *literalParser) elements(values []any, closing byte) (any, bool) {
	for !p.closed(closing) {
		value, ok := p.value()
		if !ok {
			return nil, false
		}
		values = append(values, value)
		if !p.accept(',') {
			return values, p.closed(closing)
		}
	}
	return values, true
}

func (p *literalParser) closed(closing byte) bool {
	if closing != 0 {
		return p.accept(closing)
	}
	p.space()
	return p.rest == "" || p.rest[0] == '\r' || p.rest[0] == '\n'
}

func (p *literalParser) members() (any, bool) {
	values := map[string]any{}
	for !p.accept('}') {
		key, ok := p.value()
		if !ok || !p.accept(':') {
			return nil, false
		}
		name, ok := key.(string)
		if !ok {
			return nil, false
		}
		if values[name], ok = p.value(); !ok {
			return nil, false
		}
		if !p.accept(',') {
			return values, p.accept('}')
		}
	}
	return values, true
}

// signed reads a number after its sign. Python allows one sign, and parentheses after
// it.
func (p *literalParser) signed() (any, bool) {
	sign := p.rest[0]
	p.accept(sign)
	closing := 0
	for p.accept('(') {
		p.depth++
		closing++
	}
	p.space()
	value, ok := p.number()
	for ; ok && closing > 0; closing-- {
		ok = p.accept(')')
		p.depth--
	}
	number, isNumber := value.(json.Number)
	if !ok || !isNumber {
		return nil, false
	}
	if sign == '-' && number != "0" {
		number = "-" + number
	}
	return number, true
}

func (p *literalParser) number() (any, bool) {
	integer, float := pythonInteger().FindString(p.rest), pythonFloat().FindString(p.rest)
	token := max(len(integer), len(float))
	if token == 0 {
		return nil, false
	}
	text := strings.ReplaceAll(p.rest[:token], "_", "")
	p.rest = p.rest[token:]
	if len(float) > len(integer) {
		return floatNumber(text)
	}
	if len(text) > maxIntegerDigits {
		return nil, false
	}
	value, ok := new(big.Int).SetString(text, integerBase(text))
	if !ok {
		return nil, false
	}
	return json.Number(value.String()), true
}

// integerBase returns 10 for "00", which Go would read as an octal number.
func integerBase(text string) int {
	if len(text) > 1 && text[1] > '9' {
		return 0
	}
	return 10
}

// floatNumber keeps a float recognisable: a gateway rejects 3.0 where it expects an
// integer.
func floatNumber(text string) (any, bool) {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(value, 0) {
		return nil, false
	}
	shortest := strconv.FormatFloat(value, 'g', -1, 64)
	if !strings.ContainsAny(shortest, ".e") {
		shortest += ".0"
	}
	return json.Number(shortest), true
}
