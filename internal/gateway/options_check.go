// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// InvalidOptionError is a value that the gateway would reject for an option.
type InvalidOptionError struct {
	Field string
	// Allowed describes the allowed values, for example "a number of at least 0.1 and
	// at most 8".
	Allowed string
	Value   any
	// isPrintable and choices decide how much of Value the error shows.
	isPrintable bool
	choices     []string
}

// Error contains the option, the allowed values and the value. If the value is a free
// text or a mapping, which may contain a secret, Error contains only its type.
func (e *InvalidOptionError) Error() string {
	return fmt.Sprintf("%s must be %s, not %s", e.Field, e.Allowed, e.visibleValue())
}

func (e *InvalidOptionError) visibleValue() string {
	switch value := e.Value.(type) {
	case bool, json.Number, int, int64, float64:
		if e.isPrintable {
			return formatValue(value)
		}
		if isA[bool](value) {
			return "a bool"
		}
		return "a number"
	case string:
		if e.isPrintable && len(e.choices) > 0 {
			return formatValue(value)
		}
		return "a string"
	case map[string]any:
		return "a map"
	case []any:
		return "a list"
	default:
		return "null"
	}
}

// IsPrintable reports whether a diagnostic may print the option's values: numbers,
// bools and choices. Free texts and mappings may contain secrets.
func (o Option) IsPrintable() bool {
	switch o.Type {
	case OptionBool, OptionInt, OptionFloat, OptionSelect:
		return true
	default:
		return false
	}
}

// Check returns an *InvalidOptionError if the gateway would reject the value for the
// option. Values are as encoding/json decodes them with UseNumber. The rules are those
// of dask_gateway_server/options.py, except that a bool is not a number here.
func (o Option) Check(value any) error {
	switch o.Type {
	case OptionString:
		return o.errorUnless(isA[string](value), "a string", value)
	case OptionBool:
		return o.errorUnless(isA[bool](value), "a bool, true or false", value)
	case OptionMapping:
		return o.errorUnless(isA[map[string]any](value), "a map", value)
	case OptionInt, OptionFloat:
		return o.checkNumber(value)
	case OptionSelect:
		choice, isString := value.(string)
		return o.errorUnless(isString && slices.Contains(o.Choices, choice), "one of "+QuoteList(o.Choices), value)
	default:
		// The gateway checks types that only later versions have.
		return nil
	}
}

// errorUnless returns nil for a valid value, else an *InvalidOptionError.
func (o Option) errorUnless(isValid bool, allowed string, value any) error {
	if isValid {
		return nil
	}
	return &InvalidOptionError{Field: o.Field, Allowed: allowed, Value: value, isPrintable: o.IsPrintable(), choices: o.Choices}
}

func (o Option) checkNumber(value any) error {
	allowed := "a number"
	if o.Type == OptionInt {
		allowed = "a whole number"
	}
	number, isValid := numberOf(value)
	isValid = isValid && (o.Type != OptionInt || number.IsInt())
	if isValid && o.Type == OptionFloat && !isFloat64(number) {
		return o.errorUnless(false, allowed+" that a 64-bit float can hold", value)
	}
	if o.Min != nil {
		allowed += " of at least " + plainNumber(*o.Min)
		isValid = isValid && compareToLimit(number, *o.Min) >= 0
	}
	if o.Max != nil {
		if o.Min != nil {
			allowed += " and"
		} else {
			allowed += " of"
		}
		allowed += " at most " + plainNumber(*o.Max)
		isValid = isValid && compareToLimit(number, *o.Max) <= 0
	}
	return o.errorUnless(isValid, allowed, value)
}

// isFloat64 reports whether the gateway returns a number unchanged after
// converting it to a float. A fraction may have more digits than a float, because
// IsSameValue rounds it; a whole number may not.
func isFloat64(number *big.Float) bool {
	converted, accuracy := number.Float64()
	return !math.IsInf(converted, 0) && (accuracy == big.Exact || !number.IsInt())
}

// plainNumber writes 8.0 as 8.
func plainNumber(number json.Number) string {
	whole, fraction, _ := strings.Cut(number.String(), ".")
	if strings.Trim(fraction, "0") == "" {
		return whole
	}
	return number.String()
}

// compareToLimit returns -1, 0 or 1, as big.Float.Cmp does. A limit that is not a
// number is no limit: the result is 0.
func compareToLimit(number *big.Float, limit json.Number) int {
	bound, isNumber := numberOf(limit)
	if !isNumber {
		return 0
	}
	return number.Cmp(bound)
}

// Nearest returns the name of the declared option that a misspelt name most likely
// stands for, or "".
func Nearest(name string, declared []Option) string {
	nearest, best := "", 0.5
	for _, option := range declared {
		if likeness := levenshtein.Similarity(strings.ToLower(name), strings.ToLower(option.Field), nil); likeness > best {
			nearest, best = option.Field, likeness
		}
	}
	return nearest
}

// IsSameValue compares two option values as the gateway would: numbers by value, so that 1
// equals 1.0, maps and lists member by member. A bool is not a number.
func IsSameValue(a, b any) bool {
	if x, ok := numberOf(a); ok {
		y, ok := numberOf(b)
		return ok && isSameNumber(x, y)
	}
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && isSameMap(a, b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, IsSameValue)
	case string, bool, nil:
		switch b.(type) {
		case string, bool, nil:
			return a == b
		}
	}
	return false
}

func isSameMap(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	for name, value := range a {
		other, ok := b[name]
		if !ok || !IsSameValue(value, other) {
			return false
		}
	}
	return true
}

// isSameNumber also treats two numbers as equal that are the same float: a third has 512
// bits in Terraform and 53 in Python.
func isSameNumber(a, b *big.Float) bool {
	if a.Cmp(b) == 0 {
		return true
	}
	if a.IsInt() && b.IsInt() {
		return false
	}
	x, _ := a.Float64()
	y, _ := b.Float64()
	return x == y
}

func numberOf(value any) (*big.Float, bool) {
	var text string
	switch value := value.(type) {
	case json.Number:
		text = value.String()
	case int, int64, float64:
		text = fmt.Sprint(value)
	default:
		return new(big.Float), false
	}
	number, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
	if err != nil {
		return new(big.Float), false
	}
	return number, true
}

func isA[T any](value any) bool {
	_, ok := value.(T)
	return ok
}

const (
	// maxListedTexts and maxListedLength limit the names or choices in a diagnostic, and
	// the characters of each: a gateway may declare any number.
	maxListedTexts  = 30
	maxListedLength = 100
)

// QuoteList formats texts of the gateway for a diagnostic. They are quoted, so that
// no control character reaches a terminal, and limited in number and length.
func QuoteList(texts []string) string {
	return boundedList(texts, func(string) bool { return false })
}

// ListNames is QuoteList for names: only unusual ones are quoted.
func ListNames(names []string) string {
	return boundedList(names, func(name string) bool { return len(name) <= maxListedLength && IsValidName(name) })
}

func boundedList(texts []string, isPlain func(string) bool) string {
	listed := make([]string, 0, maxListedTexts)
	for _, text := range texts[:min(len(texts), maxListedTexts)] {
		if !isPlain(text) {
			text = fmt.Sprintf("%.*q", maxListedLength, text)
		}
		listed = append(listed, text)
	}
	list := strings.Join(listed, ", ")
	if more := len(texts) - len(listed); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

func formatValue(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
