// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import "time"

// dateSlack allows for Date headers and Kubernetes start times, which are in whole
// seconds.
const dateSlack = 2 * time.Second

// OnServerClock converts an instant from this machine's clock to the server's clock.
// The result is slightly early, so that no later event has an earlier time on the
// server. date is the Date of a response that arrived at now. If it is zero, the
// function assumes that both clocks agree.
func OnServerClock(instant, now, date time.Time) time.Time {
	if !date.IsZero() {
		instant = date.Add(-now.Sub(instant))
	}
	return instant.Add(-dateSlack)
}

// LatestOnServerClock returns the latest time that the server's clock can have shown
// at an instant. date is the Date of the response to a request that was sent at
// sentAt. It is in whole seconds, so up to one second may be missing.
func LatestOnServerClock(instant, sentAt, date time.Time) time.Time {
	if date.IsZero() {
		return instant.Add(dateSlack)
	}
	return date.Add(time.Second - sentAt.Sub(instant))
}
