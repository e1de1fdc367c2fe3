// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package collection

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/ephemeralvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

var (
	_ ephemeral.EphemeralResource                     = (*sasTokenEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithConfigure        = (*sasTokenEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithConfigValidators = (*sasTokenEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithRenew            = (*sasTokenEphemeralResource)(nil)
	_ ephemeral.EphemeralResourceWithClose            = (*sasTokenEphemeralResource)(nil)
)

const sasTokenKey = "token"

type sasTokenEphemeralResource struct{ clients.EphemeralResource }

type sasTokenModel struct {
	Collection     types.String      `tfsdk:"collection"`
	GeoCatalogURL  types.String      `tfsdk:"geocatalog_url"`
	Duration       types.Int64       `tfsdk:"duration"`
	StorageAccount types.String      `tfsdk:"storage_account"`
	Container      types.String      `tfsdk:"container"`
	Token          types.String      `tfsdk:"token"`
	ExpiresAt      timetypes.RFC3339 `tfsdk:"expires_at"`
}

// Format hides the values.
func (m sasTokenModel) Format(state fmt.State, _ rune) { diagnostics.WriteType(state, m) }

// NewSASTokenEphemeralResource returns the pc_sas_token ephemeral resource.
func NewSASTokenEphemeralResource() ephemeral.EphemeralResource { return &sasTokenEphemeralResource{} }

func (e *sasTokenEphemeralResource) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_sas_token"
}

func (e *sasTokenEphemeralResource) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	filled := []validator.String{stringvalidator.LengthAtLeast(1)}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Requests a token to read a container of Azure Blob Storage, for one run of Terraform: the shared access signature that Python's `planetary_computer.sign` appends to a URL. " +
			"The token is in no state, plan or log. Requires Terraform 1.10 or later.\n\n" +
			"The token expires after about an hour, and nothing can extend it. Each plan and each apply requests a new one. A longer apply ends with a warning: " +
			"create what needs the token early, split the apply, or let the reading program request its own tokens.",
		Attributes: map[string]schema.Attribute{
			"collection": schema.StringAttribute{
				MarkdownDescription: "ID of the STAC collection to read. Set this, or `storage_account` and `container`.",
				Optional:            true,
				Validators:          filled,
			},
			"storage_account": schema.StringAttribute{
				MarkdownDescription: "Storage account to read.",
				Optional:            true,
				Validators:          filled,
			},
			"container": schema.StringAttribute{
				MarkdownDescription: "Container in `storage_account`.",
				Optional:            true,
				Validators:          filled,
			},
			"geocatalog_url": schema.StringAttribute{
				MarkdownDescription: "Address of the GeoCatalog that issues the token; requires `collection`. Default: the provider block's `sas_url`, then its `geocatalog_url`, then the public service.",
				Optional:            true,
				Validators:          filled,
			},
			"duration": schema.Int64Attribute{
				MarkdownDescription: "Requested lifetime in whole minutes, which the services grant only to approved users: see `expires_at`. Default: the service decides.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(1)},
			},
			"token": schema.StringAttribute{
				MarkdownDescription: "Query of a URL, without the question mark: `https://ACCOUNT.blob.core.windows.net/CONTAINER?TOKEN`.",
				Computed:            true,
				Sensitive:           true,
			},
			"expires_at": schema.StringAttribute{
				MarkdownDescription: "When the token expires (RFC 3339).",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
			},
		},
	}
}

// ConfigValidators requires exactly one of the two forms.
func (e *sasTokenEphemeralResource) ConfigValidators(context.Context) []ephemeral.ConfigValidator {
	collection, account, container := path.MatchRoot("collection"), path.MatchRoot("storage_account"), path.MatchRoot("container")
	return []ephemeral.ConfigValidator{
		ephemeralvalidator.ExactlyOneOf(collection, account),
		ephemeralvalidator.RequiredTogether(account, container),
	}
}

