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

// CatalogConfig says what a Catalog knows.
type CatalogConfig struct {
	// Collections are STAC collections by id, as JSON.
	Collections map[string]string
	// Key is the subscription key that is valid; "" for a service that looks at
	// none.
	Key string
	// Lifetime is how long a token lasts; 45 minutes by default, as seen.
	Lifetime time.Duration
	// Now is the service's clock; nil for the machine's.
	Now func() time.Time
}

// Catalog is a STAC API with a service that gives read tokens, on a host of its
// own. The answers are those of stac-fastapi and of the Planetary Computer's
// service as they are documented; rustac's differ in the words of a 404.
type Catalog struct {
	cfg      CatalogConfig
	server   *httptest.Server
	mu       sync.Mutex
	requests []Request
	tokens   []string
	answers  []answerOnce
}

type answerOnce struct {
	status            int
	contentType, body string
}

// StartCatalog starts a Catalog, which runs until Close.
func StartCatalog(cfg CatalogConfig) *Catalog {
	if cfg.Lifetime == 0 {
		cfg.Lifetime = 45 * time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = machineTime
	}
	c := &Catalog{cfg: cfg}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /api/stac/v1/collections/{id}", c.collection)
	routes.HandleFunc("GET /api/sas/v1/token/{collection}", c.collectionToken)
	routes.HandleFunc("GET /api/sas/v1/token/{account}/{container}", c.containerToken)
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !c.answered(w, r) {
			routes.ServeHTTP(w, r)
		}
	}))
	return c
}

// Close ends the services.
func (c *Catalog) Close() { c.server.Close() }

// STACURL is the address of the STAC API.
func (c *Catalog) STACURL() string { return c.server.URL + "/api/stac/v1" }

// SASURL is the address of the service for tokens, as Python's SDK has it.
func (c *Catalog) SASURL() string { return c.server.URL + "/api/sas/v1/token" }

// RespondNext sets the response to the next request. Further calls set the
// responses to the requests after it.
func (c *Catalog) RespondNext(status int, contentType, body string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = append(c.answers, answerOnce{status, contentType, body})
}

// Requests returns all requests since the start.
func (c *Catalog) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests)
}

// Tokens returns the signatures of all tokens that were given.
func (c *Catalog) Tokens() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.tokens)
}

// answered remembers a request, and gives it an answer that was set.
func (c *Catalog) answered(w http.ResponseWriter, r *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Header: r.Header.Clone(), Time: c.cfg.Now()})
	if len(c.answers) == 0 {
		return false
	}
	next := c.answers[0]
	c.answers = c.answers[1:]
	w.Header().Set("Content-Type", next.contentType)
	w.WriteHeader(next.status)
	_, _ = io.WriteString(w, next.body)
	return true
}

func (c *Catalog) collection(w http.ResponseWriter, r *http.Request) {
	body, known := c.cfg.Collections[r.PathValue("id")]
	if !known {
		catalogAnswer(w, http.StatusNotFound, map[string]any{"code": "NotFoundError", "description": fmt.Sprintf("Collection %s does not exist.", r.PathValue("id"))})
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
		catalogAnswer(w, http.StatusNotFound, map[string]any{"detail": "No Azure storage container found for collection " + r.PathValue("collection")})
		return
	}
	c.token(w, r, place.Account, place.Container)
}

func (c *Catalog) containerToken(w http.ResponseWriter, r *http.Request) {
	c.token(w, r, r.PathValue("account"), r.PathValue("container"))
}

// token gives a new token to everybody, as the service does to those without a
// key; a wrong key is refused by what stands before it.
func (c *Catalog) token(w http.ResponseWriter, r *http.Request, account, container string) {
	if key := r.Header.Get("Ocp-Apim-Subscription-Key"); key != "" && c.cfg.Key != "" && key != c.cfg.Key {
		catalogAnswer(w, http.StatusUnauthorized, map[string]any{
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
	catalogAnswer(w, http.StatusOK, map[string]any{
		"msft:expiry": expiry,
		"token": strings.Join([]string{
			"st=2026-11-22T08%3A00%3A00Z", "se=" + strings.ReplaceAll(expiry, ":", "%3A"), "sp=rl", "sv=2025-07-05", "sr=c",
			"saoid=" + account, "scid=" + container, "sig=" + signature + "%3D",
		}, "&"),
	})
}

func catalogAnswer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
