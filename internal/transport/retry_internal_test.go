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
	answer := func(status int, header string) *http.Response {
		return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {header}}}
	}
	for name, test := range map[string]struct {
		attempt           int
		answer            *http.Response
		shortest, longest time.Duration
	}{
		"first":                {0, nil, 500 * time.Millisecond, time.Second},
		"third":                {2, nil, 2 * time.Second, 4 * time.Second},
		"late":                 {60, nil, 5 * time.Second, 10 * time.Second},
		"seconds":              {0, answer(429, "7"), 7 * time.Second, 7 * time.Second},
		"none":                 {0, answer(503, "0"), 0, 0},
		"a day":                {0, answer(429, "86400"), time.Minute, time.Minute},
		"date":                 {0, answer(503, now.Add(20*time.Second).Format(http.TimeFormat)), 20 * time.Second, 20 * time.Second},
		"date that has passed": {0, answer(503, now.Add(-time.Hour).Format(http.TimeFormat)), 0, 0},
		"nonsense":             {0, answer(503, "soon"), 500 * time.Millisecond, time.Second},
		"below zero":           {0, answer(503, "-5"), 500 * time.Millisecond, time.Second},
		"status that has none": {0, answer(502, "7"), 500 * time.Millisecond, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 50 {
				if got := b.wait(test.attempt, test.answer); got < test.shortest || got > test.longest {
					t.Fatalf("wait %s, want %s to %s", got, test.shortest, test.longest)
				}
			}
		})
	}
}
