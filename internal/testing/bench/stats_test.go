// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package bench_test

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/bench"
)

func TestMedian_isTheMiddleOfTheSortedValues(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values []float64
		want   float64
	}{
		"odd, not in order": {[]float64{9, 1, 5}, 5},
		"even":              {[]float64{4, 1, 2, 100}, 3},
		"one":               {[]float64{7}, 7},
	} {
		before := slices.Clone(c.values)
		if got := bench.Median(c.values); got != c.want {
			t.Errorf("%s: the median of %v is %v, want %v", name, c.values, got, c.want)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("%s: the values were changed from %v to %v", name, before, c.values)
		}
	}
	if got := bench.Median(nil); !math.IsNaN(got) {
		t.Errorf("the median without values is %v", got)
	}
}

func TestMedians_areComputedPerField(t *testing.T) {
	t.Parallel()
	got := bench.Medians([]bench.Sample{
		{Wall: 1.00049, CPU: 9, ProviderCPU: 1, Memory: 30.04, TerraformMemory: 100, Requests: 3},
		{Wall: 3, CPU: 7, ProviderCPU: 3, Memory: 10, TerraformMemory: 300, Requests: 1},
		{Wall: 0.5, CPU: 8, ProviderCPU: 2, Memory: 50, TerraformMemory: 200, Requests: 2},
	})
	want := bench.Sample{Wall: 1, CPU: 8, ProviderCPU: 2, Memory: 30, TerraformMemory: 200, Requests: 2}
	if got != want {
		t.Errorf("the medians are %+v, want %+v", got, want)
	}
	point := bench.MedianPoint(10, []bench.Point{{Wall: 1.26, CPU: 5, Allocations: 9.6, Bytes: 4, Requests: 1}})
	if (point != bench.Point{N: 10, Wall: 1.3, CPU: 5, Allocations: 10, Bytes: 4, Requests: 1}) {
		t.Errorf("the point is %+v", point)
	}
}

func TestSum_separatesProviderFromTerraform(t *testing.T) {
	t.Parallel()
	got := bench.Sum([]bench.Record{
		{Name: "terraform-provider-pc", Wall: 1, CPU: 0.25, Memory: 40},
		{Name: "terraform-provider-pc", Wall: 2, CPU: 0.5, Memory: 30},
		{Name: "terraform", Wall: 4, CPU: 3, Memory: 200},
	})
	want := bench.Sample{Wall: 4, CPU: 3, ProviderCPU: 0.75, Memory: 40, TerraformMemory: 200}
	if got != want {
		t.Errorf("the sum is %+v, want %+v", got, want)
	}
}

func TestCompareReal_computesTheRatioPerRound(t *testing.T) {
	t.Parallel()
	got := bench.CompareReal(10,
		[]bench.RealTime{{Create: 11, List: 1, Stop: 3}, {Create: 30, List: 2, Stop: 1}, {Create: 9, List: 3, Stop: 2}},
		[]bench.RealTime{{Create: 10, List: 4, Stop: 1}, {Create: 15, List: 4, Stop: 1}, {Create: 9, List: 6, Stop: 7.005}},
	)
	want := bench.Real{
		Runs: 3, Clusters: 10, Create: 1.1,
		Terraform: bench.RealTime{Create: 11, List: 2, Stop: 2}, Python: bench.RealTime{Create: 10, List: 4, Stop: 1},
	}
	if got != want {
		t.Errorf("the comparison is %+v, want %+v", got, want)
	}
}

func TestLoad_returnsWhatSaveWrote(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "results.json")
	var got bench.Mock
	if found, err := bench.Load(file, &got); found || err != nil {
		t.Fatalf("a missing file: %v, %v", found, err)
	}
	saved := bench.Mock{Runs: 3, Measurements: []bench.Measurement{
		{Subject: bench.SubjectCluster, Operation: bench.Plan, N: 100, Sample: bench.Sample{Wall: 1.5, Requests: 2}},
		{Subject: bench.SubjectCluster, Operation: bench.Plan, N: 10},
		{Subject: bench.TimeStatic, Operation: bench.Plan, N: 10},
	}}
	if err := bench.Save(file, saved); err != nil {
		t.Fatal(err)
	}
	if found, err := bench.Load(file, &got); !found || err != nil {
		t.Fatalf("the saved file: %v, %v", found, err)
	}
	if m, found := got.Find(bench.SubjectCluster, bench.Plan, 100, false); !found || m.Wall != 1.5 || m.Requests != 2 {
		t.Errorf("found %+v, %v", m, found)
	}
	if _, found := got.Find(bench.SubjectCluster, bench.Create, 100, false); found {
		t.Error("found what was not measured")
	}
}
