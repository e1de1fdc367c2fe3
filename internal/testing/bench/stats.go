// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"math"
	"slices"
)

// Median returns the middle value, or NaN without values.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// MedianOf returns the median of a property of the items.
func MedianOf[T any](many []T, property func(T) float64) float64 {
	values := make([]float64, 0, len(many))
	for _, each := range many {
		values = append(values, property(each))
	}
	return Median(values)
}

// Medians returns the sample whose fields are the medians of the samples' fields.
func Medians(samples []Sample) Sample {
	return Sample{
		Wall:            Round(MedianOf(samples, func(s Sample) float64 { return s.Wall }), 3),
		CPU:             Round(MedianOf(samples, func(s Sample) float64 { return s.CPU }), 3),
		ProviderCPU:     Round(MedianOf(samples, func(s Sample) float64 { return s.ProviderCPU }), 3),
		Memory:          Round(MedianOf(samples, func(s Sample) float64 { return s.Memory }), 1),
		TerraformMemory: Round(MedianOf(samples, func(s Sample) float64 { return s.TerraformMemory }), 1),
		Requests:        MedianOf(samples, func(s Sample) float64 { return s.Requests }),
	}
}

// MedianPoint returns the point whose fields are the medians of the points' fields.
func MedianPoint(n int, points []Point) Point {
	return Point{
		N:           n,
		Wall:        Round(MedianOf(points, func(p Point) float64 { return p.Wall }), 1),
		CPU:         Round(MedianOf(points, func(p Point) float64 { return p.CPU }), 1),
		Allocations: Round(MedianOf(points, func(p Point) float64 { return p.Allocations }), 0),
		Bytes:       Round(MedianOf(points, func(p Point) float64 { return p.Bytes }), 0),
		Requests:    MedianOf(points, func(p Point) float64 { return p.Requests }),
	}
}

// CompareReal returns the medians of the rounds on the real gateway. Each round runs
// both clients, so that the ratio is computed per round.
func CompareReal(clusters int, terraform, python []RealTime) Real {
	ratios := make([]float64, 0, len(terraform))
	for i := range terraform {
		ratios = append(ratios, terraform[i].Create/python[i].Create)
	}
	return Real{
		Runs: len(terraform), Clusters: clusters, Terraform: medianTime(terraform), Python: medianTime(python),
		Create: Round(Median(ratios), 3),
	}
}

func medianTime(times []RealTime) RealTime {
	return RealTime{
		Create: Round(MedianOf(times, func(t RealTime) float64 { return t.Create }), 2),
		List:   Round(MedianOf(times, func(t RealTime) float64 { return t.List }), 2),
		Stop:   Round(MedianOf(times, func(t RealTime) float64 { return t.Stop }), 2),
	}
}

// Sum returns the sample of one command: the record of terraform and those of the
// provider's processes, which terraform starts one after the other.
func Sum(records []Record) Sample {
	var sum Sample
	for _, record := range records {
		if record.IsProvider() {
			sum.ProviderCPU += record.CPU
			sum.Memory = max(sum.Memory, record.Memory)
			continue
		}
		sum.Wall, sum.CPU, sum.TerraformMemory = record.Wall, record.CPU, record.Memory
	}
	return sum
}

// Round rounds to a number of decimals.
func Round(value float64, decimals int) float64 {
	scale := math.Pow(10, float64(decimals))
	return math.Round(value*scale) / scale
}
