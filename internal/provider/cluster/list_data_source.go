// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ datasource.DataSource              = (*listDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*listDataSource)(nil)
)

type listDataSource struct{ clients.DataSource }

type listModel struct {
	Statuses  types.Set                          `tfsdk:"statuses"`
	OlderThan timetypes.GoDuration               `tfsdk:"older_than"`
	Activity  types.Bool                         `tfsdk:"activity"`
	Names     []string                           `tfsdk:"names"`
	Clusters  map[string]listedWithActivityModel `tfsdk:"clusters"`
}

// listedWithActivityModel is a cluster with what its scheduler reports.
type listedWithActivityModel struct {
	listedClusterModel
	activityModel

	Workers types.Int64 `tfsdk:"workers"`
	Threads types.Int64 `tfsdk:"threads"`
}

type listedClusterModel struct {
	Status           types.String      `tfsdk:"status"`
	SchedulerAddress types.String      `tfsdk:"scheduler_address"`
	DashboardLink    types.String      `tfsdk:"dashboard_link"`
	StartedAt        timetypes.RFC3339 `tfsdk:"started_at"`
	StoppedAt        timetypes.RFC3339 `tfsdk:"stopped_at"`
	Options          types.String      `tfsdk:"options"`
}

// NewListDataSource returns the pc_clusters data source.
func NewListDataSource() datasource.DataSource { return &listDataSource{} }

func (d *listDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_clusters"
}

func (d *listDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the user's own Dask clusters on the gateway, like Python's `gateway.list_clusters()`, including those that no configuration manages. " +
			"Clusters of other users are never listed, not even for administrators.",
		Attributes: map[string]schema.Attribute{
			"statuses": schema.SetAttribute{
				MarkdownDescription: "Any of `PENDING`, `RUNNING`, `STOPPING`, `STOPPED` and `FAILED`, in upper or lower case. Default: `PENDING` and `RUNNING`. " +
					"The gateway deletes the records of ended clusters after a day.",
				ElementType: types.StringType,
				Optional:    true,
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1),
					setvalidator.NoNullValues(),
					setvalidator.ValueStringsAre(stringvalidator.OneOfCaseInsensitive(statusNames()...)),
				},
			},
			"older_than": schema.StringAttribute{
				MarkdownDescription: "List only clusters that started longer ago than this [Go duration](https://pkg.go.dev/time#ParseDuration), for example `24h`.",
				Optional:            true,
				CustomType:          timetypes.GoDurationType{},
			},
			"activity": schema.BoolAttribute{
				MarkdownDescription: "Whether to read `workers`, `threads`, `tasks`, `clients` and `idle`, in one more request for each running cluster. They are null otherwise.",
				Optional:            true,
			},
			"names": schema.ListAttribute{
				MarkdownDescription: "Names of the clusters, sorted.",
				ElementType:         types.StringType,
				Computed:            true,
			},
			"clusters": schema.MapNestedAttribute{
				MarkdownDescription: "The clusters by name.",
				Computed:            true,
				NestedObject:        schema.NestedAttributeObject{Attributes: listedAttributes()},
			},
		},
	}
}

func listedAttributes() map[string]schema.Attribute {
	attributes := clusterAttributes()
	maps.Copy(attributes, activityAttributes())
	attributes["workers"] = schema.Int64Attribute{
		MarkdownDescription: "Number of workers that have joined.",
		Computed:            true,
	}
	attributes["threads"] = schema.Int64Attribute{
		MarkdownDescription: "Threads of all workers.",
		Computed:            true,
	}
	return attributes
}

func clusterAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"status": schema.StringAttribute{
			MarkdownDescription: "Status of the cluster.",
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
		"stopped_at": schema.StringAttribute{
			MarkdownDescription: "When the cluster stopped or failed (RFC 3339). Null before that.",
			Computed:            true,
			CustomType:          timetypes.RFC3339Type{},
		},
		"options": schema.StringAttribute{
			MarkdownDescription: "All cluster options in effect, as JSON for `jsondecode(...)`.",
			Computed:            true,
		},
	}
}

func (d *listDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model listModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	clusters, api, ok := listByStatus(ctx, d.Gateway, model.Statuses, &resp.Diagnostics)
	if !ok {
		return
	}
	now := d.Clock.Now()
	listed := slices.DeleteFunc(slices.Collect(maps.Values(clusters)), func(cluster gateway.Cluster) bool { return !isOlder(cluster, model.OlderThan, now) })
	var read activities
	if model.Activity.ValueBool() {
		read = readActivities(ctx, api, listed)
		read.addWarning(&resp.Diagnostics, "activity", "their tasks, clients and workers are null")
	}
	model.Names = make([]string, 0, len(listed))
	model.Clusters = make(map[string]listedWithActivityModel, len(listed))
	for _, cluster := range listed {
		described := listedWithActivityModel{listedClusterModel: describeCluster(cluster, d.Addresses)}
		if activity, ok := read.found[cluster.Name]; ok {
			described.activityModel = describeActivity(activity)
			described.Workers, described.Threads = types.Int64Value(activity.Workers), types.Int64Value(activity.Threads)
		}
		model.Names = append(model.Names, cluster.Name)
		model.Clusters[cluster.Name] = described
	}
	slices.Sort(model.Names)
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

// isOlder reports whether a cluster started longer ago than age. Every cluster is older
// than an age that is not set.
func isOlder(cluster gateway.Cluster, age timetypes.GoDuration, now time.Time) bool {
	limit, ok := values.Duration(age)
	return !ok || now.Sub(cluster.StartTime) > limit
}

func describeCluster(cluster gateway.Cluster, addresses gateway.Addresses) listedClusterModel {
	options, err := json.Marshal(cluster.Options)
	if err != nil {
		options = []byte("null")
	}
	return listedClusterModel{
		Status:           types.StringValue(string(cluster.Status)),
		SchedulerAddress: types.StringValue(addresses.SchedulerAddress(cluster.Name)),
		DashboardLink:    values.StringOrNull(addresses.DashboardLink(cluster.DashboardRoute)),
		StartedAt:        values.TimeOrNull(cluster.StartTime),
		StoppedAt:        values.TimeOrNull(cluster.StopTime),
		Options:          types.StringValue(string(options)),
	}
}

// collection is a list or a set of Terraform.
type collection interface {
	ElementsAs(ctx context.Context, target any, allowUnhandled bool) diag.Diagnostics
}

// listByStatus lists the user's clusters that have one of the statuses, in any case.
func listByStatus(ctx context.Context, access clients.Access[*gateway.Client], statuses collection, diags *diag.Diagnostics) (map[string]gateway.Cluster, *gateway.Client, bool) {
	var names []string
	diags.Append(statuses.ElementsAs(ctx, &names, false)...)
	api, ok := access.Get(diags)
	if !ok {
		return nil, nil, false
	}
	requested := make([]gateway.Status, 0, len(names))
	for _, name := range names {
		requested = append(requested, gateway.Status(strings.ToUpper(name)))
	}
	clusters, err := api.ListClusters(ctx, requested...)
	if err != nil {
		diagnostics.AddError(diags, "The clusters were not listed", err)
	}
	return clusters, api, err == nil
}

func statusNames() []string {
	return []string{
		string(gateway.StatusPending), string(gateway.StatusRunning), string(gateway.StatusStopping),
		string(gateway.StatusStopped), string(gateway.StatusFailed),
	}
}
