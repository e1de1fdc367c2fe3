// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build !race

// The race detector multiplies the allocations, so that the limit means nothing.

package settings_test

import (
	"encoding/base64"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// maxAllocated limits all allocations of one call, so the peak is lower.
const maxAllocated = 300 << 20

// allocatedBytes returns how many bytes a call allocates.
func allocatedBytes(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// The files and variables would need more memory or time than the machine has. Each
// is an error that names the place and the limit.
func TestResolve_limitsEachSource(t *testing.T) { //nolint:paralleltest // It measures the allocations of the process.
	inherited := func(text string) string {
		return "DASK_INTERNAL_INHERIT_CONFIG=" + base64.URLEncoding.EncodeToString([]byte(text))
	}
	variables := func(count int) string {
		text := "A0=" + strings.Repeat("x", 1000) + "\n"
		for i := range count {
			text += fmt.Sprintf("A%d=${A%d}${A%d}\n", i+1, i, i)
		}
		return text
	}
	aliases := func(size, count int) string {
		return "a: &a " + strings.Repeat("x", size) + "\nb: [" + strings.Repeat("*a,", count) + "]\n"
	}
	for name, test := range map[string]struct { //nolint:paralleltest // As above.
		yaml, sdk string
		variables []string
		wantTexts []string
		fromSDK   bool
	}{
		"a large file":                 {yaml: "a: " + strings.Repeat("x", 1<<20), wantTexts: []string{"x.yaml", "the limit is 512 KiB"}},
		"a large scalar, aliased":      {yaml: aliases(400<<10, 30_000), wantTexts: []string{"x.yaml", "more than 4 MiB of text, which is the limit"}},
		"a small scalar, aliased":      {yaml: aliases(1, 150_000), wantTexts: []string{"x.yaml", "more than 100000 values, which is the limit"}},
		"many values":                  {yaml: "a: [" + strings.Repeat("1,", 255<<10) + "]", wantTexts: []string{"x.yaml", "more than 100000 values, which is the limit"}},
		"deep lists":                   {yaml: "a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000), wantTexts: []string{"x.yaml", "more than 500 levels deep, which is the limit"}},
		"deep mappings in lists":       {yaml: "a: " + strings.Repeat("[{b: ", 4000) + strings.Repeat("}]", 4000), wantTexts: []string{"x.yaml", "more than 500 levels deep, which is the limit"}},
		"a long integer":               {yaml: "b: 1\na: " + strings.Repeat("9", 500_000), wantTexts: []string{"x.yaml", "line 2: a number has more than 4300 digits, which is the limit"}},
		"a long tagged integer":        {yaml: "a: !!int " + strings.Repeat("9", 500_000), wantTexts: []string{"x.yaml", "line 1: a number has more than 4300 digits"}},
		"a long integer of base 60":    {yaml: "a: 1" + strings.Repeat(":59", 150_000), wantTexts: []string{"x.yaml", "line 1: a number has more than 4300 digits"}},
		"a long float of base 60":      {yaml: "a: 1" + strings.Repeat(":59", 150_000) + ".5", wantTexts: []string{"x.yaml", "line 1: a number has more than 4300 digits"}},
		"merges of merges":             {yaml: mergesOfMerges(), wantTexts: []string{"x.yaml", "more than 100000 values, which is the limit"}},
		"a template of a megabyte":     {yaml: "gateway: {address: \"http://" + strings.Repeat("{X}", 50_000) + "\"}", variables: []string{"X=" + strings.Repeat("x", 100_000)}, wantTexts: []string{"it becomes longer than 1 MiB, which is the limit"}},
		"templates of many options":    {yaml: templatesOfOptions(), variables: []string{"X=" + strings.Repeat("x", 100_000)}, wantTexts: []string{"it becomes longer than 1 MiB, which is the limit"}},
		"a deep inherited mapping":     {variables: []string{inherited(strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000))}, wantTexts: []string{"DASK_INTERNAL_INHERIT_CONFIG", "more than 500 levels deep, which is the limit"}},
		"a deeper inherited mapping":   {variables: []string{inherited(strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000))}, wantTexts: []string{"DASK_INTERNAL_INHERIT_CONFIG", "more than 500 levels deep, which is the limit"}},
		"a large file of the SDK":      {sdk: strings.Repeat("A=b\n", 600_000), wantTexts: []string{"settings.env", "the limit is 256 KiB"}, fromSDK: true},
		"doubled variables of the SDK": {sdk: variables(40), wantTexts: []string{"settings.env", "more than 1048576 bytes, which is the limit"}, fromSDK: true},
	} {
		t.Run(name, func(t *testing.T) {
			root := writeFiles(t, map[string]string{"x.yaml": test.yaml, ".planetarycomputer/settings.env": test.sdk})
			env := environment.New(append(test.variables, "HOME="+root, "DASK_ROOT_CONFIG="+filepath.Join(root, "x.yaml")))
			var resolved settings.Settings
			var problems []settings.Problem
			if bytes := allocatedBytes(func() { resolved, problems = settings.Resolve(t.Context(), settings.Block{}, env) }); bytes > maxAllocated {
				t.Errorf("%d MiB were allocated", bytes>>20)
			}
			message := fmt.Sprint(resolved.SDKFileError)
			if !test.fromSDK {
				if len(problems) == 0 {
					t.Fatal("no problem")
				}
				message = problems[0].Origin + problems[0].Detail
			}
			expectContains(t, message, test.wantTexts...)
			if len(message) > 4000 {
				t.Errorf("the message has %d bytes", len(message))
			}
		})
	}
}

func mergesOfMerges() string {
	text := "a0: &a0 {"
	for i := range 3000 {
		text += fmt.Sprintf("k%d: 1, ", i)
	}
	text += "}\n"
	for i := range 3000 {
		text += fmt.Sprintf("a%d: &a%d {<<: *a%d}\n", i+1, i+1, i)
	}
	return text
}

func templatesOfOptions() string {
	var text strings.Builder
	text.WriteString("gateway:\n  cluster:\n    options:\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "      o%d: \"{X}{X}{X}\"\n", i)
	}
	return text.String()
}
