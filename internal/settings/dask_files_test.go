// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// writeFiles writes files into a temporary folder and returns the folder.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func addressYAML(text string) string { return "gateway: {address: \"" + text + "\"}\n" }

// The test starts with a file in every place and removes one place after the other.
func TestResolve_readsFilesInDasksOrder(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the paths are those of other systems")
	}
	root := writeFiles(t, map[string]string{
		"etc/a.yaml": addressYAML("http://etc-a"), "etc/b.yml": addressYAML("http://etc-b"), "etc/C.JSON": `{"gateway": {"address": "http://etc-c"}}`, "etc/z.txt": addressYAML("http://no"), "etc/.yaml": addressYAML("http://no-ending"),
		"python/bin/python3": "", "python/etc/dask/x.yaml": addressYAML("http://prefix"),
		"home/.config/dask/gateway.yaml": addressYAML("http://home"), "further/x.yaml": addressYAML("http://further"), "one.conf": addressYAML("http://one"),
	})
	pathOf := func(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }
	all := []string{"DASK_ROOT_CONFIG=" + pathOf("etc"), "PATH=/nowhere:" + pathOf("python/bin"), "HOME=" + pathOf("home"), "DASK_CONFIG=" + pathOf("further")}
	for name, test := range map[string]struct {
		env  []string
		want string
		from string
	}{
		"a variable":            {append([]string{"DASK_GATEWAY__ADDRESS=http://env"}, all...), "http://env", "the environment variable DASK_GATEWAY__ADDRESS"},
		"PC_ADDRESS":            {append([]string{"PC_ADDRESS=http://pc"}, all...), "http://pc", "the environment variable PC_ADDRESS"},
		"DASK_CONFIG":           {all, "http://further", "the file " + pathOf("further/x.yaml")},
		"DASK_CONFIG is a file": {append([]string{"DASK_CONFIG=" + pathOf("one.conf")}, all[:3]...), "http://one", "the file " + pathOf("one.conf")},
		"DASK_CONFIG is none":   {append([]string{"DASK_CONFIG=" + pathOf("none")}, all[:3]...), "http://home", "the file " + pathOf("home/.config/dask/gateway.yaml")},
		"home":                  {all[:3], "http://home", "the file " + pathOf("home/.config/dask/gateway.yaml")},
		"Python's own":          {all[:2], "http://prefix", "the file " + pathOf("python/etc/dask/x.yaml")},
		"a virtual environment": {[]string{all[0], "VIRTUAL_ENV=" + pathOf("python")}, "http://prefix", "the file " + pathOf("python/etc/dask/x.yaml")},
		"the system's":          {all[:1], "http://etc-b", "the file " + pathOf("etc/b.yml")},
		"root is a file":        {[]string{"DASK_ROOT_CONFIG=" + pathOf("etc/C.JSON")}, "http://etc-c", "the file " + pathOf("etc/C.JSON")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := mustResolve(t, settings.Block{}, test.env...)
			expectEqual(t, "address", s.Address.Value, test.want)
			expectEqual(t, "origin", s.Address.Origin, test.from)
		})
	}
	text := mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG="+pathOf("none"), "HOME="+pathOf("empty")).Missing("api_token")
	expectContains(t, text, "DASK_GATEWAY__AUTH__KWARGS__API_TOKEN, or gateway.auth.kwargs.api_token in Dask's files: "+pathOf("none")+", "+pathOf("empty/.config/dask"))
}

