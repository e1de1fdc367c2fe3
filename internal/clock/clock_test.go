// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clock_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

func TestSleep_endsWithItsContext(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]clock.Clock{"real": clock.Real(), "fake": clock.NewFake(time.Unix(0, 0))} {
		if err := c.Sleep(ended, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("%s clock: Sleep = %v, want context.Canceled", name, err)
		}
	}
	late, cancelLate := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancelLate()
	if err := clock.Real().Sleep(late, time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Sleep = %v, want context.DeadlineExceeded", err)
	}
}

func TestReal_advances(t *testing.T) {
	t.Parallel()
	before := clock.Real().Now()
	if err := clock.Real().Sleep(t.Context(), time.Microsecond); err != nil {
		t.Fatal(err)
	}
	if !clock.Real().Now().After(before) {
		t.Error("the time did not pass")
	}
}

func TestFake_advancesAtOnce(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	fake := clock.NewFake(start)
	for _, d := range []time.Duration{time.Hour, time.Second} {
		if err := fake.Sleep(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	fake.Advance(time.Minute)
	if got, want := fake.Now(), start.Add(time.Hour+time.Minute+time.Second); !got.Equal(want) {
		t.Errorf("Now() = %s, want %s", got, want)
	}
	if got := fake.Sleeps(); !slices.Equal(got, []time.Duration{time.Hour, time.Second}) {
		t.Errorf("Sleeps() = %v", got)
	}
}
