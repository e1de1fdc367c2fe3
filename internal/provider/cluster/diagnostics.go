// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// addCreateError reports a POST that created no cluster, or whose response was lost.
func addCreateError(diags *diag.Diagnostics, err error) {
	var adoptError *gateway.AdoptError
	switch {
	case errors.As(err, &adoptError):
		diags.AddError("It is not known whether the cluster was created", lostResponseDetail(adoptError))
	case hasStatus(err, http.StatusRequestEntityTooLarge):
		diags.AddAttributeError(path.Root("options"), "The cluster options are too large",
			diagnostics.Sentence(err.Error())+"\n\noptions and options_wo are larger together than the gateway accepts, which is 1 MiB as JSON. Move large values, for example files, into the image or into a store that the cluster reads.")
	case hasStatus(err, http.StatusUnprocessableEntity):
		diags.AddAttributeError(path.Root("options"), "The gateway refused the cluster options", diagnostics.Explain(err))
	default:
		diagnostics.AddError(diags, "The cluster was not created", err)
	}
}

// hasStatus reports whether a response has the status.
func hasStatus(err error, status int) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Status == status
}

// lookForClusters begins a sentence about what to do when clusters may be lost.
const lookForClusters = "Look with the data source pc_clusters, or Python's gateway.list_clusters(), "

// lostResponseDetail explains what the listings show after a lost response, and how
// certain that is.
func lostResponseDetail(adoptError *gateway.AdoptError) string {
	detail := diagnostics.Sentence(adoptError.Cause.Error()) + "\n\n"
	switch {
	case len(adoptError.Candidates) > 0:
		detail += "The response to the request was lost. These clusters have the same options, started when the request can have arrived, and may be the one:" +
			clusterList(adoptError.Candidates) + "\n\n"
		if adoptError.WasInterrupted {
			detail += "The interrupt left time for only a few lookups, so this list may be incomplete. A cluster may run and cost money that the list does not contain. " + lookForClusters + "as well.\n\n"
		} else if adoptError.MayBeIncomplete {
			detail += "The gateway restarted or failed during the lookups, so this list may be incomplete. A cluster may run and cost money that the list does not contain. " + lookForClusters + "as well.\n\n"
		}
		return detail + clusterCommands(adoptError.Candidates[0].Name)
	case adoptError.ListError != nil:
		return detail + "The response to the request was lost, and the gateway's clusters could not be listed since: " + adoptError.ListError.Error() + ". " +
			"A cluster may run and cost money. Once the gateway answers, look with the data source pc_clusters, or Python's gateway.list_clusters(), " +
			"and import or stop what is there before the next terraform apply."
	case adoptError.WasInterrupted:
		return detail + "The response to the request was lost. The interrupt left time for only a few lookups, which found no new cluster; a gateway may list it " +
			"seconds later. A cluster may run and cost money. " + lookForClusters + "and import or stop what is there before the next terraform apply."
	case adoptError.MayBeIncomplete:
		return detail + "The response to the request was lost. The gateway restarted or failed during the lookups, which found no new cluster, so its list may have been incomplete. " +
			"A cluster may run and cost money. " + lookForClusters + "and import or stop what is there before the next terraform apply."
	case len(adoptError.Later) > 0:
		return detail + "No new cluster was seen that started when the request can have arrived. Most likely nothing was made. " +
			"These clusters have the same options, but started later. Most likely somebody else uses them:" +
			clusterList(adoptError.Later) + "\n\nIf nobody does, import or stop them before the next terraform apply. " + clusterCommands(adoptError.Later[0].Name)
	case adoptError.WasNotForwarded:
		return detail + "A proxy answered at once that it cannot reach the gateway, and no new cluster was seen on the gateway since. Most likely nothing was made. " +
			lookForClusters + "before the next terraform apply."
	default:
		return detail + "The response to the request was lost, and no new cluster was seen on the gateway since. Most likely nothing was made. " +
			lookForClusters + "before the next terraform apply."
	}
}

// maxListedClusters bounds a diagnostic.
const maxListedClusters = 20

