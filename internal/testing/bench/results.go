// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package bench contains the results of the benchmarks, and their presentation as a
// table, a chart and a guide. The folder cmd contains the programs that measure.
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

// SubjectCluster is the resource type under test. The others are baselines: a provider
// without input and output, and Terraform without a provider.
const (
	SubjectCluster = "pc_dask_cluster"
	TimeStatic     = "time_static"
	TerraformData  = "terraform_data"
)

// The operations, in the order of a round.
const (
	Create  = "create"
	Plan    = "plan"
	Resize  = "resize"
	Destroy = "destroy"
)

// Record contains the resources that one process used.
type Record struct {
	Name string `json:"name"`
	// Wall and CPU are in seconds. CPU is user and system time, including children
	// that have exited. Memory is the peak in MiB.
	Wall   float64 `json:"wall"`
	CPU    float64 `json:"cpu"`
	Memory float64 `json:"memory"`
}

// IsProvider reports whether the process was a provider.
func (r Record) IsProvider() bool { return strings.HasPrefix(r.Name, "terraform-provider-") }

// Sample is one Terraform command.
type Sample struct {
	// Wall and CPU are in seconds and include all children of terraform.
	Wall float64 `json:"wall"`
	CPU  float64 `json:"cpu"`
	// ProviderCPU is the sum over the provider's processes. Memory is the peak of the
	// largest of them and TerraformMemory that of terraform, in MiB.
	ProviderCPU     float64 `json:"provider_cpu"`
	Memory          float64 `json:"memory"`
	TerraformMemory float64 `json:"terraform_memory"`
	// Requests counts the responses of the gateway and the Hub.
	Requests float64 `json:"requests"`
}

// TerraformCPU is the CPU time of terraform without the provider, in seconds.
func (s Sample) TerraformCPU() float64 { return s.CPU - s.ProviderCPU }

// Measurement contains the medians of an operation's samples.
type Measurement struct {
	Subject   string `json:"subject"`
	Operation string `json:"operation"`
	N         int    `json:"n"`
	// IsRemote is true if Terraform stored the state in its HTTP backend, on this machine.
	IsRemote bool `json:"is_remote,omitempty"`
	Sample
}

// Growth is a plan of N resources by Terraform itself, without a provider.
type Growth struct {
	// Form is how they are declared, for example with count.
	Form string `json:"form"`
	N    int    `json:"n"`
	// Wall is in seconds, Memory in MiB.
	Wall   float64 `json:"wall"`
	Memory float64 `json:"memory"`
}

// Wait is an apply of N clusters that take some time to start.
type Wait struct {
	N           int     `json:"n"`
	Delay       float64 `json:"delay"`
	Parallelism int     `json:"parallelism"`
	Wall        float64 `json:"wall"`
	// Floor is the duration of the starts alone: N / parallelism, one after the other.
	Floor float64 `json:"floor"`
}

// Split is a set of plans of several states with N clusters in total.
type Split struct {
	N      int  `json:"n"`
	States int  `json:"states"`
	AtOnce bool `json:"at_once"`
	// Wall is the duration of all plans. Memory is the sum of the peaks of terraform
	// and the provider over the plans that ran at the same time.
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

// Mock contains the results of make bench.
type Mock struct {
	Machine      Machine       `json:"machine"`
	Runs         int           `json:"runs"`
	Measurements []Measurement `json:"measurements"`
	Growth       []Growth      `json:"growth"`
	Waits        []Wait        `json:"waits"`
	Splits       []Split       `json:"splits"`
	Curve        []Point       `json:"curve"`
}

// Find returns a measurement with a local or a remote state.
func (m Mock) Find(subject, operation string, n int, isRemote bool) (Measurement, bool) {
	i := slices.IndexFunc(m.Measurements, func(each Measurement) bool {
		return each.Subject == subject && each.Operation == operation && each.N == n && each.IsRemote == isRemote
	})
	if i < 0 {
		return Measurement{}, false
	}
	return m.Measurements[i], true
}

// RatioToTimeStatic returns the duration of an operation on n clusters, divided by that
// on n time_static, or false if one of them was not measured.
func (m Mock) RatioToTimeStatic(operation string, n int, isRemote bool) (float64, bool) {
	ours, isMeasured := m.Find(SubjectCluster, operation, n, isRemote)
	floor, hasFloor := m.Find(TimeStatic, operation, n, isRemote)
	return ours.Wall / floor.Wall, isMeasured && hasFloor
}

// Of returns the measurements of n resources of one type, by operation, each with a
// local and then with a remote state.
func (m Mock) Of(subject string, n int) []Measurement {
	var found []Measurement
	for _, operation := range []string{Plan, Create, Resize, Destroy} {
		for _, isRemote := range []bool{false, true} {
			if each, ok := m.Find(subject, operation, n, isRemote); ok {
				found = append(found, each)
			}
		}
	}
	return found
}

// Real contains the results of make bench-real: seconds for Clusters clusters on the
// real gateway, as medians of Runs.
type Real struct {
	Machine   Machine  `json:"machine"`
	Runs      int      `json:"runs"`
	Clusters  int      `json:"clusters"`
	Terraform RealTime `json:"terraform"`
	Python    RealTime `json:"python"`
	// Create is the median of the ratios of Terraform to Python in each round.
	Create float64 `json:"create_ratio"`
}

// RealTime contains the seconds that one client takes.
type RealTime struct {
	// Create lasts from the start of the program until all clusters are running. List
	// reads them all again. Stop lasts until all have ended.
	Create float64 `json:"create"`
	List   float64 `json:"list"`
	Stop   float64 `json:"stop"`
}

// Load reads results and returns false if there are none yet.
func Load(file string, results any) (bool, error) {
	text, err := os.ReadFile(file) //nolint:gosec // a file of this repository
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(text, results); err != nil {
		return false, fmt.Errorf("%s does not contain results: %w", file, err)
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
