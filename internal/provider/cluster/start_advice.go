// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxListedNames limits the names in a line of advice.
const maxListedNames = 5

// failedStartAdvice returns the likely causes of a failed start, for the options
// that were sent. It prints names of options, and no values.
func failedStartAdvice(sent map[string]any) string {
	var causes []string
	images, sizes := []string{}, []string{}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if mapping, ok := sent[name].(map[string]any); ok {
			if others := nonTextMembers(name, mapping); len(others) > 0 {
				causes = append(causes, listNames(others)+" must be text: environment variables have no other type. Put the value in quotes.")
			}
			continue
		}
		switch lower := strings.ToLower(name); {
		case strings.Contains(lower, "image"):
			images = append(images, name)
		case strings.Contains(lower, "memory"), strings.Contains(lower, "cores"), strings.Contains(lower, "cpu"), strings.Contains(lower, "gpu"):
			sizes = append(sizes, name)
		}
	}
	if len(images) > 0 {
		causes = append(causes, "The image in the option "+listNames(images)+" cannot be pulled, or does not contain dask-gateway.")
	} else {
		causes = append(causes, "The image cannot be pulled, or does not contain dask-gateway.")
	}
	if len(sizes) > 0 {
		causes = append(causes, fmt.Sprintf("%s %s more than a node has.", listNames(sizes), verb(len(sizes), "requests", "request")))
	} else {
		causes = append(causes, "The options request more than a node has.")
	}
	return "Likely causes:\n  - " + strings.Join(causes, "\n  - ") + "\nThe gateway's log and the scheduler's log have the reason."
}

// namesOfOtherThanText returns the paths of the members of a mapping that are not
// strings. Values that are still unknown count as strings.
func nonTextMembers(option string, mapping map[string]any) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(mapping)) {
		if _, isText := mapping[name].(string); !isText && !isUnknown(mapping[name]) {
			names = append(names, option+"."+name)
		}
	}
	return names
}

// listNames joins names, and shortens a long list.
func listNames(names []string) string {
	if more := len(names) - maxListedNames; more > 0 {
		return strings.Join(names[:maxListedNames], ", ") + fmt.Sprintf(" and %d more", more)
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return names[0]
}

func verb(count int, singular, plural string) string {
	if count == 1 {
		return singular
	}
	return plural
}
