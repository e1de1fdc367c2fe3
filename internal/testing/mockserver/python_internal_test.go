// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"strings"
	"testing"
)

// The expected values are those of json.loads, repr() and json.dumps of Python
// 3.11.
func TestPython_readsAndWritesLikePython(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, repr, dumps string }{
		{`null`, `None`, `null`},
		{` [true, false] `, `[True, False]`, `[true, false]`},
		{`{"a": 1, "b": [1.0, 2.50, 1e3, -0.0], "a": {}}`, `{'a': {}, 'b': [1.0, 2.5, 1000.0, -0.0]}`, `{"a": {}, "b": [1.0, 2.5, 1000.0, -0.0]}`},
		{`[1e15, 1e16, 0.0001, 0.00001, 1.5e300, 1e999]`, `[1000000000000000.0, 1e+16, 0.0001, 1e-05, 1.5e+300, inf]`, `[1000000000000000.0, 1e+16, 0.0001, 1e-05, 1.5e+300, Infinity]`},
		{`[NaN, -Infinity]`, `[nan, -inf]`, `[NaN, -Infinity]`},
		{`123456789012345678901234567890`, `123456789012345678901234567890`, `123456789012345678901234567890`},
		{`"it's"`, `"it's"`, `"it's"`},
		{`"it's \"it\""`, `'it\'s "it"'`, `"it's \"it\""`},
		{`"\"\\\/\b\f\n\r\t"`, `'"\\/\x08\x0c\n\r\t'`, `"\"\\/\b\f\n\r\t"`},
		{`"\u0000\u007f\u0080\u00a0\u00ad\u200b\u2028\ue000"`, `'\x00\x7f\x80\xa0\xad\u200b\u2028\ue000'`, `"\u0000\u007f\u0080\u00a0\u00ad\u200b\u2028\ue000"`},
		{`"\u00e9 \ud83d\ude00"`, `'é 😀'`, `"\u00e9 \ud83d\ude00"`},
		{`"é 😀 <&>"`, `'é 😀 <&>'`, `"\u00e9 \ud83d\ude00 <&>"`},
	} {
		value, err := loads(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		if got := repr(value); got != test.repr {
			t.Errorf("repr of %s\n got %s\nwant %s", test.text, got, test.repr)
		}
		if got := dumps(value); got != test.dumps {
			t.Errorf("dumps of %s\n got %s\nwant %s", test.text, got, test.dumps)
		}
	}
}

func TestPython_rejectsInvalidInput(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		``, `{`, `[1,]`, `{"a": 1,}`, `{"a" 1}`, `{a: 1}`, `01`, `1.`, `.5`, `+5`, `-`, `1e`, `nan`, `tru`, `"`, `"\x"`, `"\u12"`, `"tab	"`, `{} x`,
		"\ufeff{}", strings.Repeat("[", 2000), strings.Repeat("9", 5000),
	} {
		if value, err := loads(text); err == nil {
			t.Errorf("%.40s is read as %s", text, repr(value))
		}
	}
}

func FuzzPython(f *testing.F) {
	f.Add(`{"cluster_options": {"worker_cores": 1.5, "environment": {"A": "é"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		value, err := loads(text)
		if err != nil {
			return
		}
		again, err := loads(dumps(value))
		if err != nil || repr(again) != repr(value) {
			t.Errorf("%q is written as %s, which is read as %s (%v)", text, dumps(value), repr(again), err)
		}
	})
}
