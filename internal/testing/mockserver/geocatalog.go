// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const geoCatalogVersion = "2026-04-15"

// GeoCatalogConfig configures a GeoCatalog.
type GeoCatalogConfig struct {
	// Collections holds STAC collections by id, as JSON. Items holds the item collection
	// of each.
	Collections, Items map[string]string
	// Secret is the client secret that the fake Entra accepts, from any client.
	Secret string
	// Forbidden makes the GeoCatalog answer as to an identity without a role.
	Forbidden bool
	// Lifetime is the lifetime of a SAS token; an hour by default.
	Lifetime time.Duration
	// Now is the service's clock; nil means the machine's.
	Now func() time.Time
}

// GeoCatalog is a GeoCatalog (Planetary Computer Pro) and the part of Microsoft Entra that
// issues tokens for it, on one host with TLS. Paths and bodies follow
// azure-planetarycomputer 1.0.0 and the examples of Azure/azure-rest-api-specs. The bodies
// of 401, 403 and 404 are not documented: they have the error model of the specification.
type GeoCatalog struct {
	cfg      GeoCatalogConfig
	server   *httptest.Server
	mu       sync.Mutex
	requests []Request
	tokens   []string
	issued   int
}

// StartGeoCatalog starts a GeoCatalog, which runs until Close.
func StartGeoCatalog(cfg GeoCatalogConfig) *GeoCatalog {
	if cfg.Lifetime == 0 {
		cfg.Lifetime = time.Hour
	}
	if cfg.Now == nil {
		cfg.Now = realTime
	}
	g := &GeoCatalog{cfg: cfg}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", g.openIDConfiguration)
	routes.HandleFunc("POST /{tenant}/oauth2/v2.0/token", g.entraToken)
	routes.HandleFunc("GET /stac/collections/{id}", g.authorized(func(w http.ResponseWriter, r *http.Request) { g.document(w, r, cfg.Collections) }))
	routes.HandleFunc("GET /stac/collections/{id}/items", g.authorized(func(w http.ResponseWriter, r *http.Request) { g.document(w, r, cfg.Items) }))
	routes.HandleFunc("GET /sas/token/{id}", g.authorized(g.sasToken))
	g.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		g.requests = append(g.requests, Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header.Clone(), Time: cfg.Now()})
		g.mu.Unlock()
		routes.ServeHTTP(w, r)
	}))
	return g
}

// Close stops the services.
func (g *GeoCatalog) Close() { g.server.Close() }

// URL returns the address of the GeoCatalog, which is that of Entra, too.
func (g *GeoCatalog) URL() string { return g.server.URL }

// CACertificate returns the certificate of the server in PEM.
func (g *GeoCatalog) CACertificate() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: g.server.Certificate().Raw}))
}

// Requests returns all requests since the start.
func (g *GeoCatalog) Requests() []Request {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.requests)
}

// Tokens returns all issued tokens: those of Entra, and the signatures of the SAS tokens.
func (g *GeoCatalog) Tokens() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.tokens)
}

// issue records and returns a new token with a prefix.
func (g *GeoCatalog) issue(prefix string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.issued++
	token := fmt.Sprintf("%s%d", prefix, g.issued)
	g.tokens = append(g.tokens, token)
	return token
}

func (g *GeoCatalog) openIDConfiguration(w http.ResponseWriter, r *http.Request) {
	base := g.server.URL + "/" + r.PathValue("tenant")
	writeCatalogJSON(w, http.StatusOK, map[string]any{
		"token_endpoint": base + "/oauth2/v2.0/token", "authorization_endpoint": base + "/oauth2/v2.0/authorize", "issuer": base + "/v2.0",
	})
}

// entraToken accepts the configured secret, and every assertion that is not empty or
// "expired".
func (g *GeoCatalog) entraToken(w http.ResponseWriter, r *http.Request) {
	assertion := r.PostFormValue("client_assertion")
	problem := ""
	switch {
	case assertion == "expired":
		problem = "AADSTS700024: Client assertion is not within its valid time range."
	case assertion == "wrong":
		problem = "AADSTS700211: No matching federated identity record found for presented assertion issuer."
	case assertion == "" && r.PostFormValue("client_secret") == "expired":
		problem = "AADSTS7000222: The provided client secret keys are expired."
	case assertion == "" && r.PostFormValue("client_secret") != g.cfg.Secret:
		problem = "AADSTS7000215: Invalid client secret provided. Got " + r.PostFormValue("client_secret")
	}
	if problem != "" {
		writeCatalogJSON(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client", "error_description": problem})
		return
	}
	writeCatalogJSON(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": 3599, "access_token": g.issue("entra-t0ken-")})
}

// authorized checks the version and the token before it calls the handler.
func (g *GeoCatalog) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch {
		case r.URL.Query().Get("api-version") != geoCatalogVersion:
			writeGeoCatalogError(w, http.StatusBadRequest, "UnsupportedApiVersion", "The api-version query parameter is required.")
		case !strings.HasPrefix(token, "entra-t0ken-") || !slices.Contains(g.Tokens(), token):
			w.Header().Set("Www-Authenticate", `Bearer authorization_uri="`+g.server.URL+`", error="invalid_token"`)
			writeGeoCatalogError(w, http.StatusUnauthorized, "Unauthorized", "The access token is not valid.")
		case g.cfg.Forbidden:
			writeGeoCatalogError(w, http.StatusForbidden, "Forbidden", "No role for token "+token)
		default:
			next(w, r)
		}
	}
}

func (g *GeoCatalog) document(w http.ResponseWriter, r *http.Request, documents map[string]string) {
	body, known := documents[r.PathValue("id")]
	if !known {
		writeGeoCatalogError(w, http.StatusNotFound, "NotFound", "Collection "+r.PathValue("id")+" does not exist.")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

func (g *GeoCatalog) sasToken(w http.ResponseWriter, r *http.Request) {
	if _, known := g.cfg.Collections[r.PathValue("id")]; !known {
		writeGeoCatalogError(w, http.StatusNotFound, "NotFound", "No container for collection "+r.PathValue("id"))
		return
	}
	lifetime := g.cfg.Lifetime
	if text := r.URL.Query().Get("duration"); text != "" {
		minutes, err := strconv.Atoi(text)
		if err != nil {
			writeGeoCatalogError(w, http.StatusBadRequest, "BadRequest", "duration is not a number")
			return
		}
		lifetime = time.Duration(minutes) * time.Minute
	}
	expiry := g.cfg.Now().UTC().Add(lifetime).Truncate(time.Second).Format(time.RFC3339)
	writeCatalogJSON(w, http.StatusOK, map[string]any{
		"msft:expiry": expiry,
		"token":       "se=" + strings.ReplaceAll(expiry, ":", "%3A") + "&sp=rl&sr=c&sks=b&sig=" + g.issue("s1gn4ture"),
	})
}

func writeGeoCatalogError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Ms-Error-Code", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": code, "message": message}})
}
