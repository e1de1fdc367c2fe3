// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// compare returns how a response differs from the expected one, and the values that
// the expected response's placeholders store.
func compare(want ExpectedResponse, got *receivedResponse, poll time.Duration, values valueLookup) (stored map[string]string, differences []string) {
	stored = map[string]string{}
	differ := func(format string, arguments ...any) {
		differences = append(differences, fmt.Sprintf(format, arguments...))
	}
	match := func(what, text, got string) {
		expression, err := pattern(text, values)
		if err != nil {
			differ("invalid pattern in the case: %v", err)
			return
		}
		found := expression.FindStringSubmatch(got)
		if found == nil {
			differ("%s\n  got  %.3000s\n  want %.3000s", what, got, text)
			return
		}
		for i, name := range expression.SubexpNames() {
			if name != "" {
				stored[name] = found[i]
			}
		}
	}
	if got.status != want.Status {
		differ("status\n  got  %d\n  want %d", got.status, want.Status)
	}
	match("content type", want.ContentType, got.header.Get("Content-Type"))
	if want.Object == nil {
		match("body", want.Body, got.body)
	} else {
		object := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(got.body), &object); err != nil {
			differ("the body is not a JSON object: %v\n  got  %.3000s", err, got.body)
		}
		if keys, wantKeys := slices.Sorted(maps.Keys(object)), slices.Sorted(maps.Keys(want.Object)); !slices.Equal(keys, wantKeys) {
			differ("keys of the body\n  got  %q\n  want %q", keys, wantKeys)
		}
		for key, text := range want.Object {
			match(key, text, string(object[key]))
		}
	}
	for name, text := range want.Header {
		match("header "+name, text, strings.Join(got.header.Values(name), "; "))
	}
	for path, elements := range want.Unordered {
		if err := compareUnordered(path, elements, got.body, values); err != nil {
			differ("%v", err)
		}
	}
	switch {
	case want.Timing == beforeLongPollEnds && got.duration >= poll:
		differ("the response took %s, longer than expected", got.duration)
	case want.Timing == whenLongPollEnds && (got.duration < poll || got.duration > poll+5*time.Second):
		differ("the response took %s, expected the end of a long poll of %s", got.duration, poll)
	}
	return stored, differences
}

// compareUnordered compares an array of strings in a JSON text with the expected
// elements, in any order.
func compareUnordered(path string, want []string, text string, values valueLookup) error {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return fmt.Errorf("the body is not JSON: %w", err)
	}
	for step := range strings.SplitSeq(path, ".") {
		switch container := value.(type) {
		case map[string]any:
			value = container[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index >= len(container) {
				return fmt.Errorf("%s: no element %s", path, step)
			}
			value = container[index]
		}
	}
	array, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%s is not an array in %.1000s", path, text)
	}
	got := make([]string, len(array))
	for i, element := range array {
		got[i] = fmt.Sprint(element)
	}
	expected := make([]string, len(want))
	for i, element := range want {
		var err error
		if expected[i], err = expand(element, values); err != nil {
			return err
		}
	}
	slices.Sort(got)
	slices.Sort(expected)
	if !slices.Equal(got, expected) {
		return fmt.Errorf("%s\n  got  %q\n  want %q", path, got, expected)
	}
	return nil
}
