// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ list.ListResource                   = (*listResource)(nil)
	_ list.ListResourceWithConfigure      = (*listResource)(nil)
	_ list.ListResourceWithValidateConfig = (*listResource)(nil)
)

type listResource struct{ clients.ListResource }

type listConfigModel struct {
	User     types.String `tfsdk:"user"`
	AllUsers types.Bool   `tfsdk:"all_users"`
}

// ownedServer is a server with its user.
type ownedServer struct {
	hub.Server

	user string
}

// NewListResource returns the pc_hub_server list resource.
func NewListResource() list.ListResource { return &listResource{} }

func (l *listResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub_server"
}

func (l *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the running, starting and stopping notebook servers of a user, or of all users.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: "User whose servers to list. For another user, the token needs the scopes `read:users:name` and `read:servers`. Default: the owner of the provider's token.",
				Optional:            true,
			},
			"all_users": schema.BoolAttribute{
				MarkdownDescription: "Whether to list the servers of all users that the token may list, for administrators. It needs the scopes `list:users` and `read:servers`. Conflicts with `user`. Default: `false`.",
				Optional:            true,
			},
		},
	}
}

func (l *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listConfigModel
	var diags diag.Diagnostics
	diags.Append(req.Config.Get(ctx, &config)...)
	servers := l.listServers(ctx, config, &diags)
	clients.StreamList(stream, req.Limit, servers, diags, func(server ownedServer) list.ListResult { return l.result(ctx, req, server) })
}

// ValidateListResourceConfig checks the arguments that are known.
func (l *listResource) ValidateListResourceConfig(ctx context.Context, req list.ValidateConfigRequest, resp *list.ValidateConfigResponse) {
	var config listConfigModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		config.validate(&resp.Diagnostics)
	}
}

func (m listConfigModel) validate(diags *diag.Diagnostics) {
	validateNames(m.User, types.StringNull(), diags)
	if values.IsKnown(m.User) && m.AllUsers.ValueBool() {
		diags.AddAttributeError(path.Root("all_users"), "Invalid value for \"all_users\"", "Set either user or all_users.")
	}
}

// listServers returns the servers by user and name.
func (l *listResource) listServers(ctx context.Context, config listConfigModel, diags *diag.Diagnostics) []ownedServer {
	config.validate(diags)
	api, ok := l.Hub.Get(diags)
	if !ok {
		return nil
	}
	var accounts []hub.Account
	if config.AllUsers.ValueBool() {
		listed, err := api.ListActiveUsers(ctx)
		if err != nil {
			diagnostics.AddError(diags, "The servers of all users were not listed", err)
		}
		accounts = listed
	} else if account, ok := readAccount(ctx, api, config.User, diags); ok {
		accounts = []hub.Account{account}
	}
	var servers []ownedServer
	for _, account := range accounts {
		for _, server := range account.Servers {
			servers = append(servers, ownedServer{Server: server, user: account.Name})
		}
	}
	slices.SortFunc(servers, func(a, b ownedServer) int {
		return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.Name, b.Name))
	})
	return servers
}

// readAccount reads the user with all servers, in one request.
func readAccount(ctx context.Context, api *hub.Client, name types.String, diags *diag.Diagnostics) (hub.Account, bool) {
	user, ok := clients.HubOwner(ctx, api, name, "The servers were not listed", diags)
	if !ok {
		return hub.Account{}, false
	}
	account, err := api.GetUser(ctx, user)
	if err == nil && account.Servers == nil {
		err = hub.ErrServersHidden
	}
	if err != nil {
		diagnostics.AddError(diags, "The servers of "+user+" were not listed", err)
	}
	return account, err == nil
}

func (l *listResource) result(ctx context.Context, req list.ListRequest, server ownedServer) list.ListResult {
	result := req.NewListResult(ctx)
	model := resourceModel{User: types.StringValue(server.user), Name: types.StringValue(server.Name)}
	model.record(server.Server, l.Settings.HubAddress.Value)
	result.DisplayName = displayName(model)
	result.Diagnostics.Append(result.Identity.Set(ctx, model.identity())...)
	if !req.IncludeResource {
		return result
	}
	options := startedWith(server.UserOptions)
	if len(options) > 0 {
		value, problems := values.ForConfiguration(ctx, options)
		result.Diagnostics.Append(problems...)
		model.UserOptions = value
	}
	for attribute, value := range map[string]any{
		"user": model.User, "name": model.Name, "user_options": model.UserOptions, "remove_on_destroy": model.RemoveOnDestroy,
		"url": model.URL, "ready": model.Ready, "status": model.Status, "started_at": model.StartedAt,
	} {
		result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root(attribute), value)...)
	}
	return result
}

// displayName describes a server by its user, its status and its start time.
func displayName(model resourceModel) string {
	parts := []string{model.title(), model.Status.ValueString()}
	if !model.StartedAt.IsNull() {
		parts = append(parts, "started "+model.StartedAt.ValueString())
	}
	return fmt.Sprintf("%s (%s)", parts[0], strings.Join(parts[1:], ", "))
}