func TestResolve_mergesFilesAndFillsTheirTemplates(t *testing.T) {
	t.Parallel()
	root := writeFiles(t, map[string]string{
		"etc/1.yaml": "gateway:\n  address: http://{HOST}/gw\n  http_client: {proxy: off}\n  cluster:\n    options: {image: \"{IMAGE}\", cores: 2, environment: {A: \"{kept}\"}}\n",
		"etc/2.yaml": "gateway:\n  auth: {type: jupyterhub, kwargs: {api-token: \"{T}\"}}\n  cluster:\n    options: {cores: 3, environment: {B: 1}}\n",
	})
	s := mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG="+root+"/etc", "HOST=hub", "IMAGE=i:1", "T=t0ken", "DASK_GATEWAY__CLUSTER__OPTIONS__GPU=True")
	expectEqual(t, "address", s.Address.Value, "http://hub/gw")
	expectEqual(t, "api_token", s.APIToken.Value.Reveal(), "t0ken")
	expectEqual(t, "http_proxy", s.HTTPProxy.Value.Reveal(), "false")
	options := map[string]string{}
	for name, option := range s.ClusterOptions {
		options[name] = fmt.Sprintf("%v from %s", option.Value, strings.ReplaceAll(option.Origin, root, ""))
	}
	for name, want := range map[string]string{
		"image": "i:1 from the file /etc/1.yaml", "cores": "3 from the file /etc/2.yaml", "gpu": "true from the environment variable DASK_GATEWAY__CLUSTER__OPTIONS__GPU",
		"environment": "map[A:{kept} B:1] from the files /etc/1.yaml, /etc/2.yaml",
	} {
		expectEqual(t, name, options[name], want)
	}
}

// The files contain rare YAML that PyYAML accepts: of several merges the last one
// counts, of a merged list the first one. They also contain keys that Gateway()
// ignores.
func TestResolve_readsFilesLikePyYAML(t *testing.T) {
	t.Parallel()
	const anchors = "one: &one {n: 1}\ntwo: &two {n: 2}\nthree: &three {n-n: 3, <<: *one, n_n: 4}\n"
	for name, test := range map[string]struct{ text, want string }{
		"two merges":               {anchors + "gateway: {cluster: {options: {<<: *one, <<: *two}}}\n", "map[n:2]"},
		"a list of merges":         {anchors + "gateway: {cluster: {options: {<<: [*one, *two]}}}\n", "map[n:1]"},
		"a merge and an own key":   {anchors + "gateway: {cluster: {options: {n: 5, <<: [*one, *two]}}}\n", "map[n:5]"},
		"two spellings in a merge": {anchors + "gateway: {cluster: {options: {n_n: 6, <<: *three}}}\n", "map[n:1 n-n:3]"},
		"a later version":          {"# c\n%YAML 1.2\n---\ngateway: {cluster: {options: {n: on}}}\n", "map[n:true]"},
		"this version":             {"%YAML 1.1\n---\ngateway: {cluster: {options: {n: 010}}}\n", "map[n:8]"},
		"unknown directives":       {"\ufeff%WHO knows\n%TAG !x! tag:yaml.org,2002:\n---\ngateway: {cluster: {options: {n: !x!str 1}}}\n", "map[n:1]"},
		"no directive":             {"gateway: {cluster: {options: {n: \"\n%YAML 1.2\"}}}\n", "map[n: %YAML 1.2]"},
		"Python's own types":       {"a: !!set {b, c}\nd: !!omap [e: 1]\nf: !!pairs [g: 1]\ngateway: {cluster: {options: {n: 1}}}\n", "map[n:1]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(writeFiles(t, map[string]string{"x.yaml": test.text}), "x.yaml")
			options := map[string]any{}
			for name, option := range mustResolve(t, settings.Block{}, "DASK_ROOT_CONFIG="+file).ClusterOptions {
				options[name] = option.Value
			}
			expectEqual(t, "options", fmt.Sprint(options), test.want)
		})
	}
}

