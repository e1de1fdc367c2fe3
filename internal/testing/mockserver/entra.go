// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// entraLifetime is the lifetime of a token that Entra issues.
	entraLifetime = 3599 * time.Second
	// geoCatalogResource is the resource for which identity endpoints issue tokens.
	geoCatalogResource = "https://geocatalog.spatio.azure.com"
	// assertionAudience is the audience of tokens that other providers issue for Entra.
	assertionAudience = "api://AzureADTokenExchange"
)

// IdentityHeader is the value of IDENTITY_HEADER that the App Service endpoint expects.
const IdentityHeader = "identity-h3ader"

// ActionsToken is the ACTIONS_ID_TOKEN_REQUEST_TOKEN that the endpoint of GitHub Actions
// expects.
const ActionsToken = "actions-request-t0ken"

// PipelinesToken is the SYSTEM_ACCESSTOKEN, and PipelinesConnection the service connection,
// that the endpoint of Azure Pipelines expects.
const (
	PipelinesToken      = "pipelines-access-t0ken"
	PipelinesConnection = "connection1"
)

// MachineURL returns the address of the machine's identity endpoints, without TLS: that of
// the instance metadata service at /metadata/identity/oauth2/token, and that of App
// Service at /msi/token.
func (g *GeoCatalog) MachineURL() string { return g.machine.URL }

// ActionsURL returns the address at which GitHub Actions issues the given token.
func (g *GeoCatalog) ActionsURL(token string) string {
	return g.server.URL + "/actions/token?api-version=2.0&value=" + token
}

// PipelinesURL returns the address at which Azure Pipelines issues the given token.
func (g *GeoCatalog) PipelinesURL(token string) string {
	return g.server.URL + "/pipelines/oidctoken?value=" + token
}

func (g *GeoCatalog) openIDConfiguration(w http.ResponseWriter, r *http.Request) {
	base := g.server.URL + "/" + r.PathValue("tenant")
	writeCatalogJSON(w, http.StatusOK, map[string]any{
		"token_endpoint": base + "/oauth2/v2.0/token", "authorization_endpoint": base + "/oauth2/v2.0/authorize", "issuer": base + "/v2.0",
	})
}

// entraToken accepts the configured secret, assertions with the configured certificate,
// and every token of another provider that is not "expired" and does not begin with
// "wrong".
func (g *GeoCatalog) entraToken(w http.ResponseWriter, r *http.Request) {
	problem := ""
	if assertion := r.PostFormValue("client_assertion"); assertion != "" {
		problem = g.problemOfAssertion(assertion, g.server.URL+r.URL.Path)
	} else if given := r.PostFormValue("client_secret"); given == "expired" {
		problem = "AADSTS7000222: The provided client secret keys are expired."
	} else if given != g.cfg.Secret {
		problem = "AADSTS7000215: Invalid client secret provided. Got " + given
	}
	if scope := r.PostFormValue("scope"); !strings.HasPrefix(scope, geoCatalogResource+"/.default") {
		problem = "AADSTS500011: The resource principal was not found in the tenant."
	}
	if problem != "" {
		writeCatalogJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": problem})
		return
	}
	writeCatalogJSON(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": int(g.cfg.EntraLifetime.Seconds()), "access_token": g.NewEntraToken()})
}

// problemOfAssertion returns why Entra rejects an assertion, or "". One in three parts is
// signed with a certificate (learn.microsoft.com, "Microsoft identity platform application
// authentication certificate credentials").
func (g *GeoCatalog) problemOfAssertion(assertion, endpoint string) string {
	parts := strings.Split(assertion, ".")
	switch {
	case assertion == "expired":
		return "AADSTS700024: Client assertion is not within its valid time range."
	case strings.HasPrefix(assertion, "wrong"):
		return "AADSTS700211: No matching federated identity record found for presented assertion issuer. Got " + assertion
	case len(parts) != 3:
		return ""
	}
	var header struct {
		Algorithm  string `json:"alg"`
		Thumbprint string `json:"x5t#S256"`
	}
	var claims struct {
		Audience string `json:"aud"`
		Expiry   int64  `json:"exp"`
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) || header.Algorithm != "PS256" || claims.Audience != endpoint {
		return "AADSTS50027: JWT token is invalid or malformed."
	}
	if g.cfg.Certificate == nil || !isThumbprintOf(g.cfg.Certificate.Raw, header.Thumbprint) {
		return "AADSTS700027: The certificate with identifier used to sign the client assertion is not registered on application. Got " + assertion
	}
	key, _ := g.cfg.Certificate.PublicKey.(*rsa.PublicKey)
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if key == nil || rsa.VerifyPSS(key, crypto.SHA256, digest[:], signature, nil) != nil {
		return "AADSTS700027: Client assertion failed signature validation."
	}
	if now := g.cfg.Now(); now.Unix() > claims.Expiry {
		return "AADSTS700024: Client assertion is not within its valid time range."
	}
	return ""
}

func decodePart(part string, value any) bool {
	text, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.Unmarshal(text, value) == nil
}

// isThumbprintOf compares in both alphabets of base64: MSAL for Go 1.10.1 uses the one with
// + and /, and RFC 7515 the other.
func isThumbprintOf(certificate []byte, thumbprint string) bool {
	digest := sha256.Sum256(certificate)
	return strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(thumbprint) == base64.RawURLEncoding.EncodeToString(digest[:])
}

// NewEntraToken issues a token, as for a user who has logged in with the Azure CLI.
func (g *GeoCatalog) NewEntraToken() string { return g.NewEntraTokenFor(g.cfg.EntraLifetime) }

// NewEntraTokenFor issues a token with a lifetime, which may be over.
func (g *GeoCatalog) NewEntraTokenFor(lifetime time.Duration) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	token := g.issue("entra-t0ken-")
	g.expiries[token] = g.cfg.Now().Add(lifetime)
	return token
}

