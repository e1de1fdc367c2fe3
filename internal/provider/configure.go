// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/environment"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/kerberos"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// clients is what Configure hands to every type.
type clients struct {
	gateway   access[*gateway.Client]
	hub       access[*hub.Client]
	catalog   access[*catalog.Client]
	addresses gateway.Addresses
	settings  settings.Settings
	clock     clock.Clock
	// open is for servers that are neither the gateway nor the Hub: it has no
	// credentials, and trusts no certificate of the provider block.
	open      transport.Config
	leftovers *Leftovers
}

// access is a client, or why there is none: an argument that is known only
// after apply, or one that is missing. What is missing is an error only for
// those who need the client.
type access[C any] struct {
	client  C
	unknown bool
	missing diag.Diagnostics
}

// get returns the client, or adds what is missing to the diagnostics.
func (a access[C]) get(diags *diag.Diagnostics) (C, bool) {
	if a.unknown {
		diags.AddError("The provider is not configured yet",
			"An argument of the provider block is known only after apply, and this operation needs it now. "+
				"Give a data source depends_on = [...] with what the argument comes from, so that it is read during the apply; "+
				"or apply that first (terraform apply -target=...).")
		return a.client, false
	}
	diags.Append(a.missing...)
	return a.client, !a.missing.HasError()
}

