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
		{"The provider's `address` is known only after apply, and `options` change.", "The plan shows the replacement. Comparing values needs no gateway.", "cluster", kept, "options change while the address is unknown"},
		{"The same with `options_wo_version`.", "As above.", "cluster", kept, "options_wo_version changes while the address is unknown"},
		{"The provider's own `pc_hub_token` is due for renewal, and `options` change in the same run.", "The plan shows both replacements, and one apply makes them.", "cluster", "TestAccDaskCluster_isReplacedWithATokenThatIsDue", ""},
		{"You remove an option, and the gateway's default changes before the apply.", "The plan compares with the default that was declared when the cluster was created or imported.", "cluster", kept, "a removed option had the default, which changes after the plan"},
		{"You remove an option, and the gateway cannot return its options.", "As above.", "cluster", kept, "a removed option, and the options cannot be read"},
		{"You remove an option, and plan with `-refresh=false` while the gateway is down.", "As above.", "cluster", kept, "a removed option, without a refresh while the gateway is down"},
		{"Default options from the environment or from Dask's files differ between two machines.", "They apply when a cluster is created, and are not compared afterwards.", "cluster", kept, "defaults from the environment change"},
		{"Options of a new cluster come from outside the configuration.", "The plan names each of them with its origin.", ".", "TestProvider_readsDasksFiles", ""},
		{"A token becomes due for renewal between plan and apply.", "The refresh decides what is due, and the plan only reads it. The apply does what the plan shows.", "hubtoken", "TestAccHubToken_appliesThePlanThatWasApproved", ""},
		{"An option of a cluster is known only after apply.", "The plan shows a replacement, whatever the value turns out to be.", "cluster", kept, "an unknown option"},
		{"An option in `user_options` of a server is known only after apply.", "As above.", "hubserver", "TestAccHubServer_plansUnknownOptionsAsReplacement", ""},
		{"An import whose `options_wo` is known only after apply.", "The cluster stays. A warning says that it may lack a secret option.", "cluster", imported, "a secret that is known only after apply"},
		{"An import while the provider's `address` is known only after apply.", "The plan shows the import, and a warning that the cluster could not be compared.", "cluster", imported, "an unknown address"},
		{"The cluster of such an import turns out to run with other options.", "The apply fails and changes nothing. The next plan shows the replacement.", "cluster", "TestAccDaskCluster_importFailsWhenTheClusterDiffersAtApply", ""},
		{"An import with `ignore_changes = [options]`.", "The running cluster stays.", "cluster", imported, "ignore_changes of options"},
		{"An import with `ignore_changes = all`.", "As above.", "cluster", imported, "ignore_changes of all"},
		{"An import with `terraform plan -generate-config-out`.", "The next plan with the generated configuration changes nothing.", "cluster", "TestAccDaskCluster_generatedConfigurationChangesNothing", ""},
		{"The gateway's defaults change after an import that changed nothing.", "The cluster stays. It is compared like one that was created here.", "cluster", "TestAccDaskCluster_importEndsWithTheFirstApply", ""},
		{"A number that the server cannot return as it was sent: out of range, or with more digits than a float.", "The plan fails, on the member that has it.", "cluster", refused, ""},
		{"The same in `user_options`.", "As above.", "hubserver", "TestAccHubServer_rejectsNumbersThatCannotBeStored", ""},
		{"Ten options differ.", "One plan lists all of them.", "cluster", kept, "ten options differ"},
		{"`adapt` with misspelt members.", "The plan fails, and names `minimum` and `maximum`.", "cluster", refused, ""},
		{"Someone scales the cluster outside Terraform.", "The plan is empty, because the gateway does not report what was requested.", "cluster", "TestAccDaskCluster_ignoresScalingFromOutside", ""},
		{"`proxy_address` is known only after apply.", "The cluster keeps the addresses that the state has.", "cluster", "TestAccDaskCluster_keepsAddressesWhileTheirBaseIsUnknown", ""},
		{"`max_retries` is known only after apply.", "The plan refreshes and checks with the default.", "cluster", "TestAccDaskCluster_keepsAddressesWhileTheirBaseIsUnknown", ""},
		{"A `pc_hub_server` with `create_before_destroy` is replaced.", "The apply fails and says why. The old server keeps running.", "hubserver", "TestAccHubServer_namesCreateBeforeDestroy", ""},
		{"A secret moves from `options` to `options_wo`.", "The plan shows the replacement, and no output contains the secret.", "cluster", kept, "a secret moves from options to options_wo"},
		{"The gateway quotes a secret option in a later response.", "The message does not contain the secret.", "cluster", "TestAccDaskCluster_masksSecretsOfLaterResponses", ""},
		{"A cluster with `when_ended = \"keep\"` has ended.", "Nothing is planned. A warning says how to start a new cluster, and a destroy succeeds.", "cluster", "TestAccDaskCluster_staysInTheStateWhenItHasEnded", ""},
		{"A server with `when_ended = \"keep\"` was stopped.", "As above.", "hubserver", "TestAccHubServer_keepsAServerThatHasEnded", ""},
		{"A plan with `-refresh=false` after a token has become due.", "Nothing is planned until the next refresh.", "hubtoken", "TestAccHubToken_isNotDueWithoutARefresh", ""},
	}
}
