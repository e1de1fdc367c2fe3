// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

func TestDumps_containNoSecret(t *testing.T) {
	t.Parallel()
	const privateKey = "s3cr3t"
	credentials := credentialsModel{TLSKey: types.StringValue(privateKey)}
	scripted.AssertHidden(t, []string{privateKey}, credentials, &credentials)
}
