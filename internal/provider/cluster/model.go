// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
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
	WhenEnded        types.String      `tfsdk:"when_ended"`
	Timeouts         timeouts.Value    `tfsdk:"timeouts"`
	Name             types.String      `tfsdk:"name"`
	Status           types.String      `tfsdk:"status"`
	SchedulerAddress types.String      `tfsdk:"scheduler_address"`
	DashboardLink    types.String      `tfsdk:"dashboard_link"`
	StartedAt        timetypes.RFC3339 `tfsdk:"started_at"`
	EffectiveOptions types.Dynamic     `tfsdk:"effective_options"`
	MaxWorkers       types.Int64       `tfsdk:"max_workers"`
}

// adaptModel is the adapt argument.
type adaptModel struct {
	Minimum types.Int64 `tfsdk:"minimum"`
	Maximum types.Int64 `tfsdk:"maximum"`
}

// resourceIdentity identifies a cluster.
type resourceIdentity struct {
	Name types.String `tfsdk:"name"`
}

func (m *resourceModel) identity() resourceIdentity {
	return resourceIdentity{Name: m.Name}
}

// recordName fills in everything that is known once the gateway has named the
// cluster. Nothing stays unknown, so that the state can be saved before the cluster
// runs: it costs money from here on.
func (m *resourceModel) recordName(name string, addresses gateway.Addresses) {
	m.Name = types.StringValue(name)
	m.SchedulerAddress = types.StringValue(addresses.SchedulerAddress(name))
	m.Status = types.StringValue(string(gateway.StatusPending))
	m.DashboardLink = types.StringNull()
	m.StartedAt = timetypes.NewRFC3339Null()
	m.EffectiveOptions = types.DynamicNull()
}

// recordCluster fills in what the gateway reports about the cluster. EffectiveOptions
// gets the options that are in neither options nor options_wo.
func (m *resourceModel) recordCluster(ctx context.Context, cluster gateway.Cluster, addresses knownAddresses, hidden hiddenOptions) diag.Diagnostics {
	m.Name = types.StringValue(cluster.Name)
	m.SchedulerAddress = addresses.schedulerAddress(cluster.Name, m.SchedulerAddress)
	m.Status = types.StringValue(string(cluster.Status))
	m.DashboardLink = addresses.dashboardLink(cluster.DashboardRoute, m.DashboardLink)
	m.StartedAt = values.TimeOrNull(cluster.StartTime)
	unset := maps.Clone(hidden.strip(cluster.Options))
	for name := range configuredOptions(m.Options).values {
		delete(unset, name)
	}
	options, diags := values.FromObject(ctx, unset)
	m.EffectiveOptions = options
	return diags
}

// knownAddresses derives addresses of a cluster. An address whose base is known only
// after apply keeps its stored value.
type knownAddresses struct {
	gateway.Addresses
	isProxyUnknown, isPublicUnknown bool
}

func (a knownAddresses) schedulerAddress(name string, stored types.String) types.String {
	if a.isProxyUnknown {
		return stored
	}
	return types.StringValue(a.SchedulerAddress(name))
}

func (a knownAddresses) dashboardLink(route string, stored types.String) types.String {
	if a.isPublicUnknown && route != "" {
		return stored
	}
	return values.StringOrNull(a.DashboardLink(route))
}

// recordImport fills Options with the options of the cluster whose values differ from
// the declared defaults. A configuration with these options, or with ignore_changes,
// then keeps the cluster. Without the declared defaults it records all options.
func (m *resourceModel) recordImport(ctx context.Context, cluster gateway.Cluster, declared []gateway.Option) diag.Diagnostics {
	differing := maps.Clone(cluster.Options)
	for _, option := range declared {
		if value, exists := differing[option.Field]; exists && gateway.IsSameValue(option.Default, value) {
			delete(differing, option.Field)
		}
	}
	if len(differing) == 0 {
		return nil
	}
	options, diags := values.ForConfiguration(ctx, differing)
	m.Options = options
	return diags
}

// recordEnd fills in the end of a cluster. The gateway may not report it any more.
func (m *resourceModel) recordEnd(absence gateway.Absence) {
	m.Status, m.DashboardLink = types.StringValue(string(gateway.StatusStopped)), types.StringNull()
	if cluster, reported := absence.Ended(); reported {
		m.Status = types.StringValue(string(cluster.Status))
	}
}

// hasEnded reports whether the state has the cluster's end.
func (m *resourceModel) hasEnded() bool { return gateway.Status(m.Status.ValueString()).IsFinal() }

// isUnread reports whether the cluster was imported and not read yet, because the
// provider was not configured.
func (m *resourceModel) isUnread() bool { return m.Status.IsNull() }

