// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command promises prints the guide "What this provider promises", generated from
// the tables of faults.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"slices"
	"strings"
	"text/template"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/faults"
)

//go:embed guide.md.tmpl
var guide string

// generalHeading is the heading of promises that do not belong to one section.
const generalHeading = "General"

// headings are the sections of the guide that contain several moments.
var headings = map[string]string{
	"A cluster is created":                                    "A cluster is created",
	"The response to a create is lost":                        "A cluster is created",
	"The provider waits for a new cluster":                    "The provider waits, or resizes a cluster",
	"A cluster is resized, or the provider waits for workers": "The provider waits, or resizes a cluster",
	"A running cluster is refreshed":                          "A cluster is refreshed or destroyed",
	"A cluster has ended or no longer exists":                 "A cluster is refreshed or destroyed",
	"A cluster is destroyed":                                  "A cluster is refreshed or destroyed",
	"A Hub token is created":                                  "Hub tokens",
	"A Hub token is read or revoked":                          "Hub tokens",
	"A Hub token for one run is opened and closed":            "Hub tokens",
	"A cluster's credentials are read":                        "Data sources and credentials",
	"A data source is read":                                   "Data sources and credentials",
	"A GeoCatalog is read":                                    "Data sources and credentials",
	"Credentials, addresses and names":                        "Access and network",
	"Certificates and proxies":                                "Access and network",
	"A Hub server is started":                                 "Hub servers",
	"A Hub server is refreshed or stopped":                    "Hub servers",
}

// section contains the promises under one heading.
type section struct {
	Heading string
	Groups  []*group
}

// group contains the faults of one section for which the provider promises the same.
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

// sections returns the rows by heading, and below each by promise. The first section
// has the promises that would be in several.
func sections(rows []faults.Row) []*section {
	general := &section{Heading: generalHeading}
	all := []*section{general}
	for _, row := range rows {
		target := general
		if heading := headingOf(row); !slices.ContainsFunc(rows, func(other faults.Row) bool { return other.Promise == row.Promise && headingOf(other) != heading }) {
			target = sectionOf(&all, heading)
		}
		target.add(row)
	}
	return slices.DeleteFunc(all, func(s *section) bool { return len(s.Groups) == 0 })
}

// headingOf returns the heading of the section for a row.
func headingOf(row faults.Row) string {
	if heading, isGrouped := headings[row.Moment]; isGrouped {
		return heading
	}
	return row.Moment
}

// sectionOf returns the section of the moment, a new one if there is none.
func sectionOf(all *[]*section, heading string) *section {
	for _, s := range *all {
		if s.Heading == heading {
			return s
		}
	}
	*all = append(*all, &section{Heading: heading})
	return (*all)[len(*all)-1]
}

// add adds the fault of the row to the group with its promise. A fault of several
// rows is in its group once.
func (s *section) add(row faults.Row) {
	i := slices.IndexFunc(s.Groups, func(g *group) bool { return g.Promise == row.Promise })
	if i < 0 {
		i, s.Groups = len(s.Groups), append(s.Groups, &group{Promise: row.Promise})
	}
	if !slices.Contains(s.Groups[i].Faults, row.Fault) {
		s.Groups[i].Faults = append(s.Groups[i].Faults, row.Fault)
	}
}

// lines returns the sentences one below the other in a table cell.
func lines(sentences []string) string { return strings.Join(sentences, "<br>") }

// predicate returns the promise without its subject if that is the provider.
func predicate(promise string) string {
	rest, isAboutProvider := strings.CutPrefix(promise, "The provider ")
	if !isAboutProvider {
		return promise
	}
	return capitalised(rest)
}

func capitalised(sentence string) string { return strings.ToUpper(sentence[:1]) + sentence[1:] }
