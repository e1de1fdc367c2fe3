// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
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
