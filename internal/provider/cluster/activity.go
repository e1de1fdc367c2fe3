// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
)

// idleDescription defines idle for the documentation.
const idleDescription = "A cluster is idle if no task runs or waits to run, even [between two computations](../guides/forgotten-clusters.md#what-idle-means)."

// activityModel is what a scheduler reports about its work. It is null if it was not
// read.
type activityModel struct {
	Tasks   types.Int64 `tfsdk:"tasks"`
	Clients types.Int64 `tfsdk:"clients"`
	Idle    types.Bool  `tfsdk:"idle"`
}

func describeActivity(activity gateway.Activity) activityModel {
	return activityModel{
		Tasks: types.Int64Value(activity.Tasks), Clients: types.Int64Value(activity.Clients), Idle: types.BoolValue(activity.IsIdle()),
	}
}

func activityAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"tasks": schema.Int64Attribute{
			MarkdownDescription: "Number of tasks in any state, including results that a client holds.",
			Computed:            true,
		},
		"clients": schema.Int64Attribute{
			MarkdownDescription: "Number of connected Dask clients, for example notebooks.",
			Computed:            true,
		},
		"idle": schema.BoolAttribute{
			MarkdownDescription: "Whether no task runs or waits to run, which is also true [between two computations](../guides/forgotten-clusters.md#what-idle-means).",
			Computed:            true,
		},
	}
}

// activities are what the schedulers of clusters report, by cluster, and the errors
// of those that did not respond.
type activities struct {
	found  map[string]gateway.Activity
	failed map[string]error
}

// readActivities reads the activity of the running clusters, in one request each and
// at the same time.
func readActivities(ctx context.Context, api *gateway.Client, clusters []gateway.Cluster) activities {
	read := activities{found: map[string]gateway.Activity{}, failed: map[string]error{}}
	var mu sync.Mutex
	var reading sync.WaitGroup
	for _, cluster := range clusters {
		if cluster.Status != gateway.StatusRunning {
			continue
		}
		reading.Go(func() {
			activity, err := api.Activity(ctx, cluster.Name)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				read.failed[cluster.Name] = err
				return
			}
			read.found[cluster.Name] = activity
		})
	}
	reading.Wait()
	return read
}

// addWarning names the clusters whose schedulers did not respond. consequence is what
// the result lacks for this reason.
func (a activities) addWarning(diags *diag.Diagnostics, attribute, consequence string) {
	if len(a.failed) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(a.failed))
	diags.AddAttributeWarning(path.Root(attribute), "It is not known whether some clusters are idle",
		diagnostics.Sentence(a.failed[names[0]].Error())+"\n\nThe schedulers of these clusters did not report their tasks, so "+consequence+": "+strings.Join(names, ", ")+
			". They may have died a moment ago, or be too busy.")
}
