// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package dotenv reads files of environment variables as Python's dotenv does.
package dotenv

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

// The forms are those of Python's dotenv (dotenv/parser.py, variables.py), in
// the order in which a statement has them.
var (
	envBlankLines  = regexp.MustCompile(`^\s*`)
	envExport      = regexp.MustCompile(`^export[^\S\n]+`)
	envQuotedName  = regexp.MustCompile(`^'([^']+)'`)
	envName        = regexp.MustCompile(`^([^=#\s]+)`)
	envBlanks      = regexp.MustCompile(`^[^\S\n]*`)
	envEquals      = regexp.MustCompile(`^(=[^\S\n]*)`)
	envSingle      = regexp.MustCompile(`^'((?:\\'|[^'])*)'`)
	envDouble      = regexp.MustCompile(`^"((?:\\"|[^"])*)"`)
	envBare        = regexp.MustCompile(`^([^\n]*)`)
	envBareComment = regexp.MustCompile(`\s+#.*`)
	envComment     = regexp.MustCompile(`^[^\S\n]*#[^\n]*`)
	envEnd         = regexp.MustCompile(`^[^\S\n]*(?:\n|$)`)
	envRest        = regexp.MustCompile(`^[^\n]*\n?`)

	envVariable = regexp.MustCompile(`\$\{([^}:]*)(?::-([^}]*))?\}`)

	envSingleEscapes = strings.NewReplacer(`\\`, `\`, `\'`, `'`)
	envDoubleEscapes = strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`, `\a`, "\a", `\b`, "\b", `\f`, "\f", `\n`, "\n", `\r`, "\r", `\t`, "\t", `\v`, "\v")
)

// parser reads one statement after the other.
type parser struct {
	rest string
}

// maxSize limits all values together: a few lines in which each variable
// contains the one before twice can stand for gigabytes.
const maxSize = 1 << 20

// ErrTooLarge marks a file whose values are too large with their variables
// expanded.
var ErrTooLarge = fmt.Errorf("with its variables expanded, it has more than %d bytes, which is the limit", maxSize)

// LineError is the first line that is not a statement.
type LineError struct{ Line int }

// Error names the line.
func (e *LineError) Error() string {
	return fmt.Sprintf("it has a line that is not like NAME=VALUE: line %d", e.Line)
}

// Parse returns the variables. A variable without a value is "".
// In a value ${NAME} and ${NAME:-otherwise} stand for a variable, whatever the
// quotes: of the environment, else of the file, further up. The error is
// ErrTooLarge or a *LineError, with which the variables of the other lines are
// returned.
func Parse(text string, env environment.Variables) (map[string]string, error) {
	// Python opens it as text, where each line ends in the same way.
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff"))
	d := &parser{rest: text}
	values := map[string]string{}
	var broken error
	line, size := 1, 0
	for d.rest != "" {
		d.take(envBlankLines)
		// Only what is new is counted: to count from the top takes time that grows
		// with the square of the length.
		line += strings.Count(text[:len(text)-len(d.rest)], "\n")
		text = d.rest
		name, value, ok := d.statement()
		switch {
		case !ok:
			if broken == nil {
				broken = &LineError{Line: line}
			}
			d.take(envRest)
		case name != "":
			expanded, ok := expand(value, env, values, maxSize-size)
			if !ok {
				return nil, ErrTooLarge
			}
			size += len(expanded)
			values[name] = expanded
		}
	}
	return values, broken
}

// take reads what the form matches, and returns its group, if it has one.
func (d *parser) take(form *regexp.Regexp) (string, bool) {
	found := form.FindStringSubmatch(d.rest)
	if found == nil {
		return "", false
	}
	d.rest = d.rest[len(found[0]):]
	return found[len(found)-1], true
}

// statement reads one statement. A comment and the end of the file have no name.
func (d *parser) statement() (name, value string, ok bool) {
	if d.rest == "" {
		return "", "", true
	}
	d.take(envExport)
	switch {
	case strings.HasPrefix(d.rest, "#"):
		ok = true
	case strings.HasPrefix(d.rest, "'"):
		name, ok = d.take(envQuotedName)
	default:
		name, ok = d.take(envName)
	}
	if !ok {
		return "", "", false
	}
	d.take(envBlanks)
	if equals, given := d.take(envEquals); given {
		if value, ok = d.value(len(equals) > 1); !ok {
			return "", "", false
		}
	}
	d.take(envComment)
	_, ok = d.take(envEnd)
	return name, value, ok
}

// value reads what follows the = and the spaces after it.
func (d *parser) value(afterBlanks bool) (value string, ok bool) {
	switch {
	case strings.HasPrefix(d.rest, "'"):
		value, ok = d.take(envSingle)
		return envSingleEscapes.Replace(value), ok
	case strings.HasPrefix(d.rest, `"`):
		value, ok = d.take(envDouble)
		return envDoubleEscapes.Replace(value), ok
	case afterBlanks && strings.HasPrefix(d.rest, "#"):
		return "", true
	default:
		value, ok = d.take(envBare)
		return strings.TrimSpace(envBareComment.ReplaceAllString(value, "")), ok
	}
}

// expand returns false if the value becomes longer than the limit.
func expand(value string, env environment.Variables, above map[string]string, limit int) (string, bool) {
	var expanded strings.Builder
	for value != "" {
		match := envVariable.FindStringSubmatchIndex(value)
		if match == nil {
			break
		}
		expanded.WriteString(value[:match[0]])
		name, otherwise := value[match[2]:match[3]], ""
		if match[4] >= 0 {
			otherwise = value[match[4]:match[5]]
		}
		text, given := env.Lookup(name)
		if !given {
			text, given = above[name]
		}
		if !given {
			text = otherwise
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
