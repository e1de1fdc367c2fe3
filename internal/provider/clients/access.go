// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package clients

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
)

// Access is a client, or the reason why it is missing: an argument that is known
// only after apply, or an argument without a value. The latter is an error only where
// something needs the client.
type Access[C any] struct {
	Client    C
	IsUnknown bool
	// UnknownArguments names the unknown arguments, separated by commas.
	UnknownArguments string
	Missing          diag.Diagnostics
	// isForDataSource adds advice that only helps a data source.
	isForDataSource bool
}

// Get returns the client, or adds the reason why it is missing to the diagnostics. It
// returns false if the diagnostics have an error, also an earlier one.
func (a Access[C]) Get(diags *diag.Diagnostics) (C, bool) {
	if a.IsUnknown {
		which := "An argument of the provider block is"
		if a.UnknownArguments != "" {
			which = a.UnknownArguments + " of the provider block is"
		}
		diags.AddError("The provider is not configured yet",
			which+" known only after apply, and this operation needs the value now.\n\n"+
				"Set it to a value that is already known, for example with a variable, or first apply what it comes from:\n\n"+
				"  terraform apply -target=ADDRESS"+a.dataSourceAdvice())
		return a.Client, false
	}
	diags.Append(a.Missing...)
	return a.Client, !diags.HasError()
}

func (a Access[C]) dataSourceAdvice() string {
	if !a.isForDataSource {
		return ""
	}
	return "\n\nA data source can also wait for the value: set depends_on to the resource that it comes from."
}

// Start begins an operation of a resource. It returns the client and a context that
// ends at the operation's timeout, for example:
//
//	api, ctx, cancel, ok := r.Hub.Start(ctx, plan.Timeouts.Create, clients.DefaultChangeTimeout, &resp.Diagnostics)
//	if !ok {
//		return
//	}
//	defer cancel()
//
// It returns false, and nothing to cancel, if the diagnostics have an error.
func (a Access[C]) Start(
	ctx context.Context, timeout func(context.Context, time.Duration) (time.Duration, diag.Diagnostics), defaultTimeout time.Duration, diags *diag.Diagnostics,
) (C, context.Context, context.CancelFunc, bool) {
	limit, timeoutDiags := timeout(ctx, defaultTimeout)
	diags.Append(timeoutDiags...)
	return a.StartWithin(ctx, limit, diags)
}

// StartWithin is Start for an operation whose timeout is known.
func (a Access[C]) StartWithin(ctx context.Context, limit time.Duration, diags *diag.Diagnostics) (C, context.Context, context.CancelFunc, bool) {
	api, ok := a.Get(diags)
	if !ok {
		return api, ctx, nil, false
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	return api, bounded, cancel, true
}

// CollectionsAt returns access to the collections of the GeoCatalog at an address. If the
// address is null, it uses stac_url, the GeoCatalog of the provider block, or the public
// catalog.
func (c *Clients) CollectionsAt(address types.String, diags *diag.Diagnostics) Access[*catalog.Client] {
	return c.catalogAt(address, c.Settings.STACOutranksGeoCatalog, diags)
}

// TokensAt is CollectionsAt for SAS tokens and sas_url.
func (c *Clients) TokensAt(address types.String, diags *diag.Diagnostics) Access[*catalog.Client] {
	return c.catalogAt(address, c.Settings.SASOutranksGeoCatalog, diags)
}

func (c *Clients) catalogAt(address types.String, isOutranked bool, diags *diag.Diagnostics) Access[*catalog.Client] {
	switch {
	case address.IsUnknown():
		return Access[*catalog.Client]{IsUnknown: true}
	case !address.IsNull():
		return c.GeoCatalog(address.ValueString(), diags)
	case isOutranked:
		return c.Catalog
	case c.Settings.GeoCatalogURL.IsUnknown:
		return Access[*catalog.Client]{IsUnknown: true, UnknownArguments: "geocatalog_url"}
	case c.Settings.GeoCatalogURL.IsSet:
		return c.GeoCatalog(c.Settings.GeoCatalogURL.Value, diags)
	default:
		return c.Catalog
	}
}
