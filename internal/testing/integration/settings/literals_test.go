// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package settings_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/realservers"
)

// testLiterals compares the interpretation of random texts with Python's.
func testLiterals(t *testing.T, stack *realservers.Stack) {
	t.Helper()
	const texts = 8000
	calls := make([]gatewayCall, 0, texts)
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same texts in each run
	for i := range texts {
		text := randomLiteral(random, 3)
		if i%2 == 1 {
			text = damageLiteral(random, text)
		}
		calls = append(calls, gatewayCall{Environment: []string{
			"DASK_GATEWAY__ADDRESS=http://hub", "DASK_GATEWAY__AUTH__TYPE=basic", "USER=u", "DASK_GATEWAY__CLUSTER__OPTIONS__X=" + text,
		}})
	}
	compared := 0
	for i, want := range callInPython(t, stack, calls) {
		s, problems := calls[i].resolve()
		if want.Error != "" {
			// The template is invalid, or Python fails on the literal independently
			// of Dask, such as for a mapping with a list as a key.
			if len(problems) == 0 && !strings.HasPrefix(want.Error, "TypeError") {
				t.Errorf("%q: Python: %s; the provider: no problem", calls[i].Environment, want.Error)
			}
			continue
		}
		if len(problems) > 0 && (want.Options["x"] == nil || strings.Contains(problems[0].Detail, "format syntax")) {
			// Only Python can send this value, or the template uses more of
			// str.format than names.
			continue
		}
		for _, problem := range problems {
			t.Errorf("%q: %s", calls[i].Environment, problem.Detail)
		}
		compareOptions(t, calls[i].Environment, s, want)
		if want.Options["x"] != nil && !strings.HasPrefix(*want.Options["x"], `"`) {
			compared++
		}
	}
	if compared < texts/6 {
		t.Errorf("only %d of %d texts were literals that could be compared", compared, texts)
	}
}

var (
	pythonAtoms = strings.Fields(`0 7 12 00 1_0 0x1F 0O17 0b11 1.5 .5 2. 1e3 1_0E-2 -3 +4 -.5 -(1) - 6 1e400 5j 007 1__0 True False None true NULL abc nan --1 1+1 ...`)
	pythonTexts = strings.Fields(`abc \n \t \x41 \u00e9 \U0001F600 \101 \0 \q \" \' \\ é # 5 , ] }} {{ {USER} "" '' \x4 \ud800 \N{DASH}`)
	// damagingTokens may break a literal when inserted.
	damagingTokens = strings.Split(`0|1|_|.|e|-|+|"|'|[|]|(|)|{{|}}|,|:|\|#|a|r|b| |  |	`, "|")
)

// randomLiteral returns a text that is usually a Python literal.
func randomLiteral(random *rand.Rand, depth int) string {
	kind := random.IntN(6)
	if depth == 0 {
		kind = random.IntN(2)
	}
	switch kind {
	case 0:
		return pythonAtoms[random.IntN(len(pythonAtoms))]
	case 1:
		return randomString(random)
	case 2:
		return "[" + randomElements(random, depth) + "]"
	case 3:
		return "(" + randomElements(random, depth) + ")"
	case 4:
		return randomElements(random, depth)
	default:
		// Keys are unique: of two equal keys, the first may have a value that only
		// Python supports.
		var members strings.Builder
		for i := range random.IntN(3) {
			fmt.Fprintf(&members, "'key %d' %s: %s, ", i, randomString(random), randomLiteral(random, depth-1))
		}
		return "{" + members.String() + "}"
	}
}

func randomElements(random *rand.Rand, depth int) string {
	elements := make([]string, random.IntN(4))
	for i := range elements {
		elements[i] = randomLiteral(random, depth-1)
	}
	return strings.Join(elements, []string{",", ", ", " ,\t"}[random.IntN(3)]) + []string{"", "", ","}[random.IntN(3)]
}

func randomString(random *rand.Rand) string {
	quote := []string{`"`, `'`, `"""`, `'''`}[random.IntN(4)]
	text := []string{"", "", "", "r", "R", "u", "b"}[random.IntN(7)] + quote
	for range random.IntN(4) {
		text += pythonTexts[random.IntN(len(pythonTexts))]
	}
	return text + quote
}

func damageLiteral(random *rand.Rand, text string) string {
	at := random.IntN(len(text) + 1)
	rest := text[at:]
	if rest != "" && random.IntN(2) == 0 {
		rest = rest[1:]
	}
	return strings.ToValidUTF8(text[:at]+damagingTokens[random.IntN(len(damagingTokens))]+rest, "?")
}
