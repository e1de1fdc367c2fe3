// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package secret has a string type that does not print its content.
package secret

import (
	"fmt"
	"log/slog"
)

const mask = "***"

// String contains a token or a password. Printing, logging and marshalling return
// "***" (or "" for the zero value) for every verb and encoder. Only Reveal returns the
// text.
//
// The text is behind a pointer: fmt does not call methods on unexported fields, and
// prints a pointer inside a struct as an address.
type String struct {
	value *string
}

// New returns a String with the text. The String of an empty text is the zero String.
func New(text string) String {
	if text == "" {
		return String{}
	}
	return String{value: &text}
}

// Reveal returns the text, for the code that sends or stores it.
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

// MarshalText returns the mask for encoders of text, such as JSON and XML.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns the mask for log/slog.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }
