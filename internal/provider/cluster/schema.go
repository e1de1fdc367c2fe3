// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/whenended"
)

func (r *clusterResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Creates a Dask cluster on a [Dask Gateway](https://gateway.dask.org/), like Python's `Gateway.new_cluster(...)`: " +
			"a scheduler and its workers. The apply ends when the cluster runs, and the destroy when the gateway reports that it has stopped.",
		Attributes: map[string]schema.Attribute{
			"options": schema.DynamicAttribute{
				MarkdownDescription: "Cluster options that the gateway declares, by name (Python: `gateway.cluster_options()`). The plan of a new cluster checks them. " +
					"Options that you do not set take their values from Dask's configuration (`DASK_GATEWAY__CLUSTER__OPTIONS__*`), which that plan lists, and otherwise from the gateway's defaults. " +
					"Setting an option to a value that the cluster does not have replaces the cluster. So does removing one, unless its value was the gateway's default when the cluster was created or imported. " +
					"State and plans show the values: put secrets into `options_wo`.",
				Optional: true,
			},
			"options_wo": schema.DynamicAttribute{
				MarkdownDescription: "Secret cluster options, for example a token in `environment`. Their values are in neither the state nor a plan, and may be ephemeral. " +
					"Members of a mapping are added to those in `options`; set any other option in only one of the two. An import does not know your configuration, " +
					"so it stores all options in the state until the next apply. The provider masks the values in messages from servers, also as JSON, as Python's `repr()` or percent-encoded, but not as base64, in hexadecimal or in parts. " +
					"The cluster's user can see them in the gateway and in the data sources `pc_dask_cluster` and `pc_clusters`.",
				Optional:  true,
				WriteOnly: true,
			},
			"options_wo_version": schema.Int64Attribute{
				MarkdownDescription: "Change this number to replace the cluster when `options_wo` changes. Terraform cannot detect that itself.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("options_wo"))},
			},
			"adapt": schema.SingleNestedAttribute{
				MarkdownDescription: "Adaptive scaling, like Python's `cluster.adapt(minimum, maximum)`. Changed in place. Conflicts with `workers`. " +
					"With neither, the cluster has no workers until someone scales it. Removing both stops adaptive scaling and keeps the workers. " + notDrift,
				Optional:   true,
				Attributes: adaptAttributes(),
			},
			"workers": schema.Int64Attribute{
				MarkdownDescription: "Fixed number of workers, like Python's `cluster.scale(n)`, 0 or more. Changed in place. Conflicts with `adapt`. " + notDrift,
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(0), int64validator.ConflictsWith(path.MatchRoot("adapt"))},
			},
			"wait_for_workers": schema.Int64Attribute{
				MarkdownDescription: "Number of workers that must have joined the scheduler before the apply ends, at most `workers` or `adapt.maximum`. Default: 0.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"when_ended": whenended.Attribute("What a refresh does if the cluster has ended, for example by its idle timeout. `recreate` (the default) removes it from the state, so that the next apply creates a new one. " +
				"`keep` records the final status and plans nothing until `terraform apply -replace=ADDRESS`. A change of `when_ended` takes effect after an apply."),
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long the cluster may take to run and to get its workers. Default: `20m`.",
				ReadDescription:   "How long a refresh may take. Default: `5m`.",
				UpdateDescription: "How long a change of the workers may take. Default: `20m`.",
				DeleteDescription: "How long the gateway may take to report that the cluster has stopped. Default: `20m`.",
			}),
			"name": schema.StringAttribute{
				MarkdownDescription: "Name of the cluster on the gateway, for example `prod.fbfed27704fc4d1da027dad20471993b`. Anyone who knows it can open the dashboard.",
				Computed:            true,
			},
			"status": schema.StringAttribute{
				MarkdownDescription: "Status at the last refresh: `PENDING`, `RUNNING` or `STOPPING`; with `when_ended = \"keep\"`, also `STOPPED` or `FAILED`.",
				Computed:            true,
			},
			"scheduler_address": schema.StringAttribute{
				MarkdownDescription: "Address of the scheduler: `gateway://HOST:PORT/NAME`.",
				Computed:            true,
			},
			"dashboard_link": schema.StringAttribute{
				MarkdownDescription: "Address of the Dask dashboard. Null unless the cluster runs.",
				Computed:            true,
			},
			"started_at": schema.StringAttribute{
				MarkdownDescription: "When the gateway accepted the cluster (RFC 3339).",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
			},
			"max_workers": schema.Int64Attribute{
				MarkdownDescription: "`workers` or `adapt.maximum`, known in the plan, for policies and cost checks. Null if there is no maximum.",
				Computed:            true,
			},
			"effective_options": schema.DynamicAttribute{
				MarkdownDescription: "Options that neither `options` nor `options_wo` sets: defaults of the gateway and of Dask's configuration. " +
					"The data source `pc_dask_cluster` has all options.",
				Computed: true,
			},
		},
	}
}

// notDrift is a limitation that users look for under the arguments for the workers.
const notDrift = "Scaling from outside is [not drift](#what-is-not-drift)."

func adaptAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"minimum": schema.Int64Attribute{
			MarkdownDescription: "Number of workers that always run. Default: 0.",
			Optional:            true,
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"maximum": schema.Int64Attribute{
			MarkdownDescription: "Largest number of workers. Default: the gateway's limit; then `minimum` is required, as in `adapt = { minimum = 0 }`.",
			Optional:            true,
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
	}
}

func (r *clusterResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"name": identityschema.StringAttribute{
				Description:       "Name of the cluster on the gateway.",
				RequiredForImport: true,
			},
		},
	}
}
