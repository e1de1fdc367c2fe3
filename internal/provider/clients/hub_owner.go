// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"context"
	"fmt"
	"net/url"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/values"
)

// HubOwner is whose token or server is made: the argument user, else who the
// provider is. A service has neither, and there may be a user of its name, who is
// somebody else. The summary says what was not done where it is not known.
func HubOwner(ctx context.Context, api *hub.Client, user types.String, summary string, diags *diag.Diagnostics) (string, bool) {
	if values.IsKnown(user) {
		return user.ValueString(), true
	}
	who, err := api.Whoami(ctx)
	switch {
	case err != nil:
		diagnostics.AddError(diags, summary+", because the Hub did not say whose credentials these are", err)
	case who.Kind == "service":
		diags.AddAttributeError(path.Root("user"), summary+", because it is not known for whom",
			fmt.Sprintf("The provider's token is that of the Hub's service %s, and a service has no tokens and no servers of this kind. Set user to the one whose it is to be.", who.Name))
	default:
		return who.Name, true
	}
	return "", false
}

// HubURL makes an absolute address of a path: the Hub's own prefix is part of it
// already.
func HubURL(address, hubAddress string) string {
	base, err := url.Parse(hubAddress)
	if err != nil {
		return address
	}
	absolute, err := base.Parse(address)
	if err != nil {
		return address
	}
	return absolute.String()
}
