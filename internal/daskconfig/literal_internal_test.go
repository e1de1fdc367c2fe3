// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"encoding/json"
	"strings"
	"testing"
)

// interpretedJSON returns the value of an environment variable as JSON.
func interpretedJSON(t *testing.T, text string) string {
	t.Helper()
	encoded, err := json.Marshal(interpret(text))
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// The expected values are what json.dumps returns for dask.config's values. The
// integration tests compare with Python.
func TestInterpret_readsPythonLiterals(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2": "2", "-3": "-3", "+4": "4", "- 5": "-5", "-(6)": "-6", "((7))": "7", "1_000": "1000", "0x1F": "31", "0o17": "15", "0b101": "5", "00": "0", "-0": "0",
		"123456789012345678901234567890": "123456789012345678901234567890",
		"2.0":                            "2.0", ".5": "0.5", "1.": "1.0", "1e3": "1000.0", "-1.5e-7": "-1.5e-07", "1_0.0_1": "10.01", "1e400": `"1e400"`,
		"True": "true", "False": "false", "None": "null", "true": "true", "FALSE": "false", "null": "null", "nOnE": "null",
		"007": `"007"`, "1__0": `"1__0"`, "1_": `"1_"`, "--1": `"--1"`, "1+1": `"1+1"`, "2024-1-1": `"2024-1-1"`, "1j": `"1j"`, "-True": `"-True"`, "0x": `"0x"`,
		"": `""`, "abc": `"abc"`, "pangeo/notebook:1.0": `"pangeo/notebook:1.0"`, "10.0.0.1": `"10.0.0.1"`, "nan": `"nan"`, " 5 ": "5", "5 # five": "5", "a b": `"a b"`, "5\n": "5", "5\n6": `"5\n6"`,
		`"quoted"`: `"quoted"`, `'it''s'`: `"its"`, `"a" 'b'`: `"ab"`, `"a\tb\x41\u00e9\101\q"`: `"a\tbAéA\\q"`, `r"a\tb"`: `"a\\tb"`, `u"a"`: `"a"`,
		`"""a"b"""`: `"a\"b"`, `"a\"b"`: `"a\"b"`, `"open`: `"\"open"`, `"a\ud800"`: `"\"a\\ud800\""`, `b"a"`: `"b\"a\""`, `"\x4"`: `"\"\\x4\""`,
		"[]": "[]", "[1, 'a', None,]": `[1,"a",null]`, "(1, 2)": "[1,2]", "(1,)": "[1]", "(1)": "1", "()": "[]", "1, 2": "[1,2]", "1,": "[1]", "a,b": `"a,b"`, "[1,,2]": `"[1,,2]"`, "[1 2]": `"[1 2]"`,
		"[\n1 # one\n, 2]": "[1,2]", "[a]": `"[a]"`, "[": `"["`, "(": `"("`, "]": `"]"`,
		"{}": "{}", `{"a": 1, 'b': [True],}`: `{"a":1,"b":[true]}`, `{"a": {"b": None}}`: `{"a":{"b":null}}`,
		strings.Repeat("[", 100) + strings.Repeat("]", 100): strings.Repeat("[", 100) + strings.Repeat("]", 100),
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if got := interpretedJSON(t, text); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestInterpret_keepsLiteralsWithoutJSONFormAsText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"{1, 2}", `{1: 2}`, `{"a": 1, **{}}`, `{"a"}`, strings.Repeat("[", 1<<16)} {
		if got := interpret(text); got != text {
			t.Errorf("%.40q became %#v", text, got)
		}
	}
}
