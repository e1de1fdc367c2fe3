// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package interrupts_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/integration/terraform"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

var (
	interruptCount = flag.Uint64("interrupts", 6, "number of random interrupts, each with its own seed")
	firstSeed      = flag.Uint64("seed", 1, "seed of the first random interrupt")
)

const (
	// maxCreateDelay is the longest time that a create takes. It is shorter than
	// transport.InterruptedCreateTimeout.
	maxCreateDelay = 5 * time.Second
	tokenNote      = "interrupted"
	// interruptedConfig creates everything at once.
	interruptedConfig = `
provider "pc" {}
resource "pc_dask_cluster" "test" {
  count = 4
}
resource "pc_hub_token" "test" {
  count = 2
  note  = "` + tokenNote + `"
}
`
)

// A random interrupt comes while clusters and tokens are being created on slow
// servers. Everything that was created is in the state, and terraform destroy
// deletes it.
func TestRandomInterrupt_losesNothing(t *testing.T) {
	t.Parallel()
	for seed := *firstSeed; seed < *firstSeed+*interruptCount; seed++ {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a schedule that a seed repeats
			interrupt := terraform.NewRandomInterrupt(random, maxCreateDelay+time.Second)
			slow := &slowCreates{random: random}
			mock, err := mockserver.Start(mockserver.Config{FaultFor: slow.faultFor})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(mock.Close)
			workspace := terraform.New(t)
			workspace.Setenv("PC_ADDRESS="+mock.GatewayURL(), "PC_API_TOKEN="+mock.NewToken("alice"))
			workspace.Write("main.tf", interruptedConfig)
			process := workspace.Start("apply", "-auto-approve", "-no-color")
			interrupt.Send(process)
			result := process.Wait()
			assertEverythingIsInState(t, mock, workspace)
			slow.isOver.Store(true)
			workspace.Destroy()
			if left := append(activeClusters(mock), tokenIDs(mock)...); len(left) != 0 {
				t.Errorf("terraform destroy leaves %q", left)
			}
			if t.Failed() {
				t.Logf("%s; creates took %v:\n%s", interrupt, slow.delays, result.Output)
			}
		})
	}
}

// slowCreates delays each create by a random time, before or after the server has
// carried it out.
type slowCreates struct {
	mu     sync.Mutex
	random *rand.Rand
	delays []time.Duration
	isOver atomic.Bool
}

func (s *slowCreates) faultFor(request mockserver.Request) *mockserver.Fault {
	if request.Method != http.MethodPost || s.isOver.Load() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delay := time.Duration(s.random.Int64N(int64(maxCreateDelay)))
	before := time.Duration(s.random.Int64N(int64(delay) + 1))
	s.delays = append(s.delays, before, delay-before)
	return &mockserver.Fault{RequestDelay: before, ResponseDelay: delay - before}
}

func assertEverythingIsInState(t *testing.T, mock *mockserver.Server, workspace *terraform.Workspace) {
	t.Helper()
	known := map[any]bool{}
	for _, each := range workspace.Instances() {
		known[each.Attributes["name"]], known[each.Attributes["id"]] = true, true
	}
	for _, created := range append(activeClusters(mock), tokenIDs(mock)...) {
		if !known[created] {
			t.Errorf("%s exists and is not in the state", created)
		}
	}
}

func activeClusters(mock *mockserver.Server) []string {
	var names []string
	for _, each := range mock.Clusters("alice") {
		if each.Status != "STOPPED" && each.Status != "FAILED" {
			names = append(names, each.Name)
		}
	}
	return names
}

func tokenIDs(mock *mockserver.Server) []string {
	var ids []string
	for _, each := range mock.Tokens("alice") {
		if strings.HasPrefix(each.Note, tokenNote) {
			ids = append(ids, each.ID)
		}
	}
	return ids
}
