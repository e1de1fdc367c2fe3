// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command measurements prints the guide "A thousand clusters", generated from the
// results of make bench and make bench-real.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/template"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
)

//go:embed guide.md.tmpl
var guide string

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "measurements:", err)
		os.Exit(1)
	}
}

func run() error {
	var mock bench.Mock
	var onGateway bench.Real
	for file, results := range map[string]any{"mock": &mock, "real": &onGateway} {
		name := "internal/testing/bench/results/" + file + ".json"
		found, err := bench.Load(name, results)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("%s does not exist: run make bench and make bench-real", name)
		}
	}
	page, err := template.New("guide").Funcs(template.FuncMap{
		"count": count, "ratio": ratio, "rounds": rounds, "named": named,
		"floor": func(m bench.Measurement, subject string) (bench.Measurement, error) {
			floor, found := mock.Find(subject, m.Operation, m.N, m.IsRemote)
			if !found {
				return floor, fmt.Errorf("the results have no %s of %d %s", m.Operation, m.N, subject)
			}
			return floor, nil
		},
	}).Parse(guide)
	if err != nil {
		return err
	}
	return page.Execute(os.Stdout, map[string]any{
		"Mock": mock, "Real": onGateway, "Targets": bench.Targets(mock, onGateway),
		"Growth": growthOf(mock, 1000), "Ours": mock.Of(bench.SubjectCluster, 1000), "TimeStatic": bench.TimeStatic,
	})
}

// growthOf returns the plans of n resources of Terraform itself, one for each form of
// declaration.
func growthOf(mock bench.Mock, n int) []bench.Growth {
	return slices.DeleteFunc(slices.Clone(mock.Growth), func(each bench.Growth) bool { return each.N != n })
}

// named returns the command of an operation.
func named(operation string) (string, error) {
	names := map[string]string{
		bench.Create: "`apply`, all new", bench.Plan: "`plan`, nothing to change", bench.Resize: "`apply`, all resized", bench.Destroy: "`destroy`",
	}
	name, found := names[operation]
	if !found {
		return "", fmt.Errorf("no such operation: %q", operation)
	}
	return name, nil
}

// count formats a number with commas between the thousands.
func count(n int) string {
	digits := fmt.Sprint(n)
	var parts []string
	for len(digits) > 3 {
		parts = append([]string{digits[len(digits)-3:]}, parts...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, parts...), ",")
}

// rounds returns a number of rounds with its noun.
func rounds(n int) string {
	if n == 1 {
		return "1 round"
	}
	return fmt.Sprint(n, " rounds")
}

func ratio(value, reference float64) string { return fmt.Sprintf("%.2f", value/reference) }
