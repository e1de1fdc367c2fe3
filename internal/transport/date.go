// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import "time"

// dateSlack allows for Date headers and Kubernetes start times, which are in whole
// seconds.
const dateSlack = 2 * time.Second

// OnServerClock converts the time at from this machine's clock to the server's
// clock. The result is slightly early, so that no later event has an earlier time on
// the server. date is the Date of a response that arrived at now. If it is zero, the
// function assumes that both clocks agree.
func OnServerClock(at, now, date time.Time) time.Time {
	if !date.IsZero() {
		at = date.Add(-now.Sub(at))
	}
	return at.Add(-dateSlack)
}

// LatestOnServerClock returns the latest time that the server's clock can have shown
// at the moment at. The date is that of the response to a request that was sent at
// asked. It is in whole seconds, so up to one second may be missing.
func LatestOnServerClock(at, asked, date time.Time) time.Time {
	if date.IsZero() {
		return at.Add(dateSlack)
	}
	return date.Add(time.Second - asked.Sub(at))
}
