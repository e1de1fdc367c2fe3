// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestPresentable_limitsSizeAndRemovesDuplicates(t *testing.T) {
	t.Parallel()
	endless := &tfprotov6.Diagnostic{Summary: strings.Repeat("ä", 10_000), Detail: strings.Repeat("€", 100_000)}
	result := presentable([]*tfprotov6.Diagnostic{endless, endless, {Summary: "Other\x1b[2J", Detail: "line\r\nline"}})
	if len(result) != 2 {
		t.Fatalf("%d diagnostics, want 2", len(result))
	}
	if size := len(result[0].Summary) + len(result[0].Detail); size > 8<<10 || !strings.HasSuffix(result[0].Detail, "€…") {
		t.Errorf("a diagnostic has %d bytes", size)
	}
	if result[1].Summary != "Other?[2J" || result[1].Detail != "line?\nline" {
		t.Errorf("got %q", result[1])
	}
	if len(endless.Detail) != 300_000 {
		t.Error("presentable changed its argument")
	}
}

func TestPresentable_rewordsTheFrameworksValidators(t *testing.T) {
	t.Parallel()
	argument := tftypes.NewAttributePath().WithAttributeName("scopes")
	element := argument.WithElementKeyValue(tftypes.NewValue(tftypes.String, ""))
	for text, test := range map[string]struct {
		at              *tftypes.AttributePath
		summary, detail string
	}{
		`Attribute "roles" cannot be specified when "scopes" is specified`:                {argument, `Conflicting arguments "scopes" and "roles"`, "Set one of them and remove the other."},
		`Attribute "options_wo" must be specified when "options_wo_version" is specified`: {argument, `Argument "options_wo" is missing`, `The argument "options_wo_version" requires it. Set both, or neither.`},
		"Exactly one of these attributes must be configured: [address,dashboard_url]":     {nil, `None of the arguments "address" and "dashboard_url" is set`, "Set one of them."},
		"Attribute scopes set must contain at least 1 elements, got: 0":                   {argument, `Invalid value for "scopes"`, "The value must have at least one member. To omit the argument, use null."},
		`Attribute scopes[Value("")] string length must be at least 1, got: 0`:            {element, `Invalid value for "scopes"`, "A member is empty. Leave it out, or give it a value."},
	} {
		result := presentable([]*tfprotov6.Diagnostic{{Summary: "Invalid Attribute Combination", Detail: text, Attribute: test.at}})
		if len(result) != 1 || result[0].Summary != test.summary || result[0].Detail != test.detail {
			t.Errorf("%s: got %+v", text, result)
		}
		if got := len(result[0].Attribute.Steps()); test.at != nil && got != 1 {
			t.Errorf("%s: the path has %d steps", text, got)
		}
	}
}
