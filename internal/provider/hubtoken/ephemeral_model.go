// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// hubTokenEphemeralModel is the token in the configuration and in the result.
type ephemeralModel struct {
	User      types.String         `tfsdk:"user"`
	Note      types.String         `tfsdk:"note"`
	ExpiresIn timetypes.GoDuration `tfsdk:"expires_in"`
	Scopes    types.Set            `tfsdk:"scopes"`
	Roles     types.Set            `tfsdk:"roles"`
	ID        types.String         `tfsdk:"id"`
	Token     types.String         `tfsdk:"token"`
	CreatedAt timetypes.RFC3339    `tfsdk:"created_at"`
	ExpiresAt timetypes.RFC3339    `tfsdk:"expires_at"`
}

// Format hides the values.
func (m ephemeralModel) Format(state fmt.State, _ rune) { diagnostics.WriteType(state, m) }

func (e *tokenEphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	nonEmptyStrings := []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.NoNullValues(), setvalidator.ValueStringsAre(stringvalidator.LengthAtLeast(1))}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An API token of the JupyterHub for one run of Terraform: made when the run needs it, revoked when the run is over, also when it fails or is interrupted. " +
			"It is in no state, plan or log. A plan makes one too, and revokes it. Needs Terraform 1.10 or later.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: "Owner of the token. For another user, the provider's token needs the scope `tokens`. Default: the owner of the provider's token. Required if the provider's token belongs to a service of the Hub.",
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"note": schema.StringAttribute{
				MarkdownDescription: "What the token is for, as the Hub's token page shows it. Default: `" + defaultTokenNote + "`, and eight characters that tell it from other runs.",
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"expires_in": schema.StringAttribute{
				MarkdownDescription: "Lifetime of the token, as a [Go duration](https://pkg.go.dev/time#ParseDuration) of whole seconds. It limits the token of a run that is killed before it can revoke it. " +
					"A Hub cannot extend a token, so it must be longer than the longest run. A longer run ends with a warning. Default: `12h`, or the Hub's limit if that is shorter.",
				Optional:   true,
				CustomType: timetypes.GoDurationType{},
			},
			"scopes": schema.SetAttribute{
				MarkdownDescription: "Scopes of the token, for example `access:services!service=dask-gateway`; the user must hold them. Conflicts with `roles`. Default: everything that the user may do. Requires JupyterHub 3. Older Hubs ignore scopes, which is an error.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          append([]validator.Set{setvalidator.ConflictsWith(path.MatchRoot("roles"))}, nonEmptyStrings...),
			},
			"roles": schema.SetAttribute{
				MarkdownDescription: "Roles whose scopes the token gets. JupyterHub 3 and later resolve them once, when the token is created. Requires JupyterHub 2.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          nonEmptyStrings,
			},
			"id": schema.StringAttribute{
				MarkdownDescription: "The Hub's id of the token, for example `a12`.",
				Computed:            true,
			},
			"token": schema.StringAttribute{
				MarkdownDescription: "The token itself.",
				Computed:            true,
				Sensitive:           true,
			},
			"created_at": schema.StringAttribute{
				MarkdownDescription: "When the token was created, in RFC 3339, UTC.",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
			},
			"expires_at": schema.StringAttribute{
				MarkdownDescription: "When the token expires unless it is revoked earlier, in RFC 3339, UTC.",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
			},
		},
	}
}

func (m *ephemeralModel) request(ctx context.Context) (hub.TokenRequest, diag.Diagnostics) {
	request := hub.TokenRequest{Note: uniqueNote(defaultTokenNote), HasUniqueNote: true, ExpiresIn: values.DurationOr(m.ExpiresIn, defaultTokenLifetime)}
	if values.IsKnown(m.Note) {
		request.Note, request.HasUniqueNote = m.Note.ValueString(), false
	}
	diags := m.Scopes.ElementsAs(ctx, &request.Scopes, false)
	diags.Append(m.Roles.ElementsAs(ctx, &request.Roles, false)...)
	return request, diags
}

// forget leaves open what a plan cannot know because the provider's address is
// not known yet: the apply opens the token anew.
func (m *ephemeralModel) forget() {
	for _, computed := range []*types.String{&m.User, &m.Note} {
		if computed.IsNull() {
			*computed = types.StringUnknown()
		}
	}
	m.ID, m.Token = types.StringUnknown(), types.StringUnknown()
	m.CreatedAt, m.ExpiresAt = timetypes.NewRFC3339Unknown(), timetypes.NewRFC3339Unknown()
}

func (m *ephemeralModel) record(user string, token hub.Token) {
	m.User = types.StringValue(user)
	m.Note = types.StringValue(token.Note)
	m.ID = types.StringValue(token.ID)
	m.Token = types.StringValue(token.Value.Reveal())
	m.CreatedAt = exactTimeOrNull(token.Created)
	m.ExpiresAt = exactTimeOrNull(token.ExpiresAt)
}

// openedToken identifies the token for Close and Renew, even if another token has
// inherited its id.
type openedToken struct {
	ID        string    `json:"id"`
	User      string    `json:"user"`
	Note      string    `json:"note"`
	Created   time.Time `json:"created"`
	ExpiresAt time.Time `json:"expires_at"`
	// Until is the end by our own clock; zero for a token that does not end.
	Until time.Time `json:"until"`
}

func (o openedToken) token() hub.Token {
	return hub.Token{ID: o.ID, User: o.User, Note: o.Note, Created: o.Created}
}

func (o openedToken) key() string { return o.ID + " " + o.Created.UTC().Format(time.RFC3339Nano) }

// private is where Terraform keeps, in memory, what Open hands to Renew and
// Close.
type private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func keepToken(ctx context.Context, kept private, opened openedToken) diag.Diagnostics {
	text, err := json.Marshal(opened)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("The token cannot be kept in mind", err.Error())}
	}
	return kept.SetKey(ctx, openedTokenKey, text)
}

// openedFrom returns what Open kept. There is nothing after a plan that could
// not open the token.
func openedFrom(ctx context.Context, kept private, diags *diag.Diagnostics) (openedToken, bool) {
	text, problems := kept.GetKey(ctx, openedTokenKey)
	diags.Append(problems...)
	if problems.HasError() || len(text) == 0 {
		return openedToken{}, false
	}
	var opened openedToken
	if err := json.Unmarshal(text, &opened); err != nil {
		diags.AddError("The token that was opened is not remembered", diagnostics.Sentence(err.Error()))
		return openedToken{}, false
	}
	return opened, true
}
