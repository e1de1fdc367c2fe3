// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package bench holds what the benchmarks measured, and how it is shown: a
// table, a chart and a guide. The programs that measure are in its cmd folder.
package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// Ours is the resource type that is measured; the others are the floors below
// it: a provider that does no input and output, and Terraform without one.
const (
	Ours          = "pc_dask_cluster"
	TimeStatic    = "time_static"
	TerraformData = "terraform_data"
)

// The operations, in the order in which a round does them.
const (
	Create  = "create"
	Plan    = "plan"
	Resize  = "resize"
	Destroy = "destroy"
)

// Record is what one process took.
type Record struct {
	Name string `json:"name"`
	// Wall and CPU, of user and system and with the children that were waited
	// for, are in seconds; Memory is the peak, in MiB.
	Wall   float64 `json:"wall"`
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
}

// IsProvider says whether the process was a provider's.
func (r Record) IsProvider() bool { return strings.HasPrefix(r.Name, "terraform-provider-") }

// Sample is one command of Terraform's.
type Sample struct {
	// Wall and CPU are of terraform and all its children, in seconds.
	Wall float64 `json:"wall"`
	CPU  float64 `json:"cpu"`
	// ProviderCPU is that of the provider's processes together, Memory the peak of
	// the largest of them, TerraformMemory that of terraform itself, in MiB.
	ProviderCPU     float64 `json:"provider_cpu"`
	Memory          float64 `json:"memory"`
	TerraformMemory float64 `json:"terraform_memory"`
	// Requests that the gateway and the Hub answered.
	Requests float64 `json:"requests"`
}

// Measurement is the medians of an operation's samples.
type Measurement struct {
	Subject   string `json:"subject"`
	Operation string `json:"operation"`
	N         int    `json:"n"`
	Sample
}

// Growth is a plan of N of Terraform's own resources, which have no provider.
type Growth struct {
	// Form says how they are declared, for example by count.
	Form string `json:"form"`
	N    int    `json:"n"`
	// Wall is in seconds, Memory in MiB.
	Wall   float64 `json:"wall"`
	Memory float64 `json:"memory"`
}

// Wait is an apply of N clusters whose start takes a time.
type Wait struct {
	N           int     `json:"n"`
	Delay       float64 `json:"delay"`
	Parallelism int     `json:"parallelism"`
	Wall        float64 `json:"wall"`
	// Floor is what the starts alone take: N / parallelism, one after the other.
	Floor float64 `json:"floor"`
}

// Split is plans of states that have N clusters together.
type Split struct {
	N      int  `json:"n"`
	States int  `json:"states"`
	AtOnce bool `json:"at_once"`
	// Wall is that of all plans, Memory the sum of what terraform and the provider
	// took at most in those that ran at the same time.
	Wall   float64 `json:"wall"`
	Memory float64 `json:"memory"`
}

// Point is a refresh of N clusters by the provider alone.
type Point struct {
	N int `json:"n"`
	// Wall and CPU are microseconds per cluster, Allocations and Bytes those per
	// cluster, Requests those of the whole refresh.
	Wall        float64 `json:"wall"`
	CPU         float64 `json:"cpu"`
	Allocations float64 `json:"allocations"`
	Bytes       float64 `json:"bytes"`
	Requests    float64 `json:"requests"`
}

// Mock is all that make bench measures.
type Mock struct {
	Machine      Machine       `json:"machine"`
	Runs         int           `json:"runs"`
	Measurements []Measurement `json:"measurements"`
	Growth       []Growth      `json:"growth"`
	Waits        []Wait        `json:"waits"`
	Splits       []Split       `json:"splits"`
	Curve        []Point       `json:"curve"`
}

// Find returns a measurement.
func (m Mock) Find(subject, operation string, n int) (Measurement, bool) {
	i := slices.IndexFunc(m.Measurements, func(each Measurement) bool {
		return each.Subject == subject && each.Operation == operation && each.N == n
	})
	if i < 0 {
		return Measurement{}, false
	}
	return m.Measurements[i], true
}

// Of returns the measurements of one resource type: all sizes of one operation,
// then those of the next.
func (m Mock) Of(subject string) []Measurement {
	var found []Measurement
	for _, operation := range []string{Plan, Create, Resize, Destroy} {
		for _, n := range m.Sizes() {
			if each, ok := m.Find(subject, operation, n); ok {
				found = append(found, each)
			}
		}
	}
	return found
}

// Sizes returns the numbers of resources that were measured, in their order.
func (m Mock) Sizes() []int {
	var sizes []int
	for _, each := range m.Measurements {
		if !slices.Contains(sizes, each.N) {
			sizes = append(sizes, each.N)
		}
	}
	slices.Sort(sizes)
	return sizes
}

// Real is what make bench-real measures: seconds for Clusters clusters on the
// real gateway, medians of Runs.
type Real struct {
	Machine   Machine  `json:"machine"`
	Runs      int      `json:"runs"`
	Clusters  int      `json:"clusters"`
	Terraform RealTime `json:"terraform"`
	Python    RealTime `json:"python"`
	// Create is the median of the rounds' ratios of Terraform to Python.
	Create float64 `json:"create_ratio"`
}

// RealTime is the seconds of one client.
type RealTime struct {
	// Create is from the start of the program to all clusters running, List to
	// read them all again, Stop until all have ended.
	Create float64 `json:"create"`
	List   float64 `json:"list"`
	Stop   float64 `json:"stop"`
}

// Load reads results; false if there are none yet.
func Load(file string, results any) (bool, error) {
	text, err := os.ReadFile(file) //nolint:gosec // a file of this repository
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(text, results); err != nil {
		return false, fmt.Errorf("%s holds no results: %w", file, err)
	}
	return true, nil
}

// Save writes results for Load.
func Save(file string, results any) error {
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644) //nolint:gosec // a file of this repository, for all to read
}
