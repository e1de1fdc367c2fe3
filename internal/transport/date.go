// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import "time"

// dateSlack is for Date headers, and start times of Kubernetes, in whole
// seconds.
const dateSlack = 2 * time.Second

// OnServerClock returns what the server's clock said at the moment at, or a
// little less, so that what happened from then on can be told by the server's
// own times. The date is that of an answer which came now. A server that told
// no date is taken to have this machine's time.
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
