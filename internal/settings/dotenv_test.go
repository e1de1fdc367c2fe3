// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings_test

import (
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

// The expected values are the subscription_key of planetary_computer 1.0.0 with
// dotenv 1.2.4 and HOST=h.example in the environment.
func TestResolve_readsSDKFileLikePython(t *testing.T) {
	t.Parallel()
	const key = "PC_SDK_SUBSCRIPTION_KEY"
	for text, want := range map[string]string{
		key + "=abc":                         "abc",
		"export " + key + " = abc \t":        "abc",
		"\ufeff" + key + "=abc\r\n":          "abc",
		"'" + key + "'=abc":                  "abc",
		key + "='a\\'c'":                     "a'c",
		key + `="a\"c"`:                      `a"c`,
		key + `='a\nc'`:                      `a\nc`,
		"D='C:\\data\\'\n" + key + "=abc":    "abc",
		key + `="abc\"`:                      `abc\`,
		key + "='abc' # old":                 "abc",
		key + "=abc # old":                   "abc",
		key + "=abc#old":                     "abc#old",
		key + "= # old":                      "",
		key + "=#old":                        "#old",
		key + "=":                            "",
		key + "=abc\n" + key:                 "",
		key + "=abc\n" + key + "=def":        "def",
		"# " + key + "=abc":                  "",
		key + "=$HOST":                       "$HOST",
		key + "=${HOST}/c":                   "h.example/c",
		key + "='${HOST}'":                   "h.example",
		key + "=${NONE}c":                    "c",
		key + "=${NONE:-abc}":                "abc",
		"A=ab\n" + key + "=${A}c":            "abc",
		key + "=${A}c\nA=ab":                 "c",
		"HOST=mine\n" + key + "=${HOST}":     "h.example",
		"A\n" + key + "=${A:-ab}c":           "c",
		key + `=a\$c`:                        `a\$c`,
		key + `="a\$c"`:                      `a\$c`,
		key + "=a'b\"c":                      `a'b"c`,
		"\n\n  \t" + key + "=abc":            "abc",
		"M=\"a\nPC_SDK_SUBSCRIPTION_KEY=b\"": "",
	} {
		home, _ := writeSDKSettings(t, text)
		s := mustResolve(t, settings.Block{}, "HOME="+home, "HOST=h.example")
		if s.SDKFileError != nil || s.SubscriptionKey.Value.Reveal() != want {
			t.Errorf("%q results in %q, want %q, %v", text, s.SubscriptionKey.Value.Reveal(), want, s.SDKFileError)
		}
	}
}

// Python skips an invalid line with a warning that is easily missed, and loses the
// key. The provider reports the line.
func TestResolve_reportsInvalidSDKFile(t *testing.T) {
	t.Parallel()
	for text, line := range map[string]string{
		"PC_SDK_SUBSCRIPTION_KEY: s3cr3t":                     "line 1",
		"A=\"a\nb\"\r\n\r\nPC_SDK_SUBSCRIPTION_KEY='s3cr3t\n": "line 4",
		"PC_SDK_SUBSCRIPTION_KEY=\"s3cr3t\" x\nB C\n":         "line 1",
		"=s3cr3t":                            "line 1",
		"PC_SDK_SUBSCRIPTION_KEY=s3cr3t\xff": "UTF-8",
	} {
		home, file := writeSDKSettings(t, text)
		s := mustResolve(t, settings.Block{}, "HOME="+home)
		if s.SDKFileError == nil || !strings.Contains(s.SDKFileError.Error(), file) || !strings.HasSuffix(s.SDKFileError.Error(), line) || strings.Contains(s.SDKFileError.Error(), "s3cr3t") {
			t.Errorf("%q: %v", text, s.SDKFileError)
		}
	}
}
