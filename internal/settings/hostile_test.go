// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// Each file is within its own limit, but all files together exceed it.
func TestResolve_limitsAllFilesTogether(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%d.yaml", i)] = "a: \"" + strings.Repeat("x", 400<<10) + "\"\n"
	}
	p := onlyProblem(t, settings.Block{}, "DASK_ROOT_CONFIG="+writeFiles(t, files))
	expectContains(t, p.Detail, "4 MiB", "limit")

	files = map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%d.yaml", i)] = "a: &a [" + strings.Repeat("x,", 100) + "]\nb: [" + strings.Repeat("*a,", 100) + "]\n"
	}
	p = onlyProblem(t, settings.Block{}, "DASK_ROOT_CONFIG="+writeFiles(t, files))
	expectContains(t, p.Detail, "more than 100000 values, which is the limit")
}

// A file has a thousand invalid templates.
func TestResolve_limitsTheNumberOfProblems(t *testing.T) {
	t.Parallel()
	text := "gateway:\n  cluster:\n    options:\n"
	for i := range 1000 {
		text += fmt.Sprintf("      o%d: \"{MISSING}\"\n", i)
	}
	root := writeFiles(t, map[string]string{"x.yaml": text})
	_, problems := settings.Resolve(t.Context(), settings.Block{}, environment.New([]string{"DASK_ROOT_CONFIG=" + root}))
	if len(problems) != 21 {
		t.Fatalf("%d problems", len(problems))
	}
	expectContains(t, problems[20].Detail, "The first 20 of 1000 are shown.")
}

// The file has almost as many lines as the limit allows. A parser that counts the
// lines from the top takes minutes.
func TestResolve_readsALongSDKFileInTime(t *testing.T) {
	t.Parallel()
	home, _ := writeSDKSettings(t, strings.Repeat("A=\n", 80_000)+"PC_SDK_SUBSCRIPTION_KEY=k3y\n")
	expectEqual(t, "subscription_key", mustResolve(t, settings.Block{}, "HOME="+home).SubscriptionKey.Value.Reveal(), "k3y")
}

func TestResolve_stopsWhenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, problems := settings.Resolve(ctx, settings.Block{}, environment.New([]string{"DASK_ROOT_CONFIG=" + t.TempDir()}))
	if len(problems) != 1 {
		t.Fatalf("%+v", problems)
	}
	expectContains(t, problems[0].Summary, "cancelled")
	expectContains(t, problems[0].Detail, "context canceled")
}

// A folder has the name of a file. Dask reads the null device as an empty file.
func TestResolve_skipsFoldersAndTheNullDevice(t *testing.T) {
	t.Parallel()
	root := writeFiles(t, map[string]string{"etc/x.yaml/y.txt": "", "etc/z.yaml": addressYAML("http://z")})
	expectEqual(t, "address", mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG="+filepath.Join(root, "etc"), "DASK_CONFIG="+os.DevNull).Address.Value, "http://z")
}