// desired is the part of a planned configuration that can require a replacement.
func (m *resourceModel) desired(secrets secretOptions) desiredCluster {
	return desiredCluster{
		options:        configuredOptions(m.Options),
		secrets:        secrets.presence(),
		secretsVersion: m.OptionsWOVersion,
		whenEnded:      m.WhenEnded,
	}
}

// current is the part of a prior state that can require a replacement.
func (m *resourceModel) current() currentCluster {
	return currentCluster{
		options:        configuredOptions(m.Options).values,
		effective:      configuredOptions(m.EffectiveOptions).values,
		secretsVersion: m.OptionsWOVersion,
		status:         gateway.Status(m.Status.ValueString()),
	}
}

// hasSameComputed reports whether everything that the gateway reports is unchanged.
func (m *resourceModel) hasSameComputed(prior resourceModel) bool {
	return m.Name.Equal(prior.Name) && m.SchedulerAddress.Equal(prior.SchedulerAddress) && m.Status.Equal(prior.Status) &&
		m.DashboardLink.Equal(prior.DashboardLink) && m.StartedAt.Equal(prior.StartedAt) && m.EffectiveOptions.Equal(prior.EffectiveOptions) &&
		m.MaxWorkers.Equal(prior.MaxWorkers)
}

// planInPlace plans the computed attributes of a cluster that stays. While the status
// still changes, only the name is certain to be the same after the update.
func (m *resourceModel) planInPlace(ctx context.Context, prior resourceModel, unmanaged hiddenOptions) diag.Diagnostics {
	m.Name = prior.Name
	if !prior.isUnread() {
		m.SchedulerAddress = prior.SchedulerAddress
	}
	status := gateway.Status(prior.Status.ValueString())
	if status != gateway.StatusRunning && !status.IsFinal() {
		return nil
	}
	m.Status, m.DashboardLink, m.StartedAt = prior.Status, prior.DashboardLink, prior.StartedAt
	effective, diags := m.unsetOptions(ctx, prior, unmanaged)
	m.EffectiveOptions = effective
	return diags
}

// unsetOptions returns the options in effect that the planned configuration does not
// set. They come from the prior state, where each option is in one of two
// attributes. Those from the configuration get the type that a refresh will give them.
func (m *resourceModel) unsetOptions(ctx context.Context, prior resourceModel, unmanaged hiddenOptions) (types.Dynamic, diag.Diagnostics) {
	set := configuredOptions(m.Options).values
	for _, names := range unmanaged {
		set[names[0]] = nil
	}
	configured, diags := values.FromObject(ctx, configuredOptions(prior.Options).values)
	running := members(configured)
	maps.Copy(running, members(prior.EffectiveOptions))
	attributeTypes := map[string]attr.Type{}
	unset := map[string]attr.Value{}
	for name, value := range running {
		if _, isSet := set[name]; !isSet {
			attributeTypes[name], unset[name] = value.Type(ctx), value
		}
	}
	object, objectDiags := types.ObjectValue(attributeTypes, unset)
	diags.Append(objectDiags...)
	if options := types.DynamicValue(object); !options.Equal(prior.EffectiveOptions) {
		return options, diags
	}
	return prior.EffectiveOptions, diags
}

// members returns the members of an object or a mapping; the caller may change it.
func members(value types.Dynamic) map[string]attr.Value {
	switch underlying := value.UnderlyingValue().(type) {
	case types.Object:
		return underlying.Attributes()
	case types.Map:
		return underlying.Elements()
	default:
		return map[string]attr.Value{}
	}
}

// planReplacement plans the computed attributes of a cluster that is replaced.
func (m *resourceModel) planReplacement() {
	m.Name, m.SchedulerAddress = types.StringUnknown(), types.StringUnknown()
	m.Status, m.DashboardLink = types.StringUnknown(), types.StringUnknown()
	m.StartedAt, m.EffectiveOptions = timetypes.NewRFC3339Unknown(), types.DynamicUnknown()
}

// scaling is the requested number of workers. The zero value requests nothing.
type scaling struct {
	adaptive *gateway.Adaptive
	workers  *int64
}

func (m *resourceModel) scaling(ctx context.Context) (scaling, diag.Diagnostics) {
	var requested scaling
	if !m.Workers.IsNull() {
		requested.workers = m.Workers.ValueInt64Pointer()
		return requested, nil
	}
	if m.Adapt.IsNull() {
		return requested, nil
	}
	var bounds adaptModel
	diags := m.Adapt.As(ctx, &bounds, basetypes.ObjectAsOptions{})
	requested.adaptive = &gateway.Adaptive{
		Minimum: bounds.Minimum.ValueInt64Pointer(),
		Maximum: bounds.Maximum.ValueInt64Pointer(),
		Active:  true,
	}
	return requested, diags
}

// equal reports whether both request the same workers.
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
