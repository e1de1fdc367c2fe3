// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"strings"
	"testing"
	"unicode"

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

// AssertPresentable checks the rules for every diagnostic, whatever a server or a
// configuration contains.
func AssertPresentable(t *testing.T, diagnostics []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diagnostics {
		text := d.Summary + "\n" + d.Detail
		for _, forbidden := range []string{"%!", "error in the provider", "basetypes", `\n\n`, "big.Float"} {
			if strings.Contains(text, forbidden) {
				t.Errorf("a diagnostic contains %q: %s", forbidden, text)
			}
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) {
			t.Errorf("a diagnostic contains control characters: %q", text)
		}
		if len(text) > 8<<10 {
			t.Errorf("a diagnostic has %d bytes", len(text))
		}
		for line := range strings.SplitSeq(text, "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "Apply complete!") {
				t.Errorf("a server forged a line: %q", text)
			}
		}
	}
}
