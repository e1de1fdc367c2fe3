// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package entra gets tokens of Microsoft Entra, for a GeoCatalog. It is independent of
// Terraform. It sends nothing and reads no file until a token is needed.
package entra

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
)

const (
	// tokenTimeout limits a request for a token with its retries. A machine without a
	// managed identity would otherwise wait for minutes.
	tokenTimeout = 30 * time.Second
	maxRetries   = 2
	retryDelay   = 500 * time.Millisecond
)

// The authorities of the Azure clouds.
const (
	PublicAuthority     = "https://login.microsoftonline.com"
	GovernmentAuthority = "https://login.microsoftonline.us"
	ChinaAuthority      = "https://login.chinacloudapi.cn"
)

// Config states which credential to use, and for what. New chooses the first kind that is
// configured completely, in the order of AzureRM: certificate, secret, OIDC, managed
// identity, Azure CLI.
type Config struct {
	// A file with the client ID or the secret must have the same content as the other
	// field, if both are set.
	TenantID, ClientID, ClientIDFilePath string
	ClientSecret                         secret.String
	ClientSecretFilePath                 string
	// Certificate is PKCS#12 or PEM in base64. It outranks CertificatePath.
	Certificate         secret.String
	CertificatePath     string
	CertificatePassword secret.String
	UseOIDC             bool
	OIDCToken           secret.String
	OIDCTokenFilePath   string
	// OIDCRequestURL and OIDCRequestToken are those that GitHub Actions or Azure Pipelines
	// gives to a job. PipelinesConnectionID is the service connection of the latter.
	OIDCRequestURL        string
	OIDCRequestToken      secret.String
	PipelinesConnectionID string
	UseMSI                bool
	// MSIEndpoint and MSIAPIVersion replace those of the instance metadata service.
	MSIEndpoint, MSIAPIVersion string
	UseCLI                     bool
	// SubscriptionID selects the account of the Azure CLI. It outranks TenantID there.
	SubscriptionID string
	// AuthorityHost is the address of Entra.
	AuthorityHost string
	// Scope is the scope of the token.
	Scope string
	// HTTP sends the requests. Local sends those to the machine's own identity endpoint,
	// which no proxy reaches.
	HTTP, Local *http.Client
	Clock       clock.Clock
}

// Credential gets tokens, and stores the current one in memory. It is safe for concurrent
// use.
type Credential struct {
	cfg Config

	mu     sync.Mutex
	source azcore.TokenCredential
	kind   string
	// fileSecret is the content of ClientSecretFilePath, to mask it in errors.
	fileSecret secret.String
	// sentAssertion is the last token of the other identity provider, for the same reason.
	sentAssertion atomic.Pointer[secret.String]
}

// New returns a Credential.
func New(cfg Config) *Credential { return &Credential{cfg: cfg} }

// Format hides the content from %v, %+v and %#v.
func (c *Credential) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("entra.Credential")) }

// Token returns a token that is valid now. Its errors contain no secret.
func (c *Credential) Token(ctx context.Context) (secret.String, error) {
	limited, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	source, kind, err := c.open(limited)
	if err != nil {
		return secret.String{}, err
	}
	token, err := source.GetToken(limited, policy.TokenRequestOptions{Scopes: []string{c.cfg.Scope}})
	switch {
	case ctx.Err() != nil:
		return secret.String{}, ctx.Err()
	case err != nil:
		return secret.String{}, fmt.Errorf("no token of Microsoft Entra with %s: %s", kind, c.describe(err))
	default:
		return secret.New(token.Token), nil
	}
}

// open creates the credential at its first use.
func (c *Credential) open(ctx context.Context) (azcore.TokenCredential, string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.source != nil {
		return c.source, c.kind, nil
	}
	source, kind, err := c.choose(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("%s cannot be used: %s", kind, c.describe(err))
	}
	c.source, c.kind = source, kind
	return source, kind, nil
}

// choose returns the credential with the name that errors give it.
func (c *Credential) choose(ctx context.Context) (azcore.TokenCredential, string, error) {
	cfg, options := c.cfg, c.options(c.cfg.HTTP)
	var err error
	if cfg.ClientID, err = valueOrFile(ctx, cfg.ClientID, cfg.ClientIDFilePath); err != nil {
		return nil, "client_id_file_path", err
	}
	clientSecret, err := valueOrFile(ctx, cfg.ClientSecret.Reveal(), cfg.ClientSecretFilePath)
	if err != nil {
		return nil, "client_secret_file_path", err
	}
	c.fileSecret = secret.New(clientSecret)
	missing := cfg.missing()
	switch {
	case cfg.hasClient() && cfg.hasCertificate():
		const kind = "the client certificate"
		certificates, key, err := cfg.readCertificate(ctx)
		if err != nil {
			return nil, kind, err
		}
		source, err := azidentity.NewClientCertificateCredential(cfg.TenantID, cfg.ClientID, certificates, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		return source, kind, err
	case cfg.hasClient() && clientSecret != "":
		source, err := azidentity.NewClientSecretCredential(cfg.TenantID, cfg.ClientID, clientSecret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		return source, "the client secret", err
	case cfg.hasClient() && cfg.UseOIDC && cfg.hasAssertion():
		source, err := azidentity.NewClientAssertionCredential(cfg.TenantID, cfg.ClientID, c.assertion,
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		return source, "the OIDC token", err
	case cfg.UseMSI:
		source, err := c.managedIdentity(cfg.ClientID)
		return source, "the managed identity" + missing, err
	case cfg.UseCLI:
		cli := &azidentity.AzureCLICredentialOptions{TenantID: cfg.TenantID}
		if cfg.SubscriptionID != "" {
			// The command takes one of them.
			cli = &azidentity.AzureCLICredentialOptions{Subscription: cfg.SubscriptionID}
		}
		source, err := azidentity.NewAzureCLICredential(cli)
		return source, "the Azure CLI" + missing, err
	default:
		return nil, "Microsoft Entra" + missing, errors.New("no credential is configured: set client_secret, client_certificate_path, use_oidc, use_msi or use_cli")
	}
}

func (cfg Config) hasClient() bool { return cfg.TenantID != "" && cfg.ClientID != "" }

func (cfg Config) hasCertificate() bool {
	return !cfg.Certificate.IsZero() || cfg.CertificatePath != ""
}

// missing returns why a credential that is configured in part is not used, in brackets, or
// "". AzureRM skips it, too.
func (cfg Config) missing() string {
	isClientNeeded := cfg.hasCertificate() || !cfg.ClientSecret.IsZero() || cfg.ClientSecretFilePath != "" || cfg.UseOIDC
	switch {
	case isClientNeeded && !cfg.hasClient():
		return " (the others need tenant_id and client_id)"
	case cfg.UseOIDC && !cfg.hasAssertion():
		return " (use_oidc needs oidc_token, oidc_token_file_path or oidc_request_url with oidc_request_token)"
	default:
		return ""
	}
}

// options disable instance discovery: it would ask Microsoft's host about every other
// authority.
func (c *Credential) options(client *http.Client) azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: c.cfg.AuthorityHost, Services: map[cloud.ServiceName]cloud.ServiceConfiguration{}},
		Retry:     policy.RetryOptions{MaxRetries: maxRetries, RetryDelay: retryDelay},
		Transport: client,
	}
}
