// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package provider is the provider's table of contents: its types, its provider
// block and its configuration. Each of the packages below it contains everything that
// belongs to one noun in Terraform. Only they import terraform-plugin-framework. They build
// no URL and decode no response.
package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/cluster"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/collection"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/daskscheduler"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/functions"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/gatewayinfo"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/hubserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/hubtoken"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/hubuser"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

var (
	_ provider.Provider                       = (*pcProvider)(nil)
	_ provider.ProviderWithFunctions          = (*pcProvider)(nil)
	_ provider.ProviderWithEphemeralResources = (*pcProvider)(nil)
	_ provider.ProviderWithActions            = (*pcProvider)(nil)
	_ provider.ProviderWithListResources      = (*pcProvider)(nil)
)

// pcProvider contains what the constructor sets. Configure reads what the user sets.
type pcProvider struct {
	version        string
	clock          clock.Clock
	retryWaitMin   time.Duration
	retryWaitMax   time.Duration
	openEphemerals *clients.OpenEphemerals
	// setTransport changes the configuration of each HTTP client. It may be nil.
	setTransport func(*transport.Config)
	environment  func() environment.Variables
}

// Option changes the provider that New returns. Tests use options to control
// time; releases use only WithOpenEphemerals.
type Option func(*pcProvider)

// WithClock makes the provider use c for the time and for waiting.
func WithClock(c clock.Clock) Option {
	return func(p *pcProvider) { p.clock = c }
}

// WithEnvironment makes the provider read its settings from these variables.
func WithEnvironment(variables environment.Variables) Option {
	return func(p *pcProvider) { p.environment = func() environment.Variables { return variables } }
}

// WithRetryWait limits the pause before a request is retried.
func WithRetryWait(shortest, longest time.Duration) Option {
	return func(p *pcProvider) { p.retryWaitMin, p.retryWaitMax = shortest, longest }
}

// WithTransport lets set change the configuration of the HTTP clients of the gateway,
// the Hub and the catalog, for example their network.
func WithTransport(set func(*transport.Config)) Option {
	return func(p *pcProvider) { p.setTransport = set }
}

// New returns the constructor that terraform-plugin-framework serves. The version
// is part of the User-Agent header of every request.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider {
		p := &pcProvider{version: version, clock: clock.Real(), openEphemerals: &clients.OpenEphemerals{}, environment: environment.OfProcess}
		for _, option := range options {
			option(p)
		}
		return p
	}
}

func (p *pcProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "pc"
	resp.Version = p.version
}

func (p *pcProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages compute next to the data of the Planetary Computer: Dask clusters on a " +
			"[Dask Gateway](https://gateway.dask.org/), and tokens and servers of the [JupyterHub](https://jupyterhub.readthedocs.io/) in front of it. " +
			"Every argument is optional. For an argument that is not set, the provider uses the first value it finds in `PC_*` environment variables, in the configuration that " +
			"Dask itself reads (`DASK_GATEWAY__*` variables and YAML files), and in the variables that JupyterHub sets in a notebook server (`JUPYTERHUB_*`).",
		Attributes: providerAttributes(),
	}
}

func (p *pcProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		cluster.NewResource,
		hubserver.NewResource,
		hubtoken.NewResource,
	}
}

func (p *pcProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		cluster.NewListDataSource,
		cluster.NewOptionsDataSource,
		cluster.NewDataSource,
		collection.NewDataSource,
		daskscheduler.NewDataSource,
		gatewayinfo.NewDataSource,
		hubuser.NewDataSource,
	}
}

func (p *pcProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{
		functions.NewDaskCloudInit,
		functions.NewDaskConfig,
	}
}

func (p *pcProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		cluster.NewCredentialsEphemeralResource,
		hubtoken.NewEphemeralResource,
		collection.NewSASTokenEphemeralResource,
	}
}

// ListResources are available from Terraform 1.14 on. Older engines ignore them.
func (p *pcProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		cluster.NewListResource,
		hubserver.NewListResource,
		hubtoken.NewListResource,
	}
}

// Actions are available from Terraform 1.14 on. Older engines ignore them.
func (p *pcProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{
		cluster.NewScaleAction,
		cluster.NewStopAction,
		hubserver.NewStopAction,
		hubtoken.NewRevokeAction,
	}
}

// WithOpenEphemerals lets the caller of New close the ephemeral resources that
// Terraform did not close.
func WithOpenEphemerals(l *clients.OpenEphemerals) Option {
	return func(p *pcProvider) { p.openEphemerals = l }
}
