// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// TestDumps_containNoSecret dumps every value of this package that has a token, a password
// or a key.
func TestDumps_containNoSecret(t *testing.T) {
	t.Parallel()
	const hidden = "s3cr3t"
	configuration := providerModel{
		Address:        types.StringValue("https://hub.example.com/services/dask-gateway/"),
		APIToken:       types.StringValue(hidden),
		Password:       types.StringValue(hidden),
		HTTPProxy:      types.StringValue("http://u:" + hidden + "@proxy.example.com:3128"),
		RequestTimeout: timetypes.NewGoDurationNull(),
	}
	var diags diag.Diagnostics
	resolved, problems := settings.Resolve(t.Context(), configuration.block(), environment.Variables{})
	created := (&pcProvider{clock: clock.Real()}).connect(t.Context(), resolved, "test", &diags)
	if len(problems) != 0 || diags.HasError() || created.Gateway.Client == nil || created.Hub.Client == nil {
		t.Fatal(problems, diags)
	}
	scripted.AssertHidden(t, []string{hidden}, configuration, &configuration, created, resolved, created.Gateway, created.Hub.Client, created.Unauthenticated, diags,
		&clients.Resource{Configured: clients.Configured{Clients: created}})
}
