// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
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
	Statuses   types.List           `tfsdk:"statuses"`
	OlderThan  timetypes.GoDuration `tfsdk:"older_than"`
	Idle       types.Bool           `tfsdk:"idle"`
	Options    types.Dynamic        `tfsdk:"options"`
	NamePrefix types.String         `tfsdk:"name_prefix"`
}

// NewListResource returns the pc_dask_cluster list resource.
func NewListResource() list.ListResource { return &listResource{} }

func (l *listResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_dask_cluster"
}

func (l *listResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists the clusters of the provider's user, including those that no configuration manages. [Forgotten clusters](../guides/forgotten-clusters.md#import-them) shows how to import the results. " +
			"With `include_resource`, a result has all options that differ from the gateway's defaults, including secret ones that were write-only.",
		Attributes: map[string]schema.Attribute{
			"statuses": schema.ListAttribute{
				MarkdownDescription: "Any of `PENDING`, `RUNNING`, `STOPPING`, `STOPPED` and `FAILED`. Default: `PENDING` and `RUNNING`.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.ValueStringsAre(stringvalidator.OneOfCaseInsensitive(statusNames()...))},
			},
			"older_than": schema.StringAttribute{
				MarkdownDescription: "List only clusters that started longer ago than this [Go duration](https://pkg.go.dev/time#ParseDuration), for example `24h`.",
				Optional:            true,
				CustomType:          timetypes.GoDurationType{},
			},
			"idle": schema.BoolAttribute{
				MarkdownDescription: "List only idle clusters, or with `false` only running ones that are not. It needs a request for each running cluster that meets the other conditions. " + idleDescription,
				Optional:            true,
			},
			"options": schema.DynamicAttribute{
				MarkdownDescription: "List only clusters that run with these options. Values are compared, so `1` equals `1.0`.",
				Optional:            true,
			},
			"name_prefix": schema.StringAttribute{
				MarkdownDescription: "List only clusters whose name begins with this text.",
				Optional:            true,
			},
		},
	}
}

// ValidateListResourceConfig checks the form of options.
func (l *listResource) ValidateListResourceConfig(ctx context.Context, req list.ValidateConfigRequest, resp *list.ValidateConfigResponse) {
	var config listConfigModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		validateOptionsShape("options", config.Options, &resp.Diagnostics)
	}
}

func (l *listResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var config listConfigModel
	var diags diag.Diagnostics
	diags.Append(req.Config.Get(ctx, &config)...)
	listing := l.listClusters(ctx, config, &diags)
	clients.StreamList(stream, req.Limit, listing.clusters, diags, func(cluster gateway.Cluster) list.ListResult { return l.result(ctx, req, cluster, listing) })
}

// clusterListing contains the clusters that match a configuration, by start time, and
// the facts for their display names.
type clusterListing struct {
	listedAt time.Time
	clusters []gateway.Cluster
	declared []gateway.Option
	read     activities
}

func (l *listResource) listClusters(ctx context.Context, config listConfigModel, diags *diag.Diagnostics) clusterListing {
	found, api, ok := listByStatus(ctx, l.Gateway, config.Statuses, diags)
	if !ok {
		return clusterListing{}
	}
	// Without the declared options a generated configuration would have to set all.
	declared, err := api.Options(ctx)
	if err != nil {
		diagnostics.AddError(diags, "The cluster options of the gateway were not read", err)
		return clusterListing{}
	}
	listing := clusterListing{listedAt: l.Clock.Now(), declared: declared}
	matching := slices.SortedFunc(maps.Values(found), func(a, b gateway.Cluster) int { return a.StartTime.Compare(b.StartTime) })
	matching = slices.DeleteFunc(matching, func(cluster gateway.Cluster) bool { return !config.matches(cluster, listing.listedAt) })
	if values.IsKnown(config.Idle) {
		listing.read = readActivities(ctx, api, matching)
		if ctx.Err() != nil {
			diagnostics.AddError(diags, "The clusters were not listed", ctx.Err())
			return clusterListing{}
		}
		matching = slices.DeleteFunc(matching, func(cluster gateway.Cluster) bool {
			activity, isRead := listing.read.found[cluster.Name]
			return !isRead || activity.IsIdle() != config.Idle.ValueBool()
		})
		listing.read.addWarning(diags, "idle", "they are not listed")
	}
	listing.clusters = matching
	return listing
}

// matches reports whether a cluster meets the conditions of the configuration.
func (m listConfigModel) matches(cluster gateway.Cluster, now time.Time) bool {
	if !strings.HasPrefix(cluster.Name, m.NamePrefix.ValueString()) {
		return false
	}
	if !isOlder(cluster, m.OlderThan, now) {
		return false
	}
	for name, value := range configuredOptions(m.Options).values {
		if !gateway.IsSameValue(value, cluster.Options[name]) {
			return false
		}
	}
	return true
}

func (l *listResource) result(ctx context.Context, req list.ListRequest, cluster gateway.Cluster, listing clusterListing) list.ListResult {
	result := req.NewListResult(ctx)
	result.DisplayName = displayName(cluster, listing)
	result.Diagnostics.Append(result.Identity.Set(ctx, resourceIdentity{Name: types.StringValue(cluster.Name)})...)
	if !req.IncludeResource {
		return result
	}
	model := resourceModel{Options: types.DynamicNull()}
	result.Diagnostics.Append(model.recordImport(ctx, cluster, listing.declared)...)
	for attribute, value := range map[string]any{
		"name": types.StringValue(cluster.Name), "status": types.StringValue(string(cluster.Status)), "options": model.Options,
		"scheduler_address": types.StringValue(l.Addresses.SchedulerAddress(cluster.Name)), "dashboard_link": values.StringOrNull(l.Addresses.DashboardLink(cluster.DashboardRoute)),
		"started_at": values.TimeOrNull(cluster.StartTime),
	} {
		result.Diagnostics.Append(result.Resource.SetAttribute(ctx, path.Root(attribute), value)...)
	}
	return result
}

// displayName describes a cluster by status, age, and the options that differ from the
// defaults. It contains no value of a free text or a mapping, because these may be
// secret.
func displayName(cluster gateway.Cluster, listing clusterListing) string {
	parts := []string{string(cluster.Status), "started " + listing.listedAt.Sub(cluster.StartTime).Round(time.Minute).String() + " ago"}
	if activity, ok := listing.read.found[cluster.Name]; ok {
		state := "busy"
		if activity.IsIdle() {
			state = "idle"
		}
		parts = append(parts, state, diagnostics.Plural(activity.Workers, "worker"), diagnostics.Plural(activity.Threads, "thread"))
	}
	for _, option := range listing.declared {
		value, exists := cluster.Options[option.Field]
		if exists && option.IsPrintable() && !gateway.IsSameValue(option.Default, value) {
			parts = append(parts, fmt.Sprintf("%s = %s", option.Field, values.JSON(value)))
		}
	}
	return fmt.Sprintf("%s (%s)", cluster.Name, strings.Join(parts, ", "))
}
