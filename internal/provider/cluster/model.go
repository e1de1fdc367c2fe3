// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// resourceModel is pc_dask_cluster in configuration, plan and state.
type resourceModel struct {
	Options          types.Dynamic     `tfsdk:"options"`
	OptionsWO        types.Dynamic     `tfsdk:"options_wo"`
	OptionsWOVersion types.Int64       `tfsdk:"options_wo_version"`
	Adapt            types.Object      `tfsdk:"adapt"`
	Workers          types.Int64       `tfsdk:"workers"`
	WaitForWorkers   types.Int64       `tfsdk:"wait_for_workers"`
	Timeouts         timeouts.Value    `tfsdk:"timeouts"`
	Name             types.String      `tfsdk:"name"`
	Status           types.String      `tfsdk:"status"`
	SchedulerAddress types.String      `tfsdk:"scheduler_address"`
	DashboardLink    types.String      `tfsdk:"dashboard_link"`
	StartedAt        timetypes.RFC3339 `tfsdk:"started_at"`
	EffectiveOptions types.Dynamic     `tfsdk:"effective_options"`
}

// adaptModel is the adapt argument.
type adaptModel struct {
	Minimum types.Int64 `tfsdk:"minimum"`
	Maximum types.Int64 `tfsdk:"maximum"`
}

// resourceIdentity is what tells one cluster from every other.
type resourceIdentity struct {
	Name types.String `tfsdk:"name"`
}

func (m *resourceModel) identity() resourceIdentity {
	return resourceIdentity{Name: m.Name}
}

// recordName fills in all that is known once the gateway has named the cluster,
// and leaves nothing unknown, so that the state can be saved before the cluster
// runs: from here on it costs money and must not be forgotten.
func (m *resourceModel) recordName(name string, addresses gateway.Addresses) {
	m.Name = types.StringValue(name)
	m.SchedulerAddress = types.StringValue(addresses.SchedulerAddress(name))
	m.Status = types.StringValue(string(gateway.StatusPending))
	m.DashboardLink = types.StringNull()
	m.StartedAt = timetypes.NewRFC3339Null()
	m.EffectiveOptions = types.DynamicNull()
}

// recordCluster fills in what the gateway says of the cluster, but for the options
// that are write-only.
func (m *resourceModel) recordCluster(ctx context.Context, cluster gateway.Cluster, addresses gateway.Addresses, hidden hiddenOptions) diag.Diagnostics {
	m.Name = types.StringValue(cluster.Name)
	m.SchedulerAddress = types.StringValue(addresses.SchedulerAddress(cluster.Name))
	m.Status = types.StringValue(string(cluster.Status))
	m.DashboardLink = values.StringOrNull(addresses.DashboardLink(cluster.DashboardRoute))
	m.StartedAt = values.TimeOrNull(cluster.StartTime)
	options, diags := values.FromObject(ctx, hidden.strip(cluster.Options))
	m.EffectiveOptions = options
	return diags
}

// hide takes write-only options out of those in effect. An import brings all
// options, because only a configuration says which are write-only.
func (m *resourceModel) hide(ctx context.Context, hidden hiddenOptions) diag.Diagnostics {
	effective, ok := values.ToGo(m.EffectiveOptions).(map[string]any)
	if !ok || !hidden.in(effective) {
		return nil
	}
	options, diags := values.FromObject(ctx, hidden.strip(effective))
	m.EffectiveOptions = options
	return diags
}

// sameComputed says whether all that the gateway tells of the cluster is as it was.
func (m *resourceModel) sameComputed(prior resourceModel) bool {
	return m.Name.Equal(prior.Name) && m.SchedulerAddress.Equal(prior.SchedulerAddress) && m.Status.Equal(prior.Status) &&
		m.DashboardLink.Equal(prior.DashboardLink) && m.StartedAt.Equal(prior.StartedAt) && m.EffectiveOptions.Equal(prior.EffectiveOptions)
}

// keepComputed plans the computed attributes of a cluster that stays, as they
// are. A cluster that was not running yet may still change all but its name.
func (m *resourceModel) keepComputed(prior resourceModel) {
	m.Name, m.SchedulerAddress = prior.Name, prior.SchedulerAddress
	if prior.Status.ValueString() != string(gateway.StatusRunning) {
		return
	}
	m.Status, m.DashboardLink, m.StartedAt, m.EffectiveOptions = prior.Status, prior.DashboardLink, prior.StartedAt, prior.EffectiveOptions
}

// forgetComputed plans the computed attributes of a cluster that is replaced.
func (m *resourceModel) forgetComputed() {
	m.Name, m.SchedulerAddress = types.StringUnknown(), types.StringUnknown()
	m.Status, m.DashboardLink = types.StringUnknown(), types.StringUnknown()
	m.StartedAt, m.EffectiveOptions = timetypes.NewRFC3339Unknown(), types.DynamicUnknown()
}

// scaling is how many workers are asked for. The zero value asks for nothing.
type scaling struct {
	adaptive *gateway.Adaptive
	workers  *int64
}

func (m *resourceModel) scaling(ctx context.Context) (scaling, diag.Diagnostics) {
	var wanted scaling
	if !m.Workers.IsNull() {
		wanted.workers = m.Workers.ValueInt64Pointer()
		return wanted, nil
	}
	if m.Adapt.IsNull() {
		return wanted, nil
	}
	var bounds adaptModel
	diags := m.Adapt.As(ctx, &bounds, basetypes.ObjectAsOptions{})
	wanted.adaptive = &gateway.Adaptive{
		Minimum: bounds.Minimum.ValueInt64Pointer(),
		Maximum: bounds.Maximum.ValueInt64Pointer(),
		Active:  true,
	}
	return wanted, diags
}

// equal says whether the gateway need not be told.
func (s scaling) equal(other scaling) bool {
	if !equalNumbers(s.workers, other.workers) || (s.adaptive == nil) != (other.adaptive == nil) {
		return false
	}
	return s.adaptive == nil ||
		equalNumbers(s.adaptive.Minimum, other.adaptive.Minimum) && equalNumbers(s.adaptive.Maximum, other.adaptive.Maximum)
}

func equalNumbers(a, b *int64) bool {
	return (a == nil) == (b == nil) && (a == nil || *a == *b)
}
