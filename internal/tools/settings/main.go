// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command settings prints the guide "Provider settings", with a table that it generates
// from the arguments of the provider block.
package main

import (
	_ "embed"
	"fmt"
	"os"
	"strings"
	"text/template"

	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
)

//go:embed guide.md.tmpl
var guide string

func main() {
	page, err := template.New("guide").Funcs(template.FuncMap{"code": code}).Parse(guide)
	if err == nil {
		err = page.Execute(os.Stdout, settings.Table())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// code returns the texts as Markdown code, one on each line of a table cell.
func code(texts []string) string {
	return "`" + strings.Join(texts, "`<br>`") + "`"
}
