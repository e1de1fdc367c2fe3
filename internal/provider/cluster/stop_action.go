// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ action.Action               = (*stopAction)(nil)
	_ action.ActionWithConfigure  = (*stopAction)(nil)
	_ action.ActionWithModifyPlan = (*stopAction)(nil)
)

type stopAction struct{ clients.Action }

type stopModel struct {
	Name       types.String         `tfsdk:"name"`
	Names      types.Set            `tfsdk:"names"`
	OnlyIfIdle types.Bool           `tfsdk:"only_if_idle"`
	Timeout    timetypes.GoDuration `tfsdk:"timeout"`
}

// busyError reports why only_if_idle keeps a cluster.
type busyError struct{ reason string }

func (e *busyError) Error() string { return e.reason }

// NewStopAction returns the pc_dask_cluster_stop action.
func NewStopAction() action.Action { return &stopAction{} }

func (a *stopAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_dask_cluster_stop"
}

func (a *stopAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Stops clusters that are in no state, for example those of a Python program, and waits until they have stopped. " +
			"If a state manages the cluster, the next plan creates it again, unless `when_ended = \"keep\"`. Stopping a cluster that has ended does nothing.",
		Attributes: map[string]schema.Attribute{
			"name": schema.StringAttribute{
				MarkdownDescription: "Name of the cluster, as in `pc_clusters` or Python's `gateway.list_clusters()`. Set this or `names`.",
				Optional:            true,
			},
			"names": schema.SetAttribute{
				MarkdownDescription: "Names of several clusters, to stop them at the same time.",
				ElementType:         types.StringType,
				Optional:            true,
				Validators:          []validator.Set{setvalidator.NoNullValues()},
			},
			"only_if_idle": schema.BoolAttribute{
				MarkdownDescription: "Whether to spare clusters that are busy right before the stop, with a warning. Results in the memory of an idle cluster are lost. " + idleDescription + " Default: `false`.",
				Optional:            true,
			},
			"timeout": clients.ActionTimeout("the end"),
		},
	}
}

// ModifyPlan checks the arguments that are known. Terraform validates actions with
// every variable unknown, so Invoke checks them again.
func (a *stopAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var config stopModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		config.clusterNames(ctx, &resp.Diagnostics)
	}
}

// clusterNames returns the names to stop, in order. It reports invalid arguments.
func (m stopModel) clusterNames(ctx context.Context, diags *diag.Diagnostics) []string {
	if m.Name.IsUnknown() || m.Names.IsUnknown() {
		return nil
	}
	if m.Name.IsNull() == m.Names.IsNull() {
		diags.AddError("Invalid arguments for pc_dask_cluster_stop", "Set either name or names.")
		return nil
	}
	values.ValidateTimeout(m.Timeout, diags)
	if !m.Name.IsNull() {
		validateName(m.Name, diags)
		return []string{m.Name.ValueString()}
	}
	var members []types.String
	diags.Append(m.Names.ElementsAs(ctx, &members, false)...)
	names := make([]string, 0, len(members))
	for _, name := range members {
		if name.IsNull() || values.IsKnown(name) && !gateway.IsValidName(name.ValueString()) {
			diags.AddAttributeError(path.Root("names"), "Invalid value for \"names\"", "Each member must be the name of a cluster, for example \"prod.fbfed27704fc4d1da027dad20471993b\".")
			continue
		}
		names = append(names, name.ValueString())
	}
	slices.Sort(names)
	return names
}

func (a *stopAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var config stopModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	names := config.clusterNames(ctx, &resp.Diagnostics)
	api, bounded, cancel, ok := a.Gateway.StartWithin(ctx, values.DurationOr(config.Timeout, clients.DefaultChangeTimeout), &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()
	progress := clients.StartProgress(ctx, resp.SendProgress)
	defer progress.Close()
	failures := make([]error, len(names))
	var stopping sync.WaitGroup
	for i, name := range names {
		stopping.Go(func() { failures[i] = stopCluster(bounded, api, name, config.OnlyIfIdle.ValueBool(), progress) })
	}
	stopping.Wait()
	var running []string
	for i, name := range names {
		if busy, ok := errors.AsType[*busyError](failures[i]); ok {
			resp.Diagnostics.AddWarning("Cluster "+name+" was not stopped, because it is not idle", diagnostics.Sentence(busy.reason))
			continue
		}
		if failures[i] != nil {
			running = append(running, name)
			resp.Diagnostics.AddError("Cluster "+name+" was not stopped", stopActionAdvice(failures[i]))
		}
	}
	if len(running) > 0 {
		progress.Report("The end of these clusters is not confirmed, and they may still cost money: %s.", strings.Join(running, ", "))
	}
}

// stopCluster stops one cluster and reports what happens. If the cluster must be idle
// and is not, the error is a *busyError.
func stopCluster(ctx context.Context, api *gateway.Client, name string, onlyIfIdle bool, progress *clients.Progress) error {
	if onlyIfIdle {
		if err := checkIdle(ctx, api, name); err != nil {
			progress.Report("Cluster %s was not stopped: it is not certain that it is idle", name)
			return err
		}
	}
	// After an interrupt Terraform 1.15 shows no further line and reports success, so
	// the first line says what a missing last line means.
	progress.Report("Stopping cluster %s. It may cost money until a line here says that it has ended", name)
	absence, err := api.AwaitStopped(ctx, name)
	if err != nil {
		return err
	}
	if absence.ReportedByGateway() {
		progress.Report("Cluster %s has ended", name)
	} else {
		progress.Report("The gateway has no cluster %s: it ended before, or never existed", name)
	}
	return nil
}

// checkIdle returns a *busyError for a cluster that starts or has unfinished tasks.
func checkIdle(ctx context.Context, api *gateway.Client, name string) error {
	cluster, absence, err := api.GetOrConfirmAbsence(ctx, name)
	switch {
	case err != nil:
		return err
	case absence != nil:
		return nil
	case cluster.Status == gateway.StatusPending:
		return &busyError{"The cluster is starting"}
	case cluster.Status != gateway.StatusRunning:
		return nil
	}
	activity, err := api.Activity(ctx, name)
	if err != nil {
		return fmt.Errorf("the scheduler did not report whether it is idle: %w", err)
	}
	if !activity.IsIdle() {
		return &busyError{"The scheduler has " + diagnostics.Plural(activity.Unfinished, "unfinished task")}
	}
	return nil
}

func stopActionAdvice(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "It was still running when the timeout ended. Run the action again, or raise timeout."
	}
	return diagnostics.Explain(err)
}
