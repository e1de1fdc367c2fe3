// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package dotenv reads files of environment variables as Python's dotenv does.
package dotenv

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

// The expressions are those of Python's dotenv (dotenv/parser.py, variables.py),
// in the order of their use in a statement.
var (
	blankLines      = lazy.Regexp(`^\s*`)
	exportKeyword   = lazy.Regexp(`^export[^\S\n]+`)
	quotedName      = lazy.Regexp(`^'([^']+)'`)
	plainName       = lazy.Regexp(`^([^=#\s]+)`)
	blanks          = lazy.Regexp(`^[^\S\n]*`)
	equalsSign      = lazy.Regexp(`^(=[^\S\n]*)`)
	singleQuoted    = lazy.Regexp(`^'((?:\\'|[^'])*)'`)
	doubleQuoted    = lazy.Regexp(`^"((?:\\"|[^"])*)"`)
	unquoted        = lazy.Regexp(`^([^\n]*)`)
	trailingComment = lazy.Regexp(`\s+#.*`)
	comment         = lazy.Regexp(`^[^\S\n]*#[^\n]*`)
	statementEnd    = lazy.Regexp(`^[^\S\n]*(?:\n|$)`)
	restOfLine      = lazy.Regexp(`^[^\n]*\n?`)

	variableReference = lazy.Regexp(`\$\{([^}:]*)(?::-([^}]*))?\}`)

	singleQuoteEscapes = strings.NewReplacer(`\\`, `\`, `\'`, `'`)
	doubleQuoteEscapes = strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`, `\a`, "\a", `\b`, "\b", `\f`, "\f", `\n`, "\n", `\r`, "\r", `\t`, "\t", `\v`, "\v")
)

// parser reads the statements of a file one by one.
type parser struct {
	remaining string
}

// maxExpandedSize limits the length of all values together, in bytes. A few lines can
// expand to gigabytes if each variable contains the previous one twice.
const maxExpandedSize = 1 << 20

// ErrTooLarge is returned for a file whose expanded values exceed maxExpandedSize.
var ErrTooLarge = fmt.Errorf("with its variables expanded, it has more than %d bytes, which is the limit", maxExpandedSize)

// LineError is returned for a file with an invalid line. Line is the number of the
// first one.
type LineError struct{ Line int }

// Error returns the message with the number of the line.
func (e *LineError) Error() string {
	return fmt.Sprintf("it has a line that is not of the form NAME=VALUE: line %d", e.Line)
}

// Parse returns the variables of a file. A variable without a value is "". Parse
// expands ${NAME} and ${NAME:-default} in every value, regardless of its quotes. A
// variable of the environment takes precedence over an earlier one in the file. The
// error is ErrTooLarge or a *LineError. With a *LineError, Parse also returns the
// variables of the valid lines.
func Parse(text string, env environment.Variables) (map[string]string, error) {
	// Python opens the file as text, which converts all line ends to \n.
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff"))
	d := &parser{remaining: text}
	values := map[string]string{}
	var lineErr error
	line, size := 1, 0
	for d.remaining != "" {
		d.accept(blankLines())
		// Count only the new line ends. Counting from the top would take quadratic
		// time.
		line += strings.Count(text[:len(text)-len(d.remaining)], "\n")
		text = d.remaining
		name, value, ok := d.statement()
		switch {
		case !ok:
			if lineErr == nil {
				lineErr = &LineError{Line: line}
			}
			d.accept(restOfLine())
		case name != "":
			expanded, ok := expand(value, env, values, maxExpandedSize-size)
			if !ok {
				return nil, ErrTooLarge
			}
			size += len(expanded)
			values[name] = expanded
		}
	}
	return values, lineErr
}

// accept consumes a match at the current position and returns its group, or the whole
// match if the expression has no group.
func (d *parser) accept(expression *regexp.Regexp) (string, bool) {
	found := expression.FindStringSubmatch(d.remaining)
	if found == nil {
		return "", false
	}
	d.remaining = d.remaining[len(found[0]):]
	return found[len(found)-1], true
}

// statement reads one statement. The name is "" for a comment and at the end of
// the file.
func (d *parser) statement() (name, value string, ok bool) {
	if d.remaining == "" {
		return "", "", true
	}
	d.accept(exportKeyword())
	switch {
	case strings.HasPrefix(d.remaining, "#"):
		ok = true
	case strings.HasPrefix(d.remaining, "'"):
		name, ok = d.accept(quotedName())
	default:
		name, ok = d.accept(plainName())
	}
	if !ok {
		return "", "", false
	}
	d.accept(blanks())
	if equals, isSet := d.accept(equalsSign()); isSet {
		if value, ok = d.value(len(equals) > 1); !ok {
			return "", "", false
		}
	}
	d.accept(comment())
	_, ok = d.accept(statementEnd())
	return name, value, ok
}

// value reads a value after the = and the following spaces.
func (d *parser) value(afterBlanks bool) (value string, ok bool) {
	switch {
	case strings.HasPrefix(d.remaining, "'"):
		value, ok = d.accept(singleQuoted())
		return singleQuoteEscapes.Replace(value), ok
	case strings.HasPrefix(d.remaining, `"`):
		value, ok = d.accept(doubleQuoted())
		return doubleQuoteEscapes.Replace(value), ok
	case afterBlanks && strings.HasPrefix(d.remaining, "#"):
		return "", true
	default:
		value, ok = d.accept(unquoted())
		return strings.TrimSpace(trailingComment().ReplaceAllString(value, "")), ok
	}
}

// expand fills in the variables of a value. It returns false if the result is
// longer than the limit.
func expand(value string, env environment.Variables, previous map[string]string, limit int) (string, bool) {
	var expanded strings.Builder
	for value != "" {
		match := variableReference().FindStringSubmatchIndex(value)
		if match == nil {
			break
		}
		expanded.WriteString(value[:match[0]])
		name, defaultValue := value[match[2]:match[3]], ""
		if match[4] >= 0 {
			defaultValue = value[match[4]:match[5]]
		}
		text, isSet := env.Lookup(name)
		if !isSet {
			text, isSet = previous[name]
		}
		if !isSet {
			text = defaultValue
		}
		if expanded.Len()+len(text) > limit {
			return "", false
		}
		expanded.WriteString(text)
		value = value[match[1]:]
	}
	if expanded.Len()+len(value) > limit {
		return "", false
	}
	expanded.WriteString(value)
	return expanded.String(), true
}
