// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// clusterOption is a cluster option as dask_gateway_server/options.py declares it.
type clusterOption struct {
	field, label string
	defaultValue any
	valueType    string
	minimum      any
	maximum      any
	choices      []any
}

// clusterOptions holds the options of the Planetary Computer's gateway, and a
// select and an int so that every type occurs.
var clusterOptions = []clusterOption{
	{field: "worker_cores", label: "Worker Cores", defaultValue: int64(1), valueType: "float", minimum: 0.1, maximum: 8.0},
	{field: "worker_memory", label: "Worker Memory (GiB)", defaultValue: int64(8), valueType: "float", minimum: 1.0, maximum: 64.0},
	{field: "image", label: "Image", defaultValue: "pangeo/pangeo-notebook:2026.08.01", valueType: "string"},
	{field: "gpu", label: "GPU", defaultValue: false, valueType: "bool"},
	{field: "environment", label: "Environment Variables", defaultValue: object{}, valueType: "mapping"},
	{field: "profile", label: "Profile", defaultValue: "standard", valueType: "select", choices: []any{"standard", "broken", "stuck"}},
	{field: "idle_minutes", label: "Idle Minutes", defaultValue: int64(0), valueType: "int", minimum: int64(0), maximum: int64(1440)},
}

// optionSpecs is the list in the response to GET /api/v1/options.
func optionSpecs() []any {
	var fields []any
	for _, o := range clusterOptions {
		spec := object{{"type", o.valueType}}
		switch o.valueType {
		case "int", "float":
			spec = append(spec, member{"min", o.minimum}, member{"max", o.maximum})
		case "select":
			spec = append(spec, member{"options", o.choices})
		}
		fields = append(fields, object{{"field", o.field}, {"label", o.label}, {"default", o.defaultValue}, {"spec", spec}})
	}
	return fields
}

// resolveOptions validates the requested options and adds the defaults. message is
// the server's error, or "". Numbers take the option's type.
func resolveOptions(requested any) (resolved object, message string) {
	fields, isObject := requested.(object)
	if !isObject {
		return nil, fmt.Sprintf("options must be a dict, got '%s'", typeName(requested))
	}
	var unknown []string
	for _, m := range fields {
		if !slices.ContainsFunc(clusterOptions, func(o clusterOption) bool { return o.field == m.name }) {
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
	for _, o := range clusterOptions {
		value, present := fields.get(o.field)
		if !present {
			value = o.defaultValue
		}
		checked, message := o.validate(value)
		if message != "" {
			return nil, message
		}
		resolved = append(resolved, member{o.field, checked})
	}
	if image, _ := resolved.get("image"); !strings.Contains(str(image), ":") {
		return nil, "When specifying an image you must also provide a tag"
	}
	return resolved, ""
}

// localBackendError returns the error of the local backend for numbers that it
// cannot convert to integers, or "". Kubernetes accepts them.
func localBackendError(resolved object) string {
	if math.IsNaN(coresOf(resolved)) || math.IsNaN(memoryOf(resolved)) {
		return "cannot convert float NaN to integer"
	}
	return ""
}

func (o clusterOption) validate(value any) (any, string) {
	must := func(what string) (any, string) {
		return nil, fmt.Sprintf("%s must be %s, got %s", o.field, what, repr(value))
	}
	switch o.valueType {
	case "string", "select":
		text, ok := value.(string)
		if !ok {
			return must("a string")
		}
		if o.valueType == "select" && !slices.Contains(o.choices, any(text)) {
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
		return o.checkRange(value)
	case "float":
		number, ok := asFloat(value)
		if !ok {
			return must("a float")
		}
		if typeName(value) == "int" && math.IsInf(number, 0) {
			return nil, "int too large to convert to float"
		}
		return o.checkRange(number)
	}
	return value, ""
}

func (o clusterOption) checkRange(value any) (any, string) {
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
