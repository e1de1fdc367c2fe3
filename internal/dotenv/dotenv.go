// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package dotenv reads files of environment variables as Python's dotenv does.
package dotenv

import (
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

// Parse returns the variables, and the number of the first line that is no
// statement, or 0. A variable that has a name and nothing else is "". In a value
// ${NAME} and ${NAME:-otherwise} stand for a variable, whatever the quotes: of
// the environment, else of the file, further up.
func Parse(text string, env environment.Variables) (values map[string]string, broken int) {
	// Python opens it as text, where each line ends in the same way.
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(text, "\ufeff"))
	d := &parser{rest: text}
	values = map[string]string{}
	for d.rest != "" {
		d.take(envBlankLines)
		line := 1 + strings.Count(text[:len(text)-len(d.rest)], "\n")
		name, value, ok := d.statement()
		switch {
		case !ok:
			if broken == 0 {
				broken = line
			}
			d.take(envRest)
		case name != "":
			values[name] = expand(value, env, values)
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

// statement reads one. A comment, and the end of the file, have no name.
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

// value reads what is after the =, and after blanks if there were some.
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

func expand(value string, env environment.Variables, above map[string]string) string {
	return envVariable.ReplaceAllStringFunc(value, func(reference string) string {
		parts := envVariable.FindStringSubmatch(reference)
		if text, given := env.Lookup(parts[1]); given {
			return text
		}
		if text, given := above[parts[1]]; given {
			return text
		}
		return parts[2]
	})
}
