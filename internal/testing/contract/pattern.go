// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"fmt"
	"regexp"
	"strings"
)

// placeholderKinds are the placeholders for text that differs between responses.
var placeholderKinds = map[string]string{
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

// valueLookup returns the value of a placeholder. ok is false for an unknown name.
type valueLookup func(name string) (value string, ok bool, err error)

// pattern compiles a text to an expression that matches the whole text. Everything
// is literal except placeholders in double angle brackets: <<name>> is the stored
// value of that name, <<kind>> any text of that kind, and <<name=kind>> also stores
// the text under the name.
func pattern(text string, values valueLookup) (*regexp.Regexp, error) {
	var expression strings.Builder
	expression.WriteString("^")
	err := walkPlaceholders(text, func(literal string) { expression.WriteString(regexp.QuoteMeta(literal)) }, func(name string) error {
		name, kind, stores := strings.Cut(name, "=")
		if !stores {
			kind = name
		}
		body, isKind := placeholderKinds[kind]
		switch {
		case isKind && stores:
			fmt.Fprintf(&expression, "(?P<%s>%s)", name, body)
			return nil
		case isKind:
			expression.WriteString(body)
			return nil
		case stores:
			return fmt.Errorf("unknown kind %q", kind)
		}
		value, err := lookUpValue(values, name)
		expression.WriteString(regexp.QuoteMeta(value))
		return err
	})
	if err != nil {
		return nil, err
	}
	return regexp.Compile(expression.String() + "$")
}

// expand replaces the placeholders in a text with their values.
func expand(text string, values valueLookup) (string, error) {
	var out strings.Builder
	err := walkPlaceholders(text, func(literal string) { out.WriteString(literal) }, func(name string) error {
		value, err := lookUpValue(values, name)
		out.WriteString(value)
		return err
	})
	return out.String(), err
}

func lookUpValue(values valueLookup, name string) (string, error) {
	value, ok, err := values(name)
	if err == nil && !ok {
		err = fmt.Errorf("unknown placeholder <<%s>>", name)
	}
	return value, err
}

// walkPlaceholders calls literal and placeholder for the parts of a text in order.
func walkPlaceholders(text string, literal func(string), placeholder func(string) error) error {
	for {
		before, rest, found := strings.Cut(text, "<<")
		literal(before)
		if !found {
			return nil
		}
		name, after, closed := strings.Cut(rest, ">>")
		if !closed {
			return fmt.Errorf("unclosed placeholder in %q", text)
		}
		if err := placeholder(name); err != nil {
			return err
		}
		text = after
	}
}
