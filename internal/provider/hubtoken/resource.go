// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package hubtoken has the pc_hub_token resource and ephemeral resource.
package hubtoken

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

var (
	_ resource.Resource                   = (*tokenResource)(nil)
	_ resource.ResourceWithConfigure      = (*tokenResource)(nil)
	_ resource.ResourceWithIdentity       = (*tokenResource)(nil)
	_ resource.ResourceWithImportState    = (*tokenResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*tokenResource)(nil)
	_ resource.ResourceWithValidateConfig = (*tokenResource)(nil)
)

type tokenResource struct{ clients.Resource }

// NewResource returns the pc_hub_token resource.
func NewResource() resource.Resource { return &tokenResource{} }

func (r *tokenResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub_token"
}

// ValidateConfig checks the durations. The Hub counts whole seconds and
// refuses 0; a renewal that is due from the first second on would make a new
// token with every apply.
func (r *tokenResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config tokenModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	expiresIn, hasExpiry := values.Duration(config.ExpiresIn)
	renewBefore, hasRenewal := values.Duration(config.RenewBefore)
	validateLifetime(config.ExpiresIn, "Leave expires_in out for a token that does not expire.", &resp.Diagnostics)
	if hasRenewal && renewBefore <= 0 {
		resp.Diagnostics.AddAttributeError(path.Root("renew_before"), "The time for renewal must be longer than nothing",
			fmt.Sprintf("%q leaves no time. Write how long before its end the token is to be replaced, for example \"24h\", or leave it out.", config.RenewBefore.ValueString()))
	}
	if hasExpiry && hasRenewal && renewBefore >= expiresIn {
		resp.Diagnostics.AddAttributeError(path.Root("renew_before"), "The token would be due for renewal as soon as it is made",
			fmt.Sprintf("renew_before = %q must be shorter than expires_in = %q.", config.RenewBefore.ValueString(), config.ExpiresIn.ValueString()))
	}
}

// ModifyPlan plans a replacement of a token that is due for renewal. The planned
// value of ready_for_renewal is unknown then, because Terraform requires a
// difference in value for a replacement.
func (r *tokenResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	if req.State.Raw.IsNull() {
		if r.Clients != nil && !r.Hub.Unknown {
			r.Hub.Get(&resp.Diagnostics)
		}
		return
	}
	var plan, state tokenModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	refreshedAt := readRefreshTime(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if mustRenew(plan, state, refreshedAt) {
		plan.markComputedUnknown()
		resp.RequiresReplace.Append(path.Root("ready_for_renewal"))
	} else {
		plan.ReadyForRenewal = types.BoolValue(false)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

func (r *tokenResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan tokenModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	api, ok := r.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	user, ok := clients.HubOwner(ctx, api, plan.User, "The token was not made", &resp.Diagnostics)
	if !ok {
		return
	}
	request, diags := plan.request(ctx)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	token, err := api.IssueToken(ctx, user, request)
	if err != nil {
		addIssueError(&resp.Diagnostics, user, request, err)
		return
	}
	plan.recordToken(user, token)
	plan.Token = types.StringValue(token.Value.Reveal())
	plan.ReadyForRenewal = types.BoolValue(false)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(clients.LastSeenServer{Current: clients.ServerID(r.Settings.HubAddress.Value)}.Store(ctx, resp.Private)...)
	resp.Diagnostics.Append(storeRefreshTime(ctx, resp.Private, plan.ExpiresAt, r.Clock.Now())...)
}

func (r *tokenResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state tokenModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	// Terraform before 1.12 stores no identity, and the framework requires one from
	// every Read, also from one that removes the resource.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	if resp.Diagnostics.HasError() || r.Hub.Unknown {
		return
	}
	was, diags := state.known()
	resp.Diagnostics.Append(diags...)
	api, ok := r.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	token, there, err := api.RefreshToken(ctx, state.User.ValueString(), was)
	if err != nil {
		diagnostics.AddError(&resp.Diagnostics, "The token "+was.ID+" of "+was.User+" could not be read", err)
		return
	}
	home := clients.ReadLastSeenServer(ctx, req.Private, r.Settings.HubAddress.Value, &resp.Diagnostics)
	if !there && home.HasMoved() && r.mayBeValid(state) {
		home.AddMovedError(&resp.Diagnostics, "token "+was.ID+" of "+was.User, "hub_address", "be valid")
		return
	}
	if !there {
		resp.Diagnostics.AddWarning("The token "+was.ID+" of "+was.User+" is gone",
			"The Hub no longer has it: it was revoked or it expired. It leaves the state; the next apply makes a new one.")
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(home.Store(ctx, resp.Private)...)
	state.recordToken(state.User.ValueString(), token)
	now := r.Clock.Now()
	state.ReadyForRenewal = types.BoolValue(state.isDue(state.ExpiresAt, now))
	resp.Diagnostics.Append(storeRefreshTime(ctx, resp.Private, state.ExpiresAt, now)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update sends no request, because the Hub cannot change a token. It stores
// renew_before, the only argument that does not require a replacement.
func (r *tokenResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan tokenModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *tokenResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state tokenModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	was, diags := state.known()
	resp.Diagnostics.Append(diags...)
	api, ok := r.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	if home := clients.ReadLastSeenServer(ctx, req.Private, r.Settings.HubAddress.Value, &resp.Diagnostics); home.HasMoved() && r.mayBeValid(state) {
		if _, there, err := api.FindToken(ctx, was.User, was); err == nil && !there {
			home.AddMovedError(&resp.Diagnostics, "token "+was.ID+" of "+was.User, "hub_address", "be valid")
			return
		}
	}
	if err := api.RevokeToken(ctx, was.User, was); err != nil {
		diag := diagnostics.Explain(err) + "\n\nThe token may still be valid. It stays in the state: run terraform destroy again, or revoke it on the Hub's page /hub/token."
		resp.Diagnostics.AddError("The token "+was.ID+" of "+was.User+" was not revoked", diag)
	}
}

// mayBeValid reports whether a token has not expired.
func (r *tokenResource) mayBeValid(state tokenModel) bool {
	ends, _ := state.ExpiresAt.ValueRFC3339Time()
	return state.ExpiresAt.IsNull() || ends.After(r.Clock.Now())
}

// ImportState always fails, because the Hub stores only a hash of the token, so an
// import could not read its value.
func (r *tokenResource) ImportState(_ context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resp.Diagnostics.AddError("A Hub token cannot be imported",
		"The Hub shows a token's value once, when it is made, and keeps only its hash; an imported token would have no value. "+
			"Let Terraform make a new token, and revoke the old one on the Hub's page /hub/token.")
}

// validateLifetime checks that a lifetime is a positive number of whole seconds, which
// the Hub requires.
func validateLifetime(lifetime timetypes.GoDuration, otherwise string, diags *diag.Diagnostics) {
	if parsed, ok := values.Duration(lifetime); ok && (parsed < time.Second || parsed%time.Second != 0) {
		diags.AddAttributeError(path.Root("expires_in"), "The lifetime of a token is in whole seconds",
			fmt.Sprintf("%q must be at least \"1s\" and without a fraction of a second. %s", lifetime.ValueString(), otherwise))
	}
}

// addIssueError reports a failed creation. If the response is lost, so is the value:
// nobody can use the token, if there is one.
func addIssueError(diags *diag.Diagnostics, user string, request hub.TokenRequest, err error) {
	if ignored, ok := errors.AsType[*hub.IgnoredArgumentError](err); ok {
		detail := diagnostics.Sentence(ignored.Error()) + " JupyterHub 3 is the first with scopes of tokens, JupyterHub 2 the first with roles. Leave out " + ignored.Argument + " to have a token with all that the user may do."
		if ignored.RevokeError != nil {
			detail += "\n\nRevoke the token " + ignored.ID + " on the Hub's page /hub/token."
		}
		diags.AddAttributeError(path.Root(ignored.Argument), "This JupyterHub is too old for "+ignored.Argument, detail)
		return
	}
	lost, ok := errors.AsType[*hub.LostTokenError](err)
	if !ok {
		diags.AddError("No token was made for "+user, diagnostics.Explain(err))
		return
	}
	detail := diagnostics.Sentence(lost.Error())
	switch {
	case lost.Revoked != "":
		detail += " Run terraform apply again to make another."
	case lost.RevokeError != nil:
		detail += fmt.Sprintf("\n\nRevoke the token %s, made %s, on the Hub's page /hub/token, then run terraform apply again.", lost.Candidates[0].ID, lost.Candidates[0].Created.UTC().Format(time.RFC3339))
	case len(lost.Candidates) > 0:
		ids := make([]string, 0, len(lost.Candidates))
		for _, candidate := range lost.Candidates {
			ids = append(ids, fmt.Sprintf("%s (note %q, made %s)", transport.Printable(candidate.ID), transport.Printable(candidate.Note), candidate.Created.UTC().Format(time.RFC3339)))
		}
		detail += "\n\nCandidates: " + strings.Join(ids, ", ") + ". None was revoked, because a token of another run may have the same note. " +
			"Revoke the one that nobody uses on the Hub's page /hub/token, then run terraform apply again. " +
			"Without an argument note, the provider generates a note that identifies the token."
	case lost.ListError != nil:
		detail += "\n\nOnce the Hub is reachable, look on its page /hub/token for a token with this note that nobody has used, revoke it, and run terraform apply again."
	default:
		detail += " Most likely none was made. Run terraform apply again; the Hub's page /hub/token shows what there is."
	}
	if cause, ok := errors.AsType[*transport.Error](lost.Cause); ok && cause.Status == http.StatusInternalServerError && len(request.Scopes) > 0 {
		detail += "\n\nBefore JupyterHub 5, this is the response to scopes that do not exist. Check the names in scopes."
	}
	summary := "No token was made for " + user
	if lost.Revoked == "" {
		summary = "It is not known whether a token was made for " + user
	}
	diags.AddError(summary, detail)
}
