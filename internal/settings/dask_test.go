// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// optionJSON returns the cluster option x of an environment as JSON, or "".
func optionJSON(t *testing.T, env ...string) string {
	t.Helper()
	s := mustResolve(t, settings.Block{}, env...)
	option, ok := s.ClusterOptions["x"]
	if !ok {
		return ""
	}
	text, err := json.Marshal(option.Value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestResolve_acceptsAllSpellingsOfDaskKeys(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env  []string
		want string // the proxy address
	}{
		"hyphen":                       {[]string{"DASK_GATEWAY__PROXY-ADDRESS=h:1"}, "gateway://h:1"},
		"lower case":                   {[]string{"DASK_gateway__proxy_address=h:1"}, "gateway://h:1"},
		"another prefix":               {[]string{"dask_GATEWAY__PROXY_ADDRESS=h:1"}, ""},
		"dots":                         {[]string{"DASK_GATEWAY.PROXY_ADDRESS=h:1"}, "gateway://h:1"},
		"the last of two spellings":    {[]string{"DASK_GATEWAY__PROXY-ADDRESS=h:1", "DASK_GATEWAY__PROXY_ADDRESS=h:2"}, "gateway://h:2"},
		"the last of two cases":        {[]string{"DASK_GATEWAY__PROXY_ADDRESS=h:1", "DASK_Gateway__Proxy_Address=h:2"}, "gateway://h:2"},
		"a mapping":                    {[]string{`DASK_GATEWAY={"proxy-address": "h:1"}`}, "gateway://h:1"},
		"a variable into a mapping":    {[]string{`DASK_GATEWAY={"proxy-address": "h:1"}`, "DASK_GATEWAY__PROXY_ADDRESS=h:2"}, "gateway://h:2"},
		"a mapping over a variable":    {[]string{"DASK_GATEWAY__PROXY_ADDRESS=h:2", "DASK_GATEWAY={'address': 'http://h:3'}"}, "gateway://h:3"},
		"no mapping where one must be": {[]string{"DASK_GATEWAY=5", "DASK_GATEWAY__PROXY_ADDRESS=h:2"}, ""},
		"a port as a number":           {[]string{"DASK_GATEWAY__ADDRESS=http://H:1/x", "DASK_GATEWAY__PROXY_ADDRESS=0x2252"}, "gateway://h:8786"},
		"a port by template":           {[]string{"DASK_GATEWAY__ADDRESS=http://h", "DASK_GATEWAY__PROXY_ADDRESS={PORT}", "PORT=8786"}, "gateway://h:8786"},
		"a template":                   {[]string{"DASK_GATEWAY__PROXY_ADDRESS=gateway://{HOST}:{PORT}", "PORT=8786", "HOST=h"}, "gateway://h:8786"},
		"None":                         {[]string{"DASK_GATEWAY__PROXY_ADDRESS=None", "DASK_GATEWAY__ADDRESS=http://h:1"}, "gateway://h:1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			expectEqual(t, "proxy_address", mustResolve(t, settings.Block{}, test.env...).ProxyAddress.Value, test.want)
		})
	}
}

func TestResolve_readsClusterOptions(t *testing.T) {
	t.Parallel()
	s := mustResolve(t, settings.Block{},
		"DASK_GATEWAY__CLUSTER__OPTIONS={'worker_cores': 2, 'Image': '{TAG}'}",
		"DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_MEMORY=16.0",
		"DASK_GATEWAY__CLUSTER__OPTIONS__ENVIRONMENT__A={TAG}",
		"DASK_GATEWAY__CLUSTER__OPTIONS__ENVIRONMENT__B=2",
		"DASK_GATEWAY__CLUSTER__OPTIONS__GPU=None",
		"TAG=repo:1")
	got, err := json.Marshal(s.ClusterOptions)
	if err != nil {
		t.Fatal(err)
	}
	expectEqual(t, "number of options", len(s.ClusterOptions), 4)
	expectContains(t, string(got),
		`"worker_cores":{"Value":2,"Origin":"the environment variable DASK_GATEWAY__CLUSTER__OPTIONS"`,
		`"Image":{"Value":"repo:1"`,
		`"worker_memory":{"Value":16.0,"Origin":"the environment variable DASK_GATEWAY__CLUSTER__OPTIONS__WORKER_MEMORY"`,
		`"environment":{"Value":{"a":"{TAG}","b":2},"Origin":"the environment variables DASK_GATEWAY__CLUSTER__OPTIONS__ENVIRONMENT__A, DASK_GATEWAY__CLUSTER__OPTIONS__ENVIRONMENT__B"`)

	expectContains(t, onlyProblem(t, settings.Block{}, "DASK_GATEWAY__CLUSTER__OPTIONS=big").Detail, "mapping")
	expectEqual(t, "number of options", len(mustResolve(t, settings.Block{}, "DASK_GATEWAY__CLUSTER__OPTIONS=None").ClusterOptions), 0)
}

