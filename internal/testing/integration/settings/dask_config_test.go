// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package settings_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/daskconfig"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// dask_config writes random options, and Python's Gateway() reads the file.
func testWrittenFiles(t *testing.T, stack *realservers.Stack) {
	t.Helper()
	seed := rand.Uint64() //nolint:gosec // a test's choice of cases
	t.Logf("the seed is %d", seed)
	var given []map[string]any
	var calls []gatewayCall
	for i := range 150 {
		options := randomOptions(rand.New(rand.NewPCG(seed, uint64(i)))) //nolint:gosec // the same
		text, known, err := daskconfig.GatewayConfig(options)
		if err != nil || !known {
			t.Fatalf("%v: %t, %v", options, known, err)
		}
		file := filepath.Join(t.TempDir(), "gateway.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		given = append(given, options)
		calls = append(calls, gatewayCall{Environment: []string{
			"HOME=" + filepath.Dir(file), "DASK_ROOT_CONFIG=" + filepath.Dir(file) + "/none", "DASK_CONFIG=" + file, "LOGNAME=alice", "WHO=bob", "JUPYTERHUB_API_TOKEN=fr0m-the-hub",
		}})
	}
	for i, got := range callInPython(t, stack, calls) {
		if got.Error != "" {
			t.Errorf("%v: %s", given[i], got.Error)
			continue
		}
		compareWritten(t, given[i], got)
	}
}

func compareWritten(t *testing.T, options map[string]any, got gatewayAttributes) {
	t.Helper()
	text := func(name, otherwise string) string {
		if value, ok := options[name]; ok {
			return strings.TrimSuffix(fmt.Sprint(value), "/")
		}
		return otherwise
	}
	address := text("address", "")
	if got.Address != address || got.PublicAddress != text("public_address", address) {
		t.Errorf("%v: Python has the addresses %s and %s", options, got.Address, got.PublicAddress)
	}
	if proxy, ok := options["proxy_address"].(string); ok && got.ProxyAddress != "gateway://"+strings.TrimPrefix(proxy, "gateway://") {
		t.Errorf("%v: Python has the proxy %s", options, got.ProxyAddress)
	}
	class, credentials := "JupyterHubAuth", map[string]any{"api_token": text("api_token", "fr0m-the-hub")}
	if options["auth"] == "basic" {
		class, credentials = "BasicAuth", map[string]any{"username": text("username", "alice"), "password": options["password"]}
		if options["password"] == nil {
			credentials["password"] = ""
		}
	}
	if got.Auth != class || !maps.Equal(got.Credentials, credentials) {
		t.Errorf("%v: Python has %s with %v", options, got.Auth, got.Credentials)
	}
	chosen, _ := options["cluster_options"].(map[string]any)
	if len(got.Options) != len(chosen) {
		t.Errorf("%v: Python has the options %v", options, got.Options)
	}
	for name, value := range chosen {
		if has := got.Options[name]; has == nil || !reflect.DeepEqual(normalizeFloats(decode(t, *has)), normalizeFloats(value)) {
			t.Errorf("%v: Python has %s = %s", options, name, valueOrNone(has))
		}
	}
}

// randomOptions returns values that YAML or a template would change without correct
// quoting.
func randomOptions(random *rand.Rand) map[string]any {
	texts := []string{
		"x", "{WHO}", "{{WHO}}", "{", "}", "{}", "a b", "'", "\"", "a: b", "- c", "#", "\t", "---", "&a", "*a", "!!int 1", "yes", "010", "1:30", "=", "<<", "~", "null", "", "1e3", "\\n", "two\nlines", "é", "😀", "%", "@", "`", "|", ">",
	}
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	maybe := func() bool { return random.IntN(2) == 0 }
	var value func(depth int) any
	value = func(depth int) any {
		switch kind := random.IntN(7); {
		case kind == 0:
			return maybe()
		case kind == 1:
			return json.Number(pick([]string{"0", "-1", "2", "010"[1:], "123456789012345678901234567890", "1.5", "-0.25", "1e-7", "1e300", "3.0"}))
		case kind == 2 && depth < 3:
			return []any{value(depth + 1), value(depth + 1)}
		case kind == 3 && depth < 3:
			return map[string]any{pick(texts) + "k": value(depth + 1), "z": value(depth + 1)}
		default:
			return pick(texts)
		}
	}
	options := map[string]any{"address": pick([]string{"https://hub.example.com/services/dask-gateway/", "http://127.0.0.1:8000", "https://h/{x}/"}), "include_secrets": true}
	if maybe() {
		options["proxy_address"] = pick([]string{"gateway://dask.example.com:8786", "dask.example.com:1"})
	}
	if maybe() {
		options["public_address"] = pick([]string{"/services/dask-gateway/", "https://public.example.com/{y}/"})
	}
	if maybe() {
		options["auth"], options["username"], options["password"] = "basic", pick([]string{"bob", "{WHO}", "yes", "1"}), pick([]string{"p", "{p}", "'\"#:", "007", "a b"})
	} else if maybe() {
		options["api_token"] = pick([]string{"0123", "{t}", "0x1F", "true"})
	}
	if maybe() {
		chosen := map[string]any{}
		for range random.IntN(5) {
			chosen[pick(texts)+"o"] = value(0)
		}
		options["cluster_options"] = chosen
	}
	return options
}
