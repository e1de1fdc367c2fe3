// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"net/http"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

func TestBackoff_growsAndHonoursRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	b := backoff{shortest: time.Second, longest: 10 * time.Second, clock: clock.NewFake(now)}
	for name, test := range map[string]struct {
		attempt           int
		status            int
		retryAfter        string
		shortest, longest time.Duration
	}{
		"first":                {0, 0, "", 500 * time.Millisecond, time.Second},
		"third":                {2, 0, "", 2 * time.Second, 4 * time.Second},
		"late":                 {60, 0, "", 5 * time.Second, 10 * time.Second},
		"seconds":              {0, 429, "7", 7 * time.Second, 7 * time.Second},
		"none":                 {0, 503, "0", 0, 0},
		"a day":                {0, 429, "86400", time.Minute, time.Minute},
		"date":                 {0, 503, now.Add(20 * time.Second).Format(http.TimeFormat), 20 * time.Second, 20 * time.Second},
		"date that has passed": {0, 503, now.Add(-time.Hour).Format(http.TimeFormat), 0, 0},
		"nonsense":             {0, 503, "soon", 500 * time.Millisecond, time.Second},
		"below zero":           {0, 503, "-5", 500 * time.Millisecond, time.Second},
		"status that has none": {0, 502, "7", 500 * time.Millisecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 50 {
				if got := b.wait(test.attempt, test.status, test.retryAfter); got < test.shortest || got > test.longest {
					t.Fatalf("wait %s, want %s to %s", got, test.shortest, test.longest)
				}
			}
		})
	}
}