func (p *pcProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resolved, problems := settings.Resolve(model.block(), environment.OfProcess())
	for _, problem := range problems {
		addProblem(&resp.Diagnostics, problem)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	data := p.connect(resolved, p.userAgent(req.TerraformVersion), &resp.Diagnostics)
	resp.ResourceData, resp.DataSourceData = data, data
	resp.EphemeralResourceData, resp.ActionData, resp.ListResourceData = data, data, data
}

func (p *pcProvider) userAgent(terraformVersion string) string {
	if terraformVersion == "" {
		terraformVersion = "unknown"
	}
	return fmt.Sprintf("terraform-provider-pc/%s (Terraform %s; %s/%s)", p.version, terraformVersion, runtime.GOOS, runtime.GOARCH)
}

// connect makes the clients without sending anything.
func (p *pcProvider) connect(s settings.Settings, userAgent string, diags *diag.Diagnostics) *clients {
	data := &clients{
		settings:  s,
		clock:     p.clock,
		leftovers: p.leftovers,
		addresses: gateway.Addresses{
			Address:       s.Address.Value,
			PublicAddress: s.PublicAddress.Value,
			ProxyAddress:  s.ProxyAddress.Value,
		},
	}
	base := transport.Config{
		UserAgent:      userAgent,
		RootCAs:        []byte(s.CACertificate.Value),
		MaxRetries:     int(s.MaxRetries.Value),
		MaxConnections: int(s.MaxConnections.Value),
		RetryWaitMin:   p.retryWaitMin,
		RetryWaitMax:   p.retryWaitMax,
		RequestTimeout: s.RequestTimeout.Value,
		AllowCleartext: s.AllowCleartext.Value,
		Log:            logAttempt,
		Clock:          p.clock,
	}
	data.open = transport.Config{UserAgent: userAgent, RequestTimeout: s.RequestTimeout.Value, Log: logAttempt, Clock: p.clock}
	data.gateway = p.connectGateway(s, base, data.addresses, diags)
	data.hub = p.connectHub(s, base, diags)
	data.catalog = connectCatalog(s, base, diags)
	return data
}

func (p *pcProvider) connectGateway(s settings.Settings, cfg transport.Config, addresses gateway.Addresses, diags *diag.Diagnostics) access[*gateway.Client] {
	if s.Address.Unknown || s.Auth.Unknown || transportUnknown(s) {
		return access[*gateway.Client]{unknown: true}
	}
	var missing diag.Diagnostics
	if !s.Address.Set {
		missing.AddError("The address of the Dask Gateway is missing", s.Missing("address"))
	}
	unknown := false
	switch s.Auth.Value {
	case "jupyterhub":
		unknown = s.APIToken.Unknown
		if !s.APIToken.Set && !unknown {
			missing.AddError("The token for the JupyterHub is missing", s.Missing("api_token"))
		}
		cfg.Auth, cfg.CredentialOrigin = transport.JupyterHubAuth(s.APIToken.Value), s.APIToken.Origin
	case "basic":
		unknown = s.Username.Unknown || s.Password.Unknown
		cfg.Auth, cfg.CredentialOrigin = transport.BasicAuth(s.Username.Value, s.Password.Value), s.Password.Origin
	case "kerberos":
		unknown = s.Principal.Unknown || s.KeytabPath.Unknown
		if !unknown && s.Address.Set {
			if cfg.Auth, cfg.CredentialOrigin = p.kerberos(s, diags); cfg.Auth == nil {
				return access[*gateway.Client]{}
			}
		}
	}
	if unknown || missing.HasError() {
		return access[*gateway.Client]{unknown: unknown, missing: missing}
	}
	cfg.IsCredentialFailure = gateway.IsCredentialFailure
	client, ok := newTransport(cfg, s.Address.Value, s, "address", diags)
	if !ok {
		return access[*gateway.Client]{}
	}
	return access[*gateway.Client]{client: gateway.New(gateway.Config{Transport: client, Addresses: addresses, Clock: p.clock})}
}

// kerberos reads the keytab, if there is one. Nil means that it cannot be used.
func (p *pcProvider) kerberos(s settings.Settings, diags *diag.Diagnostics) (transport.Auth, string) {
	address, err := url.Parse(s.Address.Value)
	if err != nil {
		diags.AddAttributeError(path.Root("address"), "The address cannot be used", err.Error())
		return nil, ""
	}
	auth, err := kerberos.New(kerberos.Config{
		Host:        address.Hostname(),
		Principal:   s.Principal.Value,
		Keytab:      s.KeytabPath.Value,
		Cache:       s.CredentialCache.Value,
		ConfigFiles: s.KerberosConfig.Value,
		Clock:       p.clock,
	})
	switch {
	case errors.Is(err, kerberos.ErrPrincipal):
		diags.AddAttributeError(path.Root("principal"), "The Kerberos principal cannot be used", sentence(err.Error())+"\n\nThe value comes from "+s.Principal.Origin+".")
		return nil, ""
	case err != nil:
		diags.AddAttributeError(path.Root("keytab_path"), "The keytab cannot be used", sentence(err.Error())+"\n\nThe value comes from "+s.KeytabPath.Origin+".")
		return nil, ""
	case s.KeytabPath.Set:
		return auth, s.KeytabPath.Origin
	default:
		return auth, "the Kerberos credential cache"
	}
}

func (p *pcProvider) connectHub(s settings.Settings, cfg transport.Config, diags *diag.Diagnostics) access[*hub.Client] {
	if s.HubAddress.Unknown || s.APIToken.Unknown || transportUnknown(s) {
		return access[*hub.Client]{unknown: true}
	}
	var missing diag.Diagnostics
	if !s.HubAddress.Set {
		missing.AddError("The address of the JupyterHub is missing", s.Missing("hub_address"))
	}
	if !s.APIToken.Set {
		missing.AddError("The token for the JupyterHub is missing", s.Missing("api_token"))
	}
	if missing.HasError() {
		return access[*hub.Client]{missing: missing}
	}
	cfg.Auth, cfg.CredentialOrigin = transport.TokenAuth(s.APIToken.Value), s.APIToken.Origin
	cfg.IsCredentialFailure = hub.IsCredentialFailure
	client, ok := newTransport(cfg, s.HubAddress.Value, s, "hub_address", diags)
	if !ok {
		return access[*hub.Client]{}
	}
	return access[*hub.Client]{client: hub.New(client, p.clock)}
}

// connectCatalog gives neither service a credential of the gateway or the Hub.
func connectCatalog(s settings.Settings, cfg transport.Config, diags *diag.Diagnostics) access[*catalog.Client] {
	if s.STACAddress.Unknown || s.SASAddress.Unknown || s.SubscriptionKey.Unknown || transportUnknown(s) {
		return access[*catalog.Client]{unknown: true}
	}
	if s.SDKFile != nil {
		var missing diag.Diagnostics
		missing.AddError("The settings of Python's planetary_computer cannot be read",
			sentence(s.SDKFile.Error())+" Correct the file, or set sas_url and subscription_key in the provider block and remove it.")
		return access[*catalog.Client]{missing: missing}
	}
	stac, ok := newTransport(cfg, s.STACAddress.Value, s, "stac_url", diags)
	if !ok {
		return access[*catalog.Client]{}
	}
	if s.SubscriptionKey.Set {
		cfg.Auth, cfg.CredentialOrigin = transport.KeyAuth(catalog.SubscriptionKeyHeader, s.SubscriptionKey.Value), s.SubscriptionKey.Origin
	}
	sas, ok := newTransport(cfg, s.SASAddress.Value, s, "sas_url", diags)
	if !ok {
		return access[*catalog.Client]{}
	}
	return access[*catalog.Client]{client: catalog.New(stac, sas)}
}

// transportUnknown says whether anything that every client needs is known only
// after apply.
func transportUnknown(s settings.Settings) bool {
	return s.CACertificate.Unknown || s.HTTPProxy.Unknown || s.MaxRetries.Unknown || s.MaxConnections.Unknown || s.RequestTimeout.Unknown || s.AllowCleartext.Unknown
}

func newTransport(cfg transport.Config, address string, s settings.Settings, attribute string, diags *diag.Diagnostics) (*transport.Client, bool) {
	base, err := url.Parse(address)
	if err != nil {
		diags.AddAttributeError(path.Root(attribute), "The address cannot be used", err.Error())
		return nil, false
	}
	cfg.BaseURL = base
	if cfg.Proxy, cfg.NoProxy, err = s.Proxy(); err != nil {
		diags.AddAttributeError(path.Root("http_proxy"), "The HTTP proxy cannot be used", err.Error())
		return nil, false
	}
	client, err := transport.New(cfg)
	if err != nil {
		if errors.Is(err, transport.ErrNoCertificate) {
			attribute = "ca_certificate"
		}
		diags.AddAttributeError(path.Root(attribute), "The provider cannot connect with this configuration", err.Error())
		return nil, false
	}
	return client, true
}

// logAttempt writes one line for each HTTP attempt; transport has redacted it.
func logAttempt(ctx context.Context, message string, fields map[string]any) {
	tflog.Debug(ctx, message, fields)
}

// configured is embedded in every resource, data source and ephemeral resource
// and carries the clients. Terraform validates before it configures, so they may be nil.
type configured struct {
	*clients
}

func (c *configured) take(data any) {
	if given, ok := data.(*clients); ok {
		c.clients = given
	}
}

type configuredResource struct{ configured }

func (c *configuredResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	c.take(req.ProviderData)
}

type configuredDataSource struct{ configured }

func (c *configuredDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	c.take(req.ProviderData)
}

type configuredEphemeralResource struct{ configured }

func (c *configuredEphemeralResource) Configure(_ context.Context, req ephemeral.ConfigureRequest, _ *ephemeral.ConfigureResponse) {
	c.take(req.ProviderData)
}
