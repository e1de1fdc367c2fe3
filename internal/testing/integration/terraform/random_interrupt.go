// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package terraform

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

const (
	// maxPlanTime is the longest delay, from the start of terraform, of an interrupt that
	// does not wait for the creates.
	maxPlanTime = time.Second
	// One in interruptsPerPlanInterrupt does not wait for the creates.
	interruptsPerPlanInterrupt = 8
)

// RandomInterrupt is one SIGINT or SIGTERM at a random moment.
type RandomInterrupt struct {
	signal syscall.Signal
	// toProvider sends the signal to the provider as well, as Ctrl-C and a CI system
	// that ends a process group do.
	toProvider bool
	// duringPlan counts the delay from the start of terraform instead of from the
	// moment at which it begins to create.
	duringPlan bool
	delay      time.Duration
}

// NewRandomInterrupt returns a random interrupt. Most interrupts are sent within
// maxCreateTime after terraform has begun to create.
func NewRandomInterrupt(random *rand.Rand, maxCreateTime time.Duration) RandomInterrupt {
	interrupt := RandomInterrupt{signal: syscall.SIGINT, toProvider: random.IntN(2) == 0, duringPlan: random.IntN(interruptsPerPlanInterrupt) == 0}
	if random.IntN(2) == 0 {
		interrupt.signal = syscall.SIGTERM
	}
	limit := maxCreateTime
	if interrupt.duringPlan {
		limit = maxPlanTime
	}
	interrupt.delay = time.Duration(random.Int64N(int64(limit)))
	return interrupt
}

// String describes the interrupt for the report of a failed test.
func (i RandomInterrupt) String() string {
	target, moment := "terraform", "the creates began"
	if i.toProvider {
		target = "terraform and the provider"
	}
	if i.duringPlan {
		moment = "terraform started"
	}
	return fmt.Sprintf("%s to %s %s after %s", i.signal, target, i.delay.Round(time.Millisecond), moment)
}

// Send sends the interrupt at its moment, unless the command has ended by then.
func (i RandomInterrupt) Send(p *Process) {
	p.t.Helper()
	if !i.duringPlan {
		p.await(": Creating...")
	}
	if err := clock.Real().Sleep(p.t.Context(), i.delay); err != nil {
		p.t.Fatal(err)
	}
	if i.toProvider {
		for _, provider := range p.providers() {
			_ = provider.Signal(i.signal)
		}
	}
	if err := p.cmd.Process.Signal(i.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Fatal(err)
	}
}
