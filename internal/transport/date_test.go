// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func TestOnServerClock_leavesSlack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	instant := now.Add(-10 * time.Second)
	for name, test := range map[string]struct{ date, want time.Time }{
		"clocks agree":         {now, instant.Add(-2 * time.Second)},
		"server an hour ahead": {now.Add(time.Hour), instant.Add(time.Hour - 2*time.Second)},
		"server behind":        {now.Add(-time.Minute), instant.Add(-time.Minute - 2*time.Second)},
		"no Date header":       {time.Time{}, instant.Add(-2 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := transport.OnServerClock(instant, now, test.date); !got.Equal(test.want) {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
