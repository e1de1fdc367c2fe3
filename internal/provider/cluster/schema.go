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
			"a scheduler and its workers next to the data. The apply ends when the cluster runs. The destroy ends when the gateway reports that the cluster has stopped.",
		Attributes: map[string]schema.Attribute{
			"options": schema.DynamicAttribute{
				MarkdownDescription: "Cluster options by name, as the gateway declares them (Python: `gateway.cluster_options()`). The plan of a new cluster checks them against the gateway. " +
					"Options that you do not set get the values in Dask's own configuration (`DASK_GATEWAY__CLUSTER__OPTIONS__*`), which that plan lists, and then the gateway's defaults. " +
					"The cluster is replaced if you set an option to another value than the cluster has, or remove one whose value differs from the default that the gateway declared when the cluster was created or imported. " +
					"State and plans show the values: put secrets into `options_wo`.",
				Optional: true,
			},
			"options_wo": schema.DynamicAttribute{
				MarkdownDescription: "Secret cluster options, whose values are in neither the state nor a plan and may be ephemeral, for example a token in the cluster's `environment`. " +
					"Members of a mapping are added to those in `options`; anything else must be in one of the two only. An import stores all options in the state until the next apply, " +
					"because it does not know your configuration. The provider masks the values where a server quotes them, as JSON, as Python's `repr()` or percent-encoded, but not in base64, in hexadecimal digits or in parts. " +
					"The gateway shows the values to the cluster's user, and so do the data sources `pc_dask_cluster` and `pc_clusters`.",
				Optional:  true,
				WriteOnly: true,
			},
			"options_wo_version": schema.Int64Attribute{
				MarkdownDescription: "Change this number whenever `options_wo` changes, which Terraform cannot detect. It replaces the cluster.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("options_wo"))},
			},
			"adapt": schema.SingleNestedAttribute{
				MarkdownDescription: "Adaptive scaling, like Python's `cluster.adapt(minimum, maximum)`. Changed in place. Conflicts with `workers`. " +
					"Without both, the cluster has no workers until someone scales it. Removing both switches adaptive scaling off and leaves the workers as they are. " + notDrift,
				Optional:   true,
				Attributes: adaptAttributes(),
			},
			"workers": schema.Int64Attribute{
				MarkdownDescription: "Fixed number of workers, like Python's `cluster.scale(n)`, 0 or more. Changed in place. Conflicts with `adapt`. " + notDrift,
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(0), int64validator.ConflictsWith(path.MatchRoot("adapt"))},
			},
			"wait_for_workers": schema.Int64Attribute{
				MarkdownDescription: "Number of workers that must have joined the scheduler before the apply ends, 0 or more, and at most `workers` or `adapt.maximum`. Default: 0.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"when_ended": whenended.Attribute("What to do when a refresh finds that the cluster has ended, for example by its idle timeout. `recreate` (the default) removes it from the state, so that the next apply creates a new one. " +
				"`keep` records the final status and plans nothing, until `terraform apply -replace=ADDRESS`. A change of this argument takes effect after an apply."),
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long the cluster may take to run and to get its workers. Default: `20m`.",
				ReadDescription:   "How long a refresh may take. Default: `5m`.",
				UpdateDescription: "How long a change of the workers may take. Default: `20m`.",
				DeleteDescription: "How long the gateway may take to report that the cluster has stopped. Default: `20m`.",
			}),
			"name": schema.StringAttribute{
				MarkdownDescription: "Name of the cluster on the gateway, for example `prod.fbfed27704fc4d1da027dad20471993b`. Everyone who knows it can open the dashboard.",
				Computed:            true,
			},
			"status": schema.StringAttribute{
				MarkdownDescription: "Status at the last refresh: `PENDING`, `RUNNING` or `STOPPING`, and with `when_ended = \"keep\"` also `STOPPED` or `FAILED`.",
				Computed:            true,
			},
			"scheduler_address": schema.StringAttribute{
				MarkdownDescription: "Address of the scheduler, like Python's `cluster.scheduler_address`: `gateway://HOST:PORT/NAME`.",
				Computed:            true,
			},
			"dashboard_link": schema.StringAttribute{
				MarkdownDescription: "Address of the Dask dashboard, like Python's `cluster.dashboard_link`. Null unless the cluster runs.",
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
				MarkdownDescription: "Options of the cluster that neither `options` nor `options_wo` sets: the gateway's defaults and those of Dask's own configuration. " +
					"The data source `pc_dask_cluster` has all.",
				Computed: true,
			},
		},
	}
}

// notDrift is a limitation that users look for under the arguments for the workers.
const notDrift = "Scaling from outside Terraform is [not drift](#what-is-not-drift)."

func adaptAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"minimum": schema.Int64Attribute{
			MarkdownDescription: "Number of workers that always run, 0 or more. Default: 0.",
			Optional:            true,
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"maximum": schema.Int64Attribute{
			MarkdownDescription: "Largest number of workers, not below `minimum`. Default: no upper bound except the gateway's own; then `minimum` is required, as in `adapt = { minimum = 0 }`.",
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
