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
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// addDecisionDiagnostics explains a decision where the plan does not show its
// reasons. It prints no value of a free text or a mapping.
func addDecisionDiagnostics(diags *diag.Diagnostics, d decision, have currentCluster, recorded recordedFacts, secrets secretOptions, state resourceModel) {
	name := state.Name.ValueString()
	switch {
	case d.unread:
		diags.AddWarning("Could not compare the imported cluster "+name,
			"The provider is not configured until the apply, so the cluster has not been read. The apply fails if the cluster runs with other options than the configuration sets.")
	case d.needsSecrets:
		diags.AddAttributeError(path.Root("options_wo"), "Missing options_wo_version",
			"options_wo is known only after apply, and the imported cluster "+name+" runs with options that the configuration does not set. Set options_wo_version = 1, "+
				"so that the plan does not depend on whether options_wo is null.")
	}
	if d.replaces() {
		addRemovedWarning(diags, d, have, recorded)
	}
	if len(d.uncompared) > 0 && !d.replaces() {
		diags.AddAttributeWarning(path.Root("options"), "Could not compare removed cluster options",
			"The configuration no longer sets "+strings.Join(d.uncompared, ", ")+". The gateway's defaults were not recorded when the cluster "+name+" was created or imported, "+
				"so the cluster stays as it is. To create it again with the defaults of today:\n\n  terraform apply -replace=ADDRESS_OF_THIS_RESOURCE")
	}
	addAdoptedSecretsWarning(diags, d, have, recorded, secrets, name)
}

// addRemovedWarning lists every difference if at least one is not in the plan that
// Terraform shows: the value of an option that the configuration does not set.
func addRemovedWarning(diags *diag.Diagnostics, d decision, have currentCluster, recorded recordedFacts) {
	var removed strings.Builder
	var others []string
	for _, each := range d.reasons {
		switch {
		case each.kind == optionRemoved:
			fmt.Fprintf(&removed, "\n  %s", each.option)
			if value := recorded.defaults[each.option]; value != nil {
				fmt.Fprintf(&removed, ": the cluster has %s, the default was %s", values.JSON(have.running(each.option)), values.JSON(value))
			}
		case each.option != "":
			others = append(others, each.option)
		case each.kind == secretsVersionChanged:
			others = append(others, "options_wo_version")
		}
	}
	if removed.Len() == 0 {
		return
	}
	detail := "The configuration no longer sets these options, and the cluster does not run with the default that the gateway declared when the cluster was created or imported:" +
		removed.String() + "\n\nTo keep the cluster, set them in options to the values that it runs with."
	if len(others) > 0 {
		detail += " These differ too: " + strings.Join(others, ", ") + "."
	}
	diags.AddAttributeWarning(path.Root("options"), "Removed cluster options require a replacement", detail)
}

// addAdoptedSecretsWarning reports what cannot be compared of an imported cluster.
func addAdoptedSecretsWarning(diags *diag.Diagnostics, d decision, have currentCluster, recorded recordedFacts, secrets secretOptions, name string) {
	if recorded.secretsKnown || secrets.presence() == noSecrets || d.unread || d.replaces() || d.needsSecrets {
		return
	}
	missing := secrets.hidden().missingFrom(have.running)
	extra := d.unmanaged.notIn(secrets, have.running)
	if len(missing) == 0 && len(extra) == 0 && !secrets.hasUnknown() {
		return
	}
	detail := "The provider cannot compare options_wo with the imported cluster " + name + "."
	if len(missing) > 0 {
		detail += " The cluster was created without " + missing.String() + "."
	}
	if len(extra) > 0 {
		detail += " It runs with " + extra.String() + ", which the configuration does not set."
	}
	diags.AddAttributeWarning(path.Root("options_wo"), "An imported cluster may lack a write-only option",
		detail+" The cluster stays as it is. To create it again with the configured options:\n\n  terraform apply -replace=ADDRESS_OF_THIS_RESOURCE")
}

