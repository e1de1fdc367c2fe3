// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPrintLicenses_printsLicencesAndNotices(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, text := range map[string]string{"LICENSE.txt": "the licence", "NOTICE": "the notice", "license.go": "package license", "README.md": "the readme"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var output bytes.Buffer
	if err := printLicenses(&output, module{path: "example.com/linked", version: "v1.2.3", folder: folder}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"example.com/linked v1.2.3, LICENSE.txt\n\nthe licence\n", "the notice"} {
		if !strings.Contains(output.String(), want) {
			t.Errorf("%q is missing in %s", want, output.String())
		}
	}
	if strings.Contains(output.String(), "the readme") || strings.Contains(output.String(), "package license") {
		t.Errorf("files other than licences are printed: %s", output.String())
	}
}

func TestPrintLicenses_failsWithoutLicence(t *testing.T) {
	t.Parallel()
	if err := printLicenses(&bytes.Buffer{}, module{path: "example.com/linked", folder: t.TempDir()}); err == nil {
		t.Error("a module without a licence is accepted")
	}
}
