// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package share

// Waiting is how many wait for the latest listing.
func (d *Directory[T]) Waiting() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.latest == nil {
		return 0
	}
	return d.latest.waiting
}
