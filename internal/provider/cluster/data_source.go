// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"fmt"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
)

var (
	_ datasource.DataSource                   = (*clusterDataSource)(nil)
	_ datasource.DataSourceWithConfigure      = (*clusterDataSource)(nil)
	_ datasource.DataSourceWithValidateConfig = (*clusterDataSource)(nil)
)

type clusterDataSource struct{ clients.DataSource }

type dataSourceModel struct {
	listedClusterModel
	activityModel

	Name    types.String `tfsdk:"name"`
	Workers types.Int64  `tfsdk:"workers"`
	Threads types.Int64  `tfsdk:"threads"`
	Memory  types.Int64  `tfsdk:"memory"`

	Activity types.Bool `tfsdk:"activity"`
}

// NewDataSource returns the pc_dask_cluster data source.
func NewDataSource() datasource.DataSource { return &clusterDataSource{} }

func (d *clusterDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_dask_cluster"
}

func (d *clusterDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := clusterAttributes()
	attributes["name"] = schema.StringAttribute{
		MarkdownDescription: "Name of the cluster, as in `pc_clusters` or Python's `cluster.name`.",
		Required:            true,
	}
	for name, description := range map[string]string{
		"workers": "Number of workers that have joined, not the number requested.",
		"threads": "Threads of all workers: how many tasks can run at once.",
		"memory":  "Memory of all workers in bytes. A worker without a limit counts as 0.",
	} {
		attributes[name] = schema.Int64Attribute{MarkdownDescription: description, Computed: true}
	}
	maps.Copy(attributes, activityAttributes())
	attributes["activity"] = schema.BoolAttribute{
		MarkdownDescription: "Whether to read `tasks`, `clients` and `idle`, in one more request. They are null otherwise.",
		Optional:            true,
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads one of the user's own Dask clusters, managed here or elsewhere, with its current workers. The gateway keeps the record of an ended cluster for a day. An unknown name is an error.\n\n" +
			"`workers`, `threads` and `memory` come from the cluster's scheduler, through the gateway's dashboard routes, without credentials. " +
			"They are null if the cluster does not run. If its scheduler does not respond, they are null, too, and a warning says why.",
		Attributes: attributes,
	}
}

// ValidateConfig checks the name, which becomes part of a URL.
func (d *clusterDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var name types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("name"), &name)...)
	validateName(name, &resp.Diagnostics)
}

func (d *clusterDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model dataSourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	api, ok := d.Gateway.Get(&resp.Diagnostics)
	if !ok {
		return
	}
	name := model.Name.ValueString()
	cluster, ok := findCluster(ctx, api, name, &resp.Diagnostics)
	if !ok {
		return
	}
	if cluster.Status == gateway.StatusRunning {
		capacity, err := api.AwaitCapacity(ctx, name)
		if err == nil {
			model.Workers, model.Threads, model.Memory = types.Int64Value(capacity.Workers), types.Int64Value(capacity.Threads), types.Int64Value(capacity.Memory)
		} else if cluster, ok = d.rereadUncounted(ctx, api, name, err, &resp.Diagnostics); !ok {
			return
		}
	}
	if model.Activity.ValueBool() && cluster.Status == gateway.StatusRunning && !model.Workers.IsNull() {
		read := readActivities(ctx, api, []gateway.Cluster{cluster})
		read.addWarning(&resp.Diagnostics, "activity", "tasks, clients and idle are null")
		if activity, ok := read.found[name]; ok {
			model.activityModel = describeActivity(activity)
		}
	}
	model.listedClusterModel = describeCluster(cluster, d.Addresses)
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

// findCluster reads a cluster, which may have ended. If it returns false, it has added
// an error on the name.
func findCluster(ctx context.Context, api *gateway.Client, name string, diags *diag.Diagnostics) (gateway.Cluster, bool) {
	cluster, absence, err := api.GetOrConfirmAbsence(ctx, name)
	if err != nil {
		diags.AddAttributeError(path.Root("name"), "The cluster "+name+" could not be read", diagnostics.Explain(err))
		return gateway.Cluster{}, false
	}
	if absence == nil {
		return cluster, true
	}
	ended, isReported := absence.Ended()
	if !isReported {
		addNotFoundError(diags, name)
	}
	return ended, isReported
}

// rereadUncounted reads a cluster again whose scheduler did not respond, because it may
// have ended in the meantime. If it still runs, that is a warning: the gateway notices
// late that a scheduler has died, and a Kubernetes gateway may never notice.
func (d *clusterDataSource) rereadUncounted(ctx context.Context, api *gateway.Client, name string, failure error, diags *diag.Diagnostics) (gateway.Cluster, bool) {
	if ctx.Err() != nil {
		diagnostics.AddError(diags, "The workers of the cluster "+name+" could not be counted", failure)
		return gateway.Cluster{}, false
	}
	cluster, ok := findCluster(ctx, api, name, diags)
	if ok && cluster.Status == gateway.StatusRunning {
		diags.AddAttributeWarning(path.Root("workers"), "The workers of the cluster "+name+" could not be counted",
			diagnostics.Sentence(failure.Error())+fmt.Sprintf("\n\nThe gateway says that the cluster is %s, and its scheduler did not answer. It may have died a moment ago, or be too busy: "+
				"look at %s, and run terraform plan again.", cluster.Status, d.Addresses.DashboardLink(cluster.DashboardRoute)))
	}
	return cluster, ok
}
