// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

func TestDumps_containNoSecret(t *testing.T) {
	t.Parallel()
	const secretToken = "s3cr3t"
	managed := resourceModel{tokenModel: tokenModel{Token: types.StringValue(secretToken)}}
	ephemeral := tokenModel{Token: types.StringValue(secretToken)}
	scripted.AssertHidden(t, []string{secretToken}, managed, &managed, ephemeral, &ephemeral)
}
