// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package optionreader reads the options argument of a provider function. It
// collects an error for each invalid option, and reports whether some values are
// known only after apply.
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

// Unknown stands for a value that is known only after apply.
type Unknown struct{}

// Error is the error of an invalid option.
type Error struct {
	// Option is the option's path, such as "tls.certificate", or "" for all options
	// together.
	Option string
	// Message follows the option's name. It describes what is wrong and what is allowed.
	Message string
}

// Error begins with the name of the function's argument.
func (e *Error) Error() string {
	if e.Option == "" {
		return "options " + e.Message
	}
	return "options." + e.Option + " " + e.Message
}

// Reader reads options one by one. A rejected or unknown option reads as
// absent.
type Reader struct {
	given  map[string]any
	prefix string
	result *result
}

// result collects the findings of a reader and its nested readers.
type result struct {
	hasUnknown bool
	errs       []error
}

// New returns a reader of options as encoding/json decodes them with UseNumber,
// with Unknown for values that are not known yet.
func New(options map[string]any) *Reader {
	return &Reader{given: options, result: &result{}}
}

// Nested returns a reader of the object that is the value of an option.
func (r *Reader) Nested(name string, object map[string]any) *Reader {
	return &Reader{given: object, prefix: r.prefix + name + ".", result: r.result}
}

// Reject records an error about an option.
func (r *Reader) Reject(option, message string) {
	r.result.errs = append(r.result.errs, &Error{Option: r.prefix + option, Message: message})
}

// Err returns an *Error for each rejected option, joined, or nil.
func (r *Reader) Err() error { return errors.Join(r.result.errs...) }

// MarkUnknown records that a value is not known yet.
func (r *Reader) MarkUnknown() { r.result.hasUnknown = true }

// HasUnknown reports whether a value that was read is not known yet.
func (r *Reader) HasUnknown() bool { return r.result.hasUnknown }

// Value returns an option as given, or nil if it is absent.
func (r *Reader) Value(name string) any { return r.given[name] }

// Names returns the names of the given options, sorted.
func (r *Reader) Names() []string { return slices.Sorted(maps.Keys(r.given)) }

// IsAbsent reports whether an option is absent. An unknown option is not.
func (r *Reader) IsAbsent(name string) bool {
	_, given := r.given[name]
	return !given
}

// minSimilarity separates a misspelt name from a different one.
const minSimilarity = 0.5

// CheckNames rejects options whose names are not allowed.
func (r *Reader) CheckNames(allowed []string) {
	for _, name := range r.Names() {
		if slices.Contains(allowed, name) {
			continue
		}
		message := "is not an option"
		if nearest := nearestName(name, allowed); nearest != "" {
			message += ", did you mean " + nearest + "?"
		}
		r.Reject(name, message+" (The options are: "+strings.Join(allowed, ", ")+".)")
	}
}

// nearestName returns the allowed name that is most similar, or "" if none is.
func nearestName(name string, allowed []string) string {
	nearest, highest := "", minSimilarity
	for _, candidate := range allowed {
		if similarity := levenshtein.Similarity(strings.ToLower(name), candidate, nil); similarity > highest {
			nearest, highest = candidate, similarity
		}
	}
	return nearest
}

// Read returns an option of one type. It returns false if the option is absent,
// unknown or of another type. want describes the type.
func Read[T any](r *Reader, name, want string) (T, bool) {
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

// KindOf returns the type of a value for a message.
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
	value, ok := Read[string](r, name, "a string")
	if !ok {
		return ""
	}
	if message := check(value); message != "" {
		r.Reject(name, message)
		return ""
	}
	return value
}

// Required is Text for a required option.
func (r *Reader) Required(name string, check func(string) string) string {
	if r.IsAbsent(name) {
		r.Reject(name, "is required")
		return ""
	}
	return r.Text(name, check)
}

// Flag reads a bool. An absent option has the default.
func (r *Reader) Flag(name string, defaultValue bool) bool {
	value, ok := Read[bool](r, name, "true or false")
	if !ok {
		return defaultValue
	}
	return value
}

// WholeNumber reads a whole number from 1 to a maximum and returns its digits.
func (r *Reader) WholeNumber(name string, maximum int64, defaultValue string) string {
	want := fmt.Sprintf("a whole number from 1 to %d", maximum)
	value, ok := Read[json.Number](r, name, want)
	if !ok {
		if r.IsAbsent(name) {
			return defaultValue
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
	list, ok := Read[[]any](r, name, "a list of strings")
	if !ok {
		return nil
	}
	texts := make([]string, 0, len(list))
	for i, element := range list {
		elementName := fmt.Sprintf("%s[%d]", name, i)
		switch element := element.(type) {
		case Unknown:
			r.MarkUnknown()
		case string:
			if message := check(element); message != "" {
				r.Reject(elementName, message)
			}
			texts = append(texts, element)
		default:
			r.Reject(elementName, "must be a string, not "+KindOf(element))
		}
	}
	return texts
}

// OneLine rejects characters that end a line of an environment file, a unit or a
// command.
func OneLine(text string) string {
	if index := strings.IndexFunc(text, BreaksLine); index >= 0 {
		return fmt.Sprintf("must be one line without control characters, but contains %q", []rune(text[index:])[0])
	}
	return ""
}

// BreaksLine reports whether a character is a control character, or ends a line in
// some format: YAML 1.1 also ends a line at Unicode's line and paragraph separators.
// systemd ignores a line with a Unicode noncharacter, and so the whole command.
func BreaksLine(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point) || r == '\ufeff'
}
