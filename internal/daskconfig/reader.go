// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
)

// Unknown stands for a value that Terraform knows only after apply.
type Unknown struct{}

// OptionError is an option that cannot be used.
type OptionError struct {
	// Option is its name, with a dot before the name of what is inside; "" for
	// the options as a whole.
	Option string
	// Words say what is wrong and what is allowed, after the option's name.
	Words string
}

// Error names the option from the argument on.
func (e *OptionError) Error() string {
	if e.Option == "" {
		return "options " + e.Words
	}
	return "options." + e.Option + " " + e.Words
}

// reader takes options one by one, and remembers what it objected to and
// whether something is not known yet. What it objects to or what is not known
// reads as left out.
type reader struct {
	given   map[string]any
	prefix  string
	pending bool
	objects []error
}

func (r *reader) object(option, words string) {
	r.objects = append(r.objects, &OptionError{Option: r.prefix + option, Words: words})
}

func (r *reader) err() error { return errors.Join(r.objects...) }

func (r *reader) names() []string { return slices.Sorted(maps.Keys(r.given)) }

// absent says that an option is surely left out.
func (r *reader) absent(name string) bool {
	_, given := r.given[name]
	return !given
}

// checkNames objects to names that are none of the allowed ones.
func (r *reader) checkNames(allowed []string) {
	for _, name := range r.names() {
		if slices.Contains(allowed, name) {
			continue
		}
		words := "is no option"
		if nearest := nearestOf(name, allowed); nearest != "" {
			words += ", did you mean " + nearest + "?"
		}
		r.object(name, words+" (There are: "+strings.Join(allowed, ", ")+".)")
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

// take returns an option of one type; false if it is left out, unknown, or of
// another type.
func take[T any](r *reader, name, want string) (T, bool) {
	var none T
	switch value := r.given[name].(type) {
	case nil:
		return none, false
	case Unknown:
		r.pending = true
		return none, false
	case T:
		return value, true
	default:
		r.object(name, "must be "+want+", not "+kindOf(value))
		return none, false
	}
}

func kindOf(value any) string {
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

// text reads a string; check returns what it objects to, or "".
func (r *reader) text(name string, check func(string) string) string {
	value, ok := take[string](r, name, "a string")
	if !ok {
		return ""
	}
	if words := check(value); words != "" {
		r.object(name, words)
		return ""
	}
	return value
}

func (r *reader) required(name string, check func(string) string) string {
	if r.absent(name) {
		r.object(name, "is required")
		return ""
	}
	return r.text(name, check)
}

func (r *reader) flag(name string, otherwise bool) bool {
	value, ok := take[bool](r, name, "true or false")
	if !ok {
		return otherwise
	}
	return value
}

// whole reads a whole number from 1 to a bound, as it is written.
func (r *reader) whole(name string, most int64, otherwise string) string {
	want := fmt.Sprintf("a whole number from 1 to %d", most)
	value, ok := take[json.Number](r, name, want)
	if !ok {
		if r.absent(name) {
			return otherwise
		}
		return ""
	}
	if number, err := value.Int64(); err != nil || number < 1 || number > most {
		r.object(name, fmt.Sprintf("must be %s, not %s", want, value))
		return ""
	}
	return value.String()
}

// texts reads a list of strings, each checked.
func (r *reader) texts(name string, check func(string) string) []string {
	list, ok := take[[]any](r, name, "a list of strings")
	if !ok {
		return nil
	}
	read := make([]string, 0, len(list))
	for i, element := range list {
		at := fmt.Sprintf("%s[%d]", name, i)
		switch element := element.(type) {
		case Unknown:
			r.pending = true
		case string:
			if words := check(element); words != "" {
				r.object(at, words)
			}
			read = append(read, element)
		default:
			r.object(at, "must be a string, not "+kindOf(element))
		}
	}
	return read
}

// nworkers is a number or the word auto.
func (r *reader) nworkers() string {
	if word, ok := r.given["nworkers"].(string); ok {
		if word != "auto" {
			r.object("nworkers", fmt.Sprintf(`must be a whole number of at least 1 or "auto", not %q`, word))
		}
		return word
	}
	return r.whole("nworkers", 1<<16, "")
}

// memory is what Dask takes for a worker's memory limit.
func (r *reader) memory(name string) string {
	number, ok := r.given[name].(json.Number)
	if !ok {
		return r.text(name, memoryLimit)
	}
	if value, _, err := big.ParseFloat(number.String(), 10, 64, big.ToNearestEven); err != nil || value.Sign() < 0 {
		r.object(name, "must not be negative")
	}
	return number.String()
}

// resources are written as dask worker --resources takes them.
func (r *reader) resources() []string {
	const name = "resources"
	object, ok := take[map[string]any](r, name, "an object with numbers")
	if !ok {
		return nil
	}
	var read []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if key == "" || strings.ContainsAny(key, " ,=") || oneLine(key) != "" {
			r.object(name, fmt.Sprintf("has the name %q: no name may be empty or have spaces, commas, equals signs or control characters", key))
			continue
		}
		switch value := object[key].(type) {
		case Unknown:
			r.pending = true
		case json.Number:
			read = append(read, key+"="+value.String())
		default:
			r.object(name+"."+key, "must be a number, not "+kindOf(value))
		}
	}
	return read
}