// addImportMismatchError reports an imported cluster that could be read only during
// the apply, when it is too late to replace it.
func addImportMismatchError(diags *diag.Diagnostics, d decision, name string) {
	var names []string
	for _, each := range d.reasons {
		if each.option != "" {
			names = append(names, each.option)
		}
	}
	diags.AddAttributeError(path.Root("options"), "The imported cluster runs with other options",
		"The cluster "+name+" differs from the configuration in "+strings.Join(names, ", ")+". The plan could not compare them, because the provider was not configured yet. "+
			"The cluster is in the state and unchanged. Run terraform plan again: it shows the replacement, or nothing once options agrees with the cluster.")
}

// addEndedWarning reports a cluster that has ended and stays in the state.
func addEndedWarning(diags *diag.Diagnostics, state resourceModel) {
	diags.AddAttributeWarning(path.Root("when_ended"), "The cluster "+state.Name.ValueString()+" has ended",
		"Its status is "+state.Status.ValueString()+": it was stopped outside Terraform, reached its idle timeout, or failed. With when_ended = \"keep\" it stays in the state "+
			"and nothing is planned. To start a new cluster:\n\n  terraform apply -replace=ADDRESS_OF_THIS_RESOURCE")
}

// addCreateError reports a POST that made no cluster, or of which that cannot
// be known.
func addCreateError(diags *diag.Diagnostics, err error) {
	var lost *gateway.AdoptError
	switch {
	case errors.As(err, &lost):
		diags.AddError("It is not known whether the cluster was created", lostDetail(lost))
	case refusedOptions(err):
		diags.AddAttributeError(path.Root("options"), "The gateway refused the cluster options", diagnostics.Explain(err))
	default:
		diagnostics.AddError(diags, "The cluster was not created", err)
	}
}

func refusedOptions(err error) bool {
	var failure *transport.Error
	return errors.As(err, &failure) && failure.Status == http.StatusUnprocessableEntity
}