// Any variable takes precedence over the configuration that Dask hands down.
func TestResolve_readsInheritedConfiguration(t *testing.T) {
	t.Parallel()
	inherit := func(text string) string {
		return "DASK_INTERNAL_INHERIT_CONFIG=" + base64.URLEncoding.EncodeToString([]byte(text))
	}
	s := mustResolve(t, settings.Block{}, inherit(`{"gateway": {"address": "http://{H}", "public-address": "/x", "cluster": {"options": {"n": 1.0}}}}`), "H=hub", "DASK_GATEWAY__PUBLIC_ADDRESS=/y")
	expectEqual(t, "address", s.Address.Value, "http://hub")
	expectEqual(t, "origin", s.Address.Origin, "the environment variable DASK_INTERNAL_INHERIT_CONFIG")
	expectEqual(t, "public_address", s.PublicAddress.Value, "/y")
	expectEqual(t, "option", optionJSON(t, inherit(`{"gateway.cluster.options": {"x": 1.0}}`)), "1.0")
	for _, text := range []string{"%", "", "bm90aGluZw==", base64.URLEncoding.EncodeToString([]byte(`["s3cr3t"]`)), base64.URLEncoding.EncodeToString([]byte(`{"a": s3cr3t}`)), base64.URLEncoding.EncodeToString([]byte(`{"a": "s3cr3t"`))} {
		p := onlyProblem(t, settings.Block{}, "DASK_INTERNAL_INHERIT_CONFIG="+text)
		expectEqual(t, "origin", p.Origin, "the environment variable DASK_INTERNAL_INHERIT_CONFIG")
		expectContains(t, p.Detail, "dask.config.serialize")
		expectOmits(t, p.Detail, "s3cr3t")
	}
}

func TestResolve_fillsTemplates(t *testing.T) {
	t.Parallel()
	env := []string{"A=1", "B_=two", "EMPTY="}
	for text, want := range map[string]string{
		"{A}": "1", "x{A}{B_}y": "x1twoy", "{{A}}": "{A}", "{{{A}}}": "{1}", "{EMPTY}": "", "}}": "}",
	} {
		expectEqual(t, text, optionJSON(t, append(env, "DASK_GATEWAY__CLUSTER__OPTIONS__X=v"+text)...), `"v`+want+`"`)
	}
	for text, want := range map[string]string{
		"v{MISSING}": "the environment variable MISSING, which is not set", "v{a}": "the environment variable a, which is not set",
		"v{": "brace", "v}": "brace", "v{A": "brace", "v{}": "format syntax", "v{0}": "format syntax", "v{A!r}": "format syntax", "v{A:>5}": "format syntax", "v{A[0]}": "format syntax", "v{A.x}": "format syntax", "v{A{B}": "format syntax",
	} {
		p := onlyProblem(t, settings.Block{}, append(env, "DASK_GATEWAY__CLUSTER__OPTIONS__X="+text)...)
		expectContains(t, p.Detail, want)
		expectContains(t, p.Summary, "cluster option x")
		expectEqual(t, "origin", p.Origin, "the environment variable DASK_GATEWAY__CLUSTER__OPTIONS__X")
	}
	p := onlyProblem(t, settings.Block{}, "DASK_GATEWAY__ADDRESS=http://{HOST}/")
	expectContains(t, p.Detail, "the environment variable HOST, which is not set")
}

// The problem names the missing variable only if the name cannot be a part of the
// secret.
func TestResolve_hidesSecretsInTemplateErrors(t *testing.T) {
	t.Parallel()
	for text, name := range map[string]string{
		"{HUB_TOKEN}": "HUB_TOKEN", "{TOKEN}": "TOKEN", "http://me:{PROXY_PASSWORD}@proxy:1": "PROXY_PASSWORD",
		"{s3cr3t}": "", "x{S3CR3T}y": "", "a{b_C}": "", "_{_}_": "",
	} {
		for _, variable := range []string{"AUTH__KWARGS__API_TOKEN", "AUTH__KWARGS__PASSWORD", "HTTP_CLIENT__PROXY"} {
			p := onlyProblem(t, settings.Block{}, "USER=u", "DASK_GATEWAY__"+variable+"="+text)
			if name != "" {
				expectContains(t, p.Detail, "the environment variable "+name+", which is not set")
				continue
			}
			expectContains(t, p.Detail, "it names one that is not set")
			expectOmits(t, p.Detail, strings.Trim(text, "{}"))
		}
	}
}

func TestProxy_distinguishesNoneFromTheEnvironment(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		env, want string
		none      bool
	}{
		"nothing":              {"", "", false},
		"Dask's default":       {"DASK_GATEWAY__HTTP_CLIENT__PROXY=True", "", false},
		"Dask's false":         {"DASK_GATEWAY__HTTP_CLIENT__PROXY=False", "", true},
		"YAML's false":         {"DASK_GATEWAY__HTTP_CLIENT__PROXY=false", "", true},
		"Dask's None is false": {"DASK_GATEWAY__HTTP_CLIENT__PROXY=None", "", true},
		"hyphen in the key":    {"DASK_GATEWAY__HTTP-CLIENT__PROXY=http://p:1", "http://p:1", false},
		"Dask's address":       {"DASK_GATEWAY__HTTP_CLIENT__PROXY=http://u:{PW}@p.example.com:3128", "http://u:p%40ss@p.example.com:3128", false},
		"ours":                 {"PC_HTTP_PROXY=socks5://p:1080/", "socks5://p:1080/", false},
		"ours, false":          {"PC_HTTP_PROXY=false", "", true},
		"IPv6":                 {"PC_HTTP_PROXY=http://[::1]:3128", "http://[::1]:3128", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy, none, err := mustResolve(t, settings.Block{}, test.env, "PW=p%40ss").Proxy()
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if proxy != nil {
				got = proxy.String()
			}
			expectEqual(t, "proxy", got, test.want)
			expectEqual(t, "none", none, test.none)
		})
	}
}

// The tests of daskconfig cover the literals themselves.
func TestResolve_interpretsOptionsOfVariables(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2.0": "2.0", "0x1F": "31", "True": "true", "None": "", "null": "", "nOnE": "", "repo:1": `"repo:1"`, "[1, 'a', None,]": `[1,"a",null]`,
		"{{1, 2}}": `"{1, 2}"`, `{{"a": 1, **{{}}}}`: `"{\"a\": 1, **{}}"`,
	} {
		expectEqual(t, "option", optionJSON(t, "DASK_GATEWAY__CLUSTER__OPTIONS__X="+text), want)
	}
}
