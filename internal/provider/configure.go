// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/gateway"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/kerberos"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func (p *pcProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resolved, problems := settings.Resolve(ctx, model.block(), p.environment())
	for _, problem := range problems {
		diagnostics.AddProblem(&resp.Diagnostics, problem)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	data := p.connect(ctx, resolved, p.userAgent(req.TerraformVersion), &resp.Diagnostics)
	data.Limits = model.limits(ctx, &resp.Diagnostics)
	resp.ResourceData, resp.DataSourceData = data, data
	resp.EphemeralResourceData, resp.ActionData, resp.ListResourceData = data, data, data
}

func (p *pcProvider) userAgent(terraformVersion string) string {
	if terraformVersion == "" {
		terraformVersion = "unknown"
	}
	return fmt.Sprintf("terraform-provider-pc/%s (Terraform %s; %s/%s)", p.version, terraformVersion, runtime.GOOS, runtime.GOARCH)
}

// connect creates the clients. It sends no request.
func (p *pcProvider) connect(ctx context.Context, s settings.Settings, userAgent string, diags *diag.Diagnostics) *clients.Clients {
	data := &clients.Clients{
		Settings:       s,
		Clock:          p.clock,
		OpenEphemerals: p.openEphemerals,
		Addresses: gateway.Addresses{
			Address:       s.Address.Value,
			PublicAddress: s.PublicAddress.Value,
			ProxyAddress:  s.ProxyAddress.Value,
		},
	}
	base := transport.Config{
		UserAgent:       userAgent,
		RootCAs:         []byte(s.CACertificate.Value),
		MaxRetries:      int(s.MaxRetries.Value),
		MaxConnections:  int(s.MaxConnections.Value),
		RetryWaitMin:    p.retryWaitMin,
		RetryWaitMax:    p.retryWaitMax,
		RequestTimeout:  s.RequestTimeout.Value,
		AllowsCleartext: s.AllowCleartext.Value,
		Log:             logAttempt,
		Clock:           p.clock,
	}
	if p.setTransport != nil {
		p.setTransport(&base)
	}
	data.Unauthenticated = transport.Config{
		UserAgent: userAgent, RequestTimeout: s.RequestTimeout.Value, Log: logAttempt, Clock: p.clock, DecodeLimit: transport.NewDecodeLimit(),
	}
	data.Gateway = p.connectGateway(ctx, s, base, data.Addresses, diags)
	data.Hub = p.connectHub(s, base, diags)
	data.Catalog = connectCatalog(s, base, diags)
	data.GeoCatalog = newGeoCatalogs(s, base).get
	return data
}

func (p *pcProvider) connectGateway(ctx context.Context, s settings.Settings, cfg transport.Config, addresses gateway.Addresses, diags *diag.Diagnostics) clients.Access[*gateway.Client] {
	if names := unknownArguments(s, unknownArgument{"address", s.Address.IsUnknown}, unknownArgument{"auth", s.Auth.IsUnknown}); names != "" {
		return clients.Access[*gateway.Client]{IsUnknown: true, UnknownArguments: names}
	}
	var missing diag.Diagnostics
	if !s.Address.IsSet {
		missing.AddError("The address of the Dask Gateway is missing", s.Missing("address"))
	}
	unknown := ""
	cfg.SchemeOrigin = s.Auth.Origin
	switch s.Auth.Value {
	case "jupyterhub":
		unknown = unknownArguments(s, unknownArgument{"api_token", s.APIToken.IsUnknown})
		if !s.APIToken.IsSet && unknown == "" {
			missing.AddError("The token for the JupyterHub is missing", s.Missing("api_token"))
		}
		cfg.Auth, cfg.CredentialOrigin = transport.JupyterHubAuth(s.APIToken.Value), s.APIToken.Origin
	case "basic":
		unknown = unknownArguments(s, unknownArgument{"username", s.Username.IsUnknown}, unknownArgument{"password", s.Password.IsUnknown})
		cfg.Auth, cfg.CredentialOrigin = transport.BasicAuth(s.Username.Value, s.Password.Value), s.Password.Origin
	case "kerberos":
		unknown = unknownArguments(s, unknownArgument{"principal", s.Principal.IsUnknown}, unknownArgument{"keytab_path", s.KeytabPath.IsUnknown})
		if unknown == "" && s.Address.IsSet {
			if cfg.Auth, cfg.CredentialOrigin = p.kerberos(ctx, s, diags); cfg.Auth == nil {
				return clients.Access[*gateway.Client]{}
			}
		}
	}
	if unknown != "" || missing.HasError() {
		return clients.Access[*gateway.Client]{IsUnknown: unknown != "", UnknownArguments: unknown, Missing: missing}
	}
	cfg.IsCredentialFailure = gateway.IsCredentialFailure
	client, ok := clients.NewTransport(cfg, s.Address.Value, s, "address", diags)
	if !ok {
		return clients.Access[*gateway.Client]{}
	}
	return clients.Access[*gateway.Client]{Client: gateway.New(gateway.Config{Transport: client, Addresses: addresses, Clock: p.clock})}
}

