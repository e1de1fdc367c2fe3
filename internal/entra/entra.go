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

// The authorities of Azure and of Azure Government.
const (
	PublicAuthority     = "https://login.microsoftonline.com/"
	GovernmentAuthority = "https://login.microsoftonline.us/"
)

// Config says which credential to use, and for what. New chooses the first kind that is
// configured, in the order of AzureRM: certificate, secret, OIDC, managed identity, Azure
// CLI.
type Config struct {
	TenantID, ClientID  string
	ClientSecret        secret.String
	CertificatePath     string
	CertificatePassword secret.String
	UseOIDC             bool
	OIDCToken           secret.String
	OIDCTokenFilePath   string
	// OIDCRequestURL and OIDCRequestToken are those that GitHub Actions gives to a job.
	OIDCRequestURL   string
	OIDCRequestToken secret.String
	UseMSI, UseCLI   bool
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

func (c *Credential) choose(ctx context.Context) (azcore.TokenCredential, string, error) {
	cfg, options := c.cfg, c.options(c.cfg.HTTP)
	switch {
	case cfg.CertificatePath != "":
		const kind = "the client certificate"
		if err := cfg.requireClient(); err != nil {
			return nil, kind, err
		}
		certificates, key, err := readCertificate(ctx, cfg.CertificatePath, cfg.CertificatePassword, cfg.Clock)
		if err != nil {
			return nil, kind, err
		}
		source, err := azidentity.NewClientCertificateCredential(cfg.TenantID, cfg.ClientID, certificates, key,
			&azidentity.ClientCertificateCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		return source, kind, err
	case !cfg.ClientSecret.IsZero():
		const kind = "the client secret"
		if err := cfg.requireClient(); err != nil {
			return nil, kind, err
		}
		source, err := azidentity.NewClientSecretCredential(cfg.TenantID, cfg.ClientID, cfg.ClientSecret.Reveal(),
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		return source, kind, err
	case cfg.UseOIDC:
		const kind = "the OIDC token"
		if err := cfg.requireClient(); err != nil {
			return nil, kind, err
		}
		assertion, err := c.assertion()
		if err != nil {
			return nil, kind, err
		}
		source, err := azidentity.NewClientAssertionCredential(cfg.TenantID, cfg.ClientID, assertion,
			&azidentity.ClientAssertionCredentialOptions{ClientOptions: options, DisableInstanceDiscovery: true})
		return source, kind, err
	case cfg.UseMSI:
		msi := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: c.options(cfg.Local)}
		if cfg.ClientID != "" {
			msi.ID = azidentity.ClientID(cfg.ClientID)
		}
		source, err := azidentity.NewManagedIdentityCredential(msi)
		return source, "the managed identity", err
	case cfg.UseCLI:
		source, err := azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: cfg.TenantID})
		return source, "the Azure CLI", err
	default:
		return nil, "Microsoft Entra", errors.New("no credential is configured: set client_secret, client_certificate_path, use_oidc, use_msi or use_cli")
	}
}

func (cfg Config) requireClient() error {
	if cfg.TenantID == "" || cfg.ClientID == "" {
		return errors.New("tenant_id and client_id are required")
	}
	return nil
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
