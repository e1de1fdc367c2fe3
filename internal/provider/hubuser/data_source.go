// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package hubuser has the pc_hub_user data source.
package hubuser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ datasource.DataSource                   = (*userDataSource)(nil)
	_ datasource.DataSourceWithConfigure      = (*userDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*userDataSource)(nil)
)

type userDataSource struct{ clients.DataSource }

type userModel struct {
	Name      types.String           `tfsdk:"name"`
	Kind      types.String           `tfsdk:"kind"`
	Admin     types.Bool             `tfsdk:"admin"`
	Groups    []string               `tfsdk:"groups"`
	Roles     []string               `tfsdk:"roles"`
	Scopes    []string               `tfsdk:"scopes"`
	CreatedAt timetypes.RFC3339      `tfsdk:"created_at"`
	Servers   map[string]serverModel `tfsdk:"servers"`
}

type serverModel struct {
	Ready       types.Bool        `tfsdk:"ready"`
	Pending     types.String      `tfsdk:"pending"`
	URL         types.String      `tfsdk:"url"`
	StartedAt   timetypes.RFC3339 `tfsdk:"started_at"`
	UserOptions types.String      `tfsdk:"user_options"`
}

// NewDataSource returns the pc_hub_user data source.
func NewDataSource() datasource.DataSource { return &userDataSource{} }

func (d *userDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_hub_user"
}

func (d *userDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	texts := func(description string) schema.SetAttribute {
		return schema.SetAttribute{MarkdownDescription: description, ElementType: types.StringType, Computed: true}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the JupyterHub user who owns the provider's token, or another user. " +
			"A value that the token's scopes do not include is null, not empty.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				MarkdownDescription: "Name of the user. Default: the owner of the provider's token. Another user requires the scope `read:users` or a part of it.",
				Optional:            true,
				Computed:            true,
			},
			"kind": schema.StringAttribute{
				MarkdownDescription: "`user`, or `service` for a token that the Hub's configuration gives to a program.",
				Computed:            true,
			},
			"admin": schema.BoolAttribute{
				MarkdownDescription: "Whether the user is an administrator.",
				Computed:            true,
			},
			"groups": texts("Groups of the user."),
			"roles":  texts("Roles of the user, for example `user`. Null before JupyterHub 2."),
			"scopes": texts("Scopes of the provider's token, for example `servers!user=alice`. Null if `name` is set, and before JupyterHub 2."),
			"created_at": schema.StringAttribute{
				MarkdownDescription: "When the user was created (RFC 3339).",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
			},
			"servers": schema.MapNestedAttribute{
				MarkdownDescription: "The user's running, starting and stopping notebook servers, by name. The default server has an empty name: `data.pc_hub_user.me.servers[\"\"]`.",
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: serverAttributes()},
			},
		},
	}
}

func serverAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"ready": schema.BoolAttribute{
			MarkdownDescription: "Whether the server runs and can be opened.",
			Computed:            true,
		},
		"pending": schema.StringAttribute{
			MarkdownDescription: "Operation in progress: `spawn`, `stop` or `check`. Null if there is none.",
			Computed:            true,
		},
		"url": schema.StringAttribute{
			MarkdownDescription: "Address of the server. It begins with `hub_address` if the Hub does not report its public address.",
			Computed:            true,
		},
		"started_at": schema.StringAttribute{
			MarkdownDescription: "When the server was started (RFC 3339).",
			Computed:            true,
			CustomType:          timetypes.RFC3339Type{},
		},
		"user_options": schema.StringAttribute{
			MarkdownDescription: "Options that the server was started with, as JSON for `jsondecode(...)`.",
			Computed:            true,
		},
	}
}

// ValidateConfig checks the name, which becomes part of a URL.
func (d *userDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var name types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	if values.IsKnown(name) && !hub.IsValidUserName(name.ValueString()) {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "Invalid value for \"name\"",
			fmt.Sprintf("%q is not the name of a user. A name is not empty and has no slashes and control characters. Remove name for the owner of the provider's token.", name.ValueString()))
	}
}

func (d *userDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model userModel
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &model.Name)...)
	api, ok := d.Hub.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	account, ok := findUser(ctx, api, model.Name, &resp.Diagnostics)
	if !ok {
		return
	}
	model = userModel{
		Name:      types.StringValue(account.Name),
		Kind:      values.StringOrNull(account.Kind),
		Admin:     types.BoolPointerValue(account.Admin),
		Groups:    distinct(account.Groups),
		Roles:     distinct(account.Roles),
		Scopes:    distinct(account.Scopes),
		CreatedAt: values.TimeOrNull(account.Created),
	}
	if account.Servers != nil {
		model.Servers = make(map[string]serverModel, len(account.Servers))
	}
	for name, server := range account.Servers {
		model.Servers[name] = describeServer(server, d.Settings.HubAddress.Value)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

// distinct returns the members of a set. It returns nil for nil, which means that the
// Hub does not report them.
func distinct(values []string) []string {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

// findUser reads the named user, or the owner of the token if there is no name.
func findUser(ctx context.Context, api *hub.Client, name types.String, diags *diag.Diagnostics) (hub.Account, bool) {
	if !values.IsKnown(name) {
		account, err := api.Self(ctx)
		if err != nil {
			diagnostics.AddError(diags, "The Hub did not return the owner of the credentials", err)
		}
		return account, err == nil
	}
	account, err := api.GetUser(ctx, name.ValueString())
	switch {
	case err == nil:
		return account, true
	case hub.IsUserNotFound(err):
		diags.AddAttributeError(path.Root("name"), "The Hub returned no user "+name.ValueString(), diagnostics.Sentence(err.Error())+
			"\n\nEither the user does not exist, or the provider's token has no access. The Hub returns the same response for both. "+
			"The token needs the scope read:users, read:users!user="+name.ValueString()+" or one for a group of the user.")
	default:
		diags.AddAttributeError(path.Root("name"), "The user "+name.ValueString()+" could not be read", diagnostics.Explain(err))
	}
	return hub.Account{}, false
}

func describeServer(server hub.Server, hubAddress string) serverModel {
	options, err := json.Marshal(server.UserOptions)
	if err != nil {
		options = []byte("null")
	}
	return serverModel{
		Ready:       types.BoolValue(server.IsReady),
		Pending:     values.StringOrNull(server.Pending),
		URL:         types.StringValue(clients.HubURL(server.URL, hubAddress)),
		StartedAt:   values.TimeOrNull(server.Started),
		UserOptions: types.StringValue(string(options)),
	}
}
