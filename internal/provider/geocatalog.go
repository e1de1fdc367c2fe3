// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package provider

import (
	"cmp"
	"net/netip"
	"net/url"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"

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
	if names := unknownArguments(s, unknownArgument{"the Entra credential", s.Entra.IsUnknown()}); names != "" {
		return clients.Access[*catalog.Client]{Unknown: true, UnknownArguments: names}
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
	if cfg.Proxy, cfg.NoProxy, err = s.Proxy(); err != nil {
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
	authority := entra.PublicAuthority
	if strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".us") {
		authority = entra.GovernmentAuthority
	}
	authority = cmp.Or(e.AuthorityHost.Value, authority)
	base, err := url.Parse(authority)
	if err != nil {
		return nil, err
	}
	cfg.BaseURL = base
	remote, err := transport.NewHTTPClient(cfg)
	if err != nil {
		return nil, err
	}
	cfg.Proxy, cfg.NoProxy = nil, true
	local, err := transport.NewHTTPClient(cfg)
	if err != nil {
		return nil, err
	}
	return entra.New(entra.Config{
		TenantID: e.TenantID.Value, ClientID: e.ClientID.Value, ClientSecret: e.ClientSecret.Value,
		CertificatePath: e.ClientCertificatePath.Value, CertificatePassword: e.ClientCertificatePassword.Value,
		UseOIDC: e.UseOIDC.Value, OIDCToken: e.OIDCToken.Value, OIDCTokenFilePath: e.OIDCTokenFilePath.Value,
		OIDCRequestURL: e.OIDCRequestURL.Value, OIDCRequestToken: e.OIDCRequestToken.Value,
		UseMSI: e.UseMSI.Value, UseCLI: e.UseCLI.Value,
		AuthorityHost: authority, Scope: scope, HTTP: remote, Local: local, Clock: cfg.Clock,
	}), nil
}

// isLoopback reports whether a host is this machine, as in a test or behind a tunnel.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// entraAttributes are the arguments for credentials of Microsoft Entra. Their names
// are those of the AzureRM provider.
func entraAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"tenant_id": schema.StringAttribute{
			MarkdownDescription: "Tenant of Microsoft Entra for a GeoCatalog, as in AzureRM, like the other `ARM_*` settings. Default: the tenant of the Azure CLI. Environment: `ARM_TENANT_ID`, `AZURE_TENANT_ID`.",
			Optional:            true,
		},
		"client_id": schema.StringAttribute{
			MarkdownDescription: "Client ID of the service principal, or of a user-assigned managed identity. Environment: `ARM_CLIENT_ID`, `AZURE_CLIENT_ID`.",
			Optional:            true,
		},
		"client_secret": schema.StringAttribute{
			MarkdownDescription: "Secret of the service principal. Environment: `ARM_CLIENT_SECRET`.",
			Optional:            true,
			Sensitive:           true,
		},
		"client_certificate_path": schema.StringAttribute{
			MarkdownDescription: "Path of the certificate and key of the service principal, in PKCS#12 or PEM. Environment: `ARM_CLIENT_CERTIFICATE_PATH`.",
			Optional:            true,
		},
		"client_certificate_password": schema.StringAttribute{
			MarkdownDescription: "Password of the PKCS#12 file. Environment: `ARM_CLIENT_CERTIFICATE_PASSWORD`.",
			Optional:            true,
			Sensitive:           true,
		},
		"use_oidc": schema.BoolAttribute{
			MarkdownDescription: "Whether to exchange a token of another identity provider (workload identity in GitHub Actions or AKS). Default: `false`. Environment: `ARM_USE_OIDC`.",
			Optional:            true,
		},
		"oidc_token": schema.StringAttribute{
			MarkdownDescription: "Token of the other identity provider, for `use_oidc`. Environment: `ARM_OIDC_TOKEN`.",
			Optional:            true,
			Sensitive:           true,
		},
		"oidc_token_file_path": schema.StringAttribute{
			MarkdownDescription: "Path of a file with that token. The provider reads it for each new Entra token. Environment: `ARM_OIDC_TOKEN_FILE_PATH`, `AZURE_FEDERATED_TOKEN_FILE`, which AKS sets.",
			Optional:            true,
		},
		"oidc_request_url": schema.StringAttribute{
			MarkdownDescription: "Address at which to request that token. Environment: `ARM_OIDC_REQUEST_URL`, `ACTIONS_ID_TOKEN_REQUEST_URL`, which GitHub Actions sets.",
			Optional:            true,
		},
		"oidc_request_token": schema.StringAttribute{
			MarkdownDescription: "Credential for `oidc_request_url`. Environment: `ARM_OIDC_REQUEST_TOKEN`, `ACTIONS_ID_TOKEN_REQUEST_TOKEN`, which GitHub Actions sets.",
			Optional:            true,
			Sensitive:           true,
		},
		"use_msi": schema.BoolAttribute{
			MarkdownDescription: "Whether to use the managed identity of the machine. Default: `false`. Environment: `ARM_USE_MSI`.",
			Optional:            true,
		},
		"use_cli": schema.BoolAttribute{
			MarkdownDescription: "Whether to use the login of the Azure CLI if nothing else is configured. Default: `true`. Environment: `ARM_USE_CLI`.",
			Optional:            true,
		},
	}
}
