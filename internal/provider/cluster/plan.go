// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// ValidateConfig checks what requires no gateway. The real server accepts a minimum
// above the maximum and numbers below zero, and then runs no workers.
func (r *clusterResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	validateOptionsShape("options", config.Options, &resp.Diagnostics)
	validateOptionsShape("options_wo", config.OptionsWO, &resp.Diagnostics)
	values.ValidateNumbers(config.Options, path.Root("options"), &resp.Diagnostics)
	values.ValidateNumbers(config.OptionsWO, path.Root("options_wo"), &resp.Diagnostics)
	secretsOf(config.OptionsWO).validate(configuredOptions(config.Options), &resp.Diagnostics)
	values.ValidateTimeouts(config.Timeouts, &resp.Diagnostics)
	var bounds adaptModel
	if !config.Adapt.IsNull() && !config.Adapt.IsUnknown() {
		resp.Diagnostics.Append(config.Adapt.As(ctx, &bounds, basetypes.ObjectAsOptions{})...)
		validateAdapt(bounds, &resp.Diagnostics)
	}
	validateBounds(bounds, &resp.Diagnostics)
	validateWait(config, bounds, &resp.Diagnostics)
}

func validateOptionsShape(name string, options types.Dynamic, diags *diag.Diagnostics) {
	if options.IsNull() || options.IsUnknown() || options.IsUnderlyingValueNull() || options.IsUnderlyingValueUnknown() {
		return
	}
	switch underlying := options.UnderlyingValue().(type) {
	case types.Object, types.Map:
	default:
		diags.AddAttributeError(path.Root(name), "Cluster options must be an object",
			fmt.Sprintf("Set them by name, for example %s = { worker_cores = 2 }. This value is %s.", name, values.KindOf(underlying)))
	}
}

// validateAdapt refuses a block in which nothing is set. Terraform drops members
// that the schema does not have, so that adapt = { min = 1, max = 3 } becomes {},
// which would scale without an upper bound.
func validateAdapt(bounds adaptModel, diags *diag.Diagnostics) {
	if !bounds.Minimum.IsNull() || !bounds.Maximum.IsNull() {
		return
	}
	diags.AddAttributeError(path.Root("adapt"), "Missing minimum or maximum in adapt",
		"Set minimum, maximum or both, for example adapt = { minimum = 1, maximum = 3 }. Terraform ignores members with other names. "+
			"For no upper bound, set minimum only: adapt = { minimum = 0 }.")
}

func validateBounds(bounds adaptModel, diags *diag.Diagnostics) {
	if !values.IsKnown(bounds.Minimum) || !values.IsKnown(bounds.Maximum) || bounds.Minimum.ValueInt64() <= bounds.Maximum.ValueInt64() {
		return
	}
	diags.AddAttributeError(path.Root("adapt").AtName("minimum"), "The minimum of adapt is above its maximum",
		fmt.Sprintf("minimum = %d must not be greater than maximum = %d. The gateway would accept it and run at most the maximum.",
			bounds.Minimum.ValueInt64(), bounds.Maximum.ValueInt64()))
}

