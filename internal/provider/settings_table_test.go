// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// TestSettingsTable_isTheSchemas compares the table of settings, from which the
// documentation is made, with the provider block.
func TestSettingsTable_isTheSchemas(t *testing.T) {
	t.Parallel()
	attributes := providerAttributes()
	// limits is no setting: it has no other place than the provider block.
	delete(attributes, "limits")
	for _, row := range settings.Table() {
		attribute, ok := attributes[row.Argument]
		if !ok {
			t.Errorf("the provider block has no argument %s", row.Argument)
			continue
		}
		delete(attributes, row.Argument)
		for _, variable := range row.Variables {
			if !strings.Contains(attribute.GetMarkdownDescription(), "`"+variable+"`") {
				t.Errorf("the description of %s does not name %s", row.Argument, variable)
			}
		}
	}
	for name := range attributes {
		t.Errorf("the table of settings has no row for %s", name)
	}
}
