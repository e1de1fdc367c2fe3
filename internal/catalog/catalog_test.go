// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package catalog_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/catalog"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	subscriptionKey   = "0123456789abcdef"
	collectionRequest = "GET /collections/sentinel-2-l2a"
	containerRequest  = "GET /sentinel2l2a01/sentinel2-l2"
)

func newScripted(t *testing.T, auth transport.Auth) (*scripted.Server, *catalog.Client) {
	t.Helper()
	server := scripted.New(t, "/api")
	server.DefaultType = "application/json"
	connect := func(auth transport.Auth) *transport.Client {
		client, err := transport.New(transport.Config{BaseURL: server.Base, Auth: auth, BypassesProxy: true, MaxRetries: 2, RetryWaitMin: time.Millisecond, RetryWaitMax: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		return client
	}
	return server, catalog.New(connect(nil), connect(auth))
}

func okReply(body string) scripted.Reply { return scripted.Reply{Status: http.StatusOK, Body: body} }

func collectionJSON(members string) string {
	return `{"type": "Collection", "id": "sentinel-2-l2a", "stac_version": "1.0.0", "links": [], "extent": {}` + members + `}`
}

func TestGetCollection_readsMembers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		members string
		want    catalog.Collection
	}{
		"all members": {
			`, "title": "Sentinel-2", "description": "Optical.", "license": "proprietary", "msft:region": "westeurope", "msft:storage_account": "s", "msft:container": "c", "assets": {"a": {"href": "h"}}`,
			catalog.Collection{Title: "Sentinel-2", Description: "Optical.", License: "proprietary", Region: "westeurope", StorageAccount: "s", Container: "c", Assets: []byte(`{"a": {"href": "h"}}`)},
		},
		"required members": {`, "description": "D", "license": "other"`, catalog.Collection{Description: "D", License: "other"}},
		"null members":     {`, "title": null, "description": "D", "license": "other", "msft:region": null, "assets": null`, catalog.Collection{Description: "D", License: "other", Assets: []byte("null")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := newScripted(t, transport.KeyAuth(catalog.SubscriptionKeyHeader, secret.New(subscriptionKey)))
			server.On(collectionRequest, scripted.Reply{Status: http.StatusOK, Body: collectionJSON(test.members), Request: func(r *http.Request, _ string) {
				if r.Header.Get(catalog.SubscriptionKeyHeader) != "" || r.Header.Get("Authorization") != "" {
					t.Error("the STAC API received credentials")
				}
			}})
			test.want.ID = "sentinel-2-l2a"
			got, err := client.GetCollection(t.Context(), "sentinel-2-l2a")
			if err != nil || got.Title != test.want.Title || got.Description != test.want.Description || got.License != test.want.License ||
				got.Region != test.want.Region || got.StorageAccount != test.want.StorageAccount || got.Container != test.want.Container || string(got.Assets) != string(test.want.Assets) {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}

func TestGetCollection_rejectsInvalidResponses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"another collection": {`{"type": "Collection", "id": "naip"}`, `describes the collection "naip"`},
		"a landing page":     {`{"type": "Catalog", "id": "sentinel-2-l2a"}`, `has the type "Catalog" instead of Collection`},
		"assets as a list":   {collectionJSON(`, "assets": []`), "not a JSON object"},
		"a number as region": {collectionJSON(`, "msft:region": 5`), "a JSON number in msft:region"},
		"an HTML page":       {`<html><title>Data Catalog</title></html>`, "expected the collection as JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := newScripted(t, nil)
			server.On(collectionRequest, okReply(test.body))
			if got, err := client.GetCollection(t.Context(), "sentinel-2-l2a"); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// TestClient_sendsIDsAsOnePathElement has ids that could lead to another path.
func TestClient_sendsIDsAsOnePathElement(t *testing.T) {
	t.Parallel()
	server, client := newScripted(t, nil)
	server.On("GET /collections/a%20b%3Fc", okReply(`{"type": "Collection", "id": "a b?c"}`))
	if _, err := client.GetCollection(t.Context(), "a b?c"); err != nil {
		t.Error(err)
	}
	for _, id := range []string{"..", "a/b", `a\b`, "a\nb", "."} {
		if _, err := client.GetCollection(t.Context(), id); err == nil {
			t.Errorf("%q was requested", id)
		}
		if _, err := client.ContainerToken(t.Context(), "account", id, 0); err == nil {
			t.Errorf("a token for %q was requested", id)
		}
	}
	if got := len(server.Requests()); got != 1 {
		t.Errorf("%d requests were sent: %q", got, server.Requests())
	}
}

func TestIsNotFound_acceptsEveryBody(t *testing.T) {
	t.Parallel()
	for _, reply := range []scripted.Reply{
		{Status: http.StatusNotFound, Body: `{"code": "NotFoundError", "description": "Collection x does not exist."}`},
		{Status: http.StatusNotFound, ContentType: "text/plain; charset=utf-8", Body: "no collection with id='x'"},
	} {
		server, client := newScripted(t, nil)
		server.On(collectionRequest, reply)
		_, err := client.GetCollection(t.Context(), "sentinel-2-l2a")
		if !catalog.IsNotFound(err) || !strings.Contains(err.Error(), "x") {
			t.Errorf("%v", err)
		}
		server.Expect(t, collectionRequest)
	}
}

func TestToken_sendsKeyAndRetries(t *testing.T) {
	t.Parallel()
	const body = `{"msft:expiry": "2026-11-23T09:00:00Z", "token": "st=1&se=2&sig=abc%3D"}`
	for name, auth := range map[string]transport.Auth{"with a key": transport.KeyAuth(catalog.SubscriptionKeyHeader, secret.New(subscriptionKey)), "without": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := newScripted(t, auth)
			sent := scripted.Reply{Status: http.StatusOK, Body: body, Request: func(r *http.Request, _ string) {
				if got := r.Header.Get("Ocp-Apim-Subscription-Key"); (got == subscriptionKey) != (auth != nil) || r.Header.Get("Authorization") != "" {
					t.Errorf("the request has the key %q and the Authorization %q", got, r.Header.Get("Authorization"))
				}
			}}
			busy := scripted.Reply{Status: http.StatusTooManyRequests, Body: `{"message": "Rate limit is exceeded."}`}
			server.On(containerRequest, busy, busy, sent)
			server.On("GET /sentinel-2-l2a", sent)
			expiry := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
			token, err := client.ContainerToken(t.Context(), "sentinel2l2a01", "sentinel2-l2", 0)
			if err != nil || token.Value.Reveal() != "st=1&se=2&sig=abc%3D" || !token.ExpiresAt.Equal(expiry) {
				t.Errorf("got %v until %s, %v", token.Value, token.ExpiresAt, err)
			}
			if token, err = client.CollectionToken(t.Context(), "sentinel-2-l2a", 0); err != nil || token.Value.IsZero() {
				t.Errorf("got %v, %v", token, err)
			}
			server.Expect(t, containerRequest, containerRequest, containerRequest, "GET /sentinel-2-l2a")
			scripted.AssertHidden(t, []string{subscriptionKey, "abc%3D"}, client, token)
		})
	}
}

func TestToken_rejectsInvalidResponses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ body, want string }{
		"no token":          {`{"msft:expiry": "2026-11-23T09:00:00Z"}`, "has no token"},
		"no signature":      {`{"msft:expiry": "2026-11-23T09:00:00Z", "token": "s3cret"}`, "not a shared access signature"},
		"no expiry":         {`{"token": "sig=s3cret"}`, "no valid expiry in msft:expiry"},
		"not a time":        {`{"msft:expiry": "tomorrow", "token": "sig=s3cret"}`, "expected the token as JSON"},
		"a year after 9999": {`{"msft:expiry": "9999-12-31T23:59:59-01:00", "token": "sig=s3cret"}`, "no valid expiry in msft:expiry"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := newScripted(t, nil)
			server.On(containerRequest, okReply(test.body))
			_, err := client.ContainerToken(t.Context(), "sentinel2l2a01", "sentinel2-l2", 0)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v", err)
			}
		})
	}
}
