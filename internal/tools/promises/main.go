// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command promises prints the guide "What this provider promises", generated from
// the table of faults.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"text/template"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/faults"
)

//go:embed guide.md.tmpl
var guide string

// section contains the rows of one moment.
type section struct {
	Moment string
	Rows   []faults.Row
}

func main() {
	rows := faults.Table()
	var sections []section
	for _, row := range rows {
		if len(sections) == 0 || sections[len(sections)-1].Moment != row.Moment {
			sections = append(sections, section{Moment: row.Moment})
		}
		last := &sections[len(sections)-1]
		last.Rows = append(last.Rows, row)
	}
	page, err := template.New("guide").Parse(guide)
	if err == nil {
		err = page.Execute(os.Stdout, map[string]any{"Sections": sections, "Count": len(rows)})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
