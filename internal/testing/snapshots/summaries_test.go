// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package snapshots_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// withoutSnapshot contains the summaries that no scenario can provoke, with the reason.
var withoutSnapshot = map[string]string{
	"Invalid connection settings":                             settingsCheck,
	"Invalid Kerberos principal":                              settingsCheck,
	"The HTTP proxy cannot be used":                           settingsCheck,
	"The .* of the collection cannot be read":                 encoding,
	"Could not store the token's expiry":                      encoding,
	"Could not read which token was opened":                   "Terraform keeps the value in memory for the length of one run",
	"Reading the settings was cancelled":                      "an interrupt must come while the files are read",
	"Could not read the certificates that this system trusts": "the variables are read on Unix only, and the path of the file depends on the system",
}

const (
	settingsCheck = "package settings has rejected such a value before"
	encoding      = "the value that is encoded is always valid"
)

// summaryArguments are the functions that add a diagnostic, with the position of the
// summary among their arguments.
var summaryArguments = map[string]int{
	"AddError": 0, "AddWarning": 0, "AddAttributeError": 1, "AddAttributeWarning": 1, "report": 1,
	"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1,
	"addCatalogError": 2,
}

// summary is the pattern of a summary in the code, and its position.
type summary struct {
	pattern, position string
}

// Every summary in the code is in a snapshot.
func TestDiagnostics_allHaveSnapshots(t *testing.T) {
	t.Parallel()
	var shown []string
	for _, line := range snapshotLines(t) {
		for _, severity := range []string{"│ Error: ", "│ Warning: "} {
			if text, found := strings.CutPrefix(line, severity); found {
				shown = append(shown, text)
			}
		}
	}
	missing := map[string]bool{}
	found := summariesInCode(t)
	for _, each := range found {
		pattern := regexp.MustCompile("^" + each.pattern + "$")
		if slices.ContainsFunc(shown, pattern.MatchString) {
			continue
		}
		missing[each.pattern] = true
		if withoutSnapshot[each.pattern] == "" {
			t.Errorf("%s: no snapshot has the summary %s. Add a scenario, or an exception with the reason.", each.position, each.pattern)
		}
		if len(strings.Fields(each.pattern)) < minSummaryWords {
			t.Errorf("%s: the summary %s has fewer than %d words", each.position, each.pattern, minSummaryWords)
		}
	}
	for pattern := range withoutSnapshot {
		if !missing[pattern] {
			t.Errorf("the exception %s is not needed", pattern)
		}
	}
	if len(found) < 120 {
		t.Errorf("only %d summaries were found in the code", len(found))
	}
}

func snapshotLines(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(snapshotFolder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d snapshots: %v", len(files), err)
	}
	var lines []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(string(text), "\n")...)
	}
	return lines
}

