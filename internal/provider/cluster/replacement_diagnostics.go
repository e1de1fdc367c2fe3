// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// addDecisionDiagnostics explains a decision where the plan does not show its
// reasons. It prints no value of a free text or a mapping.
func addDecisionDiagnostics(diags *diag.Diagnostics, d decision, have currentCluster, recorded recordedFacts, secrets secretOptions, state resourceModel) {
	name := state.Name.ValueString()
	switch {
	case d.isUnread:
		unreadImport(name).AddWarning(diags)
	case d.needsSecrets:
		diags.AddAttributeError(path.Root("options_wo"), "The argument options_wo_version is missing",
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
	for _, difference := range d.reasons {
		switch {
		case difference.kind == optionRemoved:
			fmt.Fprintf(&removed, "\n  %s", difference.option)
			if value := recorded.defaults[difference.option]; value != nil {
				fmt.Fprintf(&removed, ": the cluster has %s, the default was %s", values.JSON(have.running(difference.option)), values.JSON(value))
			}
		case difference.option != "":
			others = append(others, difference.option)
		case difference.kind == secretsVersionChanged:
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
	if recorded.areSecretsKnown || secrets.presence() == noSecrets || d.isUnread || d.replaces() || d.needsSecrets {
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
	for _, difference := range d.reasons {
		if difference.option != "" {
			names = append(names, difference.option)
		}
	}
	unreadImport(name).AddMismatchError(diags, strings.Join(names, ", "))
}

func unreadImport(name string) clients.UnreadImport {
	return clients.UnreadImport{Noun: "cluster", Title: "cluster " + name, Argument: "options"}
}

// addEndedWarning reports a cluster that has ended and stays in the state.
func addEndedWarning(diags *diag.Diagnostics, state resourceModel) {
	diags.AddAttributeWarning(path.Root("when_ended"), "The cluster "+state.Name.ValueString()+" has ended",
		"Its status is "+state.Status.ValueString()+": it was stopped outside Terraform, reached its idle timeout, or failed. With when_ended = \"keep\" it stays in the state "+
			"and nothing is planned. To start a new cluster:\n\n  terraform apply -replace=ADDRESS_OF_THIS_RESOURCE")
}
