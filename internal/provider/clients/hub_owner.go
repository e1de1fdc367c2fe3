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
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// HubOwner returns the user who owns a token or server: the argument user, otherwise
// the user of the provider's token. A service has no tokens or servers of this kind,
// and a user with the same name would be somebody else. The summary is what failed.
func HubOwner(ctx context.Context, api *hub.Client, user types.String, summary string, diags *diag.Diagnostics) (string, bool) {
	if values.IsKnown(user) {
		return user.ValueString(), true
	}
	who, err := api.Whoami(ctx)
	switch {
	case err != nil:
		diagnostics.AddError(diags, summary+", because the Hub did not return the owner of the credentials", err)
	case who.Kind == "service":
		diags.AddAttributeError(path.Root("user"), summary+", because the user is not known",
			fmt.Sprintf("The provider's token belongs to the Hub's service %s. A service has no tokens or servers of this kind. Set user to the name of the owner.", transport.Printable(who.Name)))
	default:
		return who.Name, true
	}
	return "", false
}

// HubURL turns a path into an absolute address. The path already includes the Hub's
// prefix.
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
