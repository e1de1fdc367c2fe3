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
	kept := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "A notebook server of the JupyterHub: a user's default server, or a named one beside it. Applying it returns once the server is ready; what the Hub says on the way is in the log " +
			"at `INFO`, and in the error if the start fails. A server that was stopped outside Terraform is planned again, or left stopped with `when_ended = \"keep\"`. Destroying it stops it. A user has one server of a name, so the old one must stop before the new one starts: " +
			"do not set `create_before_destroy`.",
		Attributes: map[string]schema.Attribute{
			"user": schema.StringAttribute{
				MarkdownDescription: "Whose server it is. Another user's needs the scope `servers!user=NAME`. Default: the user of the provider's own token; a service of the Hub has to name one.",
				Optional:            true,
				Computed:            true,
				PlanModifiers:       []planmodifier.String{stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
			},
			"name": schema.StringAttribute{
				MarkdownDescription: "Name of the server, where the Hub allows named servers: small letters, digits and single hyphens. Default: `\"\"`, the user's default server.",
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString(""),
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"user_options": schema.DynamicAttribute{
				MarkdownDescription: "Spawner options, as offered on the Hub's start page, for example `{ profile = \"large\" }` with KubeSpawner. " +
					"A change in value replaces the server, and so does a start with other options outside Terraform. Options that the Hub itself adds do not. Without this argument, the server gets the spawner's defaults, not the options of its last start. The state contains the values, so put no secrets here.",
				Optional: true,
			},
			"remove_on_destroy": schema.BoolAttribute{
				MarkdownDescription: "Whether destroying a named server also deletes it in the Hub. **With KubeSpawner that deletes the volume of the server, and the files on it.** " +
					"Default: `false`, the server is stopped, and its name and files stay. It has no effect on the default server.",
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
			},
			"when_ended": whenended.Attribute("What to do about a server that was stopped outside Terraform, by the idle culler for example: `recreate` starts it again with the next apply; `keep` records in `status` that it was stopped, " +
				"and plans nothing until `terraform apply -replace` starts it again. Default: `recreate`."),
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long the server may take to be ready, as a Go duration. Default: `20m`.",
				ReadDescription:   "How long a refresh may take, as a Go duration. Default: `5m`.",
				UpdateDescription: "How long a server that starts may take to be ready, as a Go duration. Default: `20m`.",
				DeleteDescription: "How long the server may take to stop, as a Go duration. Default: `20m`.",
			}),
			"url": schema.StringAttribute{
				MarkdownDescription: "Address of the server. Who opens it must be logged in to the Hub, or have a token with the scope `access:servers`.",
				Computed:            true,
				PlanModifiers:       kept,
			},
			"ready": schema.BoolAttribute{
				MarkdownDescription: "Whether the server ran at the last refresh; false while it starts or stops.",
				Computed:            true,
			},
			"status": schema.StringAttribute{
				MarkdownDescription: "What the server was doing at the last refresh: `ready`, `starting`, and with `when_ended = \"keep\"` also `stopping` or `stopped`.",
				Computed:            true,
			},
			"started_at": schema.StringAttribute{
				MarkdownDescription: "When the server was started, in RFC 3339, UTC.",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
				PlanModifiers:       kept,
			},
		},
	}
}

func (r *serverResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"user": identityschema.StringAttribute{Description: "Whose server it is.", RequiredForImport: true},
			"name": identityschema.StringAttribute{Description: "Name of the server; empty for the default one.", OptionalForImport: true},
		},
	}
}
