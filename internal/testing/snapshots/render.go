// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package snapshots

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// textWidth is the width to which Terraform wraps the text of a diagnostic if its
// output is not a terminal: 78, less the rule on the left (internal/command/format).
const textWidth = 75

// Source is the text of a value in a configuration, for example var.token.
type Source string

// Block is one block of a configuration.
type Block struct {
	// Kind is the keyword: provider, resource, data, ephemeral, list or action.
	Kind, Type string
	// Body contains the arguments by name.
	Body map[string]any
}

// header returns the first line of the block, without the brace.
func (b Block) header() string {
	if b.Kind == "provider" {
		return `provider "pc"`
	}
	return fmt.Sprintf("%s %q \"test\"", b.Kind, b.Type)
}

// address returns the address of the block in Terraform's messages.
func (b Block) address() string {
	switch b.Kind {
	case "provider":
		return `provider["registry.terraform.io/planetary-computer/pc"]`
	case "resource":
		return b.Type + ".test"
	default:
		return b.Kind + "." + b.Type + ".test"
	}
}

// source is the text of a block with the lines of its arguments.
type source struct {
	lines []string
	// lineOf contains the line, from 1, of each argument and each member of an object, by
	// its path: "adapt" and "adapt.minimum".
	lineOf map[string]int
}

func (b Block) source() *source {
	s := &source{lineOf: map[string]int{}}
	s.add(b.header() + " {")
	indent := "  "
	isNested := b.Kind == "action" || b.Kind == "list"
	if isNested {
		s.add("  provider = pc")
		s.add("  config {")
		indent = "    "
	}
	s.members(indent, "", b.Body)
	if isNested {
		s.add("  }")
	}
	s.add("}")
	return s
}

func (s *source) add(line string) { s.lines = append(s.lines, line) }

func (s *source) members(indent, prefix string, members map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		s.lineOf[prefix+name] = len(s.lines) + 1
		if object, ok := members[name].(map[string]any); ok && len(object) > 0 {
			s.add(indent + name + " = {")
			s.members(indent+"  ", prefix+name+".", object)
			s.add(indent + "}")
			continue
		}
		s.add(indent + name + " = " + literal(members[name]))
	}
}

// literal returns a value in the syntax of a configuration.
func literal(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case Source:
		return string(value)
	case string:
		return strconv.Quote(value)
	case []any:
		elements := make([]string, 0, len(value))
		for _, element := range value {
			elements = append(elements, literal(element))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	case map[string]any:
		return "{}"
	case bool, int, float64:
		return fmt.Sprint(value)
	default:
		return "var.unknown"
	}
}

// line returns the line that Terraform prints for a path: that of the innermost
// argument or member that the block has, else that of the block
// (internal/tfdiags/contextual.go).
func (s *source) line(path *tftypes.AttributePath) int {
	line, prefix := 1, ""
	for _, step := range path.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			prefix += string(step)
		case tftypes.ElementKeyString:
			prefix += "." + string(step)
		default:
			return line
		}
		found, ok := s.lineOf[prefix]
		if !ok {
			return line
		}
		line = found
	}
	return line
}

// Render returns a diagnostic as Terraform prints it.
func Render(block Block, d *tfprotov6.Diagnostic) string {
	severity := "Error"
	if d.Severity == tfprotov6.DiagnosticSeverityWarning {
		severity = "Warning"
	}
	s := block.source()
	number := s.line(d.Attribute)
	lines := []string{
		severity + ": " + d.Summary,
		"",
		"  with " + block.address() + ",",
		fmt.Sprintf("  on main.tf line %d, in %s:", number, block.header()),
		fmt.Sprintf("%4d: %s", number, s.lines[number-1]),
		"",
	}
	for line := range strings.SplitSeq(d.Detail, "\n") {
		lines = append(lines, wrap(line)...)
	}
	return framed(lines)
}

// RenderFunction returns the error of a function as Terraform prints it.
func RenderFunction(name, text string) string {
	lines := []string{"Error: Error in function call", "", "  while calling provider::pc::" + name, ""}
	for line := range strings.SplitSeq("Call to function \"provider::pc::"+name+"\" failed: "+text+".", "\n") {
		lines = append(lines, wrap(line)...)
	}
	return framed(lines)
}

func framed(lines []string) string {
	var text strings.Builder
	text.WriteString("╷\n")
	for _, line := range lines {
		text.WriteString(strings.TrimRight("│ "+line, " ") + "\n")
	}
	text.WriteString("╵\n")
	return text.String()
}

// wrap breaks a line at blanks. Terraform does not break lines that begin with a blank.
func wrap(line string) []string {
	if strings.HasPrefix(line, " ") {
		return []string{line}
	}
	var wrapped []string
	current := ""
	for word := range strings.SplitSeq(line, " ") {
		switch {
		case current == "":
			current = word
		case len([]rune(current))+1+len([]rune(word)) > textWidth:
			wrapped = append(wrapped, current)
			current = word
		default:
			current += " " + word
		}
	}
	return append(wrapped, current)
}
