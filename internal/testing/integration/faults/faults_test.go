// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults_test

import (
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/faults"
)

// TestPromises runs every row.
func TestPromises(t *testing.T) {
	t.Parallel()
	rows := faults.Table()
	if len(rows) < 60 {
		t.Errorf("the table has %d rows", len(rows))
	}
	for _, row := range rows {
		t.Run(row.Moment+"/"+row.Fault, func(t *testing.T) {
			t.Parallel()
			faults.Run(t, row)
		})
	}
}
