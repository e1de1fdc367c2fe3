// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package daskconfig

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/planetary-computer/terraform-provider-pc/internal/lazy"
)

// shifted moves a text down by one line. yaml.v3 counts the line of a parser error
// from zero, and prints none for the first line (decode.go, fail). In the shifted
// text the number is correct and never missing.
func shifted(text []byte) []byte { return append([]byte("\n"), text...) }

// atLine returns an error at a node of the shifted text.
func atLine(node *yaml.Node, message string) error {
	return fmt.Errorf("line %d: %s", node.Line-1, message)
}

var (
	yamlLine      = lazy.Regexp(`^line ([0-9]+): `)
	unknownAnchor = lazy.Regexp(`^yaml: unknown anchor '(.*)' referenced$`)
)

// parserProblems are the errors of yaml.v3's parser, in contrast to its scanner
// (parserc.go), and their meanings. The line of the first four is the line in which
// the list or the mapping begins.
var parserProblems = map[string]string{
	"did not find expected ',' or ']'":       `the list that begins here lacks a "," or its "]"`,
	"did not find expected ',' or '}'":       `the mapping that begins here lacks a "," or its "}"`,
	"did not find expected key":              "the mapping that begins here has a line that is not a key with a value, or is indented wrongly",
	"did not find expected '-' indicator":    `the list that begins here has a line without a "-", or is indented wrongly`,
	"did not find expected <stream-start>":   "",
	"did not find expected <document start>": "",
	"did not find expected node content":     "",
	"found undefined tag handle":             "",
	"found duplicate %YAML directive":        "",
	"found incompatible YAML document":       "",
	"found duplicate %TAG directive":         "",
}

// tabProblem is reported with the line of the value before the tab.
const tabProblem = "found a tab character that violates indentation"

// describeYAMLError returns the decoder's error with the line as an editor counts
// it, and without the name of an alias: a password that begins with a * looks
// like one.
func describeYAMLError(err error, text []byte) error {
	if match := unknownAnchor().FindStringSubmatch(err.Error()); match != nil {
		return fmt.Errorf("line %d: an alias has no anchor; put a text that begins with * in quotes", lineOfAlias(text, match[1]))
	}
	problem := strings.TrimPrefix(err.Error(), "yaml: ")
	match := yamlLine().FindStringSubmatch(problem)
	if match == nil {
		if line := lineOfInvalidCharacter(text); line > 0 {
			return fmt.Errorf("line %d: %s", line, problem)
		}
		return errors.New(problem)
	}
	line, _ := strconv.Atoi(match[1])
	problem = problem[len(match[0]):]
	meaning, isParserProblem := parserProblems[problem]
	if !isParserProblem {
		// The scanner counts from one.
		line--
	}
	if meaning != "" {
		problem = meaning
	}
	if problem == tabProblem {
		line = lineOfTab(text, line)
	}
	// The end of the text counts as the line after its last one.
	last := 1 + bytes.Count(bytes.TrimRight(text, " \r\n"), []byte("\n"))
	return fmt.Errorf("line %d: %s", max(min(line, last), 1), problem)
}

// lineOfAlias finds the first alias without an anchor, whose line yaml.v3 does not
// report: the shortest text that causes the error ends with its line.
func lineOfAlias(text []byte, name string) int {
	var ends, numbers []int
	end, number := 0, 0
	for line := range bytes.Lines(text) {
		end += len(line)
		number++
		if bytes.Contains(line, []byte("*"+name)) {
			ends, numbers = append(ends, end), append(numbers, number)
		}
	}
	found := sort.Search(len(ends), func(i int) bool {
		var document yaml.Node
		err := yaml.Unmarshal(text[:ends[i]], &document)
		return err != nil && unknownAnchor().MatchString(err.Error())
	})
	if found == len(ends) {
		return max(number, 1)
	}
	return numbers[found]
}

// lineOfTab finds the first line from a line on that is indented by a tab.
func lineOfTab(text []byte, from int) int {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		indentation := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		if number >= from && bytes.ContainsRune(indentation, '\t') {
			return number
		}
	}
	return from
}

// lineOfInvalidCharacter finds the first character that YAML does not allow
// (readerc.go), or returns 0.
func lineOfInvalidCharacter(text []byte) int {
	for position := 0; position < len(text); {
		r, size := utf8.DecodeRune(text[position:])
		isControl := r < ' ' && r != '\t' && r != '\n' && r != '\r' || r >= 0x7f && r < 0xa0 && r != 0x85
		if r == utf8.RuneError && size == 1 || isControl || r == '\ufeff' || r == 0xfffe || r == 0xffff {
			return 1 + bytes.Count(text[:position], []byte("\n"))
		}
		position += size
	}
	return 0
}
