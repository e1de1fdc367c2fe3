// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package hubserver has the pc_hub_server resource and list resource, and the action
// pc_hub_server_stop.
package hubserver

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/whenended"
)

var (
	_ resource.Resource                   = (*serverResource)(nil)
	_ resource.ResourceWithConfigure      = (*serverResource)(nil)
	_ resource.ResourceWithIdentity       = (*serverResource)(nil)
	_ resource.ResourceWithImportState    = (*serverResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*serverResource)(nil)
	_ resource.ResourceWithValidateConfig = (*serverResource)(nil)
)

type serverResource struct{ clients.Resource }

// NewResource returns the pc_hub_server resource.
func NewResource() resource.Resource { return &serverResource{} }

func (r *serverResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub_server"
}

func (r *serverResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	values.ValidateTimeouts(config.Timeouts, &resp.Diagnostics)
	validateServerOptions(config.UserOptions, &resp.Diagnostics)
	values.ValidateNumbers(config.UserOptions, path.Root("user_options"), &resp.Diagnostics)
	validateNames(config.User, config.Name, &resp.Diagnostics)
}

// ModifyPlan applies the decision of mustReplace, and waits in the update for a
// server that was starting at the refresh.
func (r *serverResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	if req.State.Raw.IsNull() {
		if r.Clients != nil && !r.Hub.IsUnknown {
			r.checkName(ctx, req.Plan, &resp.Diagnostics)
		}
		return
	}
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if state.isUnread() {
		state.unreadImport().AddWarning(&resp.Diagnostics)
	}
	switch {
	case mustReplace(plan, state):
		plan.markComputedUnknown()
		resp.RequiresReplace.Append(path.Root("user_options"), path.Root("status"))
	case state.Ready.ValueBool() || state.hasEnded():
		plan.keepComputed(state)
	default:
		plan.markComputedUnknown()
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// checkName reports a name that this version of the Hub rejects, before the apply.
func (r *serverResource) checkName(ctx context.Context, plan tfsdk.Plan, diags *diag.Diagnostics) {
	var name types.String
	diags.Append(plan.GetAttribute(ctx, path.Root("name"), &name)...)
	api, ok := r.Hub.Get(diags)
	if !ok || !values.IsKnown(name) {
		return
	}
	if err := api.CheckServerName(ctx, name.ValueString()); err != nil {
		diags.AddAttributeError(path.Root("name"), "Invalid value for \"name\"", diagnostics.Sentence(err.Error())+" Leave name out for the default server.")
	}
}

func (r *serverResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	api, ctx, cancel, ok := r.Hub.Start(ctx, plan.Timeouts.Create, clients.DefaultChangeTimeout, &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()

	user, ok := clients.HubOwner(ctx, api, plan.User, "The server was not started", &resp.Diagnostics)
	if !ok {
		return
	}
	plan.User = types.StringValue(user)
	isConfirmed, err := api.StartServer(ctx, user, plan.Name.ValueString(), plan.options())
	if err != nil {
		addLaunchError(&resp.Diagnostics, plan, err, api.HasStarted(user, plan.Name.ValueString()))
		return
	}
	if !isConfirmed {
		addUnconfirmedStartWarning(&resp.Diagnostics, plan)
	}
	// The server costs money from now on. It is saved to the state before anything else
	// can fail.
	plan.recordStart()
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(clients.LastSeenServer{Current: clients.ServerID(r.Settings.HubAddress.Value)}.Store(ctx, resp.Private)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !r.await(ctx, api, &plan, resp.Private, &resp.Diagnostics) {
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
}

func (r *serverResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	// Terraform before 1.12 stores no identity, and the framework requires one from
	// every Read, also from one that removes the resource.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	if resp.Diagnostics.HasError() || r.Hub.IsUnknown {
		return
	}
	api, ctx, cancel, ok := r.Hub.Start(ctx, state.Timeouts.Read, clients.DefaultReadTimeout, &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()

	server, active, err := api.RefreshServer(ctx, state.User.ValueString(), state.Name.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("The "+state.title()+" could not be read", clients.ExplainHub(ctx, api, state.User.ValueString(), err))
		return
	}
	lastSeen := clients.ReadLastSeenServer(ctx, req.Private, r.Settings.HubAddress.Value, &resp.Diagnostics)
	if lastSeen.HasMoved() && state.isAnother(server, active) {
		lastSeen.AddMovedError(&resp.Diagnostics, state.titleOfStart(), "hub_address", "run and cost money")
		return
	}
	resp.Diagnostics.Append(lastSeen.Store(ctx, resp.Private)...)
	if !active || server.IsStopping() {
		r.readEnded(ctx, state, active, resp)
		return
	}
	wasStarting := !state.Ready.IsNull() && !state.Ready.ValueBool()
	state.record(server, r.Settings.HubAddress.Value)
	resp.Diagnostics.Append(state.recordOptions(ctx, server, wasStarting, req.Private, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// readEnded removes a server that was stopped outside Terraform from the state,
// or records its end where when_ended is "keep".
func (r *serverResource) readEnded(ctx context.Context, state resourceModel, isStopping bool, resp *resource.ReadResponse) {
	status := "does not run"
	if isStopping {
		status = "is being stopped"
	}
	summary, cause := "The "+state.title()+" "+status, "It was stopped outside Terraform, by its user or by the Hub, which may stop idle servers. "
	if whenended.Keeps(state.WhenEnded) {
		state.recordEnd(isStopping)
		resp.Diagnostics.AddWarning(summary, cause+
			"It stays in the state because of when_ended = \"keep\", and nothing is planned for it. To start it again:\n\n  terraform apply -replace=ADDRESS_OF_THIS_RESOURCE")
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
		return
	}
	resp.Diagnostics.AddWarning(summary, cause+"It is removed from the state. The next apply starts it again. To leave it stopped, set when_ended = \"keep\".")
	resp.State.RemoveResource(ctx)
}

// Update waits for a server that was starting, and compares one that the plan could
// not read. It sends no request otherwise.
func (r *serverResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	api, ctx, cancel, ok := r.Hub.Start(ctx, plan.Timeouts.Update, clients.DefaultChangeTimeout, &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()

	if state.isUnread() && !r.readImport(ctx, api, plan, state, resp) {
		return
	}
	if plan.Ready.IsUnknown() {
		plan.recordStart()
		if !r.await(ctx, api, &plan, resp.Private, &resp.Diagnostics) {
			resp.State.RemoveResource(ctx)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *serverResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	api, ctx, cancel, ok := r.Hub.Start(ctx, state.Timeouts.Delete, clients.DefaultChangeTimeout, &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()

	lastSeen := clients.ReadLastSeenServer(ctx, req.Private, r.Settings.HubAddress.Value, &resp.Diagnostics)
	if lastSeen.HasMoved() || api.HasStarted(state.User.ValueString(), state.Name.ValueString()) {
		server, active, err := api.FindServer(ctx, state.User.ValueString(), state.Name.ValueString())
		if err != nil {
			resp.Diagnostics.AddError("The "+state.title()+" was not stopped", clients.ExplainHub(ctx, api, state.User.ValueString(), err))
			return
		}
		switch isAnother := state.isAnother(server, active); {
		case isAnother && lastSeen.HasMoved():
			lastSeen.AddMovedError(&resp.Diagnostics, state.titleOfStart(), "hub_address", "run and cost money")
			return
		case isAnother && active:
			// The server in the state had ended, and this apply has started the one that
			// replaces it: with create_before_destroy the old one is deleted last.
			return
		}
	}
	if err := api.StopServer(ctx, state.User.ValueString(), state.Name.ValueString(), state.RemoveOnDestroy.ValueBool()); err != nil {
		detail := clients.ExplainHub(ctx, api, state.User.ValueString(), err)
		if errors.Is(err, context.DeadlineExceeded) {
			timeout, _ := state.Timeouts.Delete(ctx, clients.DefaultChangeTimeout)
			detail = fmt.Sprintf("It was still stopping after %s. It is still in the state: run terraform destroy again, or set timeouts.delete.", timeout)
		}
		resp.Diagnostics.AddError("The "+state.title()+" was not stopped", detail)
	}
}

// ImportState takes USER/SERVER, or USER for the default server.
func (r *serverResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	var server resourceIdentity
	// Without an identity, the ID itself is empty.
	if req.ID == "" && !req.Identity.Raw.IsNull() {
		resp.Diagnostics.Append(req.Identity.Get(ctx, &server)...)
		req.ID = server.User.ValueString() + "/" + server.Name.ValueString()
	}
	user, name, err := parseServerID(req.ID)
	if err != nil {
		resp.Diagnostics.AddError("Invalid import ID",
			diagnostics.Sentence(err.Error())+" Use USER/SERVER, for example alice/gpu, or USER for the default server.")
		return
	}
	server = resourceIdentity{User: types.StringValue(user), Name: types.StringValue(name)}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("user"), server.User)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("name"), server.Name)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, server)...)
}

// await waits for the server and records it. It returns false if the server did not
// start, so that the state must not contain it.
func (r *serverResource) await(ctx context.Context, api *hub.Client, model *resourceModel, private clients.PrivateWriter, diags *diag.Diagnostics) bool {
	lastMessage := ""
	server, err := api.WaitForServer(ctx, model.User.ValueString(), model.Name.ValueString(), func(message string) {
		lastMessage = message
		tflog.Info(ctx, "The Hub is starting the server", map[string]any{"user": model.User.ValueString(), "server": model.Name.ValueString(), "message": message})
	})
	failed, isFailure := errors.AsType[*hub.SpawnError](err)
	switch {
	case err == nil:
		model.record(server, r.Settings.HubAddress.Value)
		diags.Append(storeOptions(ctx, server, private)...)
	case isFailure:
		diags.AddError("The "+model.title()+" did not start", spawnAdvice(failed))
	case errors.Is(err, context.DeadlineExceeded):
		diags.AddAttributeError(path.Root("timeouts"), "The "+model.title()+" was not ready in time",
			"It is still in the state, and the Hub may still be starting it. "+describeLastMessage(lastMessage)+"If it needs more time, set timeouts. "+
				"After a failed create, the next apply stops this server and starts a new one. To wait for this one instead, run terraform untaint first.")
	default:
		diagnostics.AddError(diags, "It is not known whether the "+model.title()+" is ready", err)
	}
	return !isFailure
}
