// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command diagrams draws the D2 diagram on its standard input as SVG. The comment on the
// first line is the text alternative. The output depends only on the input.
package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"oss.terrastruct.com/d2/d2graph"
	"oss.terrastruct.com/d2/d2layouts/d2dagrelayout"
	"oss.terrastruct.com/d2/d2lib"
	"oss.terrastruct.com/d2/d2renderers/d2svg"
	"oss.terrastruct.com/d2/d2themes/d2themescatalog"
	"oss.terrastruct.com/d2/lib/log"
	"oss.terrastruct.com/d2/lib/textmeasure"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	source, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	firstLine, _, _ := strings.Cut(string(source), "\n")
	alternative, isComment := strings.CutPrefix(firstLine, "# ")
	if !isComment {
		return errors.New("the first line must be a comment with the text alternative")
	}
	svg, err := draw(string(source))
	if err != nil {
		return err
	}
	svg, err = withAlternative(svg, alternative)
	if err != nil {
		return err
	}
	_, err = io.WriteString(out, svg+"\n")
	return err
}

// draw returns the diagram as SVG on a white background, so that it is readable on
// a dark page as well.
func draw(source string) (string, error) {
	ctx := log.With(context.Background(), slog.New(slog.DiscardHandler))
	ruler, err := textmeasure.NewRuler()
	if err != nil {
		return "", err
	}
	theme, padding := d2themescatalog.NeutralDefault.ID, int64(16)
	options := &d2svg.RenderOpts{ThemeID: &theme, Pad: &padding}
	diagram, _, err := d2lib.Compile(ctx, source, &d2lib.CompileOptions{
		Ruler:          ruler,
		LayoutResolver: func(string) (d2graph.LayoutGraph, error) { return d2dagrelayout.DefaultLayout, nil },
	}, options)
	if err != nil {
		return "", err
	}
	svg, err := d2svg.Render(diagram, options)
	return string(svg), err
}

// withAlternative adds the text for readers who do not see the diagram.
func withAlternative(svg, alternative string) (string, error) {
	var text strings.Builder
	if err := xml.EscapeText(&text, []byte(alternative)); err != nil {
		return "", err
	}
	start := strings.Index(svg, "<svg ")
	if start < 0 {
		return "", errors.New("d2 has drawn no SVG")
	}
	end := strings.Index(svg[start:], ">")
	if end < 0 {
		return "", errors.New("d2 has drawn an SVG without an end")
	}
	end += start
	return svg[:end] + ` role="img"><title>` + text.String() + "</title>" + svg[end+1:], nil
}
