// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

func (e *tokenEphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Creates an API token of the JupyterHub for one run of Terraform, and revokes it at the end, even if the run fails or is interrupted. " +
			"A plan also creates and revokes one. The token is in no state, plan or log. Requires Terraform 1.10 or later.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: userDescription,
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"note": schema.StringAttribute{
				MarkdownDescription: "Purpose of the token, as the Hub's token page shows it. Default: `" + ephemeralNote + "` and eight random characters that identify the run.",
				Optional:            true,
				Computed:            true,
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"expires_in": schema.StringAttribute{
				MarkdownDescription: "Lifetime of the token, as a [Go duration](https://pkg.go.dev/time#ParseDuration) of whole seconds. A Hub cannot extend a token: " +
					"a longer run ends with a warning. The token of a killed run stays valid until its expiry. Default: `12h`, or the Hub's limit if that is shorter.",
				Optional:   true,
				CustomType: timetypes.GoDurationType{},
			},
			"scopes": schema.SetAttribute{
				MarkdownDescription: scopesDescription,
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          scopesValidators(),
			},
			"roles": schema.SetAttribute{
				MarkdownDescription: rolesDescription,
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          nonEmptyStrings(),
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
				MarkdownDescription: "When the token was created (RFC 3339).",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
			},
			"expires_at": schema.StringAttribute{
				MarkdownDescription: "When the token expires unless it is revoked earlier (RFC 3339).",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
			},
		},
	}
}

// openedToken identifies the token for Close and Renew, even if another token has
// inherited its id.
type openedToken struct {
	ID        string    `json:"id"`
	User      string    `json:"user"`
	Note      string    `json:"note"`
	Created   time.Time `json:"created"`
	ExpiresAt time.Time `json:"expires_at"`
	// LocalExpiry is the expiry by the provider's clock, or zero for a token without expiry.
	LocalExpiry time.Time `json:"until"`
}

func (o openedToken) token() hub.Token {
	return hub.Token{ID: o.ID, User: o.User, Note: o.Note, Created: o.Created}
}

func (o openedToken) key() string { return o.ID + " " + o.Created.UTC().Format(time.RFC3339Nano) }

// privateStorage is where Terraform stores data, in memory, from Open to Renew and Close.
type privateStorage interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

func storeOpened(ctx context.Context, storage privateStorage, opened openedToken) diag.Diagnostics {
	return storage.SetKey(ctx, openedTokenKey, []byte(values.JSON(opened)))
}

// readOpened returns what Open stored. Open stores nothing in a plan that cannot open
// the token.
func readOpened(ctx context.Context, storage privateStorage, diags *diag.Diagnostics) (openedToken, bool) {
	stored, storageDiags := storage.GetKey(ctx, openedTokenKey)
	diags.Append(storageDiags...)
	if storageDiags.HasError() || len(stored) == 0 {
		return openedToken{}, false
	}
	var opened openedToken
	if err := json.Unmarshal(stored, &opened); err != nil {
		diags.AddError("Could not read which token was opened", diagnostics.Sentence(err.Error()))
		return openedToken{}, false
	}
	return opened, true
}
