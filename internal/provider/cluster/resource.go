// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package cluster contains the Terraform types of Dask Gateway clusters: the
// pc_dask_cluster resource and data source, pc_clusters, pc_cluster_options and
// the ephemeral pc_dask_cluster_credentials.
package cluster

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/whenended"
)

var (
	_ resource.Resource                   = (*clusterResource)(nil)
	_ resource.ResourceWithConfigure      = (*clusterResource)(nil)
	_ resource.ResourceWithIdentity       = (*clusterResource)(nil)
	_ resource.ResourceWithImportState    = (*clusterResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*clusterResource)(nil)
	_ resource.ResourceWithValidateConfig = (*clusterResource)(nil)
)

// movedClusterRisk is what a cluster may still do at its previous gateway.
const movedClusterRisk = "run and cost money"

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
	plan.MaxWorkers = plan.maxWorkers()
	api, ctx, cancel, ok := r.Gateway.Start(ctx, plan.Timeouts.Create, clients.DefaultChangeTimeout, &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()

	hideSecrets(api, secrets)
	hidden := secrets.hidden()
	requested := secrets.addTo(r.requestedOptions(plan)).values
	api.ListExisting(ctx)
	addEqualClustersWarning(&resp.Diagnostics, api.RecentEqualClusters(requested))
	creation, err := api.Create(ctx, requested, textsOf(secrets.values)...)
	if err != nil {
		addCreateError(&resp.Diagnostics, err)
		return
	}
	if creation.Adopted != nil {
		addAdoptionWarning(&resp.Diagnostics, creation.Name, *creation.Adopted)
	}
	// The cluster costs money from now on. It is saved to the state before anything
	// else can fail.
	plan.recordName(creation.Name, r.Addresses)
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(storeHidden(ctx, resp.Private, hidden)...)
	resp.Diagnostics.Append(clients.LastSeenServer{Current: clients.ServerID(r.Addresses.Address)}.Store(ctx, resp.Private)...)
	if resp.Diagnostics.HasError() {
		return
	}
	cluster, err := api.AwaitRunning(ctx, creation.Name)
	if creation.Adopted != nil {
		addOtherCandidatesWarning(ctx, &resp.Diagnostics, api, creation)
	}
	if err != nil {
		addStartError(&resp.Diagnostics, creating, creation.Name, requested, err)
		return
	}
	if copies := secrets.copiedTo(hidden.strip(cluster.Options), configuredOptions(plan.Options).values); len(copies) > 0 {
		hidden = hidden.union(copies)
		resp.Diagnostics.Append(storeHidden(ctx, resp.Private, hidden)...)
	}
	resp.Diagnostics.Append(plan.recordCluster(ctx, cluster, r.knownAddresses(), hidden)...)
	if declared, err := api.Options(ctx); err == nil {
		resp.Diagnostics.Append(storeDefaults(ctx, declared, hidden.strip(cluster.Options), resp.Private)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	r.scale(ctx, creating, api, plan, resourceModel{}, &resp.Diagnostics)
}

func (r *clusterResource) knownAddresses() knownAddresses {
	return knownAddresses{
		Addresses:       r.Addresses,
		isProxyUnknown:  r.Settings.ProxyAddress.IsUnknown,
		isPublicUnknown: r.Settings.PublicAddress.IsUnknown,
	}
}

func (r *clusterResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	// Terraform before 1.12 stores no identity, and the framework requires one from
	// every Read, also from those that remove the resource.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, state.identity())...)
	recorded := readRecordedFacts(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if state.hasEnded() {
		readEnded(ctx, state, resp)
		return
	}
	if r.Gateway.IsUnknown {
		return
	}
	api, ctx, cancel, ok := r.Gateway.Start(ctx, state.Timeouts.Read, clients.DefaultReadTimeout, &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()

	name := state.Name.ValueString()
	cluster, absence, err := api.Refresh(ctx, name)
	if err != nil {
		diagnostics.AddError(&resp.Diagnostics, "The cluster "+name+" could not be read", err)
		return
	}
	lastSeen := clients.ReadLastSeenServer(ctx, req.Private, r.Addresses.Address, &resp.Diagnostics)
	switch {
	case absence != nil && !absence.ReportedByGateway() && lastSeen.HasMoved():
		lastSeen.AddMovedError(&resp.Diagnostics, "cluster "+name, "address", movedClusterRisk)
		return
	case absence != nil && whenended.Keeps(state.WhenEnded):
		state.recordEnd(*absence)
		readEnded(ctx, state, resp)
		return
	case absence != nil:
		removeClusterFromState(ctx, *absence, name, resp)
		return
	}
	resp.Diagnostics.Append(lastSeen.Store(ctx, resp.Private)...)
	before := state
	if state.isUnread() {
		resp.Diagnostics.Append(recordImport(ctx, api, &state, cluster, resp.Private)...)
	}
	resp.Diagnostics.Append(state.recordCluster(ctx, cluster, r.knownAddresses(), recorded.hidden)...)
	// Writing the state is a large part of a refresh, and most clusters are unchanged.
	state.MaxWorkers = state.maxWorkers()
	if !state.hasSameComputed(before) {
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
}

// recordImport reads the declared defaults once for an imported cluster, and fills
// its options with what differs from them.
func recordImport(ctx context.Context, api *gateway.Client, state *resourceModel, cluster gateway.Cluster, private clients.PrivateWriter) diag.Diagnostics {
	declared, err := api.Options(ctx)
	diags := state.recordImport(ctx, cluster, declared)
	if err == nil {
		diags.Append(storeDefaults(ctx, declared, cluster.Options, private)...)
	}
	return diags
}

// readEnded reports a cluster that has ended and that when_ended keeps in the state.
func readEnded(ctx context.Context, state resourceModel, resp *resource.ReadResponse) {
	addEndedWarning(&resp.Diagnostics, state)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

func (r *clusterResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	plan.MaxWorkers = plan.maxWorkers()
	secrets := secretsFrom(ctx, req.Config, &resp.Diagnostics)
	recorded := readRecordedFacts(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if state.hasEnded() {
		// The gateway has nothing to change. The new configuration applies to the next
		// cluster.
		resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
		return
	}
	api, ctx, cancel, ok := r.Gateway.Start(ctx, plan.Timeouts.Update, clients.DefaultChangeTimeout, &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()

	hideSecrets(api, secrets)
	d := decide(plan.desired(secrets), state.current(), recorded)
	if plan.Status.IsUnknown() {
		cluster, err := api.AwaitRunning(ctx, state.Name.ValueString())
		if err != nil {
			addStartError(&resp.Diagnostics, updating, state.Name.ValueString(), nil, err)
			return
		}
		if d.isUnread {
			resp.Diagnostics.Append(recordImport(ctx, api, &state, cluster, resp.Private)...)
			resp.Diagnostics.Append(state.recordCluster(ctx, cluster, r.knownAddresses(), nil)...)
			if d = decide(plan.desired(secrets), state.current(), readRecordedFacts(ctx, resp.Private, &resp.Diagnostics)); d.replaces() {
				resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
				addImportMismatchError(&resp.Diagnostics, d, state.Name.ValueString())
				return
			}
		}
		recorded.adopt(secrets, d)
		planned := plan
		resp.Diagnostics.Append(plan.recordCluster(ctx, cluster, r.knownAddresses(), recorded.hidden)...)
		if !planned.SchedulerAddress.IsUnknown() {
			plan.SchedulerAddress = planned.SchedulerAddress
		}
	}
	recorded.adopt(secrets, d)
	if !r.scale(ctx, updating, api, plan, state, &resp.Diagnostics) {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, plan)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, plan.identity())...)
	resp.Diagnostics.Append(storeHidden(ctx, resp.Private, recorded.hidden)...)
}

func (r *clusterResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || state.hasEnded() {
		return
	}
	api, ctx, cancel, ok := r.Gateway.Start(ctx, state.Timeouts.Delete, clients.DefaultChangeTimeout, &resp.Diagnostics)
	if !ok {
		return
	}
	defer cancel()

	absence, err := api.AwaitStopped(ctx, state.Name.ValueString())
	if err != nil {
		addStopError(&resp.Diagnostics, state.Name.ValueString(), err)
		return
	}
	if lastSeen := clients.ReadLastSeenServer(ctx, req.Private, r.Addresses.Address, &resp.Diagnostics); !absence.ReportedByGateway() && lastSeen.HasMoved() {
		lastSeen.AddMovedError(&resp.Diagnostics, "cluster "+state.Name.ValueString(), "address", movedClusterRisk)
	}
}

func (r *clusterResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughWithIdentity(ctx, path.Root("name"), path.Root("name"), req, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	checkImportedName(ctx, resp)
}

// removeClusterFromState is the only place where a cluster leaves the state. It
// requires an Absence, which only the gateway package can create.
func removeClusterFromState(ctx context.Context, absence gateway.Absence, name string, resp *resource.ReadResponse) {
	addAbsenceWarning(&resp.Diagnostics, absence, name)
	resp.State.RemoveResource(ctx)
}

// scale requests the planned workers if they differ from the prior ones, and waits
// for them. It reports whether the gateway accepted the request.
func (r *clusterResource) scale(ctx context.Context, during operation, api *gateway.Client, plan, prior resourceModel, diags *diag.Diagnostics) bool {
	name := plan.Name.ValueString()
	scaling, err := r.sendScaling(ctx, api, plan, prior, diags)
	if err != nil {
		addScaleError(ctx, diags, during, api, name, err)
		return false
	}
	requested := plan.WaitForWorkers.ValueInt64()
	if scaling.Granted != nil && requested > *scaling.Granted {
		// The wait could only end at its timeout.
		addGrantedWorkersError(diags, during, name, requested, scaling)
		return true
	}
	if !scaling.IsWithinLimit {
		addClampWarning(diags, plan, scaling.Message)
	}
	if requested > 0 {
		if err := api.AwaitWorkers(ctx, name, requested, nil); err != nil {
			addWorkersError(diags, during, name, requested, scaling.Message, err)
		}
	}
	return true
}

// sendScaling sends the change of the workers, if there is one.
func (r *clusterResource) sendScaling(ctx context.Context, api *gateway.Client, plan, prior resourceModel, diags *diag.Diagnostics) (gateway.Scaling, error) {
	requested, scalingDiags := plan.scaling(ctx)
	diags.Append(scalingDiags...)
	had, hadDiags := prior.scaling(ctx)
	diags.Append(hadDiags...)
	if diags.HasError() {
		return gateway.Scaling{}, errors.New("invalid plan for the workers")
	}
	name := plan.Name.ValueString()
	switch {
	case requested.equal(had):
		return gateway.Scaling{IsWithinLimit: true}, nil
	case requested.workers != nil:
		return api.Scale(ctx, name, *requested.workers)
	case requested.adaptive != nil:
		return api.Adapt(ctx, name, *requested.adaptive)
	case had.adaptive != nil:
		return api.Adapt(ctx, name, gateway.Adaptive{Active: false})
	default:
		// The fixed number is no longer managed. The workers stay.
		return gateway.Scaling{IsWithinLimit: true}, nil
	}
}