func clusterList(clusters []gateway.Cluster) string {
	var list strings.Builder
	for _, cluster := range clusters[:min(len(clusters), maxListedClusters)] {
		fmt.Fprintf(&list, "\n  %s (%s, created %s)", cluster.Name, cluster.Status, cluster.StartTime.UTC().Format(time.RFC3339))
	}
	if more := len(clusters) - maxListedClusters; more > 0 {
		fmt.Fprintf(&list, "\n  and %d more", more)
	}
	return list.String()
}

// clusterCommands returns the commands that import and stop a cluster.
func clusterCommands(name string) string {
	return "To take one over: terraform import ADDRESS_OF_THIS_RESOURCE " + name +
		"\nTo stop one: python -c 'from dask_gateway import Gateway; Gateway().stop_cluster(\"" + name + "\")'"
}

// addAdoptionWarning explains why a cluster was adopted. The evidence is strong, but
// it is no proof.
func addAdoptionWarning(diags *diag.Diagnostics, name string, adoption gateway.Adoption) {
	const clockTime = "15:04:05"
	diags.AddWarning("The response to the creation of the cluster was lost",
		diagnostics.Sentence(adoption.Cause.Error())+"\n\n"+
			fmt.Sprintf("The cluster %s was taken over: it is the only one with these options that started when the request can have arrived. "+
				"It started at %s, and the request can have arrived from %s to %s, by the gateway's clock. "+
				"This is likely and not certain: a cluster that the same user created with the same options in the same seconds looks the same.",
				name, adoption.StartedAt.UTC().Format(clockTime), adoption.Earliest.UTC().Format(clockTime), adoption.Latest.UTC().Format(clockTime)))
}

// addOtherCandidatesWarning names the clusters that may be the requested one instead of
// the adopted one, or reports that the lookup failed.
func addOtherCandidatesWarning(ctx context.Context, diags *diag.Diagnostics, api *gateway.Client, creation gateway.Creation) {
	others, err := api.OtherCandidates(ctx, creation.Name, *creation.Adopted)
	switch {
	case err != nil:
		diags.AddWarning("It was not checked whether another cluster is the requested one",
			diagnostics.Sentence(err.Error())+"\n\nIf the cluster "+creation.Name+", which was taken over, is somebody else's, another cluster with the same options may run and cost money. "+
				lookForClusters+"and import or stop it.")
	case len(others) > 0:
		diags.AddWarning("Another cluster may be the requested one",
			"The cluster "+creation.Name+" was taken over. These clusters have the same options as well, and started when the request can have arrived. "+
				"The gateway listed them only later:"+clusterList(others)+"\n\nIf nobody uses them, stop them, because they cost money. "+clusterCommands(others[0].Name))
	}
}

// addEqualClustersWarning names clusters that an apply may have left behind that was
// killed before it could write its state. The provider cannot read the state, so
// the clusters may also be in this state or in another.
func addEqualClustersWarning(diags *diag.Diagnostics, clusters []gateway.Cluster) {
	if len(clusters) == 0 {
		return
	}
	diags.AddWarning("Clusters with the same options already run",
		"They started in the last minutes, before this apply:"+clusterList(clusters)+
			"\n\nIf they are in this state or in another, or somebody uses them, all is well. If an earlier apply was killed, they may be in no state and cost money. "+
			clusterCommands(clusters[0].Name))
}

