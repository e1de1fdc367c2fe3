// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

const (
	// maxSummarySize and maxDetailSize limit a diagnostic, in bytes. Terraform prints
	// it as a whole, and logs of pipelines store it.
	maxSummarySize = 512
	maxDetailSize  = 7 << 10
)

// presentable returns the diagnostics as Terraform should print them. It rewords the
// framework's diagnostics for invalid values, removes duplicates, limits the size,
// and lets Terraform resolve the line of a nested argument. Package transport cleans
// the texts of servers; presentable removes control characters from everything else,
// such as names in the configuration.
func presentable(diagnostics []*tfprotov6.Diagnostic) []*tfprotov6.Diagnostic {
	var result []*tfprotov6.Diagnostic
	seen := map[string]bool{}
	for _, d := range diagnostics {
		reworded := *d
		reworded.Attribute = resolvable(d.Attribute)
		rewordInvalidValue(&reworded)
		reworded.Summary = presentableLine(reworded.Summary)
		reworded.Detail = shortened(printable(reworded.Detail), maxDetailSize)
		key := fmt.Sprintf("%d %s %s %s", reworded.Severity, reworded.Attribute, reworded.Summary, reworded.Detail)
		if !seen[key] {
			seen[key] = true
			result = append(result, &reworded)
		}
	}
	return result
}

// presentableLine returns the display name of a list result, or a progress message of
// an action, as Terraform should print it.
func presentableLine(text string) string { return shortened(printable(text), maxSummarySize) }

// resolvable returns the path in the form for which Terraform finds the line. The
// provider has no nested blocks: nested arguments are members of an object, whose
// lines Terraform finds by key (internal/tfdiags/contextual.go).
func resolvable(path *tftypes.AttributePath) *tftypes.AttributePath {
	steps := path.Steps()
	if len(steps) < 2 {
		return path
	}
	converted := append([]tftypes.AttributePathStep{}, steps...)
	for i, step := range converted {
		if name, ok := step.(tftypes.AttributeName); ok && i > 0 {
			converted[i] = tftypes.ElementKeyString(name)
		}
	}
	return tftypes.NewAttributePathWithSteps(converted)
}

var (
	notWholeNumber = lazy.Regexp(`Value (?:%!s\(\*big\.Float=)?([^\s()]+)\)? is not an integer`)
	notAllowed     = lazy.Regexp(`^Attribute \S+?(?:\[.*?\])? value must be (one of: \[(.*)\]|.*), got: ([\s\S]*)$`)
	nullMember     = lazy.Regexp(`contains a null value|target type cannot handle null values`)
	notDuration    = lazy.Regexp(`not a valid Go Time Duration string format[\s\S]*?Given Value: ([^\n]*)`)
	notTimeout     = lazy.Regexp(`^"(.*)" must be a string containing a sequence of decimal numbers`)
	days           = lazy.Regexp(`^([0-9]{1,5})d$`)
)

// rewordInvalidValue replaces texts of the framework that blame the provider, print
// Go types or contain escape sequences (terraform-plugin-framework 1.19.0,
// types/basetypes/int64_type.go and internal/reflect/diags.go;
// terraform-plugin-framework-timetypes 0.5.0, timetypes/diagnostics.go).
func rewordInvalidValue(d *tfprotov6.Diagnostic) {
	if rewordValidator(d) {
		return
	}
	if found := notWholeNumber().FindStringSubmatch(d.Detail); found != nil {
		d.Summary = invalidValueSummary(d.Attribute)
		d.Detail = fmt.Sprintf("The value must be a whole number, not %s.", found[1])
		return
	}
	if found := notAllowed().FindStringSubmatch(d.Detail); found != nil {
		d.Attribute = withoutElements(d.Attribute)
		allowed := found[1]
		if found[2] != "" {
			allowed = "one of " + strings.ReplaceAll(found[2], `" "`, `", "`)
		}
		d.Summary = invalidValueSummary(d.Attribute)
		d.Detail = fmt.Sprintf("The value must be %s, not %s.", allowed, found[3])
		return
	}
	if nullMember().MatchString(d.Detail) {
		d.Attribute = withoutElements(d.Attribute)
		d.Summary = invalidValueSummary(d.Attribute)
		d.Detail = "A member is null. Leave it out, or give it a value."
		return
	}
	if found := notTimeout().FindStringSubmatch(d.Detail); found != nil {
		d.Summary, d.Detail = invalidValueSummary(d.Attribute), describeDuration(found[1])
		return
	}
	if found := notDuration().FindStringSubmatch(d.Detail); found != nil {
		d.Summary, d.Detail = invalidValueSummary(d.Attribute), describeDuration(found[1])
	}
}

// describeDuration returns the detail for a text that is not a duration.
func describeDuration(text string) string {
	example := `for example "90s", "20m" or "720h"`
	if inDays := days().FindStringSubmatch(text); inDays != nil {
		var count int
		_, _ = fmt.Sscan(inDays[1], &count)
		example = fmt.Sprintf("which has no unit for days. Write %q", fmt.Sprintf("%dh", 24*count))
	}
	return fmt.Sprintf("%q is not a duration. The value must be a Go duration, %s.", text, example)
}

// withoutElements removes the steps to an element of a set. Terraform finds no line for it,
// and would print it as a Go value.
func withoutElements(path *tftypes.AttributePath) *tftypes.AttributePath {
	steps := path.Steps()
	for i, step := range steps {
		if _, isElement := step.(tftypes.ElementKeyValue); isElement {
			return tftypes.NewAttributePathWithSteps(steps[:i])
		}
	}
	return path
}

func invalidValueSummary(path *tftypes.AttributePath) string {
	var names []string
	for _, step := range path.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			names = append(names, string(step))
		case tftypes.ElementKeyString:
			names = append(names, string(step))
		}
	}
	if len(names) == 0 {
		return "Invalid value in the configuration"
	}
	return fmt.Sprintf("Invalid value for %q", strings.Join(names, "."))
}

// printable replaces everything that a terminal would not print unchanged, except
// line breaks and tabs.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// shortened cuts a text at a limit in bytes, between two characters.
func shortened(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	cut := limit
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}
