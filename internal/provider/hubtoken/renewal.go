// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// refreshedAtKey is the private state's key of the time of the last refresh, in
// RFC 3339. Planning reads this time and never the clock: Terraform plans once
// for the user and once more during the apply, and both must reach the same decision.
const refreshedAtKey = "refreshed_at"

// mustRenew decides whether the plan replaces the token. It reads nothing but its
// arguments. The refresh has recorded in the state whether the token is due by
// the renew_before of the state. For another renew_before, the time of that refresh
// decides. A renew_before that is known only after apply may make the token due.
func mustRenew(plan, state resourceModel, refreshedAt time.Time) bool {
	switch {
	case plan.RenewBefore.IsNull() || !values.IsKnown(state.ExpiresAt):
		return false
	case plan.RenewBefore.IsUnknown():
		return true
	case isSameDuration(plan.RenewBefore, state.RenewBefore):
		return state.ReadyForRenewal.ValueBool()
	case refreshedAt.IsZero():
		return false
	default:
		return plan.isDue(state.ExpiresAt, refreshedAt)
	}
}

func isSameDuration(a, b timetypes.GoDuration) bool {
	first, isFirstSet := values.Duration(a)
	second, isSecondSet := values.Duration(b)
	return isFirstSet && isSecondSet && first == second
}

// storeRefreshTime records when the Hub last reported a token that expires.
// Whether any other token is due never depends on the time.
func storeRefreshTime(ctx context.Context, private clients.PrivateWriter, expiresAt timetypes.RFC3339, now time.Time) diag.Diagnostics {
	if !values.IsKnown(expiresAt) {
		return nil
	}
	return private.SetKey(ctx, refreshedAtKey, []byte(values.JSON(now.UTC().Format(time.RFC3339))))
}

// readRefreshTime returns the zero time for a state that has none: the provider
// did not record it before version 0.1.0.
func readRefreshTime(ctx context.Context, private clients.PrivateReader, diags *diag.Diagnostics) time.Time {
	text, keyDiags := private.GetKey(ctx, refreshedAtKey)
	diags.Append(keyDiags...)
	recorded, err := time.Parse(`"`+time.RFC3339+`"`, string(text))
	if err != nil {
		return time.Time{}
	}
	return recorded
}
