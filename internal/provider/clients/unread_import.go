// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// UnreadImport is an imported object that could be read only during the apply, because
// the provider was not configured before. Then it is too late to replace it.
type UnreadImport struct {
	// Noun is "cluster" or "server". Title also has its name.
	Noun, Title string
	// Argument has the options of the object.
	Argument string
}

// AddWarning reports in the plan that the object was not compared.
func (u UnreadImport) AddWarning(diags *diag.Diagnostics) {
	diags.AddWarning("Could not compare the imported "+u.Title,
		fmt.Sprintf("The provider is not configured until the apply, so the %s has not been read. The apply fails if the %s runs with other %s than the configuration sets.", u.Noun, u.Noun, u.Argument))
}

// AddMismatchError reports in the apply that the object runs with other options.
// differing names them.
func (u UnreadImport) AddMismatchError(diags *diag.Diagnostics, differing string) {
	diags.AddAttributeError(path.Root(u.Argument), "The imported "+u.Noun+" runs with other options",
		fmt.Sprintf("The %s differs from the configuration in %s. The plan could not compare them, because the provider was not configured yet. "+
			"The %s is in the state and unchanged. Run terraform plan again: it shows the replacement, or nothing once %s agrees with the %s.", u.Title, differing, u.Noun, u.Argument, u.Noun))
}
