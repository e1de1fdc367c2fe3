// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package cluster has everything Terraform sees of Dask Gateway clusters: the
// pc_dask_cluster resource and data source, pc_clusters, pc_cluster_options and
// the ephemeral pc_dask_cluster_credentials.
package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

var (
	_ resource.Resource                   = (*clusterResource)(nil)
	_ resource.ResourceWithConfigure      = (*clusterResource)(nil)
	_ resource.ResourceWithIdentity       = (*clusterResource)(nil)
	_ resource.ResourceWithImportState    = (*clusterResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*clusterResource)(nil)
	_ resource.ResourceWithValidateConfig = (*clusterResource)(nil)
)

// Defaults of the timeouts block. A new node of a Kubernetes cluster and a
// large image take minutes, so they are generous.
const (
	defaultClusterChange = 20 * time.Minute
	defaultClusterRead   = 5 * time.Minute
)

// importedKey marks, in the private state, a cluster that was imported and not
// yet applied: only then is a left-out option compared with its default.
const importedKey = "imported"

// runsElsewhere is what a cluster may do that this gateway does not know.
const runsElsewhere = "run and cost money"

type clusterResource struct{ clients.Resource }

// NewResource returns the pc_dask_cluster resource.
func NewResource() resource.Resource { return &clusterResource{} }

func (r *clusterResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_dask_cluster"
}

func (r *clusterResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	secrets := secretsFrom(ctx, req.Config, &resp.Diagnostics)
	api, ok := r.Gateway.Get(&resp.Diagnostics)
	timeout, diags := plan.Timeouts.Create(ctx, defaultClusterChange)
	resp.Diagnostics.Append(diags...)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	hidden := secrets.hidden()
	api.ListExisting(ctx)
	creation, err := api.Create(ctx, secrets.over(r.wantedOptions(plan)).values, textsOf(secrets.values)...)
	if err != nil {
		addCreateError(&resp.Diagnostics, err)
		return
	}
	if creation.Adopted {
		addClaimWarning(&resp.Diagnostics, creation.Name)
	}
	// The cluster costs money from now on: it goes into the state before
	// anything else can fail.
	plan.recordName(creation.Name, r.Addresses)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, hiddenKey, []byte(values.JSON(hidden)))...)
	resp.Diagnostics.Append(clients.LastSeenServer{Current: clients.ServerID(r.Addresses.Address)}.Store(ctx, resp.Private)...)
	if resp.Diagnostics.HasError() {
		return
	}
	cluster, err := api.AwaitRunning(ctx, creation.Name)
	if err != nil {
		addStartError(&resp.Diagnostics, creation.Name, err)
		return
	}
	resp.Diagnostics.Append(plan.recordCluster(ctx, cluster, r.Addresses, hidden)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.scale(ctx, api, plan, resourceModel{}, &resp.Diagnostics)
}

func (r *clusterResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	// Terraform before 1.12 keeps no identity, and the framework wants one from
	// every Read, those that remove the resource included.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	hidden := hiddenFrom(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || r.Gateway.Unknown {
		return
	}
	api, ok := r.Gateway.Get(&resp.Diagnostics)
	timeout, diags := state.Timeouts.Read(ctx, defaultClusterRead)
	resp.Diagnostics.Append(diags...)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	cluster, absence, err := api.Refresh(ctx, state.Name.ValueString())
	if err != nil {
		diagnostics.AddError(&resp.Diagnostics, "The cluster "+state.Name.ValueString()+" could not be read", err)
		return
	}
	home := clients.ReadLastSeenServer(ctx, req.Private, r.Addresses.Address, &resp.Diagnostics)
	switch {
	case absence != nil && !absence.ReportedByGateway() && home.HasMoved():
		home.AddMovedError(&resp.Diagnostics, "cluster "+state.Name.ValueString(), "address", runsElsewhere)
		return
	case absence != nil:
		removeClusterFromState(ctx, *absence, state.Name.ValueString(), resp)
		return
	}
	resp.Diagnostics.Append(home.Store(ctx, resp.Private)...)
	before := state
	resp.Diagnostics.Append(state.recordCluster(ctx, cluster, r.Addresses, hidden)...)
	// To write a state is much of what a refresh costs, and most clusters are as
	// they were.
	if !state.sameComputed(before) {
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
}

