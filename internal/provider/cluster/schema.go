// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

func (r *clusterResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A Dask cluster on a [Dask Gateway](https://gateway.dask.org/), as Python's `Gateway.new_cluster(...)` makes it: " +
			"a scheduler and its workers next to the data. Applying it returns once the cluster runs; destroying it returns once the gateway reports it stopped. " +
			"A cluster that was stopped or failed outside Terraform, by its idle timeout for example, is planned anew.",
		Attributes: map[string]schema.Attribute{
			"options": schema.DynamicAttribute{
				MarkdownDescription: "Cluster options, an object with the names that the gateway declares (Python: `gateway.cluster_options()`), over the defaults of " +
					"`DASK_GATEWAY__CLUSTER__OPTIONS__*`. They are checked against the gateway at plan time. A change of a value that the gateway would resolve differently " +
					"replaces the cluster; options that are left out keep the gateway's default. Their values are stored in the state and shown in plans: secrets go into `options_wo`.",
				Optional: true,
			},
			"options_wo": schema.DynamicAttribute{
				MarkdownDescription: "More cluster options, whose values are in no state and no plan, and may be ephemeral: a token in the cluster's `environment`, for example. " +
					"Members of a mapping are put beside those that `options` gives it; everything else must be in one of the two. `effective_options` leaves them out; an import brings them into the state until the next apply, " +
					"because only a configuration tells which they are. " +
					"The gateway itself shows them to the cluster's user, and so do the data sources `pc_dask_cluster` and `pc_clusters`. Needs Terraform 1.11 or later.",
				Optional:  true,
				WriteOnly: true,
			},
			"options_wo_version": schema.Int64Attribute{
				MarkdownDescription: "A number of your choice. Another one replaces the cluster: nobody can tell whether `options_wo` has changed, so say it here.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AlsoRequires(path.MatchRoot("options_wo"))},
			},
			"adapt": schema.SingleNestedAttribute{
				MarkdownDescription: "Adaptive scaling, as Python's `cluster.adapt(minimum, maximum)`. Changed in place. Conflicts with `workers`. " +
					"Without `adapt` and `workers` the cluster has no workers until someone scales it; removing both switches adaptive scaling off and leaves the workers as they are.",
				Optional:   true,
				Attributes: adaptAttributes(),
			},
			"workers": schema.Int64Attribute{
				MarkdownDescription: "Fixed number of workers, as Python's `cluster.scale(n)`, 0 or more. Changed in place. Conflicts with `adapt`.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(0), int64validator.ConflictsWith(path.MatchRoot("adapt"))},
			},
			"wait_for_workers": schema.Int64Attribute{
				MarkdownDescription: "How many workers must have joined the scheduler before create and update return, 0 or more, and at most `workers` or `adapt.maximum`. Default: none are waited for.",
				Optional:            true,
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"when_ended": schema.StringAttribute{
				MarkdownDescription: "What to do when the cluster has ended outside Terraform. `recreate` (the default) removes it from the state, so that the next apply creates a new cluster. " +
					"`keep` records the final status and plans nothing; `terraform apply -replace=ADDRESS` starts a new cluster. A change takes effect with the apply.",
				Optional:   true,
				Validators: []validator.String{stringvalidator.OneOf(recreateEnded, keepEnded)},
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long the cluster may take to run and to get its workers, as a Go duration. Default: `20m`.",
				ReadDescription:   "How long a refresh may take, as a Go duration. Default: `5m`.",
				UpdateDescription: "How long a change of the workers may take, as a Go duration. Default: `20m`.",
				DeleteDescription: "How long the gateway may take to report the cluster stopped, as a Go duration. Default: `20m`.",
			}),
			"name": schema.StringAttribute{
				MarkdownDescription: "The gateway's name of the cluster, for example `prod.fbfed27704fc4d1da027dad20471993b`. Whoever knows it can open the dashboard.",
				Computed:            true,
			},
			"status": schema.StringAttribute{
				MarkdownDescription: "Status at the last refresh: `PENDING`, `RUNNING` or `STOPPING`.",
				Computed:            true,
			},
			"scheduler_address": schema.StringAttribute{
				MarkdownDescription: "Address of the scheduler, as Python's `cluster.scheduler_address`: `gateway://HOST:PORT/NAME`.",
				Computed:            true,
			},
			"dashboard_link": schema.StringAttribute{
				MarkdownDescription: "Address of the Dask dashboard, as Python's `cluster.dashboard_link`. Null until the cluster runs.",
				Computed:            true,
			},
			"started_at": schema.StringAttribute{
				MarkdownDescription: "When the gateway took the cluster on, in RFC 3339, UTC.",
				Computed:            true,
				CustomType:          timetypes.RFC3339Type{},
			},
			"effective_options": schema.DynamicAttribute{
				MarkdownDescription: "All cluster options as the gateway resolved them, its defaults included, and those of `options_wo` left out.",
				Computed:            true,
			},
		},
	}
}

func adaptAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"minimum": schema.Int64Attribute{
			MarkdownDescription: "Workers that always run, 0 or more. Default: 0.",
			Optional:            true,
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"maximum": schema.Int64Attribute{
			MarkdownDescription: "Workers at most, not below `minimum`. Default: as many as the gateway allows.",
			Optional:            true,
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
	}
}

func (r *clusterResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"name": identityschema.StringAttribute{
				Description:       "The gateway's name of the cluster.",
				RequiredForImport: true,
			},
		},
	}
}
