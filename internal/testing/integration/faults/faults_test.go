// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/faults"
)

// Runs every row.
func TestPromises_areKept(t *testing.T) {
	t.Parallel()
	rows := faults.Table()
	if len(rows) < 60 {
		t.Errorf("the table has %d rows", len(rows))
	}
	names := map[string]bool{}
	for _, row := range rows {
		if names[row.Name()] {
			t.Errorf("two rows have the name %q", row.Name())
		}
		names[row.Name()] = true
		t.Run(row.Name(), func(t *testing.T) {
			t.Parallel()
			faults.Run(t, row)
		})
	}
}

// TestPlanTable_namesTests looks for the test of each row among the tests of its
// package.
func TestPlanTable_namesTests(t *testing.T) {
	t.Parallel()
	for _, row := range faults.PlanTable() {
		files, err := filepath.Glob(filepath.Join("..", "..", "..", "provider", row.Package, "*_test.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s has no tests: %v", row.Package, err)
		}
		var sources strings.Builder
		for _, file := range files {
			source, err := os.ReadFile(filepath.Clean(file))
			if err != nil {
				t.Fatal(err)
			}
			sources.Write(source)
		}
		if !strings.Contains(sources.String(), "func "+row.Test+"(") || row.Case != "" && !strings.Contains(sources.String(), "\t\""+row.Case+"\": {") {
			t.Errorf("%s: there is no test %s/%s in %s", row.Fault, row.Test, row.Case, row.Package)
		}
	}
}
