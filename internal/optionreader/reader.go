// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package optionreader reads the object of options that a provider function
// gets. It collects what is wrong with each option and knows which options
// Terraform knows only after apply.
package optionreader

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/agext/levenshtein"
)

// Unknown stands for a value that Terraform knows only after apply.
type Unknown struct{}

// Error is an option that cannot be used.
type Error struct {
	// Option is the option's path, such as "tls.certificate"; "" for the options as
	// a whole.
	Option string
	// Message says what is wrong and what is allowed. It follows the option's name.
	Message string
}

// Error begins with the name of the function's argument.
func (e *Error) Error() string {
	if e.Option == "" {
		return "options " + e.Message
	}
	return "options." + e.Option + " " + e.Message
}

// Reader reads options one by one. An option that is rejected or unknown reads
// as one that is left out.
type Reader struct {
	given  map[string]any
	prefix string
	result *result
}

// result is what a reader and its nested readers have found.
type result struct {
	hasUnknown bool
	errs       []error
}

// New returns a reader of options as encoding/json decodes them with UseNumber,
// with Unknown for what is not known yet.
func New(options map[string]any) *Reader {
	return &Reader{given: options, result: &result{}}
}

// Nested returns a reader of the object that is the value of an option.
func (r *Reader) Nested(name string, object map[string]any) *Reader {
	return &Reader{given: object, prefix: r.prefix + name + ".", result: r.result}
}

// Reject records that an option cannot be used.
func (r *Reader) Reject(option, message string) {
	r.result.errs = append(r.result.errs, &Error{Option: r.prefix + option, Message: message})
}

// Err returns an *Error for each rejected option, joined, or nil.
func (r *Reader) Err() error { return errors.Join(r.result.errs...) }

// MarkUnknown records that a value is not known yet.
func (r *Reader) MarkUnknown() { r.result.hasUnknown = true }

// HasUnknown reports whether a value that was read is not known yet.
func (r *Reader) HasUnknown() bool { return r.result.hasUnknown }

// Value returns an option as it was given, nil for one that is left out.
func (r *Reader) Value(name string) any { return r.given[name] }

// Names returns the names of the given options, sorted.
func (r *Reader) Names() []string { return slices.Sorted(maps.Keys(r.given)) }

// IsAbsent reports whether an option is left out. One that is unknown is not.
func (r *Reader) IsAbsent(name string) bool {
	_, given := r.given[name]
	return !given
}

// CheckNames rejects options whose names are not allowed.
func (r *Reader) CheckNames(allowed []string) {
	for _, name := range r.Names() {
		if slices.Contains(allowed, name) {
			continue
		}
		words := "is no option"
		if nearest := nearestOf(name, allowed); nearest != "" {
			words += ", did you mean " + nearest + "?"
		}
		r.Reject(name, words+" (There are: "+strings.Join(allowed, ", ")+".)")
	}
}

func nearestOf(name string, allowed []string) string {
	nearest, best := "", 0.5
	for _, candidate := range allowed {
		if likeness := levenshtein.Similarity(strings.ToLower(name), candidate, nil); likeness > best {
			nearest, best = candidate, likeness
		}
	}
	return nearest
}

// Take returns an option of one type. It returns false if the option is left
// out, unknown or of another type; want describes the type.
func Take[T any](r *Reader, name, want string) (T, bool) {
	var none T
	switch value := r.given[name].(type) {
	case nil:
		return none, false
	case Unknown:
		r.MarkUnknown()
		return none, false
	case T:
		return value, true
	default:
		r.Reject(name, "must be "+want+", not "+KindOf(value))
		return none, false
	}
}

// KindOf names the type of a value for a message.
func KindOf(value any) string {
	switch value.(type) {
	case string:
		return "a string"
	case bool:
		return "a bool"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	default:
		return "an object"
	}
}

// Text reads a string. check returns what is wrong with it, or "".
func (r *Reader) Text(name string, check func(string) string) string {
	value, ok := Take[string](r, name, "a string")
	if !ok {
		return ""
	}
	if message := check(value); message != "" {
		r.Reject(name, message)
		return ""
	}
	return value
}

// Required is Text for an option that must be given.
func (r *Reader) Required(name string, check func(string) string) string {
	if r.IsAbsent(name) {
		r.Reject(name, "is required")
		return ""
	}
	return r.Text(name, check)
}

// Flag reads true or false.
func (r *Reader) Flag(name string, otherwise bool) bool {
	value, ok := Take[bool](r, name, "true or false")
	if !ok {
		return otherwise
	}
	return value
}

// WholeNumber reads a whole number from 1 to a maximum and returns its digits.
func (r *Reader) WholeNumber(name string, maximum int64, otherwise string) string {
	want := fmt.Sprintf("a whole number from 1 to %d", maximum)
	value, ok := Take[json.Number](r, name, want)
	if !ok {
		if r.IsAbsent(name) {
			return otherwise
		}
		return ""
	}
	if number, err := value.Int64(); err != nil || number < 1 || number > maximum {
		r.Reject(name, fmt.Sprintf("must be %s, not %s", want, value))
		return ""
	}
	return value.String()
}

// Texts reads a list of strings. check is as for Text.
func (r *Reader) Texts(name string, check func(string) string) []string {
	list, ok := Take[[]any](r, name, "a list of strings")
	if !ok {
		return nil
	}
	read := make([]string, 0, len(list))
	for i, element := range list {
		at := fmt.Sprintf("%s[%d]", name, i)
		switch element := element.(type) {
		case Unknown:
			r.MarkUnknown()
		case string:
			if message := check(element); message != "" {
				r.Reject(at, message)
			}
			read = append(read, element)
		default:
			r.Reject(at, "must be a string, not "+KindOf(element))
		}
	}
	return read
}

// OneLine rejects what ends a line of an environment file, a unit or a command.
func OneLine(text string) string {
	if at := strings.IndexFunc(text, BreaksLine); at >= 0 {
		return fmt.Sprintf("must be one line without control characters, and has %q", []rune(text[at:])[0])
	}
	return ""
}

// BreaksLine reports whether a character is a control character or ends a line
// somewhere. That includes the separators of lines and paragraphs, which YAML 1.1 takes
// for the ends of lines, and what Unicode never makes a character: systemd ignores
// a line that has it, and so the whole command.
func BreaksLine(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point) || r == '\ufeff'
}