// summariesInCode returns the summaries of all diagnostics in the provider. It leaves
// out those that the code passes on from elsewhere, and the functions, whose errors
// have no summary.
func summariesInCode(t *testing.T) []summary {
	t.Helper()
	var found []summary
	for _, folder := range []string{"provider", "settings", "daskconfig"} {
		root := filepath.Join("..", "..", folder)
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Base(filepath.Dir(path)) == "functions" || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := gotoken.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, declaration := range file.Decls {
				ast.Inspect(declaration, func(node ast.Node) bool {
					for _, expression := range summariesOf(node) {
						for _, pattern := range patternsOf(expression, declaration) {
							if strings.Trim(pattern, ".*") != "" {
								found = append(found, summary{pattern, fmt.Sprint(set.Position(expression.Pos()))})
							}
						}
					}
					return true
				})
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// summariesOf returns the summary of a diagnostic that is added here, if one is.
func summariesOf(node ast.Node) []ast.Expr {
	switch node := node.(type) {
	case *ast.CallExpr:
		name := ""
		isOfPackage := false
		switch function := node.Fun.(type) {
		case *ast.Ident:
			name = function.Name
		case *ast.SelectorExpr:
			name = function.Sel.Name
			receiver, isIdentifier := function.X.(*ast.Ident)
			isOfPackage = isIdentifier && receiver.Name == "diagnostics"
		}
		position, adds := summaryArguments[name]
		if isOfPackage && name == "AddError" {
			position = 1
		}
		if adds && position < len(node.Args) {
			return []ast.Expr{node.Args[position]}
		}
	case *ast.KeyValueExpr:
		if key, isIdentifier := node.Key.(*ast.Ident); isIdentifier && key.Name == "Summary" {
			return []ast.Expr{node.Value}
		}
	}
	return nil
}

var verb = regexp.MustCompile(`%[-+#0-9.]*[a-zA-Z]`)

// patternsOf returns the patterns of the texts that an expression may have. The pattern of
// an expression that it cannot evaluate matches every text.
func patternsOf(expression ast.Expr, around ast.Decl) []string {
	const anything = ".*"
	switch expression := expression.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(expression.Value)
		if err != nil {
			return []string{anything}
		}
		return []string{regexp.QuoteMeta(text)}
	case *ast.BinaryExpr:
		var patterns []string
		for _, left := range patternsOf(expression.X, around) {
			for _, right := range patternsOf(expression.Y, around) {
				patterns = append(patterns, left+right)
			}
		}
		return patterns
	case *ast.Ident:
		if assigned := assignedTo(expression.Name, around); len(assigned) > 0 {
			var patterns []string
			for _, each := range assigned {
				patterns = append(patterns, patternsOf(each, nil)...)
			}
			return patterns
		}
	case *ast.CallExpr:
		format, isLiteral := firstText(expression)
		if selector, ok := expression.Fun.(*ast.SelectorExpr); ok && selector.Sel.Name == "Sprintf" && isLiteral {
			parts := verb.Split(format, -1)
			for i, part := range parts {
				parts[i] = regexp.QuoteMeta(part)
			}
			return []string{strings.Join(parts, anything)}
		}
	}
	return []string{anything}
}

func firstText(call *ast.CallExpr) (string, bool) {
	if len(call.Args) == 0 {
		return "", false
	}
	literal, ok := call.Args[0].(*ast.BasicLit)
	if !ok || literal.Kind != gotoken.STRING {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}

// assignedTo returns what a function assigns to a local variable.
func assignedTo(name string, around ast.Decl) []ast.Expr {
	if around == nil {
		return nil
	}
	var values []ast.Expr
	ast.Inspect(around, func(node ast.Node) bool {
		assignment, ok := node.(*ast.AssignStmt)
		if !ok || len(assignment.Lhs) != len(assignment.Rhs) {
			return true
		}
		for i, target := range assignment.Lhs {
			if variable, isIdentifier := target.(*ast.Ident); isIdentifier && variable.Name == name {
				values = append(values, assignment.Rhs[i])
			}
		}
		return true
	})
	return values
}

// goText is text that only developers understand.
var goText = regexp.MustCompile(`%!|(Invalid|Missing) Attribute|Invalid Parameter|basetypes\.|types\.\w+(Type|Value)|big\.Float|\*?tftypes\.|\[Value\(|<nil>|\\n|map\[|&\{|0x[0-9a-f]{6,}|error in the provider|provider developer`)

// minSummaryWords is the smallest number of words that can describe a failure.
const minSummaryWords = 3

// No snapshot contains Go values or the values of options.
func TestDiagnostics_areReadableAndHideValues(t *testing.T) {
	t.Parallel()
	for _, line := range snapshotLines(t) {
		text, isDiagnostic := strings.CutPrefix(line, "│ ")
		if !isDiagnostic || sourceLine.MatchString(text) {
			continue
		}
		if found := goText.FindString(text); found != "" {
			t.Errorf("%q contains %q", text, found)
		}
		if strings.Contains(text, hidden) {
			t.Errorf("%q contains a hidden value", text)
		}
		for _, severity := range []string{"Error: ", "Warning: "} {
			if summary, found := strings.CutPrefix(text, severity); found && (len(strings.Fields(summary)) < minSummaryWords || strings.HasSuffix(summary, ".")) {
				t.Errorf("the summary %q does not say what failed in at least %d words without a full stop", summary, minSummaryWords)
			}
		}
	}
}

// sourceLine is a line of the configuration in a diagnostic.
var sourceLine = regexp.MustCompile(`^ *[0-9]+: `)
