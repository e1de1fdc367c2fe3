// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package optionreader_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

func acceptAll(string) string { return "" }

func rejectAll(string) string { return "must be something else" }

// expectErrors compares the errors of a reader, in order.
func expectErrors(t *testing.T, reader *optionreader.Reader, want ...string) {
	t.Helper()
	var got []string
	if err := reader.Err(); err != nil {
		got = strings.Split(err.Error(), "\n")
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReader_readsEachType(t *testing.T) {
	t.Parallel()
	reader := optionreader.New(map[string]any{
		"text": "a", "flag": true, "number": json.Number("7"), "list": []any{"a", "b"}, "object": map[string]any{"inner": "c"},
	})
	object, ok := optionreader.Read[map[string]any](reader, "object", "an object")
	got := []any{
		reader.Text("text", acceptAll), reader.Required("text", acceptAll), reader.Flag("flag", false),
		reader.WholeNumber("number", 10, "1"), reader.Texts("list", acceptAll), ok, reader.Nested("object", object).Text("inner", acceptAll),
	}
	if want := []any{"a", "a", true, "7", []string{"a", "b"}, true, "c"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	expectErrors(t, reader)
	if reader.HasUnknown() {
		t.Error("an unknown value is reported")
	}
}

func TestReader_returnsDefaultsOfAbsentOptions(t *testing.T) {
	t.Parallel()
	reader := optionreader.New(nil)
	if got := reader.Text("text", rejectAll); got != "" {
		t.Errorf("the text is %q", got)
	}
	if !reader.Flag("flag", true) || reader.WholeNumber("number", 10, "5") != "5" || reader.Texts("list", rejectAll) != nil || !reader.IsAbsent("text") {
		t.Error("a default is missing")
	}
	expectErrors(t, reader)
	reader.Required("text", acceptAll)
	expectErrors(t, reader, "options.text is required")
}

// An unknown option is neither absent nor an error.
func TestReader_reportsUnknownOptions(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func(*optionreader.Reader) bool{
		"text":     func(r *optionreader.Reader) bool { return r.Text("x", rejectAll) == "" },
		"required": func(r *optionreader.Reader) bool { return r.Required("x", rejectAll) == "" },
		"flag":     func(r *optionreader.Reader) bool { return r.Flag("x", true) },
		"number":   func(r *optionreader.Reader) bool { return r.WholeNumber("x", 10, "5") == "" },
		"list":     func(r *optionreader.Reader) bool { return r.Texts("x", rejectAll) == nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reader := optionreader.New(map[string]any{"x": optionreader.Unknown{}})
			if !read(reader) || !reader.HasUnknown() || reader.IsAbsent("x") {
				t.Error("the option does not read as unknown")
			}
			expectErrors(t, reader)
		})
	}
	parent := optionreader.New(nil)
	elements := parent.Nested("object", map[string]any{"list": []any{"a", optionreader.Unknown{}}}).Texts("list", acceptAll)
	if !reflect.DeepEqual(elements, []string{"a"}) || !parent.HasUnknown() {
		t.Errorf("got %q, unknown %t", elements, parent.HasUnknown())
	}
}

func TestReader_collectsAllErrors(t *testing.T) {
	t.Parallel()
	reader := optionreader.New(map[string]any{
		"text": json.Number("1"), "checked": "a", "flag": "yes", "number": "7", "zero": json.Number("0"), "half": json.Number("1.5"), "high": json.Number("11"),
		"list": map[string]any{}, "elements": []any{true, "a"},
	})
	reader.Text("text", acceptAll)
	reader.Text("checked", rejectAll)
	reader.Flag("flag", false)
	for _, name := range []string{"number", "zero", "half", "high"} {
		if got := reader.WholeNumber(name, 10, "5"); got != "" {
			t.Errorf("%s is %q", name, got)
		}
	}
	reader.Texts("list", acceptAll)
	reader.Texts("elements", rejectAll)
	reader.Nested("tls", map[string]any{"key": []any{}}).Text("key", acceptAll)
	reader.Reject("text", "is too long")
	expectErrors(t, reader,
		"options.text must be a string, not a number",
		"options.checked must be something else",
		"options.flag must be true or false, not a string",
		"options.number must be a whole number from 1 to 10, not a string",
		"options.zero must be a whole number from 1 to 10, not 0",
		"options.half must be a whole number from 1 to 10, not 1.5",
		"options.high must be a whole number from 1 to 10, not 11",
		"options.list must be a list of strings, not an object",
		"options.elements[0] must be a string, not a bool",
		"options.elements[1] must be something else",
		"options.tls.key must be a string, not a list",
		"options.text is too long",
	)
	if invalid, ok := errors.AsType[*optionreader.Error](reader.Err()); !ok || invalid.Option != "text" {
		t.Errorf("got %+v", invalid)
	}
	if got := (&optionreader.Error{Message: "must be an object"}).Error(); got != "options must be an object" {
		t.Errorf("got %q", got)
	}
}

func TestCheckNames_suggestsTheNearestName(t *testing.T) {
	t.Parallel()
	allowed := []string{"image", "tls"}
	for name, want := range map[string]string{
		"imagee": "options.imagee is not an option, did you mean image? (The options are: image, tls.)",
		"IMAGE":  "options.IMAGE is not an option, did you mean image? (The options are: image, tls.)",
		"xyzzy":  "options.xyzzy is not an option (The options are: image, tls.)",
	} {
		reader := optionreader.New(map[string]any{name: "x", "tls": nil})
		reader.CheckNames(allowed)
		expectErrors(t, reader, want)
	}
}

func TestOneLine_rejectsLineEndsAndControlCharacters(t *testing.T) {
	t.Parallel()
	for _, valid := range []string{"", "a b", "é", "日本", "\U0001F600"} {
		if message := optionreader.OneLine(valid); message != "" {
			t.Errorf("%q: %s", valid, message)
		}
	}
	for _, invalid := range []string{"a\nb", "\r", "\x00", "\x7f", "\u0085", "\u2028", "\u2029", "\ufeff", "\uffff", "\U0001fffe"} {
		if message := optionreader.OneLine(invalid); !strings.Contains(message, "control characters") {
			t.Errorf("%q: %q", invalid, message)
		}
	}
}
