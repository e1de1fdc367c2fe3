// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// option is a cluster option, as dask_gateway_server/options.py declares them.
type option struct {
	field, label string
	fallback     any
	kind         string
	minimum      any
	maximum      any
	choices      []any
}

// options are those that the Planetary Computer's gateway had, with a select
// and an int so that every kind occurs.
var options = []option{
	{field: "worker_cores", label: "Worker Cores", fallback: int64(1), kind: "float", minimum: 0.1, maximum: 8.0},
	{field: "worker_memory", label: "Worker Memory (GiB)", fallback: int64(8), kind: "float", minimum: 1.0, maximum: 64.0},
	{field: "image", label: "Image", fallback: "pangeo/pangeo-notebook:2026.08.01", kind: "string"},
	{field: "gpu", label: "GPU", fallback: false, kind: "bool"},
	{field: "environment", label: "Environment Variables", fallback: object{}, kind: "mapping"},
	{field: "profile", label: "Profile", fallback: "standard", kind: "select", choices: []any{"standard", "broken", "stuck"}},
	{field: "idle_minutes", label: "Idle Minutes", fallback: int64(0), kind: "int", minimum: int64(0), maximum: int64(1440)},
}

// specification is the answer to GET /api/v1/options.
func specification() []any {
	var fields []any
	for _, o := range options {
		spec := object{{"type", o.kind}}
		switch o.kind {
		case "int", "float":
			spec = append(spec, member{"min", o.minimum}, member{"max", o.maximum})
		case "select":
			spec = append(spec, member{"options", o.choices})
		}
		fields = append(fields, object{{"field", o.field}, {"label", o.label}, {"default", o.fallback}, {"spec", spec}})
	}
	return fields
}

// resolveOptions checks the options asked for and fills in the defaults. The
// words of a refusal are the server's; "" means that all is well. Numbers
// become what the option's kind makes of them.
func resolveOptions(asked any) (resolved object, words string) {
	given, isObject := asked.(object)
	if !isObject {
		return nil, fmt.Sprintf("options must be a dict, got '%s'", typeName(asked))
	}
	var unknown []string
	for _, m := range given {
		if !slices.ContainsFunc(options, func(o option) bool { return o.field == m.name }) {
			unknown = append(unknown, m.name)
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		names := make([]any, 0, len(unknown))
		for _, name := range unknown {
			names = append(names, name)
		}
		return nil, "Unknown fields " + repr(names)
	}
	for _, o := range options {
		value, there := given.get(o.field)
		if !there {
			value = o.fallback
		}
		checked, words := o.validate(value)
		if words != "" {
			return nil, words
		}
		resolved = append(resolved, member{o.field, checked})
	}
	if image, _ := resolved.get("image"); !strings.Contains(str(image), ":") {
		return nil, "When specifying an image you must also provide a tag"
	}
	return resolved, ""
}

// wholeCores says why the local backend, whose cores are whole ones, refuses
// what Kubernetes does not.
func wholeCores(resolved object) string {
	if math.IsNaN(coresOf(resolved)) || math.IsNaN(memoryOf(resolved)) {
		return "cannot convert float NaN to integer"
	}
	return ""
}

func (o option) validate(value any) (any, string) {
	must := func(what string) (any, string) {
		return nil, fmt.Sprintf("%s must be %s, got %s", o.field, what, repr(value))
	}
	switch o.kind {
	case "string", "select":
		text, ok := value.(string)
		if !ok {
			return must("a string")
		}
		if o.kind == "select" && !slices.Contains(o.choices, any(text)) {
			return nil, repr(text) + " is not a valid option for " + o.field
		}
	case "bool":
		if _, ok := value.(bool); !ok {
			return must("a bool")
		}
	case "mapping":
		if _, ok := value.(object); !ok {
			return must("a mapping")
		}
	case "int":
		if name := typeName(value); name != "int" && name != "bool" {
			return must("an integer")
		}
		return o.within(value)
	case "float":
		number, ok := asFloat(value)
		if !ok {
			return must("a float")
		}
		if typeName(value) == "int" && math.IsInf(number, 0) {
			return nil, "int too large to convert to float"
		}
		return o.within(number)
	}
	return value, ""
}

func (o option) within(value any) (any, string) {
	number, _ := asFloat(value)
	least, hasLeast := asFloat(o.minimum)
	most, hasMost := asFloat(o.maximum)
	switch {
	case math.IsNaN(number):
	case hasLeast && number < least:
		return nil, fmt.Sprintf("%s must be >= %f, got %s", o.field, least, repr(value))
	case hasMost && number > most:
		return nil, fmt.Sprintf("%s must be <= %f, got %s", o.field, most, repr(value))
	}
	return value, ""
}
