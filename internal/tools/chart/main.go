// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Command chart draws the results of make bench as SVG. It reads the results from
// standard input and prints one panel per operation, with one line per resource type.
// The output depends only on the results.
package main

import (
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"os"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// results contains the drawn part of the results file.
type results struct {
	Measurements []measurement `json:"measurements"`
}

type measurement struct {
	Subject   string `json:"subject"`
	Operation string `json:"operation"`
	N         int    `json:"n"`
	// IsRemote is true with a remote state, which the chart does not show.
	IsRemote bool    `json:"is_remote"`
	Wall     float64 `json:"wall"`
}

// panels are the operations in drawing order, two per row, and the titles of their
// panels.
var panels = []struct{ operation, title string }{
	{"create", "terraform apply: all new"},
	{"plan", "terraform plan: nothing to change"},
	{"resize", "terraform apply: change all"},
	{"destroy", "terraform destroy"},
}

// colours can be distinguished with red-green colour blindness (Okabe and Ito).
var colours = []color.Color{
	color.RGBA{R: 0x00, G: 0x72, B: 0xb2, A: 0xff},
	color.RGBA{R: 0xd5, G: 0x5e, B: 0x00, A: 0xff},
	color.RGBA{R: 0x59, G: 0x59, B: 0x59, A: 0xff},
}

const (
	columns = 2
	width   = 22 * vg.Centimeter
	height  = 16 * vg.Centimeter
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

func run(from io.Reader, to io.Writer) error {
	var read results
	if err := json.NewDecoder(from).Decode(&read); err != nil {
		return fmt.Errorf("not results of make bench: %w", err)
	}
	read.Measurements = slices.DeleteFunc(read.Measurements, func(m measurement) bool { return m.IsRemote })
	plots := make([][]*plot.Plot, 0, len(panels)/columns)
	for row := range slices.Chunk(panels, columns) {
		var line []*plot.Plot
		for _, panel := range row {
			drawn, err := read.panel(panel.operation, panel.title)
			if err != nil {
				return err
			}
			line = append(line, drawn)
		}
		plots = append(plots, line)
	}
	canvas := vgsvg.New(width, height)
	tiles := draw.Tiles{Rows: len(plots), Cols: columns, PadX: vg.Centimeter, PadY: vg.Centimeter, PadTop: vg.Points(8), PadRight: vg.Points(16), PadBottom: vg.Points(4), PadLeft: vg.Points(4)}
	for row, placed := range plot.Align(plots, tiles, draw.New(canvas)) {
		for column, place := range placed {
			plots[row][column].Draw(place)
		}
	}
	_, err := canvas.WriteTo(to)
	return err
}

// panel draws one operation with two logarithmic axes.
func (r results) panel(operation, title string) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, "resources", "seconds"
	p.X.Scale, p.Y.Scale = plot.LogScale{}, plot.LogScale{}
	p.X.Tick.Marker, p.Y.Tick.Marker = plot.ConstantTicks(r.sizes()), seconds()
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs, p.Legend.Padding = true, true, vg.Points(8), vg.Points(3)
	p.Add(plotter.NewGrid())
	for i, subject := range r.subjects() {
		points := r.points(subject, operation)
		if len(points) == 0 {
			return nil, fmt.Errorf("the results have no %s of %s", operation, subject)
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", operation, subject, err)
		}
		line.Color, dots.Color = colours[i%len(colours)], colours[i%len(colours)]
		line.Width, dots.Shape = vg.Points(1.5), draw.CircleGlyph{}
		p.Add(line, dots)
		p.Legend.Add(subject, line)
	}
	return p, nil
}

// subjects returns the resource types in the order of the results.
func (r results) subjects() []string {
	var names []string
	for _, each := range r.Measurements {
		if !slices.Contains(names, each.Subject) {
			names = append(names, each.Subject)
		}
	}
	return names
}

func (r results) points(subject, operation string) plotter.XYs {
	var points plotter.XYs
	for _, each := range r.Measurements {
		if each.Subject == subject && each.Operation == operation {
			points = append(points, plotter.XY{X: float64(each.N), Y: each.Wall})
		}
	}
	return points
}

// sizes returns the measured numbers of resources.
func (r results) sizes() []plot.Tick {
	var ticks []plot.Tick
	for _, each := range r.Measurements {
		tick := plot.Tick{Value: float64(each.N), Label: strconv.Itoa(each.N)}
		if !slices.Contains(ticks, tick) {
			ticks = append(ticks, tick)
		}
	}
	return ticks
}

// seconds returns ticks at 1, 2 and 5 of each power of ten. A plot shows those in
// its range.
func seconds() plot.ConstantTicks {
	var ticks []plot.Tick
	for power := 0.01; power < 10000; power *= 10 {
		for _, times := range []float64{1, 2, 5} {
			ticks = append(ticks, plot.Tick{Value: times * power, Label: strconv.FormatFloat(times*power, 'g', 3, 64)})
		}
	}
	return ticks
}
