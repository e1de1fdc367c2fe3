// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/planetary-computer/terraform-provider-pc/internal/daskconfig"
	"github.com/planetary-computer/terraform-provider-pc/internal/optionreader"
)

var updateGoldenFiles = flag.Bool("update", false, "write the golden files again")

// parseOptions reads options as Terraform passes them.
func parseOptions(t *testing.T, text string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var options map[string]any
	if err := decoder.Decode(&options); err != nil {
		t.Fatal(err)
	}
	return options
}

const gatewayAddress = `"address": "https://hub.example.com/services/dask-gateway/"`

// gatewayGoldens are options in JSON, by the name of a golden file.
var gatewayGoldens = map[string]string{
	"address":         `{` + gatewayAddress + `}`,
	"addresses":       `{` + gatewayAddress + `, "proxy_address": "gateway://dask.example.com:8786", "public_address": "/services/dask-gateway/"}`,
	"port":            `{` + gatewayAddress + `, "proxy_address": 8786, "http_proxy": false}`,
	"token":           `{` + gatewayAddress + `, "api_token": "0123{x}", "include_secrets": true}`,
	"basic":           `{` + gatewayAddress + `, "auth": "basic", "username": "alice"}`,
	"password":        `{` + gatewayAddress + `, "auth": "basic", "username": "alice", "password": "p'\"{a}:#", "include_secrets": true}`,
	"kerberos":        `{` + gatewayAddress + `, "auth": "kerberos", "http_proxy": "http://proxy.example.com:3128"}`,
	"cluster_options": `{` + gatewayAddress + `, "cluster_options": {"image": "{JUPYTER_IMAGE_SPEC}", "worker_cores": 2, "worker_memory": 1.5, "tiny": 1e-7, "gpu": true, "yes": "no", "none": null, "environment": {"A": "{kept}", "N": "010", "E": null}, "list": [1, "on", []], "empty": {}}}`,
}

func renderGateway(t *testing.T, options map[string]any) string {
	t.Helper()
	text, known, err := daskconfig.GatewayConfig(options)
	if err != nil || !known {
		t.Fatalf("known %t, %v", known, err)
	}
	return text
}

func TestGatewayConfig_matchesGoldenFiles(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for name, options := range gatewayGoldens {
		given := parseOptions(t, options)
		for option := range given {
			tested[option] = true
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := renderGateway(t, given)
			file := filepath.Join("testdata", "dask_config", name+".yaml")
			if *updateGoldenFiles {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			for range 20 {
				if again := renderGateway(t, parseOptions(t, options)); again != got {
					t.Fatalf("the same options resulted in another text:\n%s", again)
				}
			}
		})
	}
	for _, option := range daskconfig.GatewayOptions() {
		if !tested[option] {
			t.Errorf("no golden file has the option %s", option)
		}
	}
}

func TestGatewayConfig_rejectsInvalidOptions(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]string{
		`{}`:                                     "options.address is required",
		`{"proxy_adr": "https://h"}`:             "options.proxy_adr is not an option, did you mean proxy_address?",
		`{"address": 5}`:                         "options.address must be a string, not a number",
		`{"address": "hub.example.com"}`:         "options.address must be an address such as https://",
		`{"address": "https://alice:s3cr3t@h/"}`: "without a user",
		`{` + gatewayAddress + `, "proxy_address": "dask"}`:                      "options.proxy_address must be a port, or an address with one",
		`{` + gatewayAddress + `, "proxy_address": 70000}`:                       "options.proxy_address must be a port from 1 to 65535",
		`{` + gatewayAddress + `, "public_address": "x"}`:                        "options.public_address must be an address",
		`{` + gatewayAddress + `, "proxy_address": "tls://alice:s3cr3t@h:1"}`:    "user",
		`{` + gatewayAddress + `, "public_address": "https://alice:s3cr3t@h/"}`:  "without a user",
		`{` + gatewayAddress + `, "auth": "none"}`:                               `options.auth must be "jupyterhub", "basic" or "kerberos"`,
		`{` + gatewayAddress + `, "api_token": "s3cr3t"}`:                        "options.api_token is a secret: leave it out, and let Python find it in JUPYTERHUB_API_TOKEN, or set include_secrets = true",
		`{` + gatewayAddress + `, "password": "s3cr3t"}`:                         `options.password is for auth = "basic", and auth is "jupyterhub"`,
		`{` + gatewayAddress + `, "auth": "basic", "api_token": 1}`:              "options.api_token must be a string",
		`{` + gatewayAddress + `, "auth": "basic", "password": "s3cr3t"}`:        "options.password is a secret",
		`{` + gatewayAddress + `, "http_proxy": "proxy:3128"}`:                   "options.http_proxy must be true, false or a URL",
		`{` + gatewayAddress + `, "http_proxy": "http://u:s3cr3t@proxy:1"}`:      "options.http_proxy has a user in it",
		`{` + gatewayAddress + `, "cluster_options": [1]}`:                       "options.cluster_options must be an object, not a list",
		`{` + gatewayAddress + `, "cluster_options": {"a": {"b": [1e999]}}}`:     "options.cluster_options.a.b[0] is a number that a Python float cannot represent",
		`{` + gatewayAddress + `, "api_token": "a\nb", "include_secrets": true}`: "options.api_token must be one line",
	} {
		t.Run(options, func(t *testing.T) {
			t.Parallel()
			text, _, err := daskconfig.GatewayConfig(parseOptions(t, options))
			var refused *optionreader.Error
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) || text != "" || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("got %q, %v, want %q", text, err, want)
			}
		})
	}
}