// addStartError reports a cluster that was created and does not run. sent are the
// options of the create request; nil if this run did not create the cluster.
func addStartError(diags *diag.Diagnostics, during operation, name string, sent map[string]any, err error) {
	var ended *gateway.EndedError
	var late *gateway.TimeoutError
	switch {
	case errors.As(err, &ended):
		advice := failedStartAdvice(sent)
		switch ended.Cluster.Status {
		case gateway.StatusStopped:
			advice = "Somebody stopped it while it was starting, for example from a notebook."
		case gateway.StatusStopping:
			advice = "Its start has failed, or somebody stopped it. " + advice
		}
		diags.AddError("The cluster did not start",
			fmt.Sprintf("The cluster %s became %s instead of RUNNING%s. The gateway reports no reason.\n\n%s\n\n%s",
				name, ended.Cluster.Status, afterLifetime(ended.Cluster), advice, during.consequence()))
	case errors.As(err, &late):
		diags.AddError("The cluster did not start in time",
			fmt.Sprintf("The cluster %s was still %s after %s. It may be waiting for a node or for its image, or request more than a node has. "+
				"Look at its scheduler pod, or raise %s.\n\n%s",
				name, late.Last, late.Waited.Round(time.Second), during.timeout(), during.consequence()))
	case errors.Is(err, context.Canceled):
		diags.AddError("The wait for the cluster was interrupted",
			"The cluster "+name+" exists and may be starting.\n\n"+during.consequence())
	case gateway.IsNotFound(err):
		diags.AddError("The cluster disappeared before it ran",
			diagnostics.Sentence(err.Error())+"\n\nThe gateway no longer has the cluster "+name+", confirmed by several lookups. Somebody may have stopped it, or the gateway restarted without its records. "+
				"The next terraform apply refreshes the state and creates a new cluster.")
	default:
		diags.AddError("It is not known whether the cluster started",
			diagnostics.Explain(err)+"\n\nThe cluster "+name+" was created.\n\n"+during.consequence())
	}
}

// afterLifetime returns the end of a sentence with the time between start and stop, or
// "" if the gateway does not report both.
func afterLifetime(cluster gateway.Cluster) string {
	if cluster.StartTime.IsZero() || cluster.StopTime.IsZero() {
		return ""
	}
	return " after " + cluster.StopTime.Sub(cluster.StartTime).Round(time.Second).String()
}

// addScaleError reports a failed adapt or scale request. With a 409 the gateway
// reports that the cluster does not run, or that it did not reach the scheduler. In
// the second case it then stops the cluster. The provider reads the cluster once
// more, because the message is the same.
func addScaleError(ctx context.Context, diags *diag.Diagnostics, during operation, api *gateway.Client, name string, err error) {
	summary := "The workers of the cluster " + name + " were not changed"
	var failure *transport.Error
	ended, isEnded := errors.AsType[*gateway.EndedError](err)
	switch {
	case isEnded:
		diags.AddError(summary,
			"The cluster has ended: its status is "+string(ended.Cluster.Status)+"."+during.retryAfterEnd())
	case gateway.IsNotFound(err):
		diags.AddError(summary, diagnostics.Sentence(err.Error())+"\n\nThe gateway does not have the cluster, confirmed by several lookups."+during.retryAfterEnd())
	case errors.As(err, &failure) && failure.Status == http.StatusConflict:
		diags.AddError(summary, diagnostics.Sentence(failure.Error())+"\n\n"+refusedScalingCause(ctx, api, name)+during.retryAfterEnd())
	default:
		diags.AddError(summary, withConsequence(diagnostics.Explain(err), during))
	}
}

// refusedScalingCause returns why the gateway refused to change the workers.
func refusedScalingCause(ctx context.Context, api *gateway.Client, name string) string {
	cluster, err := api.GetCluster(ctx, name)
	switch {
	case gateway.IsNotFound(err):
		return "The gateway no longer has the cluster."
	case err != nil:
		return "The cluster does not run, or the gateway could not reach the cluster's scheduler and stops the cluster. Its status could not be read."
	}
	status := "Its status is now " + string(cluster.Status) + "."
	switch cluster.Status {
	case gateway.StatusStopping, gateway.StatusStopped:
		return "The cluster does not run. " + status + " Somebody stopped it, it reached its idle timeout, or the gateway could not reach the cluster's scheduler and stopped it."
	case gateway.StatusFailed:
		return "The cluster does not run. " + status + " Its scheduler ended, or the gateway could not reach the cluster's scheduler."
	case gateway.StatusPending:
		return "The cluster does not run yet. " + status
	default:
		return "The gateway could not reach the cluster's scheduler. It stops such a cluster. " + status
	}
}

func addClampWarning(diags *diag.Diagnostics, plan resourceModel, message string) {
	at := path.Root("adapt")
	if !plan.Workers.IsNull() {
		at = path.Root("workers")
	}
	diags.AddAttributeWarning(at, "The gateway allows fewer workers than requested", diagnostics.Sentence(message))
}

