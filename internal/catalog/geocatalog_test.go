// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package catalog_test

import (
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
)

func TestRegionOfHost_guessesNothing(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"a.0123456789abcdef.westeurope.geocatalog.spatio.azure.com":   "westeurope",
		"a.0123456789abcdef.Eastus2.geocatalog.spatio.azure.com.":     "eastus2",
		"a.0123456789abcdef.usgovvirginia.geocatalog.spatio.azure.us": "usgovvirginia",
		"a-0123456789abcdef.geocatalog.spatio.azure.com":              "",
		"a.westeurope.geocatalog.spatio.azure.com":                    "",
		"a.b.west-europe.geocatalog.spatio.azure.com":                 "",
		"a.b.westeurope.geocatalog.spatio.azure.com.example.com":      "",
	} {
		if got := catalog.RegionOfHost(host); got != want {
			t.Errorf("%s has the region %q, want %q", host, got, want)
		}
	}
}

func TestScope_isForHostsOfMicrosoftOnly(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"a.geocatalog.spatio.azure.com":             "https://geocatalog.spatio.azure.com/.default",
		"a.geocatalog.spatio.azure.us":              "https://geocatalog.spatio.azure.us/.default",
		"a.geocatalog.spatio.azure.com.example.com": "",
		"evilgeocatalog.spatio.azure.com":           "",
		"hub.example.com":                           "",
	} {
		if got := catalog.Scope(host); got != want {
			t.Errorf("%s has the scope %q, want %q", host, got, want)
		}
	}
}
