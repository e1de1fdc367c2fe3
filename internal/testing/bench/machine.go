// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
)

// Machine describes the machine of a measurement without identifying it.
type Machine struct {
	CPU       string  `json:"cpu"`
	Cores     int     `json:"cores"`
	Memory    float64 `json:"memory"`
	System    string  `json:"system"`
	Terraform string  `json:"terraform"`
	Go        string  `json:"go"`
}

// String describes the machine as a part of a sentence.
func (m Machine) String() string {
	cores := fmt.Sprintf("%d cores", m.Cores)
	if m.Cores == 1 {
		cores = "1 core"
	}
	return fmt.Sprintf("%s, %s, %.0f GiB of memory, %s, %s, %s", m.CPU, cores, m.Memory, m.System, m.Terraform, m.Go)
}

// ThisMachine describes this machine and the terraform binary. It omits what the
// kernel does not report.
func ThisMachine(ctx context.Context, terraform string) Machine {
	total, _ := strconv.ParseFloat(strings.TrimSuffix(field("/proc/meminfo", "MemTotal", ":"), " kB"), 64)
	return Machine{
		CPU: orUnknown(field("/proc/cpuinfo", "model name", ":")), Cores: runtime.NumCPU(), Memory: Round(total/1024/1024, 0),
		System:    orUnknown(strings.Trim(field("/etc/os-release", "PRETTY_NAME", "="), `"`)) + " " + runtime.GOARCH,
		Terraform: terraformVersion(ctx, terraform), Go: "Go " + strings.TrimPrefix(runtime.Version(), "go"),
	}
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}

// field returns the first value of a name in a file of lines with names and values.
func field(file, name, separator string) string {
	opened, err := os.Open(file) //nolint:gosec // a file that describes the machine
	if err != nil {
		return ""
	}
	defer func() { _ = opened.Close() }()
	lines := bufio.NewScanner(opened)
	for lines.Scan() {
		if key, value, found := strings.Cut(lines.Text(), separator); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func terraformVersion(ctx context.Context, terraform string) string {
	cmd := exec.CommandContext(ctx, terraform, "version", "-json")
	cmd.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+os.DevNull, "CHECKPOINT_DISABLE=1")
	text, err := cmd.Output()
	var versions struct {
		Version string `json:"terraform_version"`
	}
	if err != nil || json.Unmarshal(text, &versions) != nil {
		return "an unknown Terraform"
	}
	if strings.Contains(terraform, "tofu") {
		return "OpenTofu " + versions.Version
	}
	return "Terraform " + versions.Version
}
