// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package snapshots_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the snapshots instead of comparing them")

const snapshotFolder = "testdata/diagnostics"

// scenariosByFile returns the scenarios of each snapshot file.
func scenariosByFile() map[string][]scenario {
	return map[string][]scenario{
		"cluster_plan":    clusterPlanScenarios(),
		"cluster_create":  clusterCreateScenarios(),
		"cluster_update":  clusterUpdateScenarios(),
		"cluster_refresh": clusterRefreshScenarios(),
		"connection":      connectionScenarios(),
		"provider":        providerScenarios(),
		"data":            dataScenarios(),
		"action":          actionScenarios(),
		"hub_server":      serverScenarios(),
		"hub_token":       tokenScenarios(),
		"hub_user":        userScenarios(),
		"catalog":         catalogScenarios(),
		"scheduler":       schedulerScenarios(),
		"function":        functionScenarios(),
	}
}

// After a change of a text, run make diagnostics and review the difference.
//
//nolint:paralleltest // scenarios set environment variables
func TestDiagnostics_matchTheirSnapshots(t *testing.T) {
	all := scenariosByFile()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Run(name, func(t *testing.T) {
			var got strings.Builder
			for i, each := range all[name] {
				if i > 0 {
					got.WriteString("\n")
				}
				t.Run(each.name, func(t *testing.T) { got.WriteString(each.play(t)) })
			}
			if t.Failed() {
				return
			}
			file := filepath.Join(snapshotFolder, name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if difference := firstDifference(string(want), got.String()); difference != "" {
				t.Errorf("%s is not current: run make diagnostics.\n%s", file, difference)
			}
		})
	}
}

// firstDifference returns the first lines that differ, with those before them.
func firstDifference(want, got string) string {
	wantLines, gotLines := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(wantLines), len(gotLines)) {
		if i < len(wantLines) && i < len(gotLines) && wantLines[i] == gotLines[i] {
			continue
		}
		from := max(i-8, 0)
		return "want:\n" + strings.Join(wantLines[min(from, len(wantLines)):min(i+3, len(wantLines))], "\n") +
			"\ngot:\n" + strings.Join(gotLines[min(from, len(gotLines)):min(i+3, len(gotLines))], "\n")
	}
	return ""
}
