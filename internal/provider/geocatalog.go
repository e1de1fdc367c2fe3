// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/entra"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/clients"
	"github.com/planetary-computer/terraform-provider-pc/internal/provider/diagnostics"
	"github.com/planetary-computer/terraform-provider-pc/internal/settings"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// geoCatalogs creates the client of a GeoCatalog at its first use, and only once, so that
// all requests to it share one Entra token. Without a GeoCatalog none of this code runs.
type geoCatalogs struct {
	settings settings.Settings
	base     transport.Config

	mu      sync.Mutex
	clients map[string]*catalog.Client
}

func newGeoCatalogs(s settings.Settings, base transport.Config) *geoCatalogs {
	return &geoCatalogs{settings: s, base: base, clients: map[string]*catalog.Client{}}
}

// get returns the client of the GeoCatalog at an address. It sends no request.
func (g *geoCatalogs) get(address string, diags *diag.Diagnostics) clients.Access[*catalog.Client] {
	s := g.settings
	if names := unknownArguments(s, unknownArgument{"the Entra credential", s.Entra.IsUnknown}); names != "" {
		return clients.Access[*catalog.Client]{IsUnknown: true, UnknownArguments: names}
	}
	for _, problem := range s.Entra.Problems {
		diagnostics.AddProblem(diags, problem)
	}
	at := path.Root("geocatalog_url")
	parsed, err := addresses.ParseWeb(address)
	if err != nil {
		diags.AddAttributeError(at, "Invalid value for \"geocatalog_url\"", "The value "+err.Error()+".")
	}
	if diags.HasError() {
		return clients.Access[*catalog.Client]{}
	}
	address = parsed.String()
	base, err := url.Parse(address)
	if err != nil {
		diags.AddAttributeError(at, "Invalid value for \"geocatalog_url\"", err.Error())
		return clients.Access[*catalog.Client]{}
	}
	scope := catalog.Scope(base.Hostname())
	if scope == "" && isLoopback(base.Hostname()) {
		scope = catalog.PublicScope
	}
	if scope == "" || base.Scheme != "https" {
		diags.AddAttributeError(at, "Not the address of a GeoCatalog",
			"The provider sends a token of Microsoft Entra to a GeoCatalog, and the token is valid at every GeoCatalog that you may read. "+
				"It is therefore sent only over https:// to hosts below geocatalog.spatio.azure.com or geocatalog.spatio.azure.us. Copy the address from the overview page of the GeoCatalog in the Azure portal.")
		return clients.Access[*catalog.Client]{}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if known := g.clients[address]; known != nil {
		return clients.Access[*catalog.Client]{Client: known}
	}
	cfg := g.base
	if cfg.Proxy, cfg.BypassesProxy, err = s.Proxy(); err != nil {
		diags.AddAttributeError(path.Root("http_proxy"), "The HTTP proxy cannot be used", err.Error())
		return clients.Access[*catalog.Client]{}
	}
	credential, err := newEntraCredential(s.Entra, base.Hostname(), scope, cfg)
	if err != nil {
		diags.AddAttributeError(at, "The provider cannot connect with this configuration", diagnostics.Sentence(err.Error()))
		return clients.Access[*catalog.Client]{}
	}
	cfg.Auth, cfg.CredentialOrigin = transport.BearerAuth(credential.Token), "Microsoft Entra"
	client, ok := clients.NewTransport(cfg, address, s, "geocatalog_url", diags)
	if !ok {
		return clients.Access[*catalog.Client]{}
	}
	g.clients[address] = catalog.NewGeoCatalog(client, base)
	return clients.Access[*catalog.Client]{Client: g.clients[address]}
}

func newEntraCredential(e settings.Entra, host, scope string, cfg transport.Config) (*entra.Credential, error) {
	authority, err := entraAuthority(e, host)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(authority)
	if err != nil {
		return nil, err
	}
	cfg.BaseURL = base
	remote, err := transport.NewHTTPClient(cfg)
	if err != nil {
		return nil, err
	}
	cfg.Proxy, cfg.BypassesProxy = nil, true
	local, err := transport.NewHTTPClient(cfg)
	if err != nil {
		return nil, err
	}
	return entra.New(entra.Config{
		TenantID: e.TenantID.Value, ClientID: e.ClientID.Value, ClientIDFilePath: e.ClientIDFilePath.Value,
		ClientSecret: e.ClientSecret.Value, ClientSecretFilePath: e.ClientSecretFilePath.Value,
		Certificate: e.ClientCertificate.Value, CertificatePath: e.ClientCertificatePath.Value, CertificatePassword: e.ClientCertificatePassword.Value,
		UseOIDC:   e.UseOIDC.Value || e.UseAKSWorkloadIdentity.Value,
		OIDCToken: e.OIDCToken.Value, OIDCTokenFilePath: e.OIDCTokenFilePath.Value,
		OIDCRequestURL: e.OIDCRequestURL.Value, OIDCRequestToken: e.OIDCRequestToken.Value, PipelinesConnectionID: e.ADOPipelineServiceConnectionID.Value,
		UseMSI: e.UseMSI.Value, MSIEndpoint: e.MSIEndpoint.Value, MSIAPIVersion: e.MSIAPIVersion.Value,
		UseCLI: e.UseCLI.Value, SubscriptionID: e.SubscriptionID.Value,
		AuthorityHost: authority, Scope: scope, HTTP: remote, Local: local, Clock: cfg.Clock,
	}), nil
}

// entraAuthority returns the address of Entra: AZURE_AUTHORITY_HOST, or that of environment,
// or that of the GeoCatalog's cloud. A credential of one cloud is unknown in the others, so
// the function returns an error where a known address is not that of the GeoCatalog's cloud.
func entraAuthority(e settings.Entra, host string) (string, error) {
	authorities := map[string]string{settings.PublicCloud: entra.PublicAuthority, settings.GovernmentCloud: entra.GovernmentAuthority, settings.ChinaCloud: entra.ChinaAuthority}
	cloud := settings.PublicCloud
	if strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".us") {
		cloud = settings.GovernmentCloud
	}
	authority := cmp.Or(e.AuthorityHost.Value, authorities[e.Environment.Value], authorities[cloud])
	for other, address := range authorities {
		if authority == address && other != cloud && !isLoopback(host) {
			return "", fmt.Errorf("the GeoCatalog is in the cloud %q of Azure, and %s selects %q. Set environment = %q in the provider block, with a credential of that cloud. No GeoCatalogs are known in \"china\"",
				cloud, cmp.Or(e.AuthorityHost.Origin, e.Environment.Origin), other, cloud)
		}
	}
	return authority, nil
}

// isLoopback reports whether a host is this machine, as in a test or behind a tunnel.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
