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

// check returns what differs from the answer that was wanted, and what the
// placeholders of the wanted one keep.
func check(want Answer, got *answer, poll time.Duration, known values) (kept map[string]string, differences []string) {
	kept = map[string]string{}
	differ := func(format string, arguments ...any) {
		differences = append(differences, fmt.Sprintf(format, arguments...))
	}
	match := func(what, text, got string) {
		expression, err := pattern(text, known)
		if err != nil {
			differ("the case itself: %v", err)
			return
		}
		found := expression.FindStringSubmatch(got)
		if found == nil {
			differ("%s\n  got  %.3000s\n  want %.3000s", what, got, text)
			return
		}
		for i, name := range expression.SubexpNames() {
			if name != "" {
				kept[name] = found[i]
			}
		}
	}
	if got.status != want.Status {
		differ("status\n  got  %d\n  want %d", got.status, want.Status)
	}
	match("content type", want.Type, got.header.Get("Content-Type"))
	if want.Object == nil {
		match("body", want.Body, got.body)
	} else {
		object := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(got.body), &object); err != nil {
			differ("the body is no JSON object: %v\n  got  %.3000s", err, got.body)
		}
		if keys, wanted := slices.Sorted(maps.Keys(object)), slices.Sorted(maps.Keys(want.Object)); !slices.Equal(keys, wanted) {
			differ("keys of the body\n  got  %q\n  want %q", keys, wanted)
		}
		for key, text := range want.Object {
			match(key, text, string(object[key]))
		}
	}
	for name, text := range want.Header {
		match("header "+name, text, strings.Join(got.header.Values(name), "; "))
	}
	for path, elements := range want.Sets {
		if err := sameSet(path, elements, got.body, known); err != nil {
			differ("%v", err)
		}
	}
	switch {
	case want.Wait == atOnce && got.took >= poll:
		differ("it took %s, which is not at once", got.took)
	case want.Wait == longPoll && (got.took < poll || got.took > poll+5*time.Second):
		differ("it took %s, the long poll is %s", got.took, poll)
	}
	return kept, differences
}

// sameSet compares an array of strings in a JSON text, in whatever order.
func sameSet(path string, want []string, text string, known values) error {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return fmt.Errorf("the body is no JSON: %w", err)
	}
	for step := range strings.SplitSeq(path, ".") {
		switch at := value.(type) {
		case map[string]any:
			value = at[step]
		case []any:
			index, err := strconv.Atoi(step)
			if err != nil || index >= len(at) {
				return fmt.Errorf("%s: there is no element %s", path, step)
			}
			value = at[index]
		}
	}
	array, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%s is no array in %.1000s", path, text)
	}
	got := make([]string, len(array))
	for i, element := range array {
		got[i] = fmt.Sprint(element)
	}
	wanted := make([]string, len(want))
	for i, element := range want {
		var err error
		if wanted[i], err = expand(element, known); err != nil {
			return err
		}
	}
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		return fmt.Errorf("%s\n  got  %q\n  want %q", path, got, wanted)
	}
	return nil
}
