// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// TestSettingsTable_matchesTheSchema compares the table of settings, from which the
// documentation is generated, with the provider block.
func TestSettingsTable_matchesTheSchema(t *testing.T) {
	t.Parallel()
	attributes := providerAttributes()
	// limits is not among the settings, because only the provider block can set it.
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

// TestSettingsTable_schemasHaveTheDefaults compares the defaults in the descriptions
// with those that count.
func TestSettingsTable_schemasHaveTheDefaults(t *testing.T) {
	t.Parallel()
	s, problems := settings.Resolve(t.Context(), settings.Block{}, environment.New(nil))
	for _, problem := range problems {
		t.Errorf("problem: %+v", problem)
	}
	attributes := providerAttributes()
	for argument, want := range map[string]any{
		"max_retries": s.MaxRetries.Value, "max_connections": s.MaxConnections.Value, "request_timeout": s.RequestTimeout.Value,
		"allow_cleartext": s.AllowCleartext.Value, "stac_url": s.STACAddress.Value, "sas_url": s.SASAddress.Value,
	} {
		description := strings.ReplaceAll(attributes[argument].GetMarkdownDescription(), "`", "")
		if _, after, found := strings.Cut(description, "Default: "); !found || !strings.Contains(after, fmt.Sprint(want)) {
			t.Errorf("the description of %s does not have the default %v: %s", argument, want, description)
		}
	}
	for name, attribute := range attributes {
		if attribute.GetMarkdownDescription() == "" {
			t.Errorf("%s has no description", name)
		}
	}
}
