// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package terraform

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
)

// Feature is a part of the language, with the first versions that have it.
type Feature struct {
	name      string
	terraform version
	openTofu  version
}

type version struct{ major, minor int }

// neverReleased is the version of a feature that an engine does not have.
var neverReleased = version{1 << 30, 0}

// The features that tests depend on.
var (
	EphemeralResources = Feature{"ephemeral resources", version{1, 10}, version{1, 11}}
	WriteOnlyArguments = Feature{"write-only arguments", version{1, 11}, version{1, 11}}
	ImportByIdentity   = Feature{"import by identity", version{1, 12}, version{1, 12}}
	ListResources      = Feature{"list resources", version{1, 14}, neverReleased}
	Actions            = Feature{"actions", version{1, 14}, neverReleased}
	// OpenTofu's command test has no folders of mock data.
	MockDataFolders = Feature{"the source of a mock provider", version{1, 7}, neverReleased}
)

// Require makes the workspace use a binary that has the feature: the usual one, or
// the one that NEWEST_TERRAFORM names. It skips the test if neither has it.
func (w *Workspace) Require(feature Feature) {
	w.t.Helper()
	output := w.Must("version").Output
	if supports(output, feature) {
		return
	}
	if newest := os.Getenv("NEWEST_TERRAFORM"); newest != "" {
		w.command = newest
		if w.Supports(feature) {
			return
		}
	}
	w.t.Skipf("%s does not have %s", firstLine.FindString(output), feature.name)
}

// Supports reports whether the binary has the feature.
func (w *Workspace) Supports(feature Feature) bool {
	w.t.Helper()
	return supports(w.Must("version").Output, feature)
}

var firstLine = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\d+)\.(\d+).*$`)

// supports reports whether the engine that printed this version has the feature.
// The name of the binary does not matter: people rename or link it.
func supports(output string, feature Feature) bool {
	match := firstLine.FindStringSubmatch(output)
	if match == nil {
		panic(fmt.Sprintf("not the version of Terraform or OpenTofu: %s", output))
	}
	major, _ := strconv.Atoi(match[2])
	minor, _ := strconv.Atoi(match[3])
	needed := feature.terraform
	if match[1] == "OpenTofu" {
		needed = feature.openTofu
	}
	return major > needed.major || major == needed.major && minor >= needed.minor
}