func (e *sasTokenEphemeralResource) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var model sasTokenModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	access := e.TokensAt(model.GeoCatalogURL, &resp.Diagnostics)
	if access.IsUnknown {
		model.Token, model.ExpiresAt = types.StringUnknown(), timetypes.NewRFC3339Unknown()
		resp.Diagnostics.Append(resp.Result.Set(ctx, model)...)
		return
	}
	api, ok := access.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	token, err := model.requestToken(ctx, api)
	if err != nil {
		at := path.Root("collection")
		if model.Collection.IsNull() {
			at = path.Root("container")
		}
		if errors.Is(err, catalog.ErrNoContainerTokens) {
			resp.Diagnostics.AddAttributeError(path.Root("storage_account"), "A GeoCatalog has no tokens for containers",
				"A GeoCatalog issues tokens for collections only, not for a storage account and a container. Set collection instead of storage_account and container.")
			return
		}
		if !model.Duration.IsNull() && isRefused(err) {
			resp.Diagnostics.AddAttributeError(path.Root("duration"), "There is no token for the container", diagnostics.Sentence(err.Error())+"\n\n"+
				"The services grant a duration to approved users only. Remove it for a token with the default lifetime. If that fails, too, its error says what is missing.")
			return
		}
		addCatalogError(&resp.Diagnostics, at, "There is no token for the container",
			catalogAdvice{
				notFound:    "The service issues tokens only for data of the Planetary Computer. data.pc_collection has the storage account and the container of a collection. Also check sas_url in the provider block.",
				keyRequired: "Some collections of the public catalog require a subscription key. Set subscription_key in the provider block, or PC_SUBSCRIPTION_KEY.",
			}, err)
		return
	}
	model.Token = types.StringValue(token.Value.Reveal())
	model.ExpiresAt = timetypes.NewRFC3339TimeValue(token.ExpiresAt)
	resp.RenewAt = token.ExpiresAt
	end, err := json.Marshal(token.ExpiresAt)
	if err != nil {
		resp.Diagnostics.AddError("Could not store the token's expiry", diagnostics.Sentence(err.Error()))
		return
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, sasTokenKey, end)...)
	resp.Diagnostics.Append(resp.Result.Set(ctx, model)...)
}

// Renew cannot extend the token, and a new token would not help, because its users
// already have the value of this one. Renew logs the problem and Close warns about it.
func (e *sasTokenEphemeralResource) Renew(ctx context.Context, _ ephemeral.RenewRequest, _ *ephemeral.RenewResponse) {
	tflog.Warn(ctx, "the read token expired before the end of the run")
}

// Close warns if the token expired before the end of the run. There is nothing to revoke.
func (e *sasTokenEphemeralResource) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	stored, diags := req.Private.GetKey(ctx, sasTokenKey)
	resp.Diagnostics.Append(diags...)
	var end time.Time
	if len(stored) == 0 || json.Unmarshal(stored, &end) != nil || e.Clients == nil || !e.Clock.Now().After(end) {
		return
	}
	resp.Diagnostics.AddWarning("The read token expired before the end of the run",
		fmt.Sprintf("It expired at %s. What used it after that may have failed. Read tokens cannot be extended: split the run, or let the program that reads the data request its own tokens, with planetary_computer for the public catalog or with azure-planetarycomputer for a GeoCatalog.",
			end.Format(time.RFC3339)))
}

// isRefused reports whether a service rejected a request for what it asks for.
func isRefused(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && (failure.Status == http.StatusBadRequest || failure.Status == http.StatusForbidden || failure.Status == http.StatusUnprocessableEntity)
}

// requestToken requests the token for the collection or the container.
func (m sasTokenModel) requestToken(ctx context.Context, api *catalog.Client) (catalog.Token, error) {
	if !m.Collection.IsNull() {
		return api.CollectionToken(ctx, m.Collection.ValueString(), m.Duration.ValueInt64())
	}
	return api.ContainerToken(ctx, m.StorageAccount.ValueString(), m.Container.ValueString(), m.Duration.ValueInt64())
}