// addGrantedWorkersError reports a wait for more workers than the gateway granted.
func addGrantedWorkersError(diags *diag.Diagnostics, during operation, name string, requested int64, scaling gateway.Scaling) {
	diags.AddAttributeError(path.Root("wait_for_workers"), "The gateway grants fewer workers than are waited for",
		withConsequence(fmt.Sprintf("The gateway grants the cluster %s at most %s, and wait_for_workers is %d. The gateway returned: %s\n\n"+
			"The cluster runs and costs money. Lower wait_for_workers, and workers or adapt.minimum, to %d or less.",
			name, diagnostics.Plural(*scaling.Granted, "worker"), requested, diagnostics.Sentence(scaling.Message), *scaling.Granted), during))
}

func addWorkersError(diags *diag.Diagnostics, during operation, name string, requested int64, clamped string, err error) {
	var ended *gateway.EndedError
	var late *gateway.TimeoutError
	switch {
	case errors.As(err, &ended):
		diags.AddError("The cluster ended while its workers were waited for",
			fmt.Sprintf("The cluster %s became %s. Look for the reason in its log on the gateway. For example, a cluster ends when workers fail three times in a row.\n\n"+
				"The next terraform apply creates a new cluster.", name, ended.Cluster.Status))
	case errors.As(err, &late):
		detail := fmt.Sprintf("%s of %d had joined the cluster %s after %s.", diagnostics.Plural(late.Have, "worker"), requested, name, late.Waited.Round(time.Second))
		if clamped != "" {
			detail += " The gateway returned: " + diagnostics.Sentence(clamped)
		}
		diags.AddAttributeError(path.Root("wait_for_workers"), "The workers did not join in time",
			withConsequence(detail+"\n\nThe cluster runs and costs money. Lower wait_for_workers, raise "+during.timeout()+", or look into the gateway's log to see why no more workers start.", during))
	default:
		diags.AddError("The wait for the workers of the cluster "+name+" ended early", withConsequence(diagnostics.Explain(err), during))
	}
}

func addStopError(diags *diag.Diagnostics, name string, err error) {
	if late, ok := errors.AsType[*gateway.TimeoutError](err); ok {
		diags.AddError("The cluster did not stop in time",
			fmt.Sprintf("The cluster %s was still %s after %s. It stays in the state: run terraform destroy again, or raise timeouts.delete.",
				name, late.Last, late.Waited.Round(time.Second)))
		return
	}
	diags.AddError("It is not known whether the cluster stopped",
		diagnostics.Explain(err)+"\n\nThe cluster "+name+" stays in the state: run terraform destroy again.")
}

func addAbsenceWarning(diags *diag.Diagnostics, absence gateway.Absence, name string) {
	if cluster, ended := absence.Ended(); ended {
		at := ""
		if !cluster.StopTime.IsZero() {
			at = " at " + cluster.StopTime.UTC().Format(time.RFC3339)
		}
		diags.AddWarning("The cluster "+name+" has ended",
			fmt.Sprintf("It became %s%s, outside Terraform: it was stopped, reached its idle timeout, or failed. It is removed from the state, and the next apply creates a new one. "+
				"To keep a cluster that has ended, set when_ended = \"keep\".", cluster.Status, at))
		return
	}
	diags.AddWarning("The cluster "+name+" is gone",
		"The gateway no longer has it, confirmed by several lookups until "+absence.ConfirmedAt().UTC().Format(time.RFC3339)+". It is removed from the state, and the next apply creates a new one.")
}

// checkImportedName refuses an invalid name before it becomes a part of a URL.
func checkImportedName(ctx context.Context, resp *resource.ImportStateResponse) {
	var name types.String
	resp.Diagnostics.Append(resp.State.GetAttribute(ctx, path.Root("name"), &name)...)
	if imported := name.ValueString(); !gateway.IsValidName(imported) {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "This is not the name of a cluster",
			fmt.Sprintf("%q cannot be imported. Python's gateway.list_clusters() and the data source pc_clusters list the names, "+
				"for example prod.fbfed27704fc4d1da027dad20471993b.", imported))
	}
}