func TestGatewayConfig_waitsForUnknownOptions(t *testing.T) {
	t.Parallel()
	address := "https://hub.example.com/"
	for name, options := range map[string]map[string]any{
		"address":       {"address": optionreader.Unknown{}},
		"proxy_address": {"address": address, "proxy_address": optionreader.Unknown{}},
		"a token":       {"address": address, "api_token": optionreader.Unknown{}, "include_secrets": true},
		"auth":          {"address": address, "auth": optionreader.Unknown{}, "password": "p", "include_secrets": true},
		"an option":     {"address": address, "cluster_options": map[string]any{"a": []any{map[string]any{"b": optionreader.Unknown{}}}}},
		"all options":   {"address": address, "cluster_options": optionreader.Unknown{}},
	} {
		if text, known, err := daskconfig.GatewayConfig(options); text != "" || known || err != nil {
			t.Errorf("%s: got %q, %t, %v", name, text, known, err)
		}
	}
	if _, _, err := daskconfig.GatewayConfig(map[string]any{"address": optionreader.Unknown{}, "auth": "none"}); err == nil {
		t.Error("the known options were not checked")
	}
}

// TestGatewayConfig_acceptsAddressesOfProviderBlock uses forms that the provider
// block also accepts.
func TestGatewayConfig_acceptsAddressesOfProviderBlock(t *testing.T) {
	t.Parallel()
	for proxy, want := range map[string]string{
		"8786": "proxy-address: 8786\n", "dask:1": `proxy-address: "dask:1"`, "http://dask:1/x": `proxy-address: "http://dask:1/x"`,
		"//dask:1": `proxy-address: "//dask:1"`, "gateway://[::1]:8786": `proxy-address: "gateway://[::1]:8786"`, "dask:1/": `proxy-address: "dask:1/"`,
	} {
		text := renderGateway(t, map[string]any{"address": "HTTPS://hub.example.com:443/x//", "proxy_address": proxy})
		if !strings.Contains(text, want) {
			t.Errorf("%s is written as\n%s", proxy, text)
		}
	}
	for flag, want := range map[string]string{"true": "proxy: true\n", "False": "proxy: false\n"} {
		text := renderGateway(t, map[string]any{"address": "https://hub.example.com/", "http_proxy": flag})
		if !strings.Contains(text, want) {
			t.Errorf("http_proxy = %q is written as\n%s", flag, text)
		}
	}
}

// FuzzGatewayConfig checks that no text changes the structure of the YAML.
func FuzzGatewayConfig(f *testing.F) {
	for _, text := range []string{"", "x", "{x}", "'", "\"", "a: b", "\n- c", "#", "\t", "---", "&a", "*a", "!!int 1", "yes", "=", "<<", "\u2028", "\u0085", "\x00", "😀", "%", "@", "1e3", "\ufeff"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		options := map[string]any{
			"address": "https://hub.example.com/", "auth": "basic", "username": text, "password": text, "include_secrets": true,
			"cluster_options": map[string]any{"x": text, text: []any{text, map[string]any{text: text}}},
		}
		written, known, err := daskconfig.GatewayConfig(options)
		if err != nil {
			return
		}
		var read struct {
			Gateway struct {
				Auth struct {
					Kwargs map[string]string
				}
				Cluster struct {
					Options map[string]any
				}
			}
		}
		if err := yaml.Unmarshal([]byte(written), &read); err != nil || !known {
			t.Fatalf("%q: %v\n%s", text, err, written)
		}
		escaped := strings.NewReplacer("{", "{{", "}", "}}").Replace(text)
		if text != "" && read.Gateway.Auth.Kwargs["password"] != escaped || text != "x" && read.Gateway.Cluster.Options["x"] != escaped {
			t.Errorf("%q is read as %+v from\n%s", text, read, written)
		}
		if list, ok := read.Gateway.Cluster.Options[text].([]any); text != "x" && (!ok || !slices.Contains(list, any(text))) {
			t.Errorf("%q is read as %+v from\n%s", text, read, written)
		}
	})
}
