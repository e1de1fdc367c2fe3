// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"context"
	"errors"
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
// the user of the provider's token. A service owns no tokens or servers of this kind,
// and a user with the same name is another account. summary states what failed.
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

// ExplainHub explains a failed call for a token or server of a user in the state. If
// the provider's token belongs to another user, the explanation names that user, because
// the Hub's response does not.
func ExplainHub(ctx context.Context, api *hub.Client, user string, err error) string {
	detail := diagnostics.Explain(err)
	if !errors.Is(err, hub.ErrServersHidden) && !hub.IsUserNotFound(err) && !hub.IsMissingScope(err) {
		return detail
	}
	who, whoErr := api.Whoami(ctx)
	if whoErr != nil || who.Name == user && who.Kind != "service" {
		return detail
	}
	owner := "user"
	if who.Kind == "service" {
		owner = "service"
	}
	if hub.IsUserNotFound(err) {
		// The general advice names two causes. This is the second.
		detail = diagnostics.Sentence(err.Error())
	}
	return detail + fmt.Sprintf("\n\nThe provider's token belongs to the %s %s, and the state records the user %s. Use a token of %s, or one with scopes for the tokens and servers of %s.",
		owner, transport.Printable(who.Name), user, user, user)
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
