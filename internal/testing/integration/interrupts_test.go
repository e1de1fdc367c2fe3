// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

//go:build integration

package integration_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
)

var (
	interruptCount = flag.Uint64("interrupts", 1, "number of random interrupts, each with its own seed")
	firstSeed      = flag.Uint64("seed", 1, "seed of the first random interrupt")
)

const interruptedConfig = `
resource "pc_dask_cluster" "test" {
  count   = 4
  options = { profile = "stuck" }
}
resource "pc_hub_token" "test" {
  count = 2
  note  = "story interrupted"
}
`

// A random interrupt comes while clusters and tokens are being created. Everything
// that was created is in the state, and terraform destroy deletes it.
func TestRandomInterrupt_losesNothing(t *testing.T) {
	t.Parallel()
	for seed := *firstSeed; seed < *firstSeed+*interruptCount; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			interrupt := terraform.NewRandomInterrupt(rand.New(rand.NewPCG(seed, 0)), 2*time.Second) //nolint:gosec // a schedule that a seed repeats
			s := newStory(t)
			s.Write("main.tf", interruptedConfig)
			process := s.Start("apply", "-auto-approve", "-no-color")
			interrupt.Send(process)
			result := process.Wait()
			instances, known := s.Instances(), map[any]bool{}
			for _, each := range instances {
				known[each.Attributes["name"]], known[each.Attributes["id"]] = true, true
			}
			for created := range strings.Lines(s.clusters() + "\n" + s.tokens()) {
				if name, _, _ := strings.Cut(strings.TrimSpace(created), " "); name != "" && !known[name] {
					t.Errorf("%s exists and is not in the state", name)
				}
			}
			s.Destroy()
			if left := s.clusters() + s.tokens(); left != "" {
				t.Errorf("terraform destroy leaves %q", left)
			}
			t.Logf("%s, %d of 6 in the state", interrupt, len(instances))
			if t.Failed() {
				t.Log(result.Output)
			}
		})
	}
}
