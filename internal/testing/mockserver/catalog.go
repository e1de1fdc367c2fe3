// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// CatalogConfig configures a Catalog.
type CatalogConfig struct {
	// Collections holds STAC collections by id, as JSON.
	Collections map[string]string
	// Key is the valid subscription key; "" accepts every key.
	Key string
	// Lifetime is the lifetime of a token; 45 minutes by default, as observed.
	Lifetime time.Duration
	// Now is the service's clock; nil means the machine's.
	Now func() time.Time
}

// Catalog is a STAC API with a service for read tokens, on a separate host. The
// responses follow stac-fastapi and the documentation of the Planetary Computer's
// service. rustac's 404 has a different text.
type Catalog struct {
	cfg      CatalogConfig
	server   *httptest.Server
	mu       sync.Mutex
	requests []Request
	tokens   []string
	queued   []queuedResponse
}

type queuedResponse struct {
	status            int
	contentType, body string
}

// StartCatalog starts a Catalog, which runs until Close.
func StartCatalog(cfg CatalogConfig) *Catalog {
	if cfg.Lifetime == 0 {
		cfg.Lifetime = 45 * time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = realTime
	}
	c := &Catalog{cfg: cfg}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /api/stac/v1/collections/{id}", c.collection)
	routes.HandleFunc("GET /api/sas/v1/token/{collection}", c.collectionToken)
	routes.HandleFunc("GET /api/sas/v1/token/{account}/{container}", c.containerToken)
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.recordAndRespond(w, r) {
			routes.ServeHTTP(w, r)
		}
	}))
	return c
}

// Close stops the services.
func (c *Catalog) Close() { c.server.Close() }

// STACURL returns the address of the STAC API.
func (c *Catalog) STACURL() string { return c.server.URL + "/api/stac/v1" }

// SASURL returns the address of the token service, in the form of the Python SDK.
func (c *Catalog) SASURL() string { return c.server.URL + "/api/sas/v1/token" }

// RespondNext sets the response to the next request. Further calls set the
// responses to the requests after it.
func (c *Catalog) RespondNext(status int, contentType, body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queued = append(c.queued, queuedResponse{status, contentType, body})
}

// Requests returns all requests since the start.
func (c *Catalog) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}

// Tokens returns the signatures of all issued tokens.
func (c *Catalog) Tokens() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.tokens)
}

// recordAndRespond records a request and sends the next queued response. It returns
// false if the queue is empty.
func (c *Catalog) recordAndRespond(w http.ResponseWriter, r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header.Clone(), Time: c.cfg.Now()})
	if len(c.queued) == 0 {
		return false
	}
	next := c.queued[0]
	c.queued = c.queued[1:]
	w.Header().Set("Content-Type", next.contentType)
	w.WriteHeader(next.status)
	_, _ = io.WriteString(w, next.body)
	return true
}

func (c *Catalog) collection(w http.ResponseWriter, r *http.Request) {
	body, known := c.cfg.Collections[r.PathValue("id")]
	if !known {
		writeCatalogJSON(w, http.StatusNotFound, map[string]any{"code": "NotFoundError", "description": fmt.Sprintf("Collection %s does not exist.", r.PathValue("id"))})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

func (c *Catalog) collectionToken(w http.ResponseWriter, r *http.Request) {
	var place struct {
		Account   string `json:"msft:storage_account"`
		Container string `json:"msft:container"`
	}
	body := c.cfg.Collections[r.PathValue("collection")]
	if json.Unmarshal([]byte(body), &place) != nil || place.Container == "" {
		writeCatalogJSON(w, http.StatusNotFound, map[string]any{"detail": "No Azure storage container found for collection " + r.PathValue("collection")})
		return
	}
	c.token(w, r, place.Account, place.Container)
}

func (c *Catalog) containerToken(w http.ResponseWriter, r *http.Request) {
	c.token(w, r, r.PathValue("account"), r.PathValue("container"))
}

// token issues a token to every client, as the service does without a key. The API
// gateway in front of the service rejects a wrong key.
func (c *Catalog) token(w http.ResponseWriter, r *http.Request, account, container string) {
	if key := r.Header.Get("Ocp-Apim-Subscription-Key"); key != "" && c.cfg.Key != "" && key != c.cfg.Key {
		// Azure API Management, which checks the key, names the header that it expects.
		w.Header().Set("Www-Authenticate", `AzureApiManagementKey realm="`+c.server.URL+`/api/sas",name="Ocp-Apim-Subscription-Key",type="header"`)
		writeCatalogJSON(w, http.StatusUnauthorized, map[string]any{
			"statusCode": http.StatusUnauthorized,
			"message":    "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
		})
		return
	}
	expiry := c.cfg.Now().UTC().Add(c.cfg.Lifetime).Truncate(time.Second).Format(time.RFC3339)
	c.mu.Lock()
	signature := fmt.Sprintf("s1gn4ture%d", len(c.tokens)+1)
	c.tokens = append(c.tokens, signature)
	c.mu.Unlock()
	writeCatalogJSON(w, http.StatusOK, map[string]any{
		"msft:expiry": expiry,
		"token": strings.Join([]string{
			"st=2026-11-22T08%3A00%3A00Z", "se=" + strings.ReplaceAll(expiry, ":", "%3A"), "sp=rl", "sv=2025-07-05", "sr=c",
			"saoid=" + account, "scid=" + container, "sig=" + signature + "%3D",
		}, "&"),
	})
}

func writeCatalogJSON(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
