// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command promises prints the guide "What this provider promises", generated from
// the tables of faults.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"strings"
	"text/template"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/faults"
)

//go:embed guide.md.tmpl
var guide string

// asAbove begins the promise of a row whose promise is that of the row before.
const asAbove = "As above"

// section contains the promises of one moment.
type section struct {
	Moment string
	Groups []*group
}

// group contains the faults of one moment for which the provider promises the same.
type group struct {
	Faults  []string
	Promise string
}

func main() {
	rows, plans := faults.Table(), faults.PlanTable()
	page, err := template.New("guide").Funcs(template.FuncMap{"lines": lines, "predicate": predicate}).Parse(guide)
	if err == nil {
		err = page.Execute(os.Stdout, map[string]any{
			"Sections": sections(rows), "Count": len(rows), "Plans": sections(planRows(plans)), "PlanCount": len(plans),
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// planRows returns the rows of the plans as rows of one moment.
func planRows(plans []faults.PlanRow) []faults.Row {
	rows := make([]faults.Row, 0, len(plans))
	for _, plan := range plans {
		rows = append(rows, faults.Row{Moment: "Between plan and apply", Fault: plan.Fault, Promise: plan.Promise})
	}
	return rows
}

// sections returns the rows by moment, and in each moment by promise.
func sections(rows []faults.Row) []section {
	var all []section
	var latest *group
	for _, row := range rows {
		if len(all) == 0 || all[len(all)-1].Moment != row.Moment {
			all = append(all, section{Moment: row.Moment})
		}
		current := &all[len(all)-1]
		fault := row.Fault
		if addition, isAsAbove := strings.CutPrefix(row.Promise, asAbove); isAsAbove {
			fault = withAddition(fault, addition)
		} else {
			latest = current.groupOf(row.Promise)
		}
		latest.Faults = append(latest.Faults, fault)
	}
	return all
}

// withAddition returns the fault and what its promise adds to the one above, for
// example ". The error reports it." or ", once the absence is confirmed.".
func withAddition(fault, addition string) string {
	addition = strings.TrimLeft(addition, "., ")
	if addition == "" {
		return fault
	}
	return fault + " *" + capitalised(addition) + "*"
}

// groupOf returns the group with the promise, a new one if there is none.
func (s *section) groupOf(promise string) *group {
	for _, g := range s.Groups {
		if g.Promise == promise {
			return g
		}
	}
	s.Groups = append(s.Groups, &group{Promise: promise})
	return s.Groups[len(s.Groups)-1]
}

// lines returns the sentences one below the other in a table cell.
func lines(sentences []string) string { return strings.Join(sentences, "<br>") }

// predicate returns the promise without the subject that the table's head has.
func predicate(promise string) string {
	rest, isAboutProvider := strings.CutPrefix(promise, "The provider ")
	if !isAboutProvider {
		return promise
	}
	return capitalised(rest)
}

func capitalised(sentence string) string { return strings.ToUpper(sentence[:1]) + sentence[1:] }
