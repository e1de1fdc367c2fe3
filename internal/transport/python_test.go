// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func TestNewDecoder_readsPythonsJSON(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ python, want string }{
		{`{"a": NaN, "b": -Infinity, "c": [Infinity,-1.5]}`, `{"a": null, "b": null, "c": [null, -1.5]}`},
		{`{"NaN": "Infinity", "q": "\"NaN, -Infinity\\"}`, `{"NaN": "Infinity", "q": "\"NaN, -Infinity\\"}`},
		{`NaN`, `null`},
		{`"café \u00e9"`, `"café \u00e9"`},
	} {
		for name, source := range map[string]*strings.Reader{"whole": strings.NewReader(test.python), "byte by byte": strings.NewReader(test.python)} {
			decoder := transport.NewDecoder(source)
			if name == "byte by byte" {
				decoder = transport.NewDecoder(iotest.OneByteReader(source))
			}
			var got, want any
			if err := decoder.Decode(&got); err != nil {
				t.Errorf("%s, %s: %v", test.python, name, err)
				continue
			}
			strict := json.NewDecoder(strings.NewReader(test.want))
			strict.UseNumber()
			if err := strict.Decode(&want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: got %v, want %v", test.python, name, got, want)
			}
		}
	}
}

func TestNewDecoder_rejectsInvalidJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"a": None}`, `{"a": NaNa}`, `Infin`, `-Inf`, `{"a": N`, `<html>`} {
		var got any
		if err := transport.NewDecoder(strings.NewReader(text)).Decode(&got); err == nil {
			t.Errorf("%s was decoded to %v", text, got)
		}
	}
}

func FuzzNewDecoder(f *testing.F) {
	f.Add([]byte(`{"name":"a","options":{"x":NaN,"y":"-Infinity"}}`))
	f.Add([]byte(`[-Infinity,Infinity,"\\\"N"]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var got, want any
		strict := json.NewDecoder(bytes.NewReader(text))
		strict.UseNumber()
		if strict.Decode(&want) != nil {
			_ = transport.NewDecoder(bytes.NewReader(text)).Decode(&got)
			return
		}
		if err := transport.NewDecoder(bytes.NewReader(text)).Decode(&got); err != nil {
			t.Fatalf("valid JSON was rejected: %v", err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %#v, want %#v", got, want)
		}
	})
}
