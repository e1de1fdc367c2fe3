// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

func TestMustRenew_decidesByTheLastRefresh(t *testing.T) {
	t.Parallel()
	expiry := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	never := timetypes.NewRFC3339Null()
	expires := timetypes.NewRFC3339TimeValue(expiry)
	before := func(text string) timetypes.GoDuration {
		value, _ := timetypes.NewGoDurationValueFromString(text)
		return value
	}
	none, unknown := timetypes.NewGoDurationNull(), timetypes.NewGoDurationUnknown()
	for name, test := range map[string]struct {
		planned, prior timetypes.GoDuration
		expiresAt      timetypes.RFC3339
		wasDue         bool
		refreshedAt    time.Time
		want           bool
	}{
		"the refresh found it due":                       {before("1h"), before("1h"), expires, true, expiry, true},
		"the refresh found it not due":                   {before("1h"), before("1h"), expires, false, expiry, false},
		"the same duration in other units":               {before("60m"), before("1h"), expires, true, expiry, true},
		"no renewal any more":                            {none, before("1h"), expires, true, expiry, false},
		"a token that does not expire":                   {before("1h"), none, never, false, expiry, false},
		"a longer renewal, reached at the refresh":       {before("3h"), before("1h"), expires, false, expiry.Add(-2 * time.Hour), true},
		"a longer renewal, not reached at the refresh":   {before("3h"), before("1h"), expires, false, expiry.Add(-4 * time.Hour), false},
		"a shorter renewal, no longer reached":           {before("1h"), before("3h"), expires, true, expiry.Add(-2 * time.Hour), false},
		"a new renewal in a state without a time":        {before("3h"), none, expires, false, time.Time{}, false},
		"a renewal that is known after apply":            {unknown, before("1h"), expires, false, expiry.Add(-9 * time.Hour), true},
		"a renewal known after apply, without an expiry": {unknown, before("1h"), never, false, expiry, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := resourceModel{tokenModel: tokenModel{ExpiresAt: test.expiresAt}, RenewBefore: test.planned}
			state := resourceModel{tokenModel: tokenModel{ExpiresAt: test.expiresAt}, RenewBefore: test.prior, ReadyForRenewal: types.BoolValue(test.wasDue)}
			if got := mustRenew(plan, state, test.refreshedAt); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}