// The problem names the file and the line or the variable. It does not quote the
// file.
func TestResolve_reportsTheLineOfInvalidFiles(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, wantText string }{
		"no YAML":                 {"gateway:\n  auth: {kwargs: {api_token: s3cr3t\n", "line 2: the mapping that begins here"},
		"an open list":            {"a: 1\nb: [s3cr3t,\n  2\nc: 3\n", "line 2: the list that begins here"},
		"an open list, 1":         {"b: [s3cr3t\n", "line 1: the list that begins here"},
		"an empty open list":      {"s3cr3t: [\n\n", "line 1: did not find expected node content"},
		"an open quote":           {"a: 1\nb: \"s3cr3t\nc: 3\n", "line 2: found unexpected end of stream"},
		"a tab":                   {"a: 1\n\ts3cr3t: 3\n", "line 2: found a tab character"},
		"two colons":              {"a: s3cr3t\nb: c: d\n", "line 2: mapping values are not allowed"},
		"wrong indentation":       {"x: 1\na:\n  b: 1\n c: s3cr3t\n", "line 1: the mapping that begins here has a line"},
		"a control":               {"a: 1\nb: 2\nc: s3cr3t\x01\n", "line 3: control characters are not allowed"},
		"no UTF-8":                {"a: 1\nb: s3cr3t\xff\n", "line 2: invalid leading UTF-8"},
		"a byte order mark":       {"\ufeffa: 1\nb: [s3cr3t\n", "line 2: the list"},
		"a list":                  {"- s3cr3t\n", "it has no mapping at its top"},
		"two documents":           {"a: s3cr3t\n---\nb: 1\n", "a second document"},
		"an unknown tag":          {"a: s3cr3t\nb: !!python/object:os.system x\n", "line 2: a value has a tag that is not known"},
		"a custom tag":            {"a: !s3cr3t\n", "line 1: a value has a tag that is not known"},
		"a secret as a tag":       {"a: {b: !s3cr3t x}\n", "line 1: a value has a tag that is not known"},
		"a tag that does not fit": {"a: !!int s3cr3t\n", "line 1: a value does not fit its tag"},
		"an alias of itself":      {"b: 1\na: &a [*a]\n", "line 2: an alias stands for a value that contains it"},
		"a missing anchor":        {"# *s3cr3t\na: 1\nb: [\"*s3cr3t\",\n  *s3cr3t]\n", "line 4: an alias has no anchor"},
		"a key of a list":         {"? [1, 2]\n: 3\n", "line 1: a key is not a text"},
		"a merge of a text":       {"a: {<<: s3cr3t}\n", "a merged value is not a mapping"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(writeFiles(t, map[string]string{"x.yaml": test.text}), "x.yaml")
			p := onlyProblem(t, settings.Block{}, "DASK_ROOT_CONFIG="+file)
			expectEqual(t, "origin", p.Origin, "the file "+file)
			expectEqual(t, "argument", p.Argument, "")
			expectContains(t, p.Detail, test.wantText)
			expectOmits(t, p.Detail, "s3cr3t")
		})
	}
	for start, format := range map[string]string{"[x, x, x, x, x, x, x, x, x, x]": "[%s]", "{x: 1, y: 2}": "{<<: [%s]}"} {
		bomb := "a: &a " + start + "\n"
		for c := 'b'; c < 'k'; c++ {
			bomb += fmt.Sprintf("%c: &%c "+format+"\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
		}
		file := filepath.Join(writeFiles(t, map[string]string{"x.yaml": bomb}), "x.yaml")
		expectContains(t, onlyProblem(t, settings.Block{}, "DASK_ROOT_CONFIG="+file).Detail, file, "more than 100000 values, which is the limit")
	}
	file := filepath.Join(writeFiles(t, map[string]string{"x.yaml": addressYAML("http://{NOWHERE}/")}), "x.yaml")
	p := onlyProblem(t, settings.Block{}, "DASK_ROOT_CONFIG="+file)
	expectEqual(t, "origin", p.Origin, "the file "+file)
	expectContains(t, p.Detail, "NOWHERE")
}

// FuzzResolve_files checks that no file makes the provider crash and that every
// option has an origin.
func FuzzResolve_files(f *testing.F) {
	for _, text := range []string{"", "gateway: {address: http://h}\n", "a: &a {b: 1}\ngateway: {<<: *a, cluster: {options: {x: 1:30, y: 0x1F, z: !!int \"1\"}}}\n", "- 1", "\t", "? x\n: y\n", "gateway:\n  cluster:\n    options: {a: on, b: 1e3, c: ~}\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(writeFiles(t, map[string]string{"x.yaml": text}), "x.yaml")
		s, problems := settings.Resolve(t.Context(), settings.Block{}, environment.New([]string{"DASK_ROOT_CONFIG=" + file}))
		for _, p := range problems {
			if p.Origin == "" || p.Detail == "" {
				t.Errorf("%q: %+v", text, p)
			}
		}
		for name, option := range s.ClusterOptions {
			if option.Origin != "the file "+file {
				t.Errorf("%q: the option %q has the origin %q", text, name, option.Origin)
			}
		}
	})
}
