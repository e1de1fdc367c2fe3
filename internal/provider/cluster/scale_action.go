// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ action.Action               = (*scaleAction)(nil)
	_ action.ActionWithConfigure  = (*scaleAction)(nil)
	_ action.ActionWithModifyPlan = (*scaleAction)(nil)
)

type scaleAction struct{ clients.Action }

type scaleModel struct {
	Name           types.String         `tfsdk:"name"`
	Workers        types.Int64          `tfsdk:"workers"`
	Adapt          types.Object         `tfsdk:"adapt"`
	WaitForWorkers types.Int64          `tfsdk:"wait_for_workers"`
	Timeout        timetypes.GoDuration `tfsdk:"timeout"`
}

// NewScaleAction returns the pc_dask_cluster_scale action.
func NewScaleAction() action.Action { return &scaleAction{} }

func (a *scaleAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_dask_cluster_scale"
}

func (a *scaleAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	notNegative := []validator.Int64{int64validator.AtLeast(0)}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Changes the number of workers of a running cluster once. " +
			"Use it for clusters whose `workers` and `adapt` are not set. No state records the effect: an apply that changes those arguments overrides it, and the plan does not show that.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				MarkdownDescription: "Name of the cluster, as in `pc_clusters`.",
				Required:            true,
			},
			"workers": schema.Int64Attribute{
				MarkdownDescription: "Number of workers, like Python's `cluster.scale(n)`. Set this or `adapt`.",
				Optional:            true,
				Validators:          notNegative,
			},
			"adapt": schema.SingleNestedAttribute{
				MarkdownDescription: "Adaptive scaling, like Python's `cluster.adapt(minimum, maximum)`.",
				Optional:            true,
				Attributes: map[string]schema.Attribute{
					"minimum": schema.Int64Attribute{MarkdownDescription: "Minimum number of workers. Default: 0.", Optional: true, Validators: notNegative},
					"maximum": schema.Int64Attribute{MarkdownDescription: "Maximum number of workers.", Required: true, Validators: notNegative},
				},
			},
			"wait_for_workers": schema.Int64Attribute{
				MarkdownDescription: "Number of workers to wait for. Default: 0.",
				Optional:            true,
				Validators:          notNegative,
			},
			"timeout": clients.ActionTimeout("the workers"),
		},
	}
}

// ModifyPlan checks the arguments that are known. Terraform validates actions with
// every variable unknown, so Invoke checks them again.
func (a *scaleAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var config scaleModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		bounds := config.validate(ctx, &resp.Diagnostics)
		if a.Clients != nil && !resp.Diagnostics.HasError() {
			config.checkLimits(ctx, nil, a.Limits, bounds, &resp.Diagnostics)
		}
	}
}

// validate reports invalid arguments, and returns the bounds of adapt.
func (m scaleModel) validate(ctx context.Context, diags *diag.Diagnostics) adaptModel {
	var bounds adaptModel
	validateName(m.Name, diags)
	values.ValidateTimeout(m.Timeout, diags)
	for attribute, count := range map[string]types.Int64{"workers": m.Workers, "wait_for_workers": m.WaitForWorkers} {
		if values.IsKnown(count) && count.ValueInt64() < 0 {
			diags.AddAttributeError(path.Root(attribute), fmt.Sprintf("Invalid value for %q", attribute), fmt.Sprintf("%s must be 0 or more, not %d.", attribute, count.ValueInt64()))
		}
	}
	if m.Workers.IsUnknown() || m.Adapt.IsUnknown() {
		return bounds
	}
	if m.Workers.IsNull() == m.Adapt.IsNull() {
		diags.AddError("Invalid arguments for pc_dask_cluster_scale", "Set either workers or adapt.")
		return bounds
	}
	if !m.Adapt.IsNull() {
		diags.Append(m.Adapt.As(ctx, &bounds, basetypes.ObjectAsOptions{})...)
		validateBounds(bounds, diags)
	}
	limit, argument := m.Workers, "workers"
	if m.Workers.IsNull() {
		limit, argument = bounds.Maximum, "adapt.maximum"
	}
	if requested := m.WaitForWorkers; values.IsKnown(requested) && values.IsKnown(limit) && requested.ValueInt64() > limit.ValueInt64() {
		diags.AddAttributeError(path.Root("wait_for_workers"), "Invalid value for \"wait_for_workers\"",
			fmt.Sprintf("wait_for_workers = %d must not be greater than %s = %d.", requested.ValueInt64(), argument, limit.ValueInt64()))
	}
	return bounds
}

func (a *scaleAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config scaleModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	bounds := config.validate(ctx, &resp.Diagnostics)
	api, bounded, cancel, ok := a.Gateway.StartWithin(ctx, values.DurationOr(config.Timeout, clients.DefaultChangeTimeout), &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()
	if config.checkLimits(bounded, api, a.Limits, bounds, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	progress := clients.StartProgress(ctx, resp.SendProgress)
	defer progress.Close()
	name := config.Name.ValueString()
	granted, err := config.send(bounded, api, bounds, progress)
	if err != nil {
		progress.Report("The workers of cluster %s were not changed", name)
		addScaleError(bounded, &resp.Diagnostics, invoking, api, name, err)
		return
	}
	if granted.Message != "" {
		resp.Diagnostics.AddWarning("The gateway allows fewer workers than requested", diagnostics.Sentence(granted.Message))
	}
	requested := config.WaitForWorkers.ValueInt64()
	if requested == 0 {
		return
	}
	err = api.AwaitWorkers(bounded, name, requested, func(joined int64) {
		progress.Report("%d of %d workers of cluster %s have joined", joined, requested, name)
	})
	if err != nil {
		progress.Report("Not all of the %d workers of cluster %s have joined", requested, name)
		addWorkersError(&resp.Diagnostics, invoking, name, requested, granted.Message, err)
		return
	}
	progress.Report("All %d workers of cluster %s that were waited for have joined", requested, name)
}

// send requests the workers.
func (m scaleModel) send(ctx context.Context, api *gateway.Client, bounds adaptModel, progress *clients.Progress) (gateway.Scaling, error) {
	name := m.Name.ValueString()
	if !m.Workers.IsNull() {
		progress.Report("Scaling cluster %s to %s", name, diagnostics.Plural(m.Workers.ValueInt64(), "worker"))
		return api.Scale(ctx, name, m.Workers.ValueInt64())
	}
	progress.Report("Scaling cluster %s between %d and %s", name, bounds.Minimum.ValueInt64(), diagnostics.Plural(bounds.Maximum.ValueInt64(), "worker"))
	return api.Adapt(ctx, name, gateway.Adaptive{Active: true, Minimum: bounds.Minimum.ValueInt64Pointer(), Maximum: bounds.Maximum.ValueInt64Pointer()})
}
