// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// writeSDKSettings writes a settings file of Python's planetary_computer into a new
// home folder.
func writeSDKSettings(t *testing.T, content string) (home, file string) {
	t.Helper()
	home = t.TempDir()
	file = filepath.Join(home, ".planetarycomputer", "settings.env")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return home, file
}

func TestResolve_readsCatalogSettings(t *testing.T) {
	t.Parallel()
	const defaultSAS, inFile = "https://planetarycomputer.microsoft.com/api/sas/v1/token", "https://file.example.com/token"
	home, file := writeSDKSettings(t, "# Planetary Computer\nexport PC_SDK_SAS_URL=\"https://file.example.com/token/\"\nPC_SDK_SUBSCRIPTION_KEY = 'f11e'\nOTHER=x\n")
	for name, test := range map[string]struct {
		block         settings.Block
		env           []string
		sas, key      string
		sasFrom, from string
	}{
		"nothing":                    {sas: defaultSAS},
		"the file":                   {env: []string{"HOME=" + home}, sas: inFile, sasFrom: "PC_SDK_SAS_URL in " + file, key: "f11e", from: "PC_SDK_SUBSCRIPTION_KEY in " + file},
		"the SDK's variables":        {env: []string{"HOME=" + home, "PC_SDK_SAS_URL=https://env.example.com/t", "PC_SDK_SUBSCRIPTION_KEY=e1"}, sas: "https://env.example.com/t", sasFrom: "the environment variable PC_SDK_SAS_URL", key: "e1", from: "the environment variable PC_SDK_SUBSCRIPTION_KEY"},
		"empty variables of the SDK": {env: []string{"HOME=" + home, "PC_SDK_SAS_URL=", "PC_SDK_SUBSCRIPTION_KEY="}, sas: defaultSAS},
		"PC_ variables":              {env: []string{"HOME=" + home, "PC_SAS_URL=https://ours.example.com/t", "PC_SUBSCRIPTION_KEY=0a", "PC_SDK_SUBSCRIPTION_KEY=e1"}, sas: "https://ours.example.com/t", sasFrom: "the environment variable PC_SAS_URL", key: "0a", from: "the environment variable PC_SUBSCRIPTION_KEY"},
		"the block":                  {block: settings.Block{SASAddress: knownValue("https://b.example.com"), SubscriptionKey: knownValue("b10c")}, env: []string{"HOME=" + home, "PC_SAS_URL=https://ours.example.com/t"}, sas: "https://b.example.com", sasFrom: "sas_url in the provider block", key: "b10c", from: "subscription_key in the provider block"},
		"a home without the file":    {env: []string{"HOME=" + t.TempDir()}, sas: defaultSAS},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustResolve(t, test.block, test.env...)
			expectEqual(t, "sas_url", s.SASAddress.Value, test.sas)
			expectEqual(t, "origin of sas_url", s.SASAddress.Origin, test.sasFrom)
			expectEqual(t, "subscription_key", s.SubscriptionKey.Value.Reveal(), test.key)
			expectEqual(t, "origin of subscription_key", s.SubscriptionKey.Origin, test.from)
			expectEqual(t, "stac_url", s.STACAddress.Value, "https://planetarycomputer.microsoft.com/api/stac/v1")
			if s.SDKFileError != nil {
				t.Error(s.SDKFileError)
			}
		})
	}
	s := mustResolve(t, settings.Block{}, "PC_STAC_URL=http://127.0.0.1:8080/stac/")
	expectEqual(t, "stac_url", s.STACAddress.Value, "http://127.0.0.1:8080/stac")
}

// An invalid file is not a problem for users who do not need it. The error does not
// quote the file.
func TestResolve_rejectsInvalidCatalogSettings(t *testing.T) {
	t.Parallel()
	home, file := writeSDKSettings(t, "s3cr3t key\n")
	s := mustResolve(t, settings.Block{}, "HOME="+home)
	if s.SDKFileError == nil || !strings.Contains(s.SDKFileError.Error(), file) || strings.Contains(s.SDKFileError.Error(), "s3cr3t") {
		t.Error(s.SDKFileError)
	}
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, ".planetarycomputer", "settings.env"), 0o700); err != nil {
		t.Fatal(err)
	}
	if s = mustResolve(t, settings.Block{}, "HOME="+folder); s.SDKFileError == nil {
		t.Error("the provider read a folder as a file")
	}
	for argument, test := range map[string]struct {
		block   settings.Block
		allowed string
	}{
		"stac_url":         {settings.Block{STACAddress: knownValue("planetarycomputer.microsoft.com")}, "Allowed is http://"},
		"sas_url":          {settings.Block{SASAddress: knownValue("ftp://h/")}, "Allowed is http://"},
		"subscription_key": {settings.Block{SubscriptionKey: knownValue("two words")}, "A key is one word"},
	} {
		p := onlyProblem(t, test.block)
		expectEqual(t, "argument", p.Argument, argument)
		expectContains(t, p.Detail, test.allowed)
		expectOmits(t, p.Detail, "two words")
	}
}

// TestResolve_prefersTheNearerCatalog compares stac_url and sas_url with geocatalog_url.
func TestResolve_prefersTheNearerCatalog(t *testing.T) {
	t.Parallel()
	const address = "https://a.b.westeurope.geocatalog.spatio.azure.com"
	home, _ := writeSDKSettings(t, "PC_SDK_SAS_URL=https://file.example.com/token\n")
	for name, test := range map[string]struct {
		block     settings.Block
		env       []string
		stac, sas bool
	}{
		"nothing":                 {},
		"the GeoCatalog":          {block: settings.Block{GeoCatalogURL: knownValue(address)}},
		"both in the block":       {block: settings.Block{GeoCatalogURL: knownValue(address), STACAddress: knownValue("https://s.example.com"), SASAddress: knownValue("https://t.example.com")}, stac: true, sas: true},
		"both in the environment": {env: []string{"PC_GEOCATALOG_URL=" + address, "PC_STAC_URL=https://s.example.com", "PC_SAS_URL=https://t.example.com"}, stac: true, sas: true},
		"a farther STAC API":      {block: settings.Block{GeoCatalogURL: knownValue(address)}, env: []string{"PC_STAC_URL=https://s.example.com"}},
		"a farther GeoCatalog":    {block: settings.Block{STACAddress: knownValue("https://s.example.com")}, env: []string{"PC_GEOCATALOG_URL=" + address}, stac: true},
		"the settings of Python":  {env: []string{"HOME=" + home, "PC_GEOCATALOG_URL=" + address}},
		"no GeoCatalog at all":    {env: []string{"HOME=" + home}, sas: true},
		"an unknown STAC API":     {block: settings.Block{GeoCatalogURL: knownValue(address), STACAddress: unknownValue[string]()}, stac: true},
	} {
		s := mustResolve(t, test.block, test.env...)
		if s.STACOutranksGeoCatalog != test.stac || s.SASOutranksGeoCatalog != test.sas {
			t.Errorf("%s: stac_url outranks %t, sas_url %t, want %t and %t", name, s.STACOutranksGeoCatalog, s.SASOutranksGeoCatalog, test.stac, test.sas)
		}
	}
}
