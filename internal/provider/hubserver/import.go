// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// readImport reads an imported server that could not be read before the apply, when it
// is too late to replace it. It reports whether the server runs with the configured
// options.
func (r *serverResource) readImport(ctx context.Context, api *hub.Client, plan, state resourceModel, resp *resource.UpdateResponse) bool {
	server, active, err := api.FindServer(ctx, state.User.ValueString(), state.Name.ValueString())
	switch {
	case err != nil:
		resp.Diagnostics.AddError("The "+state.title()+" could not be read", clients.ExplainHub(ctx, api, state.User.ValueString(), err))
		return false
	case !active:
		resp.Diagnostics.AddError("The imported "+state.title()+" does not run",
			"The plan could not read it, because the provider was not configured yet. It is removed from the state. Remove the import to start a new server.")
		resp.State.RemoveResource(ctx)
		return false
	case gateway.IsSameValue(plan.options(), startedWith(server.UserOptions)):
		return true
	}
	state.record(server, r.Settings.HubAddress.Value)
	options, diags := values.ForConfiguration(ctx, startedWith(server.UserOptions))
	state.UserOptions = options
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(storeOptions(ctx, server, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	state.unreadImport().AddMismatchError(&resp.Diagnostics, "user_options")
	return false
}