// lostDetail says what is known of a create whose response was lost, and how
// certain that is.
func lostDetail(lost *gateway.AdoptError) string {
	const look = "Look with the data source pc_clusters, or Python's gateway.list_clusters(), "
	detail := diagnostics.Sentence(lost.Cause.Error()) + "\n\n"
	switch {
	case len(lost.Candidates) > 0:
		return detail + "The response to the request was lost. These clusters have the same options, started when the request can have arrived, and may be the one:" +
			clusterList(lost.Candidates) + "\n\n" + clusterCommands(lost.Candidates[0].Name)
	case len(lost.Later) > 0 && (lost.NotForwarded || !lost.Interrupted):
		return detail + "No new cluster was seen that started when the request can have arrived. Most likely nothing was made. " +
			"These clusters have the same options, but started later. Most likely somebody else uses them:" +
			clusterList(lost.Later) + "\n\nIf nobody does, import or stop them before the next terraform apply. " + clusterCommands(lost.Later[0].Name)
	case lost.ListError != nil:
		return detail + "The response to the request was lost, and the gateway's clusters could not be listed since: " + lost.ListError.Error() + ". " +
			"A cluster may run and cost money. Once the gateway answers, look with the data source pc_clusters, or Python's gateway.list_clusters(), " +
			"and import or stop what is there before the next terraform apply."
	case lost.NotForwarded:
		return detail + "A proxy answered at once that it cannot reach the gateway, and no new cluster was seen on the gateway since. Most likely nothing was made. " +
			look + "before the next terraform apply."
	case lost.Interrupted:
		return detail + "The response to the request was lost. The interrupt left time for only a few lookups, which found no new cluster; a gateway may list it " +
			"seconds later. A cluster may run and cost money. " + look + "and import or stop what is there before the next terraform apply."
	default:
		return detail + "The response to the request was lost, and no new cluster was seen on the gateway since. Most likely nothing was made. " +
			look + "before the next terraform apply."
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

// clusterCommands are the commands for one cluster of a list.
func clusterCommands(name string) string {
	return "To take one over: terraform import ADDRESS_OF_THIS_RESOURCE " + name +
		"\nTo stop one: python -c 'from dask_gateway import Gateway; Gateway().stop_cluster(\"" + name + "\")'"
}

// addAdoptionWarning says on what grounds a cluster was adopted. They are strong,
// and no proof.
func addAdoptionWarning(diags *diag.Diagnostics, name string, grounds gateway.Adoption) {
	const clockTime = "15:04:05"
	diags.AddWarning("The response to the creation of the cluster was lost",
		diagnostics.Sentence(grounds.Cause.Error())+"\n\n"+
			fmt.Sprintf("The cluster %s was taken over: it is the only one with these options that started when the request can have arrived. "+
				"It started at %s, and the request can have arrived from %s to %s, by the gateway's clock. "+
				"This is likely and not certain: a cluster that the same user created with the same options in the same seconds looks the same.",
				name, grounds.StartedAt.UTC().Format(clockTime), grounds.Earliest.UTC().Format(clockTime), grounds.Latest.UTC().Format(clockTime)))
}

// addEqualClustersWarning names clusters that an apply may have left behind that was
// killed before it could write its state. The provider cannot see the state, so
// they may as well be in this one or in another.
func addEqualClustersWarning(diags *diag.Diagnostics, clusters []gateway.Cluster) {
	if len(clusters) == 0 {
		return
	}
	diags.AddWarning("Clusters with the same options already run",
		"They started in the last minutes, before this apply:"+clusterList(clusters)+
			"\n\nIf they are in this state or in another, or somebody uses them, all is well. If an earlier apply was killed, they may be in no state and cost money. "+
			clusterCommands(clusters[0].Name))
}

// addStartError reports a cluster that exists and does not run.
func addStartError(diags *diag.Diagnostics, name string, err error) {
	var ended *gateway.EndedError
	var late *gateway.TimeoutError
	switch {
	case errors.As(err, &ended):
		diags.AddError("The cluster did not start",
			fmt.Sprintf("The cluster %s became %s instead of RUNNING%s. The gateway gives no reason; its own log and the scheduler's have it. "+
				"Common ones: the image cannot be pulled or has no dask-gateway in it, or the options ask for more than a node has.\n\n"+
				"The cluster is in the state and marked as tainted: the next terraform apply replaces it, terraform destroy removes it.",
				name, ended.Cluster.Status, lifetime(ended.Cluster)))
	case errors.As(err, &late):
		diags.AddError("The cluster did not start in time",
			fmt.Sprintf("The cluster %s was still %s after %s. It may be waiting for a node or for its image: look at its scheduler pod, or raise timeouts.create.\n\n"+
				"The cluster still exists. It is in the state and marked as tainted: the next terraform apply replaces it, terraform destroy stops it.",
				name, late.Last, late.Waited.Round(time.Second)))
	case errors.Is(err, context.Canceled):
		diags.AddError("The wait for the cluster was interrupted",
			"The cluster "+name+" exists and may be starting. It is in the state and marked as tainted: the next terraform apply replaces it, terraform destroy stops it.")
	default:
		diags.AddError("It is not known whether the cluster started",
			diagnostics.Explain(err)+"\n\nThe cluster "+name+" exists. It is in the state and marked as tainted: the next terraform apply replaces it, terraform destroy stops it.")
	}
}

func lifetime(cluster gateway.Cluster) string {
	if cluster.StartTime.IsZero() || cluster.StopTime.IsZero() {
		return ""
	}
	return " after " + cluster.StopTime.Sub(cluster.StartTime).Round(time.Second).String()
}

// addScaleError reports workers that could not be asked for. A 409 is the
// gateway saying that it did not reach the scheduler, after which it stops the
// cluster; so the cluster is looked at once more.
func addScaleError(ctx context.Context, diags *diag.Diagnostics, api *gateway.Client, name string, err error) {
	if ended, ok := errors.AsType[*gateway.EndedError](err); ok {
		diags.AddError("The workers of the cluster "+name+" were not changed",
			"The cluster has ended: it is "+string(ended.Cluster.Status)+". Run terraform apply again: it is made anew.")
		return
	}
	var failure *transport.Error
	if !errors.As(err, &failure) || failure.Status != http.StatusConflict {
		diagnostics.AddError(diags, "The workers of the cluster "+name+" were not changed", err)
		return
	}
	became := "What became of it could not be read."
	if cluster, readErr := api.GetCluster(ctx, name); readErr == nil {
		became = "It is now " + string(cluster.Status) + "."
	} else if gateway.IsNotFound(readErr) {
		became = "The gateway no longer knows it."
	}
	diags.AddError("The workers of the cluster "+name+" were not changed",
		diagnostics.Sentence(failure.Error())+"\n\nThe gateway could not reach the cluster's scheduler. It stops a cluster for that. "+became+
			" Run terraform apply again: a cluster that ended is made anew.")
}

func addClampWarning(diags *diag.Diagnostics, plan resourceModel, message string) {
	at := path.Root("adapt")
	if !plan.Workers.IsNull() {
		at = path.Root("workers")
	}
	diags.AddAttributeWarning(at, "The gateway allows fewer workers than were asked for", diagnostics.Sentence(message))
}

// addGrantedWorkersError reports a wait for more workers than the gateway granted.
func addGrantedWorkersError(diags *diag.Diagnostics, name string, wanted int64, scaling gateway.Scaling) {
	diags.AddAttributeError(path.Root("wait_for_workers"), "The gateway grants fewer workers than are waited for",
		fmt.Sprintf("The gateway grants the cluster %s at most %s, and wait_for_workers is %d. The gateway said: %s\n\n"+
			"The cluster runs and costs money. Lower wait_for_workers, and workers or adapt.minimum, to %d or less.",
			name, diagnostics.Plural(*scaling.Granted, "worker"), wanted, diagnostics.Sentence(scaling.Message), *scaling.Granted))
}

func addWorkersError(diags *diag.Diagnostics, name string, wanted int64, clamped string, err error) {
	var ended *gateway.EndedError
	var late *gateway.TimeoutError
	switch {
	case errors.As(err, &ended):
		diags.AddError("The cluster ended while its workers were waited for",
			fmt.Sprintf("The cluster %s became %s. Its log on the gateway has the reason: workers that fail three times in a row end a cluster, for example.", name, ended.Cluster.Status))
	case errors.As(err, &late):
		detail := fmt.Sprintf("%s of the %d waited for had joined the cluster %s after %s.", diagnostics.Plural(late.Have, "worker"), wanted, name, late.Waited.Round(time.Second))
		if clamped != "" {
			detail += " The gateway had said: " + diagnostics.Sentence(clamped)
		}
		diags.AddAttributeError(path.Root("wait_for_workers"), "The workers did not join in time",
			detail+"\n\nThe cluster runs and costs money. Lower wait_for_workers, raise the time-out, or see on the gateway why no more workers start.")
	default:
		diagnostics.AddError(diags, "The wait for the workers of the cluster "+name+" ended early", err)
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
			fmt.Sprintf("It became %s%s, outside Terraform: it was stopped, reached its idle timeout, or failed. It leaves the state; the next apply makes a new one.", cluster.Status, at))
		return
	}
	diags.AddWarning("The cluster "+name+" is gone",
		"The gateway no longer knows it, confirmed by several looks until "+absence.ConfirmedAt().UTC().Format(time.RFC3339)+". It leaves the state; the next apply makes a new one.")
}

// checkImportedName refuses what cannot be a cluster's name before it goes
// into a URL.
func checkImportedName(ctx context.Context, resp *resource.ImportStateResponse) {
	var name types.String
	resp.Diagnostics.Append(resp.State.GetAttribute(ctx, path.Root("name"), &name)...)
	if text := name.ValueString(); !gateway.ValidName(text) {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "This is not the name of a cluster",
			fmt.Sprintf("%q cannot be imported. The name is what Python's gateway.list_clusters() and the data source pc_clusters show, "+
				"for example prod.fbfed27704fc4d1da027dad20471993b.", text))
	}
}
