// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ action.Action               = (*revokeAction)(nil)
	_ action.ActionWithConfigure  = (*revokeAction)(nil)
	_ action.ActionWithModifyPlan = (*revokeAction)(nil)
)

type revokeAction struct{ clients.Action }

type revokeModel struct {
	User types.String `tfsdk:"user"`
	ID   types.String `tfsdk:"id"`
	Note types.String `tfsdk:"note"`
}

// NewRevokeAction returns the pc_hub_token_revoke action.
func NewRevokeAction() action.Action { return &revokeAction{} }

func (a *revokeAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub_token_revoke"
}

func (a *revokeAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Revokes a token of the JupyterHub that is in no state, for example one that an interrupted run left behind. The [list resource](../list-resources/hub_token.md) and the Hub's page `/hub/token` show ids and notes. " +
			"Hubs reuse the ids of deleted tokens, so the note must match. Revoking a token that no longer exists does nothing.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: "Owner of the token. For another user, the token needs the scope `tokens!user=NAME`. Default: the owner of the provider's token.",
				Optional:            true,
			},
			"id": schema.StringAttribute{
				MarkdownDescription: "The Hub's id of the token, for example `a12`.",
				Required:            true,
			},
			"note": schema.StringAttribute{
				MarkdownDescription: "The token's note. If it differs, nothing is revoked.",
				Required:            true,
			},
		},
	}
}

// ModifyPlan checks the arguments that are known. Terraform validates actions with
// every variable unknown, so Invoke checks them again.
func (a *revokeAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var config revokeModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		config.validate(&resp.Diagnostics)
	}
}

func (m revokeModel) validate(diags *diag.Diagnostics) {
	if values.IsKnown(m.User) && !hub.IsValidUserName(m.User.ValueString()) {
		diags.AddAttributeError(path.Root("user"), "Invalid value for \"user\"", "user must be the name of a user of the Hub, without slashes and control characters.")
	}
	if values.IsKnown(m.ID) && !hub.IsValidTokenID(m.ID.ValueString()) {
		diags.AddAttributeError(path.Root("id"), "Invalid value for \"id\"", "id must be the Hub's id of a token, for example \"a12\". The Hub's page /hub/token and the list resource pc_hub_token show it.")
	}
}

func (a *revokeAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config revokeModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	config.validate(&resp.Diagnostics)
	api, ok := a.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	progress := clients.StartProgress(ctx, resp.SendProgress)
	defer progress.Close()
	user, ok := clients.HubOwner(ctx, api, config.User, "The token was not revoked", &resp.Diagnostics)
	if !ok {
		return
	}
	id := config.ID.ValueString()
	token, err := api.GetToken(ctx, user, id)
	switch {
	case hub.IsNotFound(err):
		progress.Report("The Hub has no token %s of %s", id, user)
		return
	case err == nil && token.Note != config.Note.ValueString():
		resp.Diagnostics.AddAttributeError(path.Root("note"), "The token has another note",
			fmt.Sprintf("The token %s of %s has the note %q. The Hub may have given the id to another token, so nothing was revoked. Check the id and the note on the Hub's page /hub/token.", id, user, token.Note))
		return
	case err == nil:
		// After an interrupt Terraform 1.15 shows no further line and reports success,
		// so the first line says what a missing last line means.
		progress.Report("Revoking token %s of %s. It may be valid until a line here says that it is revoked", id, user)
		err = api.RevokeToken(ctx, user, token)
	}
	if err != nil {
		resp.Diagnostics.AddError("The token "+id+" of "+user+" was not revoked", diagnostics.Explain(err))
		progress.Report("It is not confirmed that token %s of %s is revoked, and it may still be valid", id, user)
		return
	}
	progress.Report("Token %s of %s is revoked", id, user)
}
