// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ action.Action               = (*stopAction)(nil)
	_ action.ActionWithConfigure  = (*stopAction)(nil)
	_ action.ActionWithModifyPlan = (*stopAction)(nil)
)

type stopAction struct{ clients.Action }

type stopModel struct {
	User    types.String         `tfsdk:"user"`
	Name    types.String         `tfsdk:"name"`
	Remove  types.Bool           `tfsdk:"remove"`
	Timeout timetypes.GoDuration `tfsdk:"timeout"`
}

// NewStopAction returns the pc_hub_server_stop action.
func NewStopAction() action.Action { return &stopAction{} }

func (a *stopAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub_server_stop"
}

func (a *stopAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Stops a notebook server of the JupyterHub that is in no state, and waits until it has stopped. " +
			"If a state manages the server, the next plan starts it again, unless `when_ended = \"keep\"`. Stopping a server that does not run does nothing.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: "Owner of the server. For another user, the token needs the scope `servers!user=NAME`. Default: the owner of the provider's token.",
				Optional:            true,
			},
			"name": schema.StringAttribute{
				MarkdownDescription: "Name of the server. Default: the user's default server.",
				Optional:            true,
			},
			"remove": schema.BoolAttribute{
				MarkdownDescription: "Whether the Hub also deletes a named server. **With KubeSpawner that deletes the server's volume and the files on it.** Default: `false`.",
				Optional:            true,
			},
			"timeout": clients.ActionTimeout("the end"),
		},
	}
}

// ModifyPlan checks the arguments that are known. Terraform validates actions with
// every variable unknown, so Invoke checks them again.
func (a *stopAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var config stopModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		validateNames(config.User, config.Name, &resp.Diagnostics)
		values.ValidateTimeout(config.Timeout, &resp.Diagnostics)
	}
}

func (a *stopAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config stopModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	validateNames(config.User, config.Name, &resp.Diagnostics)
	values.ValidateTimeout(config.Timeout, &resp.Diagnostics)
	api, bounded, cancel, ok := a.Hub.StartWithin(ctx, values.DurationOr(config.Timeout, clients.DefaultChangeTimeout), &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()
	progress := clients.StartProgress(ctx, resp.SendProgress)
	defer progress.Close()
	user, ok := clients.HubOwner(bounded, api, config.User, "The server was not stopped", &resp.Diagnostics)
	if !ok {
		return
	}
	server := resourceModel{User: types.StringValue(user), Name: config.Name}
	// After an interrupt Terraform 1.15 shows no further line and reports success, so
	// the first line says what a missing last line means.
	progress.Report("Stopping the %s. It may cost money until a line here says that it does not run", server.title())
	if err := api.StopServer(bounded, user, config.Name.ValueString(), config.Remove.ValueBool()); err != nil {
		detail := diagnostics.Explain(err)
		if errors.Is(err, context.DeadlineExceeded) {
			detail = "It was still running when the timeout ended. Run the action again, or raise timeout."
		}
		resp.Diagnostics.AddError("The "+server.title()+" was not stopped", detail)
		progress.Report("The end of the %s is not confirmed, and it may still cost money", server.title())
		return
	}
	progress.Report("The %s does not run", server.title())
}
