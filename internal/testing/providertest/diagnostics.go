// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// ExpectedDiagnostic is a diagnostic that a test expects; the zero value means none.
type ExpectedDiagnostic struct {
	severity tfprotov6.DiagnosticSeverity
	path     string
	text     string
}

// ErrorAt expects an error at a path whose summary or detail contains the text.
func ErrorAt(path, text string) ExpectedDiagnostic {
	return ExpectedDiagnostic{severity: tfprotov6.DiagnosticSeverityError, path: path, text: text}
}

// WarningAt expects a warning at a path whose summary or detail contains the text.
func WarningAt(path, text string) ExpectedDiagnostic {
	return ExpectedDiagnostic{severity: tfprotov6.DiagnosticSeverityWarning, path: path, text: text}
}

// AssertNoDiagnostics fails the test for each diagnostic.
func AssertNoDiagnostics(t *testing.T, got []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range got {
		t.Errorf("unexpected diagnostic at %s: %s: %s", d.Attribute, d.Summary, d.Detail)
	}
}

// AssertDiagnostics fails the test unless got contains the expected diagnostic and no
// other.
func AssertDiagnostics(t *testing.T, got []*tfprotov6.Diagnostic, want ExpectedDiagnostic) {
	t.Helper()
	if want == (ExpectedDiagnostic{}) {
		AssertNoDiagnostics(t, got)
		return
	}
	if len(got) != 1 {
		t.Errorf("%d diagnostics, want 1", len(got))
	}
	for _, d := range got {
		path := ""
		if d.Attribute != nil {
			path = d.Attribute.String()
		}
		if d.Severity != want.severity || path != want.path || !strings.Contains(d.Summary+"\n"+d.Detail, want.text) {
			t.Errorf("%s at %q: %s\n%s\nwant %s at %q with %q", d.Severity, path, d.Summary, d.Detail, want.severity, want.path, want.text)
		}
	}
}
