// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
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
	// Certificate is the only certificate that is registered for a client.
	Certificate *x509.Certificate
	// Identity is the client ID of the machine's user-assigned managed identity.
	Identity string
	// Forbidden makes the GeoCatalog respond as to an identity without a role.
	Forbidden bool
	// Lifetime is the lifetime of a SAS token; an hour by default.
	Lifetime time.Duration
	// EntraLifetime is the lifetime of an Entra token; a second less than an hour by
	// default.
	EntraLifetime time.Duration
	// Now is the service's clock; nil means the machine's.
	Now func() time.Time
}

// GeoCatalog is a GeoCatalog (Planetary Computer Pro) and the part of Microsoft Entra that
// issues tokens for it, on one host with TLS. Paths and bodies follow
// azure-planetarycomputer 1.0.0 and the examples of Azure/azure-rest-api-specs. The bodies
// of 401, 403 and 404 are not documented: they have the error model of the specification.
type GeoCatalog struct {
	cfg GeoCatalogConfig
	// server has TLS. machine has the identity endpoints of a machine in Azure, which
	// have none.
	server, machine *httptest.Server
	mu              sync.Mutex
	requests        []Request
	faults          []*GeoCatalogFault
	// tokens are all issued tokens. expiries are those of the Entra tokens among them.
	tokens      []string
	expiries    map[string]time.Time
	withoutRole map[string]bool
}

// StartGeoCatalog starts a GeoCatalog, which runs until Close.
func StartGeoCatalog(cfg GeoCatalogConfig) *GeoCatalog {
	if cfg.Lifetime == 0 {
		cfg.Lifetime = time.Hour
	}
	if cfg.EntraLifetime == 0 {
		cfg.EntraLifetime = entraLifetime
	}
	if cfg.Now == nil {
		cfg.Now = realTime
	}
	g := &GeoCatalog{cfg: cfg, expiries: map[string]time.Time{}, withoutRole: map[string]bool{}}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{tenant}/v2.0/.well-known/openid-configuration", g.openIDConfiguration)
	routes.HandleFunc("POST /{tenant}/oauth2/v2.0/token", g.entraToken)
	routes.HandleFunc("GET /actions/token", g.actionsToken)
	routes.HandleFunc("POST /pipelines/oidctoken", g.pipelinesToken)
	routes.HandleFunc("GET /stac/collections/{id}", g.authorized(func(w http.ResponseWriter, r *http.Request) { g.document(w, r, cfg.Collections) }))
	routes.HandleFunc("GET /stac/collections/{id}/items", g.authorized(func(w http.ResponseWriter, r *http.Request) { g.document(w, r, cfg.Items) }))
	routes.HandleFunc("GET /sas/token/{id}", g.authorized(g.sasToken))
	routes.HandleFunc("GET /sas/sign", g.authorized(g.signedLink))
	g.server = httptest.NewUnstartedServer(g.recorded(routes))
	// Clients that refuse the certificate are part of tests.
	g.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	g.server.StartTLS()
	identities := http.NewServeMux()
	identities.HandleFunc("GET /metadata/identity/oauth2/token", g.metadataToken)
	identities.HandleFunc("GET /msi/token", g.appServiceToken)
	g.machine = httptest.NewServer(g.recorded(identities))
	return g
}

// recorded records each request, and responds with the next fault that matches it.
func (g *GeoCatalog) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		g.mu.Lock()
		g.requests = append(g.requests, Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body, Time: g.cfg.Now()})
		fault := g.takeFault(r)
		g.mu.Unlock()
		if fault != nil {
			fault.respond(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Close stops the services.
func (g *GeoCatalog) Close() {
	g.server.Close()
	g.machine.Close()
}

// URL returns the address of the GeoCatalog, which is also the address of Entra.
func (g *GeoCatalog) URL() string { return g.server.URL }

// Client returns a client that trusts the server's certificate.
func (g *GeoCatalog) Client() *http.Client { return g.server.Client() }

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

// CountRequests counts the requests with the method ("" for any) and a path that matches
// the pattern. Each * in the pattern matches any characters.
func (g *GeoCatalog) CountRequests(method, pattern string) int {
	count := 0
	for _, request := range g.Requests() {
		if request.matches(method, pattern) {
			count++
		}
	}
	return count
}

// issue records and returns a new token with a prefix. The caller holds the mutex.
func (g *GeoCatalog) issue(prefix string) string {
	token := fmt.Sprintf("%s%d", prefix, len(g.tokens)+1)
	g.tokens = append(g.tokens, token)
	return token
}

// authorized checks the version and the token before it calls the handler.
func (g *GeoCatalog) authorized(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		g.mu.Lock()
		expiry, known := g.expiries[token]
		isForbidden := g.cfg.Forbidden || g.withoutRole[token]
		g.mu.Unlock()
		switch {
		case r.URL.Query().Get("api-version") != geoCatalogVersion:
			writeGeoCatalogError(w, http.StatusBadRequest, "UnsupportedApiVersion", "The api-version query parameter is required.")
		case !known:
			g.refuse(w, "The access token is not valid.")
		case !g.cfg.Now().Before(expiry):
			g.refuse(w, "The access token expired.")
		case isForbidden:
			writeGeoCatalogError(w, http.StatusForbidden, "Forbidden", "No role for token "+token)
		default:
			next(w, r)
		}
	}
}

func (g *GeoCatalog) refuse(w http.ResponseWriter, message string) {
	w.Header().Set("Www-Authenticate", `Bearer authorization_uri="`+g.server.URL+`", error="invalid_token"`)
	writeGeoCatalogError(w, http.StatusUnauthorized, "Unauthorized", message)
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
	if token, expiry, ok := g.sign(w, r); ok {
		writeCatalogJSON(w, http.StatusOK, map[string]any{"msft:expiry": expiry, "token": token})
	}
}

// signedLink adds a token to the address of a blob, and returns other addresses unsigned.
func (g *GeoCatalog) signedLink(w http.ResponseWriter, r *http.Request) {
	href := r.URL.Query().Get("href")
	if address, err := url.Parse(href); err != nil || !strings.HasSuffix(address.Hostname(), ".blob.core.windows.net") {
		writeCatalogJSON(w, http.StatusOK, map[string]any{"href": href})
		return
	}
	if token, expiry, ok := g.sign(w, r); ok {
		writeCatalogJSON(w, http.StatusOK, map[string]any{"msft:expiry": expiry, "href": href + "?" + token})
	}
}

// sign issues a signature for a container, with the end that the request asks for. It
// responds to an invalid request itself.
func (g *GeoCatalog) sign(w http.ResponseWriter, r *http.Request) (token, expiry string, ok bool) {
	lifetime := g.cfg.Lifetime
	if text := r.URL.Query().Get("duration"); text != "" {
		minutes, err := strconv.Atoi(text)
		if err != nil {
			writeGeoCatalogError(w, http.StatusBadRequest, "BadRequest", "duration is not a number")
			return "", "", false
		}
		lifetime = time.Duration(minutes) * time.Minute
	}
	g.mu.Lock()
	signature := g.issue("s1gn4ture")
	g.mu.Unlock()
	expiry = g.cfg.Now().UTC().Add(lifetime).Truncate(time.Second).Format(time.RFC3339)
	return "se=" + strings.ReplaceAll(expiry, ":", "%3A") + "&sp=rl&sr=c&sks=b&sig=" + signature, expiry, true
}

func writeGeoCatalogError(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Ms-Error-Code", code)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{"code": code, "message": message}})
}
