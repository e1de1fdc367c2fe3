// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// TestTable_listsEveryArgument compares the table with the places that an error about
// a missing value lists.
func TestTable_listsEveryArgument(t *testing.T) {
	t.Parallel()
	table := settings.Table()
	expectEqual(t, "number of rows", len(table), reflect.TypeFor[settings.Block]().NumField())
	s := mustResolve(t, settings.Block{}, "HOME="+t.TempDir())
	seen := map[string]bool{}
	for _, row := range table {
		if seen[row.Argument] {
			t.Errorf("%s is listed twice", row.Argument)
		}
		seen[row.Argument] = true
		places := s.Missing(row.Argument)
		previous := strings.Index(places, row.Argument+" in the provider block")
		if previous < 0 {
			t.Fatalf("%s is not an argument: %s", row.Argument, places)
		}
		for _, variable := range row.Variables {
			position := strings.Index(places, "the environment variable "+variable)
			if position < previous {
				t.Errorf("%s: %s is missing or out of order in: %s", row.Argument, variable, places)
			}
			previous = position
		}
		expectEqual(t, "number of variables of "+row.Argument, len(row.Variables), strings.Count(places, "the environment variable "))
		expectEqual(t, row.Argument+" having a key of Dask", strings.Contains(places, row.DaskKey+" in Dask's files"), row.DaskKey != "")
		// The guide gives this rule in place of the keys.
		variable := "DASK_" + strings.NewReplacer(".", "__", "-", "_").Replace(strings.ToUpper(row.DaskKey))
		expectEqual(t, row.Argument+" having the variable of its key of Dask", slices.Contains(row.Variables, variable), row.DaskKey != "")
	}
}
