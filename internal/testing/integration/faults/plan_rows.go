// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

// PlanRow is what may differ between plan and apply, or between two plans, and the
// promise of what Terraform does nevertheless. The tests are with the resources,
// because they save a plan, change something and apply the plan.
type PlanRow struct {
	// Fault and Promise are sentences of the guide.
	Fault, Promise string
	// Package is the folder below internal/provider, Test the test function, and Case
	// its subtest, "" for the whole test.
	Package, Test, Case string
}

// PlanTable returns the rows of the section "Between plan and apply".
func PlanTable() []PlanRow {
	const kept, imported, refused = "TestAccDaskCluster_keepsWhatThePlanShows", "TestAccDaskCluster_importKeepsTheCluster", "TestAccDaskCluster_rejectsImpossibleConfiguration"
	return []PlanRow{
		{"The provider's `address` is known only after apply, and `options` or `options_wo_version` change.", "The plan shows a replacement.", "cluster", kept, "options change while the address is unknown"},
		{"The provider's `address` is known only after apply, and `options` or `options_wo_version` change.", "The plan shows a replacement.", "cluster", kept, "options_wo_version changes while the address is unknown"},
		{"The provider's own `pc_hub_token` is due, and `options` change.", "One plan shows both replacements, and one apply makes them.", "cluster", "TestAccDaskCluster_isReplacedWithATokenThatIsDue", ""},
		{"You remove an option, and the gateway has changed its default, does not return it, or is down with `-refresh=false`.", "The plan compares with the default at the create or import.", "cluster", kept, "a removed option had the default, which changes after the plan"},
		{"You remove an option, and the gateway has changed its default, does not return it, or is down with `-refresh=false`.", "The plan compares with the default at the create or import.", "cluster", kept, "a removed option, and the options cannot be read"},
		{"You remove an option, and the gateway has changed its default, does not return it, or is down with `-refresh=false`.", "The plan compares with the default at the create or import.", "cluster", kept, "a removed option, without a refresh while the gateway is down"},
		{"Default options in the environment or in Dask's files differ between machines.", "They count only when a cluster is created. That plan names each with its origin.", "cluster", kept, "defaults from the environment change"},
		{"Default options in the environment or in Dask's files differ between machines.", "They count only when a cluster is created. That plan names each with its origin.", ".", "TestProvider_readsDasksFiles", ""},
		{"A token becomes due after the plan, or before a plan with `-refresh=false` or `-minimal-refresh`.", "Only a refresh decides what is due. The apply does what the plan showed, and warns.", "hubtoken", "TestAccHubToken_appliesThePlanThatWasApproved", ""},
		{"An option of a cluster or server is known only after apply.", "The plan shows a replacement.", "cluster", kept, "an unknown option"},
		{"An option of a cluster or server is known only after apply.", "The plan shows a replacement.", "hubserver", "TestAccHubServer_plansUnknownOptionsAsReplacement", ""},
		{"An import's `options_wo` is known only after apply.", "The cluster stays. A warning says that a secret option may be missing.", "cluster", imported, "a secret that is known only after apply"},
		{"An import's `address` or `hub_address` is known only after apply.", "The plan warns that it could not be compared.", "cluster", imported, "an unknown address"},
		{"An import's `address` or `hub_address` is known only after apply.", "The plan warns that it could not be compared.", "hubserver", "TestAccHubServer_importsWhileTheAddressIsUnknown", "the server has the configured options"},
		{"What such an import names turns out to have other options.", "The apply fails and changes nothing. The next plan shows the replacement.", "cluster", "TestAccDaskCluster_importFailsWhenTheClusterDiffersAtApply", ""},
		{"What such an import names turns out to have other options.", "The apply fails and changes nothing. The next plan shows the replacement.", "hubserver", "TestAccHubServer_importsWhileTheAddressIsUnknown", ""},
		{"After an import, `ignore_changes` has `options` or `all`, or the gateway's defaults change.", "The running cluster stays.", "cluster", imported, "ignore_changes of options"},
		{"After an import, `ignore_changes` has `options` or `all`, or the gateway's defaults change.", "The running cluster stays.", "cluster", imported, "ignore_changes of all"},
		{"You import with `-generate-config-out`.", "The plan after it is empty.", "cluster", "TestAccDaskCluster_generatedConfigurationChangesNothing", ""},
		{"You import with `-generate-config-out`.", "The plan after it is empty.", "hubserver", "TestAccHubServer_generatedConfigurationChangesNothing", ""},
		{"After an import, `ignore_changes` has `options` or `all`, or the gateway's defaults change.", "The running cluster stays.", "cluster", "TestAccDaskCluster_importEndsWithTheFirstApply", ""},
		{"A number is out of range, or has more digits than a float.", "The plan fails at that member.", "cluster", refused, ""},
		{"A number is out of range, or has more digits than a float.", "The plan fails at that member.", "hubserver", "TestAccHubServer_rejectsNumbersThatCannotBeStored", ""},
		{"Ten options differ.", "One plan lists all of them.", "cluster", kept, "ten options differ"},
		{"Members of `adapt` are misspelt.", "The plan fails and names `minimum` and `maximum`.", "cluster", refused, ""},
		{"Someone scales the cluster outside Terraform.", "The plan is empty: the gateway does not report it.", "cluster", "TestAccDaskCluster_ignoresScalingFromOutside", ""},
		{"`proxy_address` or `max_retries` is known only after apply.", "The cluster keeps its addresses; the plan uses the default.", "cluster", "TestAccDaskCluster_keepsAddressesWhileTheirBaseIsUnknown", ""},
		{"`proxy_address` or `max_retries` is known only after apply.", "The cluster keeps its addresses; the plan uses the default.", "cluster", "TestAccDaskCluster_keepsAddressesWhileTheirBaseIsUnknown", ""},
		{"A `pc_hub_server` with `create_before_destroy` is replaced.", "The apply fails with the reason. The old server keeps running.", "hubserver", "TestAccHubServer_namesCreateBeforeDestroy", ""},
		{"A `pc_hub_server` with `create_before_destroy` is replaced after it has ended.", "The new server starts and keeps running.", "hubserver", "TestAccHubServer_replacesAnEndedServerBeforeItsDestroy", ""},
		{"Two `pc_hub_server` have the same user and name.", "The apply starts one and fails for the other.", "hubserver", "TestAccHubServer_rejectsASecondResourceOfOneName", ""},
		{"A cluster or server ends, and you plan with `-refresh=false` or `-minimal-refresh`.", "Nothing is planned until the next refresh.", "cluster", "TestAccDaskCluster_staysInTheStateWhenItHasEnded", ""},
		{"A cluster or server ends, and you plan with `-refresh=false` or `-minimal-refresh`.", "Nothing is planned until the next refresh.", "hubserver", "TestAccHubServer_keepsAServerThatHasEnded", ""},
		{"A secret moves from `options` to `options_wo`, or a gateway quotes one later.", "The plan shows the move as a replacement. No output of a command that knows the secret contains it; a destroy does not know it.", "cluster", kept, "a secret moves from options to options_wo"},
		{"A secret moves from `options` to `options_wo`, or a gateway quotes one later.", "The plan shows the move as a replacement. No output of a command that knows the secret contains it; a destroy does not know it.", "cluster", "TestAccDaskCluster_masksSecretsOfLaterResponses", ""},
		{"A cluster or server with `when_ended = \"keep\"` has ended.", "Nothing is planned. A warning says how to start a new one. A destroy succeeds.", "cluster", "TestAccDaskCluster_staysInTheStateWhenItHasEnded", ""},
		{"A cluster or server with `when_ended = \"keep\"` has ended.", "Nothing is planned. A warning says how to start a new one. A destroy succeeds.", "hubserver", "TestAccHubServer_keepsAServerThatHasEnded", ""},
		{"A token becomes due after the plan, or before a plan with `-refresh=false` or `-minimal-refresh`.", "Only a refresh decides what is due. The apply does what the plan showed, and warns.", "hubtoken", "TestAccHubToken_isNotDueWithoutARefresh", ""},
	}
}
