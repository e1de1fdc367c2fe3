// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import "maps"

// haveEqualOptions reports whether two creates request the same options, or the declared
// defaults: the same cluster then matches both.
func (t *createTracker) haveEqualOptions(p, other *pendingCreate) bool {
	var declared []Option
	if t.declared != nil {
		declared = t.declared()
	}
	return IsSameValue(withDefaults(p.options, declared), withDefaults(other.options, declared))
}

func withDefaults(requested map[string]any, declared []Option) map[string]any {
	effective := make(map[string]any, len(declared)+len(requested))
	for _, option := range declared {
		effective[option.Field] = option.Default
	}
	maps.Copy(effective, requested)
	return effective
}

// matchesOptions reports whether a cluster has the requested options, and the
// declared defaults for all others.
func matchesOptions(requested, inEffect map[string]any, declared []Option) bool {
	for name, value := range requested {
		if !IsSameValue(value, inEffect[name]) {
			return false
		}
	}
	for _, option := range declared {
		if _, given := requested[option.Field]; !given && !IsSameValue(option.Default, inEffect[option.Field]) {
			return false
		}
	}
	return true
}
