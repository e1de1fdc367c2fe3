// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package cluster

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// validateName checks the argument name before it goes into a URL.
func validateName(name types.String, diags *diag.Diagnostics) {
	if values.IsKnown(name) && !gateway.IsValidName(name.ValueString()) {
		diags.AddAttributeError(path.Root("name"), "This is not the name of a cluster",
			fmt.Sprintf("%q is not a valid name. Python's gateway.list_clusters() and the data source pc_clusters list the names, "+
				"for example prod.fbfed27704fc4d1da027dad20471993b.", name.ValueString()))
	}
}

// addNotFoundError reports that the gateway has no cluster of this name.
func addNotFoundError(diags *diag.Diagnostics, name string) {
	diags.AddAttributeError(path.Root("name"), "There is no cluster "+name,
		"The gateway does not have it, confirmed by several lookups. It deletes the record of a cluster some time after its end. "+
			"The data source pc_clusters and Python's gateway.list_clusters() show the existing ones.")
}
