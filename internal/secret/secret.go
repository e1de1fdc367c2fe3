// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package secret has a string type that does not print what it holds.
package secret

import (
	"fmt"
	"log/slog"
)

const mask = "***"

// String holds a token or a password. Printing, logging and marshalling it
// give "***" (or "" for the zero value), whatever verb or encoder is used; only
// Reveal gives the text.
//
// The text stands behind a pointer: fmt does not call methods on unexported
// fields, and prints a pointer inside a struct as an address.
type String struct {
	value *string
}

// New returns a String that holds text. The empty text gives the zero String.
func New(text string) String {
	if text == "" {
		return String{}
	}
	return String{value: &text}
}

// Reveal returns the text, for the one place that has to send or store it.
func (s String) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether there is no text.
func (s String) IsZero() bool { return s.value == nil }

// String returns the mask.
func (s String) String() string {
	if s.IsZero() {
		return ""
	}
	return mask
}

// GoString returns the mask, for %#v.
func (s String) GoString() string { return fmt.Sprintf("secret.New(%q)", s.String()) }

// Format writes the mask for every verb, %x and %d included.
func (s String) Format(state fmt.State, verb rune) {
	text := s.String()
	if verb == 'v' && state.Flag('#') {
		text = s.GoString()
	}
	_, _ = state.Write([]byte(text))
}

// MarshalText gives the mask to encoders of text, JSON and XML among them.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue gives the mask to log/slog.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }
