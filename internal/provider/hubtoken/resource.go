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

// ValidateConfig checks the durations. The Hub counts whole seconds and rejects 0. If a
// renewal were due at once, every apply would create a new token.
func (r *tokenResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	expiresIn, hasExpiry := values.Duration(config.ExpiresIn)
	renewBefore, hasRenewal := values.Duration(config.RenewBefore)
	validateLifetime(config.ExpiresIn, "Remove the argument for a token that does not expire.", &resp.Diagnostics)
	if hasRenewal && renewBefore <= 0 {
		resp.Diagnostics.AddAttributeError(path.Root("renew_before"), "Invalid value for \"renew_before\"",
			fmt.Sprintf("renew_before = %q must be positive. Set how long before its expiry the token is replaced, for example \"24h\", or remove the argument.", config.RenewBefore.ValueString()))
	}
	if hasExpiry && hasRenewal && renewBefore >= expiresIn {
		resp.Diagnostics.AddAttributeError(path.Root("renew_before"), "Invalid value for \"renew_before\"",
			fmt.Sprintf("renew_before = %q must be shorter than expires_in = %q. Otherwise the token is due for renewal as soon as it is created.", config.RenewBefore.ValueString(), config.ExpiresIn.ValueString()))
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
		if r.Clients != nil && !r.Hub.IsUnknown {
			r.Hub.Get(&resp.Diagnostics)
		}
		return
	}
	var plan, state resourceModel
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
		r.addOverdueWarning(plan, state, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// addOverdueWarning reports a token that is due by the clock and that the plan does not
// renew, because no refresh has found it due.
func (r *tokenResource) addOverdueWarning(plan, state resourceModel, diags *diag.Diagnostics) {
	if r.Clients == nil || !plan.isDue(state.ExpiresAt, r.Clock.Now()) {
		return
	}
	diags.AddAttributeWarning(path.Root("renew_before"), "The token "+state.ID.ValueString()+" of "+state.User.ValueString()+" is due, and this plan does not renew it",
		"It expires at "+state.ExpiresAt.ValueString()+". Only a refresh decides what is due, and none has found it due: the refresh was skipped, or the token has become due since. "+
			"Run terraform apply again, without -refresh=false and -minimal-refresh.")
}

func (r *tokenResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	api, ok := r.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	user, ok := clients.HubOwner(ctx, api, plan.User, "The token was not created", &resp.Diagnostics)
	if !ok {
		return
	}
	request, diags := plan.request(ctx, resourceNote, 0)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	token, err := api.IssueToken(ctx, user, request)
	if err != nil {
		addIssueError(&resp.Diagnostics, user, request, err)
		return
	}
	plan.recordCreated(user, token)
	plan.ReadyForRenewal = types.BoolValue(false)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(clients.LastSeenServer{Current: clients.ServerID(r.Settings.HubAddress.Value)}.Store(ctx, resp.Private)...)
	resp.Diagnostics.Append(storeRefreshTime(ctx, resp.Private, plan.ExpiresAt, r.Clock.Now())...)
}

func (r *tokenResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	// Terraform before 1.12 stores no identity, and the framework requires one from
	// every Read, also from one that removes the resource.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	if resp.Diagnostics.HasError() || r.Hub.IsUnknown {
		return
	}
	stored, diags := state.storedToken()
	resp.Diagnostics.Append(diags...)
	api, ok := r.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	token, exists, err := api.RefreshToken(ctx, state.User.ValueString(), stored)
	if err != nil {
		resp.Diagnostics.AddError("The token "+stored.ID+" of "+stored.User+" could not be read", clients.ExplainHub(ctx, api, stored.User, err))
		return
	}
	lastSeen := clients.ReadLastSeenServer(ctx, req.Private, r.Settings.HubAddress.Value, &resp.Diagnostics)
	if !exists && lastSeen.HasMoved() && r.mayBeValid(state) {
		lastSeen.AddMovedError(&resp.Diagnostics, "token "+stored.ID+" of "+stored.User, "hub_address", "be valid")
		return
	}
	if !exists {
		resp.Diagnostics.AddWarning("The token "+stored.ID+" of "+stored.User+" is gone",
			"The Hub no longer has it: it was revoked or it expired. It is removed from the state. The next apply creates a new one.")
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(lastSeen.Store(ctx, resp.Private)...)
	state.recordToken(state.User.ValueString(), token)
	now := r.Clock.Now()
	state.ReadyForRenewal = types.BoolValue(state.isDue(state.ExpiresAt, now))
	resp.Diagnostics.Append(storeRefreshTime(ctx, resp.Private, state.ExpiresAt, now)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// Update sends no request, because the Hub cannot change a token. It stores
// renew_before, the only argument that does not require a replacement.
func (r *tokenResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
}

func (r *tokenResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	stored, diags := state.storedToken()
	resp.Diagnostics.Append(diags...)
	api, ok := r.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	if lastSeen := clients.ReadLastSeenServer(ctx, req.Private, r.Settings.HubAddress.Value, &resp.Diagnostics); lastSeen.HasMoved() && r.mayBeValid(state) {
		if _, exists, err := api.FindToken(ctx, stored.User, stored); err == nil && !exists {
			lastSeen.AddMovedError(&resp.Diagnostics, "token "+stored.ID+" of "+stored.User, "hub_address", "be valid")
			return
		}
	}
	if err := api.RevokeToken(ctx, stored.User, stored); err != nil {
		detail := clients.ExplainHub(ctx, api, stored.User, err) + "\n\nThe token may still be valid. It stays in the state: run terraform destroy again, or revoke it on the Hub's page /hub/token."
		resp.Diagnostics.AddError("The token "+stored.ID+" of "+stored.User+" was not revoked", detail)
	}
}

// mayBeValid reports whether a token has not expired.
func (r *tokenResource) mayBeValid(state resourceModel) bool {
	ends, _ := state.ExpiresAt.ValueRFC3339Time()
	return state.ExpiresAt.IsNull() || ends.After(r.Clock.Now())
}

// ImportState always fails, because the Hub stores only a hash of the token, so an
// import could not read its value.
func (r *tokenResource) ImportState(_ context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resp.Diagnostics.AddError("A Hub token cannot be imported",
		"The Hub returns a token's value once, when the token is created, and stores only its hash. An imported token would have no value. "+
			"Let Terraform create a new token, and revoke the old one on the Hub's page /hub/token.")
}

// validateLifetime checks that a lifetime is a positive number of whole seconds, which
// the Hub requires.
func validateLifetime(lifetime timetypes.GoDuration, otherwise string, diags *diag.Diagnostics) {
	if parsed, ok := values.Duration(lifetime); ok && (parsed < time.Second || parsed%time.Second != 0) {
		diags.AddAttributeError(path.Root("expires_in"), "Invalid value for \"expires_in\"",
			fmt.Sprintf("expires_in = %q must be in whole seconds, and at least \"1s\". %s", lifetime.ValueString(), otherwise))
	}
}

// addIssueError reports a failed creation. If the response is lost, the value is lost as
// well, so nobody can use a token that was created.
func addIssueError(diags *diag.Diagnostics, user string, request hub.TokenRequest, err error) {
	if ignored, ok := errors.AsType[*hub.IgnoredArgumentError](err); ok {
		detail := diagnostics.Sentence(ignored.Error()) + " Scopes of a token require JupyterHub 3, and roles JupyterHub 2. Leave out " + ignored.Argument + " for a token with all permissions of the user."
		if ignored.RevokeError != nil {
			detail += "\n\nRevoke the token " + ignored.ID + " on the Hub's page /hub/token."
		}
		diags.AddAttributeError(path.Root(ignored.Argument), "This JupyterHub is too old for "+ignored.Argument, detail)
		return
	}
	lost, ok := errors.AsType[*hub.LostTokenError](err)
	if !ok {
		diags.AddError("No token was created for "+user, diagnostics.Explain(err))
		return
	}
	detail := diagnostics.Sentence(lost.Error())
	switch {
	case lost.Revoked != "":
		detail += " Run terraform apply again to create another."
	case lost.RevokeError != nil:
		detail += fmt.Sprintf("\n\nRevoke the token %s, created at %s, on the Hub's page /hub/token, then run terraform apply again.", lost.Candidates[0].ID, lost.Candidates[0].Created.UTC().Format(time.RFC3339))
	case len(lost.Candidates) > 0:
		ids := make([]string, 0, len(lost.Candidates))
		for _, candidate := range lost.Candidates {
			ids = append(ids, fmt.Sprintf("%s (note %q, created at %s)", transport.Printable(candidate.ID), transport.Printable(candidate.Note), candidate.Created.UTC().Format(time.RFC3339)))
		}
		detail += "\n\nCandidates: " + strings.Join(ids, ", ") + ". None was revoked, because a token of another run may have the same note. " +
			"Revoke the one that nobody uses on the Hub's page /hub/token, then run terraform apply again. " +
			"Without an argument note, the provider generates a note that identifies the token."
	case lost.ListError != nil:
		detail += "\n\nWhen the Hub is reachable, look on its page /hub/token for a token with this note that nobody has used, revoke it, and run terraform apply again."
	default:
		detail += " Most likely no token was created. Run terraform apply again. The Hub's page /hub/token lists all tokens."
	}
	if cause, ok := errors.AsType[*transport.Error](lost.Cause); ok && cause.Status == http.StatusInternalServerError && len(request.Scopes) > 0 {
		detail += "\n\nBefore JupyterHub 5, this is the response to scopes that do not exist. Check the names in scopes."
	}
	summary := "No token was created for " + user
	if lost.Revoked == "" {
		summary = "It is not known whether a token was created for " + user
	}
	diags.AddError(summary, detail)
}
