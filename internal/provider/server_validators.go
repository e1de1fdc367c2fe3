// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

var (
	conflicting = lazy.Regexp(`^Attribute "(\S+)" cannot be specified when "(\S+)" is specified`)
	missing     = lazy.Regexp(`^Attribute "(\S+)" must be specified when "(\S+)" is specified`)
	exactlyOne  = lazy.Regexp(`^Exactly one of these attributes must be configured: \[(\S+)\]`)
	emptyText   = lazy.Regexp(`^Attribute \S+ string length must be at least 1, got: `)
	emptySet    = lazy.Regexp(`^Attribute \S+ (?:set|list) must contain at least 1 elements, got: 0`)
)

// rewordValidator replaces the texts of the framework's validators, which say neither
// what to do nor "argument" (terraform-plugin-framework-validators 0.19.0,
// helpers/validatordiag/diag.go and internal/schemavalidator). It reports whether the
// diagnostic is one of them.
func rewordValidator(d *tfprotov6.Diagnostic) bool {
	if found := conflicting().FindStringSubmatch(d.Detail); found != nil {
		d.Summary = fmt.Sprintf("Conflicting arguments %q and %q", found[2], found[1])
		d.Detail = "Set one of them and remove the other."
		return true
	}
	if found := missing().FindStringSubmatch(d.Detail); found != nil {
		d.Summary = fmt.Sprintf("Argument %q is missing", found[1])
		d.Detail = fmt.Sprintf("The argument %q requires it. Set both, or neither.", found[2])
		return true
	}
	if found := exactlyOne().FindStringSubmatch(d.Detail); found != nil {
		names := strings.ReplaceAll(found[1], ",", `" and "`)
		d.Summary, d.Detail = fmt.Sprintf("Conflicting arguments \"%s\"", names), "Set one of them and remove the other."
		if d.Attribute == nil {
			d.Summary, d.Detail = fmt.Sprintf("None of the arguments \"%s\" is set", names), "Set one of them."
		}
		return true
	}
	if emptyText().MatchString(d.Detail) {
		detail := "The value must not be empty. To omit the argument, use null."
		if argument := withoutElements(d.Attribute); argument != d.Attribute {
			d.Attribute, detail = argument, "A member is empty. Leave it out, or give it a value."
		}
		d.Summary, d.Detail = invalidValueSummary(d.Attribute), detail
		return true
	}
	if emptySet().MatchString(d.Detail) {
		d.Summary, d.Detail = invalidValueSummary(d.Attribute), "The value must have at least one member. To omit the argument, use null."
		return true
	}
	return false
}
