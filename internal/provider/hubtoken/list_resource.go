// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

var (
	_ list.ListResource              = (*listResource)(nil)
	_ list.ListResourceWithConfigure = (*listResource)(nil)
)

type listResource struct{ clients.ListResource }

type listConfigModel struct {
	User types.String `tfsdk:"user"`
}

// NewListResource returns the pc_hub_token list resource.
func NewListResource() list.ListResource { return &listResource{} }

func (l *listResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub_token"
}

func (l *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the API tokens of a user, to find those that interrupted runs left behind. The action `pc_hub_token_revoke` revokes one by its id and note. " +
			"The list does not contain the tokens themselves, so its results cannot be imported: do not use `-generate-config-out`.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: "User whose tokens to list. For another user, the token needs the scope `read:tokens`. Default: the owner of the provider's token.",
				Optional:            true,
			},
		},
	}
}

func (l *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listConfigModel
	var diags diag.Diagnostics
	diags.Append(req.Config.Get(ctx, &config)...)
	user, tokens := l.listTokens(ctx, config, &diags)
	clients.StreamList(stream, req.Limit, tokens, diags, func(token hub.Token) list.ListResult { return listResult(ctx, req, user, token) })
}

// listTokens returns a user and the user's tokens, by creation time.
func (l *listResource) listTokens(ctx context.Context, config listConfigModel, diags *diag.Diagnostics) (string, []hub.Token) {
	revokeModel{User: config.User}.validate(diags)
	api, ok := l.Hub.Get(diags)
	if !ok {
		return "", nil
	}
	user, ok := clients.HubOwner(ctx, api, config.User, "The tokens were not listed", diags)
	if !ok {
		return "", nil
	}
	tokens, _, err := api.ListTokens(ctx, user)
	if err != nil {
		diagnostics.AddError(diags, "The tokens of "+user+" were not listed", err)
	}
	slices.SortFunc(tokens, func(a, b hub.Token) int { return a.Created.Compare(b.Created) })
	return user, tokens
}

func listResult(ctx context.Context, req list.ListRequest, user string, token hub.Token) list.ListResult {
	result := req.NewListResult(ctx)
	var model resourceModel
	model.recordToken(user, token)
	result.DisplayName = displayName(token)
	result.Diagnostics.Append(result.Identity.Set(ctx, model.identity())...)
	if req.IncludeResource {
		for attribute, value := range map[string]any{"user": model.User, "id": model.ID, "note": model.Note, "created_at": model.CreatedAt, "expires_at": model.ExpiresAt} {
			result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root(attribute), value)...)
		}
	}
	return result
}

// displayName describes a token by its note, and by times that show whether it is in
// use.
func displayName(token hub.Token) string {
	format := func(moment time.Time) string { return moment.UTC().Format(time.RFC3339) }
	parts := []string{"created " + format(token.Created)}
	if token.LastActivity.IsZero() {
		parts = append(parts, "never used")
	} else {
		parts = append(parts, "last used "+format(token.LastActivity))
	}
	if token.ExpiresAt.IsZero() {
		parts = append(parts, "does not expire")
	} else {
		parts = append(parts, "expires "+format(token.ExpiresAt))
	}
	return fmt.Sprintf("%s %s: %s (%s)", token.User, token.ID, transport.Printable(token.Note), strings.Join(parts, ", "))
}
