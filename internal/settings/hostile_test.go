// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// maxAllocated is all that reading the settings may allocate, so that its peak is
// lower still.
const maxAllocated = 300 << 20

// allocated returns how many bytes a call allocates.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestResolve_boundsHostileSources has files and variables that stand for more
// memory or time than there is. Each is an error that names the place and the
// limit.
func TestResolve_boundsHostileSources(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
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
	for name, test := range map[string]struct { //nolint:paralleltest // as above
		yaml, sdk string
		variables []string
		says      []string
		fromSDK   bool
	}{
		"a large file":                 {yaml: "a: " + strings.Repeat("x", 1<<20), says: []string{"x.yaml", "the limit is 512 KiB"}},
		"a large scalar, aliased":      {yaml: aliases(400<<10, 30_000), says: []string{"x.yaml", "more than 4 MiB of text, which is the limit"}},
		"a small scalar, aliased":      {yaml: aliases(1, 150_000), says: []string{"x.yaml", "more than 100000 values, which is the limit"}},
		"many values":                  {yaml: "a: [" + strings.Repeat("1,", 255<<10) + "]", says: []string{"x.yaml", "more than 100000 values, which is the limit"}},
		"deep lists":                   {yaml: "a: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000), says: []string{"x.yaml", "more than 500 levels deep, which is the limit"}},
		"deep mappings in lists":       {yaml: "a: " + strings.Repeat("[{b: ", 4000) + strings.Repeat("}]", 4000), says: []string{"x.yaml", "more than 500 levels deep, which is the limit"}},
		"a long integer":               {yaml: "b: 1\na: " + strings.Repeat("9", 500_000), says: []string{"x.yaml", "line 2: a number has more than 4300 digits, which is the limit"}},
		"a long tagged integer":        {yaml: "a: !!int " + strings.Repeat("9", 500_000), says: []string{"x.yaml", "line 1: a number has more than 4300 digits"}},
		"a long integer of base 60":    {yaml: "a: 1" + strings.Repeat(":59", 150_000), says: []string{"x.yaml", "line 1: a number has more than 4300 digits"}},
		"a long float of base 60":      {yaml: "a: 1" + strings.Repeat(":59", 150_000) + ".5", says: []string{"x.yaml", "line 1: a number has more than 4300 digits"}},
		"merges of merges":             {yaml: mergesOfMerges(), says: []string{"x.yaml", "more than 100000 values, which is the limit"}},
		"a template of a megabyte":     {yaml: "gateway: {address: \"http://" + strings.Repeat("{X}", 50_000) + "\"}", variables: []string{"X=" + strings.Repeat("x", 100_000)}, says: []string{"it becomes longer than 1 MiB, which is the limit"}},
		"templates of many options":    {yaml: templatesOfOptions(), variables: []string{"X=" + strings.Repeat("x", 100_000)}, says: []string{"it becomes longer than 1 MiB, which is the limit"}},
		"a deep inherited mapping":     {variables: []string{inherited(strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000))}, says: []string{"DASK_INTERNAL_INHERIT_CONFIG", "more than 500 levels deep, which is the limit"}},
		"a deeper inherited mapping":   {variables: []string{inherited(strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000))}, says: []string{"DASK_INTERNAL_INHERIT_CONFIG", "more than 500 levels deep, which is the limit"}},
		"a large file of the SDK":      {sdk: strings.Repeat("A=b\n", 600_000), says: []string{"settings.env", "the limit is 256 KiB"}, fromSDK: true},
		"doubled variables of the SDK": {sdk: variables(40), says: []string{"settings.env", "more than 1048576 bytes, which is the limit"}, fromSDK: true},
	} {
		t.Run(name, func(t *testing.T) {
			root := machine(t, map[string]string{"x.yaml": test.yaml, ".planetarycomputer/settings.env": test.sdk})
			env := environment.New(append(test.variables, "HOME="+root, "DASK_ROOT_CONFIG="+filepath.Join(root, "x.yaml")))
			var resolved settings.Settings
			var problems []settings.Problem
			if bytes := allocated(func() { resolved, problems = settings.Resolve(t.Context(), settings.Block{}, env) }); bytes > maxAllocated {
				t.Errorf("%d MiB were allocated", bytes>>20)
			}
			message := fmt.Sprint(resolved.SDKFile)
			if !test.fromSDK {
				if len(problems) == 0 {
					t.Fatal("no problem")
				}
				message = problems[0].Origin + problems[0].Detail
			}
			contains(t, message, test.says...)
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

// TestResolve_boundsAllFilesTogether has many files, each within its own limit.
func TestResolve_boundsAllFilesTogether(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%d.yaml", i)] = "a: \"" + strings.Repeat("x", 400<<10) + "\"\n"
	}
	p := problem(t, settings.Block{}, "DASK_ROOT_CONFIG="+machine(t, files))
	contains(t, p.Detail, "4 MiB", "limit")

	files = map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%d.yaml", i)] = "a: &a [" + strings.Repeat("x,", 100) + "]\nb: [" + strings.Repeat("*a,", 100) + "]\n"
	}
	p = problem(t, settings.Block{}, "DASK_ROOT_CONFIG="+machine(t, files))
	contains(t, p.Detail, "more than 100000 values, which is the limit")
}

// TestResolve_limitsTheNumberOfProblems has a file with a thousand bad templates.
func TestResolve_limitsTheNumberOfProblems(t *testing.T) {
	t.Parallel()
	text := "gateway:\n  cluster:\n    options:\n"
	for i := range 1000 {
		text += fmt.Sprintf("      o%d: \"{MISSING}\"\n", i)
	}
	root := machine(t, map[string]string{"x.yaml": text})
	_, problems := settings.Resolve(t.Context(), settings.Block{}, environment.New([]string{"DASK_ROOT_CONFIG=" + root}))
	if len(problems) != 21 {
		t.Fatalf("%d problems", len(problems))
	}
	contains(t, problems[20].Detail, "The first 20 of 1000 are shown.")
}

// TestResolve_readsLongFile has almost as many lines as the limit allows: a parser
// that counts the lines from the top for each takes minutes.
func TestResolve_readsLongFile(t *testing.T) {
	t.Parallel()
	home, _ := sdkHome(t, strings.Repeat("A=\n", 80_000)+"PC_SDK_SUBSCRIPTION_KEY=k3y\n")
	equal(t, "subscription_key", resolve(t, settings.Block{}, "HOME="+home).SubscriptionKey.Value.Reveal(), "k3y")
}

func TestResolve_endsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, problems := settings.Resolve(ctx, settings.Block{}, environment.New([]string{"DASK_ROOT_CONFIG=" + t.TempDir()}))
	if len(problems) != 1 {
		t.Fatalf("%+v", problems)
	}
	contains(t, problems[0].Summary, "cancelled")
	contains(t, problems[0].Detail, "context canceled")
}

// TestResolve_leavesOutWhatPythonLeavesOut has a folder with the name of a file,
// and the null device, which Dask reads as an empty file.
func TestResolve_leavesOutWhatPythonLeavesOut(t *testing.T) {
	t.Parallel()
	root := machine(t, map[string]string{"etc/x.yaml/y.txt": "", "etc/z.yaml": address("http://z")})
	equal(t, "address", resolve(t, settings.Block{}, "DASK_ROOT_CONFIG="+filepath.Join(root, "etc"), "DASK_CONFIG="+os.DevNull).Address.Value, "http://z")
}
