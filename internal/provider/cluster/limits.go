// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"fmt"
	"maps"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// The cluster options from which the size of a worker is computed. The gateways of
// the Planetary Computer and of Pangeo have them.
const (
	coresOption  = "worker_cores"
	memoryOption = "worker_memory"
)

// maxWorkers returns workers or adapt.maximum. It is null if the configuration has
// no maximum.
func (m *resourceModel) maxWorkers() types.Int64 {
	switch {
	case m.Workers.IsUnknown() || m.Adapt.IsUnknown():
		return types.Int64Unknown()
	case !m.Workers.IsNull():
		return m.Workers
	case m.Adapt.IsNull():
		return types.Int64Null()
	}
	maximum, _ := m.Adapt.Attributes()["maximum"].(types.Int64)
	return maximum
}

// requestedSize is what a configuration or an action requests, for the comparison with
// the limits.
type requestedSize struct {
	// workers is null if there is no maximum, and unknown until the apply.
	workers types.Int64
	// argument is the attribute that sets the number of workers.
	argument path.Path
	// options are the resolved options. hasAllOptions reports whether they are complete,
	// so that a missing option does not exist.
	options       map[string]any
	hasAllOptions bool
	// secrets are the options whose values no message may contain.
	secrets map[string]any
}

// size returns the size of the planned cluster, and whether the configuration sets the
// number of workers.
func (m *resourceModel) size() (requestedSize, bool) {
	size := requestedSize{workers: m.MaxWorkers, argument: path.Root("workers"), options: map[string]any{}}
	if !m.Adapt.IsNull() {
		size.argument = path.Root("adapt").AtName("maximum")
	}
	return size, !m.Workers.IsNull() || !m.Adapt.IsNull()
}

// sizeOfNew returns the size of a new cluster.
func (m *resourceModel) sizeOfNew(requested clusterOptions, secrets secretOptions, declared []gateway.Option) (requestedSize, bool) {
	size, isManaged := m.size()
	for _, option := range declared {
		size.options[option.Field] = option.Default
	}
	maps.Copy(size.options, secrets.addTo(requested).values)
	size.secrets = secrets.values
	size.hasAllOptions = declared != nil && !requested.areNamesUnknown
	return size, isManaged
}

// sizeOfExisting returns the size of a cluster that stays.
func (m *resourceModel) sizeOfExisting(prior resourceModel) (requestedSize, bool) {
	size, isManaged := m.size()
	for _, options := range []types.Dynamic{prior.EffectiveOptions, prior.Options, m.Options} {
		maps.Copy(size.options, configuredOptions(options).values)
	}
	size.hasAllOptions = !prior.EffectiveOptions.IsNull()
	return size, isManaged
}

// checkLimits reports each limit of the provider block that the cluster exceeds.
func (s requestedSize) checkLimits(limits clients.Limits, diags *diag.Diagnostics) {
	if !limits.IsSet() || s.workers.IsUnknown() {
		return
	}
	if s.workers.IsNull() {
		diags.AddAttributeError(s.argument, "Cluster without a maximum number of workers",
			"The provider block has limits for each cluster, and adaptive scaling without a maximum can exceed them. Set adapt.maximum.")
		return
	}
	workers := s.workers.ValueInt64()
	if limits.Workers != nil && workers > *limits.Workers {
		diags.AddAttributeError(s.argument, "Cluster exceeds limits.workers",
			fmt.Sprintf("The cluster may get %s, and limits.workers = %d in the provider block. Request fewer workers, or raise the limit.", diagnostics.Plural(workers, "worker"), *limits.Workers))
	}
	s.checkLimit("cores", coresOption, "cores", limits.Cores, diags)
	s.checkLimit("memory", memoryOption, "GiB of memory", limits.Memory, diags)
}

// checkLimit compares a limit with the number of workers times an option.
func (s requestedSize) checkLimit(name, option, unit string, limit *float64, diags *diag.Diagnostics) {
	if limit == nil {
		return
	}
	value, exists := s.options[option]
	if !exists && !s.hasAllOptions || isUnknown(value) {
		return
	}
	number, err := strconv.ParseFloat(fmt.Sprint(value), 64)
	if !exists || err != nil {
		diags.AddError("Could not check limits."+name,
			fmt.Sprintf("The provider computes it from the cluster option %s, and this gateway has no such number among its options. Remove %s from limits in the provider block, and set limits.workers.", option, name))
		return
	}
	total := number * float64(s.workers.ValueInt64())
	if total <= *limit {
		return
	}
	if _, isSecret := s.secrets[option]; isSecret {
		diags.AddAttributeError(s.argument, "Cluster exceeds limits."+name, fmt.Sprintf("limits.%s = %v in the provider block. Request less, or raise the limit.", name, *limit))
		return
	}
	diags.AddAttributeError(s.argument, "Cluster exceeds limits."+name,
		fmt.Sprintf("The cluster may get %s with %s = %v each, together %v %s, and limits.%s = %v in the provider block. Request less, or raise the limit.",
			diagnostics.Plural(s.workers.ValueInt64(), "worker"), option, number, total, unit, name, *limit))
}

// checkLimits reports each limit that the action would exceed. It reads the options of
// the cluster only if a limit depends on them.
func (m scaleModel) checkLimits(ctx context.Context, api *gateway.Client, limits clients.Limits, bounds adaptModel, diags *diag.Diagnostics) {
	size := requestedSize{workers: bounds.Maximum, argument: path.Root("adapt").AtName("maximum")}
	if !m.Workers.IsNull() {
		size.workers, size.argument = m.Workers, path.Root("workers")
	}
	if api != nil && (limits.Cores != nil || limits.Memory != nil) {
		cluster, err := api.GetCluster(ctx, m.Name.ValueString())
		if err != nil {
			diagnostics.AddError(diags, "The limits of the cluster were not checked", err)
			return
		}
		size.options, size.hasAllOptions = cluster.Options, true
	}
	if values.IsKnown(size.workers) {
		size.checkLimits(limits, diags)
	}
}
