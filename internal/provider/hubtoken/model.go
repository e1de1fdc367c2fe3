// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// hubTokenModel is pc_hub_token in configuration, plan and state.
type tokenModel struct {
	User            types.String         `tfsdk:"user"`
	Note            types.String         `tfsdk:"note"`
	ExpiresIn       timetypes.GoDuration `tfsdk:"expires_in"`
	RenewBefore     timetypes.GoDuration `tfsdk:"renew_before"`
	Scopes          types.Set            `tfsdk:"scopes"`
	Roles           types.Set            `tfsdk:"roles"`
	ID              types.String         `tfsdk:"id"`
	Token           types.String         `tfsdk:"token"`
	CreatedAt       timetypes.RFC3339    `tfsdk:"created_at"`
	ExpiresAt       timetypes.RFC3339    `tfsdk:"expires_at"`
	ReadyForRenewal types.Bool           `tfsdk:"ready_for_renewal"`
}

// resourceIdentity identifies a token. A Hub may give the id to a later token once
// this one is deleted.
type resourceIdentity struct {
	User types.String `tfsdk:"user"`
	ID   types.String `tfsdk:"id"`
}

func (m *tokenModel) identity() resourceIdentity {
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

// Format hides the values.
func (m tokenModel) Format(state fmt.State, _ rune) { diagnostics.WriteType(state, m) }

func (r *tokenResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keepString := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	replaceSet := []planmodifier.Set{setplanmodifier.RequiresReplace()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An API token of the JupyterHub, as its page `/hub/token` makes it. A Hub cannot change a token, so every change but that of `renew_before` " +
			"makes a new one. **The token's value is stored in the state**: keep the state where secrets may be kept, and give the token an end and no more scopes than it needs.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: "Owner of the token. For another user, the provider's token needs the scope `tokens`. Default: the owner of the provider's token. Required if the provider's token belongs to a service of the Hub.",
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
			},
			"note": schema.StringAttribute{
				MarkdownDescription: "What the token is for, as the Hub's token page shows it. Default: `" + defaultResourceNote + "`, and eight random characters that identify the token. " +
					"With a note of your own, a token whose response is lost may be left on the Hub: the provider lists it in the error if another token may have the same note.",
				Optional:      true,
				Computed:      true,
				Validators:    []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers: []planmodifier.String{keepGeneratedNote{}, stringplanmodifier.RequiresReplace()},
			},
			"expires_in": schema.StringAttribute{
				MarkdownDescription: "Lifetime of the token, as a [Go duration](https://pkg.go.dev/time#ParseDuration) of whole seconds, for example `720h`. " +
					"Default: it does not expire, unless the Hub sets a limit.",
				Optional:      true,
				CustomType:    timetypes.GoDurationType{},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplaceIf(otherDuration, otherDurationSays, otherDurationSays)},
			},
			"renew_before": schema.StringAttribute{
				MarkdownDescription: "How long before its end the token is due for renewal, as a Go duration shorter than `expires_in`. The refresh decides whether the token is due, and the plan after it replaces the token: with `-refresh=false` no token becomes due. " +
					"With `create_before_destroy` the old token stays valid until the new one is there. Default: it is replaced only once it has expired.",
				Optional:   true,
				CustomType: timetypes.GoDurationType{},
			},
			"scopes": schema.SetAttribute{
				MarkdownDescription: "Scopes of the token, for example `access:services!service=dask-gateway`; the user must hold them. Conflicts with `roles`. Default: everything that the user may do. Requires JupyterHub 3. Older Hubs ignore scopes, which is an error.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1)),
					setvalidator.ConflictsWith(path.MatchRoot("roles")),
				},
				PlanModifiers: replaceSet,
			},
			"roles": schema.SetAttribute{
				MarkdownDescription: "Roles whose scopes the token gets. JupyterHub 3 and later resolve them once, when the token is created. Requires JupyterHub 2.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))},
				PlanModifiers:       replaceSet,
			},
			"id": schema.StringAttribute{
				MarkdownDescription: "The Hub's id of the token, for example `a12`. Hubs give freed ids to later tokens.",
				Computed:            true,
				PlanModifiers:       keepString,
			},
			"token": schema.StringAttribute{
				MarkdownDescription: "Value of the token. The Hub returns it only once, when the token is created.",
				Computed:            true,
				Sensitive:           true,
				PlanModifiers:       keepString,
			},
			"created_at": schema.StringAttribute{
				MarkdownDescription: "When the token was created, in RFC 3339, UTC.",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
				PlanModifiers:       keepString,
			},
			"expires_at": schema.StringAttribute{
				MarkdownDescription: "When the token expires, in RFC 3339, UTC. Null if it does not expire.",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
				PlanModifiers:       keepString,
			},
			"ready_for_renewal": schema.BoolAttribute{
				MarkdownDescription: "Whether the token was due for renewal at the last refresh. The plan then replaces it.",
				Computed:            true,
			},
		},
	}
}

