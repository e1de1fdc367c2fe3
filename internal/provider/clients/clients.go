// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package clients has what all resources, data sources and ephemeral resources
// share: the configured API clients, the owner of Hub objects, the server that
// last reported a resource, and the ephemeral resources that are still open.
package clients

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// Clients is what the provider's Configure passes to every resource, data source
// and ephemeral resource.
type Clients struct {
	Gateway Access[*gateway.Client]
	Hub     Access[*hub.Client]
	Catalog Access[*catalog.Client]
	// GeoCatalog returns the client of the GeoCatalog at an address. Use CollectionsAt or
	// TokensAt.
	GeoCatalog func(address string, diags *diag.Diagnostics) Access[*catalog.Client]
	Addresses  gateway.Addresses
	Settings   settings.Settings
	Limits     Limits
	Clock      clock.Clock
	// Unauthenticated is the transport for servers other than the gateway and the
	// Hub. It sends no credentials and ignores ca_certificate.
	Unauthenticated transport.Config
	OpenEphemerals  *OpenEphemerals
}

// NewTransport creates the HTTP client for one server. It reports errors on the
// attribute, which is the argument with the address.
func NewTransport(cfg transport.Config, address string, s settings.Settings, attribute string, diags *diag.Diagnostics) (*transport.Client, bool) {
	base, err := url.Parse(address)
	if err != nil {
		diags.AddAttributeError(path.Root(attribute), fmt.Sprintf("Invalid value for %q", attribute), err.Error())
		return nil, false
	}
	cfg.BaseURL = base
	if cfg.Proxy, cfg.BypassesProxy, err = s.Proxy(); err != nil {
		diags.AddAttributeError(path.Root("http_proxy"), "Invalid value for \"http_proxy\"", err.Error())
		return nil, false
	}
	client, err := transport.New(cfg)
	if err != nil {
		switch {
		case errors.Is(err, transport.ErrNoCertificate):
			attribute = "ca_certificate"
		case errors.Is(err, transport.ErrProxy):
			attribute = "http_proxy"
		}
		diags.AddAttributeError(path.Root(attribute), "Invalid connection settings", err.Error())
		return nil, false
	}
	return client, true
}

// Configured carries the clients. Terraform validates before it configures, so
// Clients may be nil.
type Configured struct {
	*Clients
}

func (c *Configured) setClients(data any) {
	if given, ok := data.(*Clients); ok {
		c.Clients = given
	}
}

// Resource is embedded in every resource.
type Resource struct{ Configured }

// Configure stores the clients.
func (c *Resource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	c.setClients(req.ProviderData)
}

// DataSource is embedded in every data source.
type DataSource struct{ Configured }

// Configure stores the clients.
func (c *DataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	c.setClients(req.ProviderData)
	if c.Clients == nil {
		return
	}
	copied := *c.Clients
	copied.Gateway.isForDataSource, copied.Hub.isForDataSource, copied.Catalog.isForDataSource = true, true, true
	c.Clients = &copied
}

// EphemeralResource is embedded in every ephemeral resource.
type EphemeralResource struct{ Configured }

// Configure stores the clients.
func (c *EphemeralResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	c.setClients(req.ProviderData)
}

// Action is embedded in every action.
type Action struct{ Configured }

// Configure stores the clients.
func (c *Action) Configure(_ context.Context, req action.ConfigureRequest, _ *action.ConfigureResponse) {
	c.setClients(req.ProviderData)
}

// ListResource is embedded in every list resource.
type ListResource struct{ Configured }

// Configure stores the clients.
func (c *ListResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	c.setClients(req.ProviderData)
}
