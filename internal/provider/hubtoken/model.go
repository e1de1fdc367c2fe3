// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// resourceModel is pc_hub_token in configuration, plan and state.
type resourceModel struct {
	tokenModel

	RenewBefore     timetypes.GoDuration `tfsdk:"renew_before"`
	ReadyForRenewal types.Bool           `tfsdk:"ready_for_renewal"`
}

// resourceIdentity identifies a token. A Hub may give the id to a later token once
// this one is deleted.
type resourceIdentity struct {
	User types.String `tfsdk:"user"`
	ID   types.String `tfsdk:"id"`
}

func (m *resourceModel) identity() resourceIdentity {
	return resourceIdentity{User: m.User, ID: m.ID}
}

func (r *tokenResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"user": identityschema.StringAttribute{Description: "User whose token it is.", RequiredForImport: true},
			"id":   identityschema.StringAttribute{Description: "The Hub's id of the token.", RequiredForImport: true},
		},
	}
}

func (r *tokenResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keepString := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	replaceSet := []planmodifier.Set{setplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Creates an API token of the JupyterHub, like its page `/hub/token`. A Hub cannot change a token, so every change except that of `renew_before` " +
			"creates a new one.\n\n" +
			"**The state contains the token**: store the state where secrets may be stored, and set `expires_in` and only the `scopes` that you need. " +
			"The [ephemeral resource](../ephemeral-resources/hub_token.md) creates a token for one run and stores nothing in the state.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: userDescription,
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
			},
			"note": schema.StringAttribute{
				MarkdownDescription: "Purpose of the token, as the Hub's token page shows it. Default: `" + resourceNote + "` and eight random characters that identify the token. " +
					"With a note of your own, a token may stay on the Hub if the response to its creation is lost; the error then lists it.",
				Optional:      true,
				Computed:      true,
				Validators:    []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers: []planmodifier.String{keepGeneratedNote{}, stringplanmodifier.RequiresReplace()},
			},
			"expires_in": schema.StringAttribute{
				MarkdownDescription: "Lifetime of the token, as a [Go duration](https://pkg.go.dev/time#ParseDuration) of whole seconds. " +
					"Default: it does not expire, unless the Hub sets a limit.",
				Optional:      true,
				CustomType:    timetypes.GoDurationType{},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplaceIf(replaceIfDurationDiffers, lifetimeChangeDescription, lifetimeChangeDescription)},
			},
			"renew_before": schema.StringAttribute{
				MarkdownDescription: "How long before its expiry a refresh marks the token for renewal; shorter than `expires_in`. The next plan then replaces it. " +
					"With `create_before_destroy`, the old token stays valid until the new one exists. Default: the token is replaced after its expiry.",
				Optional:   true,
				CustomType: timetypes.GoDurationType{},
			},
			"scopes": schema.SetAttribute{
				MarkdownDescription: scopesDescription,
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          scopesValidators(),
				PlanModifiers:       replaceSet,
			},
			"roles": schema.SetAttribute{
				MarkdownDescription: rolesDescription,
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          nonEmptyStrings(),
				PlanModifiers:       replaceSet,
			},
			"id": schema.StringAttribute{
				MarkdownDescription: "The Hub's id of the token, for example `a12`. Hubs reuse the ids of deleted tokens.",
				Computed:            true,
				PlanModifiers:       keepString,
			},
			"token": schema.StringAttribute{
				MarkdownDescription: "The token itself.",
				Computed:            true,
				Sensitive:           true,
				PlanModifiers:       keepString,
			},
			"created_at": schema.StringAttribute{
				MarkdownDescription: "When the token was created (RFC 3339).",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
				PlanModifiers:       keepString,
			},
			"expires_at": schema.StringAttribute{
				MarkdownDescription: "When the token expires (RFC 3339). Null if it does not expire.",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
				PlanModifiers:       keepString,
			},
			"ready_for_renewal": schema.BoolAttribute{
				MarkdownDescription: "Whether the last refresh marked the token for renewal.",
				Computed:            true,
			},
		},
	}
}

const lifetimeChangeDescription = "Another lifetime requires a new token. The same lifetime in another notation, such as 60m for 1h, does not."

// replaceIfDurationDiffers treats "1h" and "60m" as equal, so that the token is not
// replaced.
func replaceIfDurationDiffers(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
	planned, plannedErr := time.ParseDuration(req.PlanValue.ValueString())
	prior, priorErr := time.ParseDuration(req.StateValue.ValueString())
	resp.RequiresReplace = plannedErr != nil || priorErr != nil || planned != prior
}

// isDue reports whether the token is due for renewal at the time now.
func (m *resourceModel) isDue(expiresAt timetypes.RFC3339, now time.Time) bool {
	renewBefore, ok := values.Duration(m.RenewBefore)
	if !ok || !values.IsKnown(expiresAt) {
		return false
	}
	end, diags := expiresAt.ValueRFC3339Time()
	return !diags.HasError() && !now.Before(end.Add(-renewBefore))
}

// markComputedUnknown plans the values of a new token.
func (m *resourceModel) markComputedUnknown() {
	m.tokenModel.markComputedUnknown()
	m.ReadyForRenewal = types.BoolUnknown()
}

// storedToken returns the token in the state. A later token with the same id differs in
// the note or the creation time.
func (m *resourceModel) storedToken() (hub.Token, diag.Diagnostics) {
	token := hub.Token{ID: m.ID.ValueString(), User: m.User.ValueString(), Note: m.Note.ValueString()}
	if m.CreatedAt.IsNull() {
		return token, nil
	}
	created, diags := m.CreatedAt.ValueRFC3339Time()
	token.Created = created
	return token, diags
}
