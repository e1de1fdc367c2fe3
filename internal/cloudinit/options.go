// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cloudinit

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

// optionReader reads the options that only machines have.
type optionReader struct{ *optionreader.Reader }

// nworkers reads a number or "auto".
func (r optionReader) nworkers() string {
	if text, ok := r.Value("nworkers").(string); ok {
		if text != "auto" {
			r.Reject("nworkers", fmt.Sprintf(`must be a whole number of at least 1 or "auto", not %q`, text))
		}
		return text
	}
	return r.WholeNumber("nworkers", 1<<16, "")
}

// memory reads a memory limit of a worker.
func (r optionReader) memory(name string) string {
	number, ok := r.Value(name).(json.Number)
	if !ok {
		return r.Text(name, memoryLimit)
	}
	if value, _, err := big.ParseFloat(number.String(), 10, 64, big.ToNearestEven); err != nil || value.Sign() < 0 {
		r.Reject(name, "must not be negative")
	}
	return number.String()
}

// resources returns the argument of dask worker --resources.
func (r optionReader) resources() []string {
	const name = "resources"
	object, ok := optionreader.Read[map[string]any](r.Reader, name, "an object with numbers")
	if !ok {
		return nil
	}
	var values []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if key == "" || strings.ContainsAny(key, " ,=") || optionreader.OneLine(key) != "" {
			r.Reject(name, fmt.Sprintf("has the name %q: a name must not be empty and must not have spaces, commas, equals signs or control characters", key))
			continue
		}
		switch value := object[key].(type) {
		case optionreader.Unknown:
			r.MarkUnknown()
		case json.Number:
			values = append(values, key+"="+value.String())
		default:
			r.Reject(name+"."+key, "must be a number, not "+optionreader.KindOf(value))
		}
	}
	return values
}

// variableName is stricter than docker's --env-file, which accepts any name without spaces
// and =.
var variableName = lazy.Regexp(`^[A-Za-z_][A-Za-z0-9_.-]*$`)

// environment reads an object of strings, numbers and bools.
func (r optionReader) environment(name string) map[string]string {
	object, ok := optionreader.Read[map[string]any](r.Reader, name, "an object with strings")
	if !ok {
		return nil
	}
	values := make(map[string]string, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if !variableName().MatchString(key) {
			r.Reject(name, fmt.Sprintf("has the name %q: a variable's name has letters, digits and _ . -, and begins with a letter or _", key))
			continue
		}
		switch value := object[key].(type) {
		case optionreader.Unknown:
			r.MarkUnknown()
		case string:
			if message := optionreader.OneLine(value); message != "" {
				r.Reject(name+"."+key, message)
			}
			values[key] = value
		case bool, json.Number:
			values[key] = fmt.Sprint(value)
		default:
			r.Reject(name+"."+key, "must be a string, not "+optionreader.KindOf(value))
		}
	}
	return values
}