// kerberos reads the keytab, if one is configured. It returns nil after an error.
func (p *pcProvider) kerberos(ctx context.Context, s settings.Settings, diags *diag.Diagnostics) (transport.Auth, string) {
	address, err := url.Parse(s.Address.Value)
	if err != nil {
		diags.AddAttributeError(path.Root("address"), "Invalid value for \"address\"", err.Error())
		return nil, ""
	}
	auth, err := kerberos.New(ctx, kerberos.Config{
		Host:        address.Hostname(),
		Principal:   s.Principal.Value,
		Keytab:      s.KeytabPath.Value,
		Cache:       s.CredentialCache.Value,
		ConfigFiles: s.KerberosConfig.Value,
		Clock:       p.clock,
	})
	switch {
	case errors.Is(err, kerberos.ErrPrincipal):
		diags.AddAttributeError(path.Root("principal"), "Invalid Kerberos principal", diagnostics.Sentence(err.Error())+"\n\nThe value comes from "+s.Principal.Origin+".")
		return nil, ""
	case err != nil:
		diags.AddAttributeError(path.Root("keytab_path"), "Could not read the keytab", diagnostics.Sentence(err.Error())+"\n\nThe value comes from "+s.KeytabPath.Origin+".")
		return nil, ""
	case s.KeytabPath.IsSet:
		return auth, s.KeytabPath.Origin
	default:
		return auth, "the Kerberos credential cache"
	}
}

func (p *pcProvider) connectHub(s settings.Settings, cfg transport.Config, diags *diag.Diagnostics) clients.Access[*hub.Client] {
	if names := unknownArguments(s, unknownArgument{"hub_address", s.HubAddress.IsUnknown}, unknownArgument{"api_token", s.APIToken.IsUnknown}); names != "" {
		return clients.Access[*hub.Client]{IsUnknown: true, UnknownArguments: names}
	}
	var missing diag.Diagnostics
	if !s.HubAddress.IsSet {
		missing.AddError("The address of the JupyterHub is missing", s.Missing("hub_address"))
	}
	if !s.APIToken.IsSet {
		missing.AddError("The token for the JupyterHub is missing", s.Missing("api_token"))
	}
	if missing.HasError() {
		return clients.Access[*hub.Client]{Missing: missing}
	}
	cfg.Auth, cfg.CredentialOrigin = transport.TokenAuth(s.APIToken.Value), s.APIToken.Origin
	cfg.IsCredentialFailure = hub.IsCredentialFailure
	client, ok := clients.NewTransport(cfg, s.HubAddress.Value, s, "hub_address", diags)
	if !ok {
		return clients.Access[*hub.Client]{}
	}
	return clients.Access[*hub.Client]{Client: hub.New(client, p.clock)}
}

// connectCatalog sends neither service the credentials of the gateway or the Hub.
func connectCatalog(s settings.Settings, cfg transport.Config, diags *diag.Diagnostics) clients.Access[*catalog.Client] {
	names := unknownArguments(s, unknownArgument{"stac_url", s.STACAddress.IsUnknown}, unknownArgument{"sas_url", s.SASAddress.IsUnknown}, unknownArgument{"subscription_key", s.SubscriptionKey.IsUnknown})
	if names != "" {
		return clients.Access[*catalog.Client]{IsUnknown: true, UnknownArguments: names}
	}
	if s.SDKFileError != nil {
		var missing diag.Diagnostics
		missing.AddError("Could not read the settings of Python's planetary_computer",
			diagnostics.Sentence(s.SDKFileError.Error())+" Correct the file, or set sas_url and subscription_key in the provider block and remove it.")
		return clients.Access[*catalog.Client]{Missing: missing}
	}
	stac, ok := clients.NewTransport(cfg, s.STACAddress.Value, s, "stac_url", diags)
	if !ok {
		return clients.Access[*catalog.Client]{}
	}
	if s.SubscriptionKey.IsSet {
		cfg.Auth, cfg.CredentialOrigin = transport.KeyAuth(catalog.SubscriptionKeyHeader, s.SubscriptionKey.Value), s.SubscriptionKey.Origin
	}
	sas, ok := clients.NewTransport(cfg, s.SASAddress.Value, s, "sas_url", diags)
	if !ok {
		return clients.Access[*catalog.Client]{}
	}
	return clients.Access[*catalog.Client]{Client: catalog.New(stac, sas)}
}

// unknownArgument is an argument of the provider block, and whether its value is
// known only after apply.
type unknownArgument struct {
	name      string
	isUnknown bool
}

// unknownArguments returns the names of those arguments that are known only after
// apply, separated by commas. It includes the arguments that every client needs.
func unknownArguments(s settings.Settings, arguments ...unknownArgument) string {
	arguments = append(arguments,
		unknownArgument{"ca_certificate", s.CACertificate.IsUnknown},
		unknownArgument{"http_proxy", s.HTTPProxy.IsUnknown},
		unknownArgument{"allow_cleartext", s.AllowCleartext.IsUnknown})
	var names []string
	for _, argument := range arguments {
		if argument.isUnknown {
			names = append(names, argument.name)
		}
	}
	return strings.Join(names, ", ")
}

// logAttempt logs one HTTP attempt. Package transport has redacted it.
func logAttempt(ctx context.Context, message string, fields map[string]any) {
	tflog.Debug(ctx, message, fields)
}
