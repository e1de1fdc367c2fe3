// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package share

// Waiters returns the number of reads that wait for the current listing.
func (d *Directory[T]) Waiters() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current == nil {
		return 0
	}
	return d.current.waiters
}
