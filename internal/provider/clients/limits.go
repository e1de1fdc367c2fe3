// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

// Limits are what one cluster may have at most. Nil means no limit.
type Limits struct {
	Workers *int64
	Cores   *float64
	// Memory is in GiB.
	Memory *float64
}

// IsSet reports whether at least one limit is set.
func (l Limits) IsSet() bool { return l.Workers != nil || l.Cores != nil || l.Memory != nil }