func (r *clusterResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	api, ok := r.Gateway.Get(&resp.Diagnostics)
	timeout, diags := plan.Timeouts.Update(ctx, defaultClusterChange)
	resp.Diagnostics.Append(diags...)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	hidden := hiddenFrom(ctx, req.Private, &resp.Diagnostics)
	if imported, _ := req.Private.GetKey(ctx, importedKey); string(imported) == "true" {
		hidden = secretsFrom(ctx, req.Config, &resp.Diagnostics).hidden()
	}
	if plan.Status.IsUnknown() {
		cluster, err := api.AwaitRunning(ctx, state.Name.ValueString())
		if err != nil {
			addStartError(&resp.Diagnostics, state.Name.ValueString(), err)
			return
		}
		resp.Diagnostics.Append(plan.recordCluster(ctx, cluster, r.Addresses, hidden)...)
	}
	if !r.scale(ctx, api, plan, state, &resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, hiddenKey, []byte(values.JSON(hidden)))...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, importedKey, []byte("false"))...)
}

func (r *clusterResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	api, ok := r.Gateway.Get(&resp.Diagnostics)
	timeout, diags := state.Timeouts.Delete(ctx, defaultClusterChange)
	resp.Diagnostics.Append(diags...)
	if !ok || resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	absence, err := api.AwaitStopped(ctx, state.Name.ValueString())
	if err != nil {
		addStopError(&resp.Diagnostics, state.Name.ValueString(), err)
		return
	}
	if home := clients.ReadLastSeenServer(ctx, req.Private, r.Addresses.Address, &resp.Diagnostics); !absence.ReportedByGateway() && home.HasMoved() {
		home.AddMovedError(&resp.Diagnostics, "cluster "+state.Name.ValueString(), "address", runsElsewhere)
	}
}

func (r *clusterResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughWithIdentity(ctx, path.Root("name"), path.Root("name"), req, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	checkImportedName(ctx, resp)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, importedKey, []byte("true"))...)
}

// removeClusterFromState is the one place where a cluster leaves the state: only for an
// Absence, which the gateway package alone can make.
func removeClusterFromState(ctx context.Context, absence gateway.Absence, name string, resp *resource.ReadResponse) {
	addAbsenceWarning(&resp.Diagnostics, absence, name)
	resp.State.RemoveResource(ctx)
}

// scale asks for the workers that the plan wants where they differ from the
// prior ones, and waits for them. It reports whether the gateway took the
// request, so that the state can say what is true.
func (r *clusterResource) scale(ctx context.Context, api *gateway.Client, plan, prior resourceModel, diags *diag.Diagnostics) bool {
	name := plan.Name.ValueString()
	clamped, err := r.sendScaling(ctx, api, plan, prior, diags)
	if err != nil {
		addScaleError(ctx, diags, api, name, err)
		return false
	}
	if clamped != "" {
		addClampWarning(diags, plan, clamped)
	}
	if wanted := plan.WaitForWorkers.ValueInt64(); wanted > 0 {
		if err := api.AwaitWorkers(ctx, name, wanted, nil); err != nil {
			addWorkersError(diags, name, wanted, clamped, err)
		}
	}
	return true
}

// sendScaling returns the gateway's message when it clamped the request.
func (r *clusterResource) sendScaling(ctx context.Context, api *gateway.Client, plan, prior resourceModel, diags *diag.Diagnostics) (string, error) {
	wanted, wantedDiags := plan.scaling(ctx)
	diags.Append(wantedDiags...)
	had, hadDiags := prior.scaling(ctx)
	diags.Append(hadDiags...)
	if diags.HasError() {
		return "", errors.New("the planned workers could not be read")
	}
	var answer gateway.Scaling
	var err error
	name := plan.Name.ValueString()
	switch {
	case wanted.equal(had):
		return "", nil
	case wanted.workers != nil:
		answer, err = api.Scale(ctx, name, *wanted.workers)
	case wanted.adaptive != nil:
		answer, err = api.Adapt(ctx, name, *wanted.adaptive)
	case had.adaptive != nil:
		answer, err = api.Adapt(ctx, name, gateway.Adaptive{Active: false})
	default:
		// A fixed number that is no longer managed: the workers stay.
		return "", nil
	}
	if err != nil || answer.OK {
		return "", err
	}
	return answer.Message, nil
}