// validateWait reports a wait that cannot end.
func validateWait(config resourceModel, bounds adaptModel, diags *diag.Diagnostics) {
	wait := config.WaitForWorkers
	if !values.IsKnown(wait) || wait.ValueInt64() == 0 || config.Adapt.IsUnknown() || config.Workers.IsUnknown() {
		return
	}
	at, requested := path.Root("wait_for_workers"), wait.ValueInt64()
	switch {
	case config.Adapt.IsNull() && config.Workers.IsNull():
		diags.AddAttributeError(at, "There are no workers to wait for",
			fmt.Sprintf("wait_for_workers = %d requires workers = %d or more, or adapt with at least this minimum. Without them the cluster has no workers.", requested, requested))
	case !config.Workers.IsNull() && requested > config.Workers.ValueInt64():
		diags.AddAttributeError(at, "wait_for_workers is greater than workers",
			fmt.Sprintf("wait_for_workers = %d must not be greater than workers = %d.", requested, config.Workers.ValueInt64()))
	case values.IsKnown(bounds.Maximum) && requested > bounds.Maximum.ValueInt64():
		diags.AddAttributeError(at, "wait_for_workers is greater than adapt.maximum",
			fmt.Sprintf("wait_for_workers = %d must not be greater than adapt.maximum = %d.", requested, bounds.Maximum.ValueInt64()))
	case config.Workers.IsNull() && !bounds.Minimum.IsUnknown() && requested > bounds.Minimum.ValueInt64():
		diags.AddAttributeWarning(at, "The cluster may never have enough workers",
			fmt.Sprintf("Adaptive scaling keeps adapt.minimum = %d workers and adds more only while there is work for them. A cluster without work "+
				"never reaches wait_for_workers = %d, and the apply ends with a timeout.", bounds.Minimum.ValueInt64(), requested))
	}
}

// ModifyPlan decides between an update and a replacement (see decide), and checks
// the options of a new cluster against those that the gateway declares.
func (r *clusterResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	secrets := secretsFrom(ctx, req.Config, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	maxWorkers := plan.maxWorkers()
	if req.State.Raw.IsNull() {
		plan.MaxWorkers = maxWorkers
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("max_workers"), maxWorkers)...)
		r.planCreate(ctx, plan, secrets, &resp.Diagnostics)
		return
	}
	r.planChange(ctx, plan, maxWorkers, secrets, req, resp)
}

// planCreate checks the options of a new cluster. Terraform also
// calls it for the second half of a replacement.
func (r *clusterResource) planCreate(ctx context.Context, plan resourceModel, secrets secretOptions, diags *diag.Diagnostics) {
	if r.Clients == nil {
		return
	}
	requested := r.requestedOptions(plan)
	var declared []gateway.Option
	if !r.Gateway.IsUnknown {
		api, ok := r.Gateway.Get(diags)
		if !ok {
			return
		}
		hideSecrets(api, secrets)
		declared = checkOptions(ctx, api, requested, secrets, diags)
	}
	addOutsideOptionsWarning(diags, requested, declared)
	if size, isManaged := plan.sizeOfNew(requested, secrets, declared); isManaged {
		size.checkLimits(r.Limits, diags)
	}
}

// planChange plans an existing cluster. It reads the configuration, the prior state
// and the private state, and nothing else.
func (r *clusterResource) planChange(ctx context.Context, plan resourceModel, maxWorkers types.Int64, secrets secretOptions, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	// Most plans change nothing. Then the plan is the state.
	state, unchanged := plan, req.Plan.Raw.Equal(req.State.Raw)
	if !unchanged {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	recorded := readRecordedFacts(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	have := state.current()
	d := decide(plan.desired(secrets), have, recorded)
	addDecisionDiagnostics(&resp.Diagnostics, d, have, recorded, secrets, state)
	switch {
	case d.replaces():
		plan.planReplacement()
		plan.MaxWorkers = maxWorkers
		resp.RequiresReplace.Append(path.Root("options"), path.Root("options_wo_version"), path.Root("effective_options"))
	case unchanged:
		// States of older versions have no max_workers. A refresh fills it.
		plan.MaxWorkers = maxWorkers
		r.checkLimits(plan, state, &resp.Diagnostics)
		return
	default:
		resp.Diagnostics.Append(plan.planInPlace(ctx, state, d.unmanaged)...)
		plan.MaxWorkers = maxWorkers
		r.checkLimits(plan, state, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
}

// checkLimits checks the limits of a cluster that stays. Terraform plans the second
// half of a replacement as a create.
func (r *clusterResource) checkLimits(plan, state resourceModel, diags *diag.Diagnostics) {
	if r.Clients == nil || state.isUnread() || state.hasEnded() {
		return
	}
	if size, isManaged := plan.sizeOfExisting(state); isManaged {
		size.checkLimits(r.Limits, diags)
	}
}
