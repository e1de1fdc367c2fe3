// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/whenended"
)

func (r *serverResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keepString := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Starts a notebook server of the JupyterHub, the default server of a user or a named one. The apply ends when the server is ready. The Hub's messages during the start are in the log " +
			"at `INFO`, and in the error if the start fails. The destroy stops the server.\n\n" +
			"Do not set `create_before_destroy` here, or in a resource that depends on the server, which would set it here too: " +
			"the old server must stop before a new one of the same name can start.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: "Owner of the server. Default: the owner of the provider's token; required if that is a service. For another user, the token needs the scope `servers!user=NAME`.",
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
			},
			"name": schema.StringAttribute{
				MarkdownDescription: "Name of the server, if the Hub allows named servers: lower-case letters, digits and single hyphens. Default: `\"\"`, the user's default server.",
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(""),
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"user_options": schema.DynamicAttribute{
				MarkdownDescription: "Spawner options, as offered on the Hub's start page, for example `{ profile = \"large\" }` with KubeSpawner. " +
					"The server is replaced if a value changes, or if it was started with other options outside Terraform; options that the Hub adds have no effect. Default: the spawner's defaults, not the options of the last start. The state contains the values: put no secrets here.",
				Optional: true,
			},
			"remove_on_destroy": schema.BoolAttribute{
				MarkdownDescription: "Whether destroying a named server also deletes it from the Hub. **With KubeSpawner that deletes the server's volume and the files on it.** " +
					"Default: `false`, which keeps its name and files. It has no effect on the default server.",
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
			},
			"when_ended": whenended.Attribute("What a refresh does if the server was stopped, for example by the Hub's idle culler. `recreate` (the default) removes it from the state, so that the next apply starts it again. " +
				"`keep` records the stop in `status` and plans nothing until `terraform apply -replace=ADDRESS`."),
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long the server may take to be ready. Default: `20m`.",
				ReadDescription:   "How long a refresh may take. Default: `5m`.",
				UpdateDescription: "How long a starting server may take to be ready. Default: `20m`.",
				DeleteDescription: "How long the server may take to stop. Default: `20m`.",
			}),
			"url": schema.StringAttribute{
				MarkdownDescription: "Address of the server. Opening it requires a login to the Hub or a token with the scope `access:servers`.",
				Computed:            true,
				PlanModifiers:       keepString,
			},
			"ready": schema.BoolAttribute{
				MarkdownDescription: "Whether the server was ready at the last refresh.",
				Computed:            true,
			},
			"status": schema.StringAttribute{
				MarkdownDescription: "Status at the last refresh: `ready` or `starting`; with `when_ended = \"keep\"`, also `stopping` or `stopped`.",
				Computed:            true,
			},
			"started_at": schema.StringAttribute{
				MarkdownDescription: "When the server was started (RFC 3339).",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
				PlanModifiers:       keepString,
			},
		},
	}
}

func (r *serverResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"user": identityschema.StringAttribute{Description: "Owner of the server.", RequiredForImport: true},
			"name": identityschema.StringAttribute{Description: "Name of the server; empty for the default server.", OptionalForImport: true},
		},
	}
}
