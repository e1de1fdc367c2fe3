// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"fmt"
	"regexp"
	"strings"
)

// kinds are the placeholders that stand for text which differs from answer to
// answer.
var kinds = map[string]string{
	"any":         `(?s:.*?)`,
	"members":     `[^{}]*`,
	"digest":      `[0-9a-f]{40}`,
	"hex":         `[0-9a-f]{32}`,
	"clustername": `(?:[a-z0-9-]+\.)?[0-9a-f]{32}`,
	"id":          `a\d+`,
	"name":        `[0-9A-Za-z-]+`,
	"int":         `\d+`,
	"number":      `\d+(?:\.\d+)?`,
	"namespaced":  `[a-z0-9-]+\.[0-9a-f]{32}`,
	"wholems":     `1[789]\d{8}000`,
	"ms":          `1[789]\d{11}`,
	"time":        `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z`,
	"uuid":        `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`,
	"version":     `\d+\.\d+\.\d+`,
	"array":       `\[[^\[\]]*\]`,
	"pair":        `dask-gateway-[0-9a-f]{32}=[0-9a-f]{32}`,
	"certificate": `-----BEGIN CERTIFICATE-----\\n(?:[0-9A-Za-z+/=]+\\n)+-----END CERTIFICATE-----\\n`,
	"key":         `-----BEGIN PRIVATE KEY-----\\n(?:[0-9A-Za-z+/=]+\\n)+-----END PRIVATE KEY-----\\n`,
}

// values holds what placeholders stand for; ok is false for an unknown name.
type values func(name string) (value string, ok bool, err error)

// pattern compiles a text to be matched from its beginning to its end. All of
// it is literal but the placeholders in double angle brackets: <<name>> is the
// value of that name, <<kind>> any text of the kind, <<name=kind>> the same,
// kept as the value of the name for what follows.
func pattern(text string, known values) (*regexp.Regexp, error) {
	var expression strings.Builder
	expression.WriteString("^")
	err := parts(text, func(literal string) { expression.WriteString(regexp.QuoteMeta(literal)) }, func(name string) error {
		name, kind, keeps := strings.Cut(name, "=")
		if !keeps {
			kind = name
		}
		body, isKind := kinds[kind]
		switch {
		case isKind && keeps:
			fmt.Fprintf(&expression, "(?P<%s>%s)", name, body)
			return nil
		case isKind:
			expression.WriteString(body)
			return nil
		case keeps:
			return fmt.Errorf("%q is no kind of text", kind)
		}
		value, err := lookUp(known, name)
		expression.WriteString(regexp.QuoteMeta(value))
		return err
	})
	if err != nil {
		return nil, err
	}
	return regexp.Compile(expression.String() + "$")
}

// expand replaces the placeholders of a text to be sent by their values.
func expand(text string, known values) (string, error) {
	var out strings.Builder
	err := parts(text, func(literal string) { out.WriteString(literal) }, func(name string) error {
		value, err := lookUp(known, name)
		out.WriteString(value)
		return err
	})
	return out.String(), err
}

func lookUp(known values, name string) (string, error) {
	value, ok, err := known(name)
	if err == nil && !ok {
		err = fmt.Errorf("nothing is known of <<%s>>", name)
	}
	return value, err
}

// parts walks over a text's literals and placeholders.
func parts(text string, literal func(string), placeholder func(string) error) error {
	for {
		before, rest, found := strings.Cut(text, "<<")
		literal(before)
		if !found {
			return nil
		}
		name, after, closed := strings.Cut(rest, ">>")
		if !closed {
			return fmt.Errorf("a placeholder is not closed in %q", text)
		}
		if err := placeholder(name); err != nil {
			return err
		}
		text = after
	}
}
