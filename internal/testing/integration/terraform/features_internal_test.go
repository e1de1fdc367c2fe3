// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package terraform

import "testing"

func TestSupports_countsEachEngineByItsOwnVersions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		output  string
		feature Feature
		want    bool
	}{
		{"Terraform v1.8.5\non linux_amd64", EphemeralResources, false},
		{"Terraform v1.10.0-rc1\non linux_amd64", EphemeralResources, true},
		{"Terraform v1.10.0\non linux_amd64", WriteOnlyArguments, false},
		{"Terraform v1.11.4\non linux_amd64", ImportByIdentity, false},
		{"Terraform v1.15.9\non linux_amd64", ListResources, true},
		{"Terraform v2.0.0\non linux_amd64", Actions, true},
		{"OpenTofu v1.10.3\non linux_amd64", EphemeralResources, false},
		{"OpenTofu v1.11.0\non linux_amd64", EphemeralResources, true},
		{"OpenTofu v1.11.0\non linux_amd64", WriteOnlyArguments, true},
		{"OpenTofu v1.12.6\non linux_amd64", ImportByIdentity, true},
		{"OpenTofu v1.15.0\non linux_amd64", ListResources, false},
		{"A warning\nOpenTofu v1.12.6\non linux_amd64", EphemeralResources, true},
	} {
		if got := supports(test.output, test.feature); got != test.want {
			t.Errorf("%q supports %s: got %t, want %t", test.output, test.feature.name, got, test.want)
		}
	}
}