// NewEntraTokenWithoutRole issues a token to an identity without a role on the GeoCatalog.
func (g *GeoCatalog) NewEntraTokenWithoutRole() string {
	token := g.NewEntraToken()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.withoutRole[token] = true
	return token
}

// metadataToken is the instance metadata service of a virtual machine (learn.microsoft.com,
// "How to use managed identities on an Azure VM to acquire an access token").
func (g *GeoCatalog) metadataToken(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Metadata") != "true" {
		writeCatalogJSON(w, http.StatusBadRequest, map[string]any{"error": "bad_request_102", "error_description": "Required metadata header not specified"})
		return
	}
	g.identityToken(w, r)
}

// appServiceToken is the endpoint of App Service and Functions (learn.microsoft.com, "How to
// use managed identities for App Service and Azure Functions").
func (g *GeoCatalog) appServiceToken(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-Identity-Header") != IdentityHeader {
		writeCatalogJSON(w, http.StatusUnauthorized, map[string]any{"statusCode": http.StatusUnauthorized, "message": "Invalid X-IDENTITY-HEADER " + r.Header.Get("X-Identity-Header")})
		return
	}
	g.identityToken(w, r)
}

// identityToken issues a token to the system-assigned identity, or to the configured one.
func (g *GeoCatalog) identityToken(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch {
	case query.Get("resource") != geoCatalogResource:
		writeCatalogJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_resource", "error_description": "AADSTS500011: The resource principal was not found in the tenant."})
	case query.Has("client_id") && query.Get("client_id") != g.cfg.Identity:
		writeCatalogJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_request", "error_description": "Identity not found"})
	default:
		// Numbers are text here, as those of the real endpoints.
		expiry := g.cfg.Now().Add(g.cfg.EntraLifetime)
		writeCatalogJSON(w, http.StatusOK, map[string]any{
			"token_type": "Bearer", "resource": geoCatalogResource, "access_token": g.NewEntraToken(),
			"expires_in": strconv.Itoa(int(g.cfg.EntraLifetime.Seconds())), "expires_on": strconv.FormatInt(expiry.Unix(), 10),
		})
	}
}

// actionsToken issues a token to a job of GitHub Actions (docs.github.com, "OpenID Connect
// reference").
func (g *GeoCatalog) actionsToken(w http.ResponseWriter, r *http.Request) {
	if given := r.Header.Get("Authorization"); given != "Bearer "+ActionsToken {
		writeCatalogJSON(w, http.StatusUnauthorized, map[string]any{"message": "Not authorized: " + given})
		return
	}
	if r.URL.Query().Get("audience") != assertionAudience {
		writeCatalogJSON(w, http.StatusBadRequest, map[string]any{"message": "no audience"})
		return
	}
	writeCatalogJSON(w, http.StatusOK, map[string]any{"count": 1, "value": r.URL.Query().Get("value")})
}

// pipelinesToken issues a token to a job of Azure Pipelines (learn.microsoft.com, "Oidctoken
// - Create"). It redirects an invalid token to a login page, unless the client asks for a
// 401 (azidentity 1.15.0, azure_pipelines_credential.go).
func (g *GeoCatalog) pipelinesToken(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	switch given := r.Header.Get("Authorization"); {
	case given != "Bearer "+PipelinesToken && r.Header.Get("X-Tfs-Fedauthredirect") != "Suppress":
		http.Redirect(w, r, g.server.URL+"/signin", http.StatusFound)
	case given != "Bearer "+PipelinesToken:
		writeCatalogJSON(w, http.StatusUnauthorized, map[string]any{"message": "Not authorized: " + given})
	case query.Get("api-version") == "" || query.Get("audience") != assertionAudience || query.Get("serviceConnectionId") != PipelinesConnection:
		writeCatalogJSON(w, http.StatusBadRequest, map[string]any{"message": "no such service connection"})
	default:
		writeCatalogJSON(w, http.StatusOK, map[string]any{"oidcToken": query.Get("value")})
	}
}