const otherDurationSays = "Another lifetime makes a new token; the same one in another notation, such as 60m for 1h, does not."

// otherDuration treats "1h" and "60m" as equal, so that the token is not replaced.
func otherDuration(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
	planned, plannedErr := time.ParseDuration(req.PlanValue.ValueString())
	had, hadErr := time.ParseDuration(req.StateValue.ValueString())
	resp.RequiresReplace = plannedErr != nil || hadErr != nil || planned != had
}

// isDue reports whether the time for renewal has come.
func (m *tokenModel) isDue(expiresAt timetypes.RFC3339, now time.Time) bool {
	renewBefore, ok := values.Duration(m.RenewBefore)
	if !ok || !values.IsKnown(expiresAt) {
		return false
	}
	end, diags := expiresAt.ValueRFC3339Time()
	return !diags.HasError() && !now.Before(end.Add(-renewBefore))
}

// markComputedUnknown plans the values of a new token.
func (m *tokenModel) markComputedUnknown() {
	m.ID, m.Token = types.StringUnknown(), types.StringUnknown()
	m.CreatedAt, m.ExpiresAt = timetypes.NewRFC3339Unknown(), timetypes.NewRFC3339Unknown()
	m.ReadyForRenewal = types.BoolUnknown()
}

func (m *tokenModel) request(ctx context.Context) (hub.TokenRequest, diag.Diagnostics) {
	request := hub.TokenRequest{Note: m.Note.ValueString()}
	if !values.IsKnown(m.Note) {
		request.Note, request.HasUniqueNote = uniqueNote(defaultResourceNote), true
	}
	request.ExpiresIn, _ = values.Duration(m.ExpiresIn)
	diags := m.Scopes.ElementsAs(ctx, &request.Scopes, false)
	diags.Append(m.Roles.ElementsAs(ctx, &request.Roles, false)...)
	return request, diags
}

// recordToken sets the attributes that the Hub reports. The value of the token is not
// among them. The note stays as configured, because it identifies the token.
func (m *tokenModel) recordToken(user string, token hub.Token) {
	m.User = types.StringValue(user)
	m.ID = types.StringValue(token.ID)
	m.Note = types.StringValue(token.Note)
	m.CreatedAt = exactTimeOrNull(token.Created)
	m.ExpiresAt = exactTimeOrNull(token.ExpiresAt)
}

// known returns the token in the state. It differs from a later token that has
// inherited its id.
func (m *tokenModel) known() (hub.Token, diag.Diagnostics) {
	token := hub.Token{ID: m.ID.ValueString(), User: m.User.ValueString(), Note: m.Note.ValueString()}
	if m.CreatedAt.IsNull() {
		return token, nil
	}
	created, diags := m.CreatedAt.ValueRFC3339Time()
	token.Created = created
	return token, diags
}

// exactTimeOrNull keeps the microseconds that the Hub reports: they tell apart
// two tokens of the same second.
func exactTimeOrNull(at time.Time) timetypes.RFC3339 {
	if at.IsZero() {
		return timetypes.NewRFC3339Null()
	}
	return timetypes.NewRFC3339ValueMust(at.UTC().Format(time.RFC3339Nano))
}
