// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package dotenv_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/dotenv"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
)

type values = map[string]string

// The expected values are those of Python's dotenv 1.2.4 with HOST=h.example in
// the environment.
func TestParse_readsLikePython(t *testing.T) {
	t.Parallel()
	env := environment.New([]string{"HOST=h.example"})
	for text, want := range map[string]values{
		"":                          {},
		"A=1\nB=2":                  {"A": "1", "B": "2"},
		"\ufeffA=1\r\nB=2\rC=3":     {"A": "1", "B": "2", "C": "3"},
		"export A = 1 \t":           {"A": "1"},
		"'A B'=1":                   {"A B": "1"},
		"A":                         {"A": ""},
		"A=":                        {"A": ""},
		"A= # comment":              {"A": ""},
		"A=#x":                      {"A": "#x"},
		"A=a#b # comment":           {"A": "a#b"},
		"# A=1\n\n  B=2":            {"B": "2"},
		`A='a\'b\n'`:                {"A": `a'b\n`},
		`A="a\"b\n"`:                {"A": "a\"b\n"},
		"A='a\nb' # comment\nB=2":   {"A": "a\nb", "B": "2"},
		"A=1\nA=2":                  {"A": "2"},
		"A=$HOST":                   {"A": "$HOST"},
		"A=${HOST}/b":               {"A": "h.example/b"},
		"A='${HOST}'":               {"A": "h.example"},
		"HOST=file\nA=${HOST}":      {"HOST": "file", "A": "h.example"},
		"A=a\nB=${A}b":              {"A": "a", "B": "ab"},
		"B=${A}b\nA=a":              {"A": "a", "B": "b"},
		"A=${NONE:-default}":        {"A": "default"},
		"A=${NONE}":                 {"A": ""},
		"A=${HOST:-default}":        {"A": "h.example"},
		"A=\nB=${A:-default}":       {"A": "", "B": ""},
		"A=${HOST}${HOST:-x}${NO}y": {"A": "h.exampleh.exampley"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := dotenv.Parse(text, env)
			if err != nil || !maps.Equal(got, want) {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		})
	}
}

// Python skips an invalid line with a warning.
func TestParse_returnsTheOtherVariablesWithALineError(t *testing.T) {
	t.Parallel()
	for text, line := range map[string]int{
		"A=1\nB: 2\nC=3\nD E\n":           2,
		"A=1\r\n\r\n=2\r\nC=3":            3,
		"A=1\nB='open\nC=3":               2,
		"A=\"1\" x\nA=1\nC=3":             1,
		"M=\"a\nb\"\nA=1\n\n'B\nC=3":      5,
		"A=1\nC=3\nexport\nexport =x\n\n": 4,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := dotenv.Parse(text, environment.Variables{})
			lineErr, ok := errors.AsType[*dotenv.LineError](err)
			if !ok || lineErr.Line != line {
				t.Errorf("got %v, want line %d", err, line)
			}
			if got["A"] != "1" || got["C"] != "3" {
				t.Errorf("got %q", got)
			}
			if !strings.HasSuffix(err.Error(), fmt.Sprintf("line %d", line)) {
				t.Errorf("%q does not name the line", err)
			}
		})
	}
}

// Forty lines, each with the previous variable twice, would expand to a terabyte.
func TestParse_limitsExpandedValues(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("A0=x\n")
	for i := range 40 {
		fmt.Fprintf(&text, "A%d=${A%d}${A%d}\n", i+1, i, i)
	}
	if got, err := dotenv.Parse(text.String(), environment.Variables{}); !errors.Is(err, dotenv.ErrTooLarge) || got != nil {
		t.Errorf("got %d variables, %v", len(got), err)
	}
}

// FuzzParse checks that Parse ends, and that every error has one of the documented
// types.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"A=1", "export A='b\\'c' # d\n", "A=${B:-c}\n", "'A", "A=\"\\n", "\ufeff=\r\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := dotenv.Parse(text, environment.New([]string{"B=x"}))
		if _, isLineError := errors.AsType[*dotenv.LineError](err); err != nil && !isLineError && !errors.Is(err, dotenv.ErrTooLarge) {
			t.Errorf("got %v", err)
		}
	})
}
