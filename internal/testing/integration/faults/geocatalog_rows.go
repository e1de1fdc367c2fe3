// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentGeoCatalog = "A GeoCatalog is read"
	promiseReason    = "The read fails at once. The error gives the reason, without the secret, and what to check."
	entraSecret      = "entra-s3cret"
	entraTokenPath   = "*/oauth2/v2.0/token" //nolint:gosec // a path
	collectionPath   = "/stac/collections/fires"
	sasTokenPath     = "/sas/token/fires" //nolint:gosec // a path
)

// startGeoCatalog starts a GeoCatalog with one collection.
func (w *World) startGeoCatalog() {
	w.GeoCatalog = mockserver.StartGeoCatalog(mockserver.GeoCatalogConfig{
		Secret: entraSecret,
		Collections: map[string]string{
			"fires": `{"type": "Collection", "id": "fires", "description": "D", "license": "other", "links": [], "extent": {},
				"assets": {"image": {"href": "https://account1.blob.core.windows.net/fires-1/image.tif"}}}`,
		},
	})
	w.t.Cleanup(w.GeoCatalog.Close)
}

func (w *World) geoCatalogArguments() string {
	return fmt.Sprintf("\n  geocatalog_url = %q\n  ca_certificate = %q\n  tenant_id = \"tenant1\"\n  client_id = \"client1\"\n  client_secret = %q\n",
		w.GeoCatalog.URL(), w.GeoCatalog.CACertificate(), entraSecret)
}

// geoCatalogFails makes requests to the GeoCatalog or to Entra fail.
func geoCatalogFails(path string, fault mockserver.GeoCatalogFault) func(*World) {
	fault.Path = path
	return func(w *World) { w.GeoCatalog.FailNext(fault) }
}

// geoCatalogError is an error in the form of azure-planetarycomputer 1.0.0 (ErrorInfo),
// which quotes the token.
func geoCatalogError(status int, code, message string) mockserver.GeoCatalogFault {
	return mockserver.GeoCatalogFault{
		Times: everyTime, Status: status, ContentType: "application/json", QuoteToken: true,
		Body: fmt.Sprintf(`{"error": {"code": %q, "message": "%s TOKEN"}}`, code, message),
	}
}

// geoCatalogRows are faults of a GeoCatalog, of Entra, and of what is between them and the
// provider. They change nothing, so that the rows check the diagnostics.
func geoCatalogRows() []Row {
	failsWith := func(output ...string) Want { return Want{Exit: 1, Output: output} }
	once := func(path string, output ...string) Want {
		return Want{Exit: 1, Output: output, Requests: map[string]int{"GET " + path: 1}}
	}
	unauthorized := geoCatalogError(http.StatusUnauthorized, "Unauthorized", "Lifetime validation failed, the token is expired.")
	unauthorized.Header = http.Header{"Www-Authenticate": {`Bearer authorization_uri="https://login.microsoftonline.com/", error="invalid_token"`}}
	throttled := geoCatalogError(http.StatusTooManyRequests, "TooManyRequests", "Rate limit is exceeded.")
	throttled.Times, throttled.Header = 2, http.Header{"Retry-After": {"1"}}
	unavailable := geoCatalogError(http.StatusServiceUnavailable, "ServiceUnavailable", "Try again later.")
	briefly := unavailable
	briefly.Times = 2
	const firewallPage = "<html><title>Access Denied</title><body>Blocked by policy</body></html>"
	rows := []Row{
		{Fault: "The GeoCatalog rejects Entra's token (usually the wrong tenant), or Entra rejects the secret.", Variant: "token", Promise: promiseReason, Break: geoCatalogFails(collectionPath, unauthorized), Want: once(collectionPath, "the token is expired", "Check that tenant_id is the tenant of the GeoCatalog")},
		{Fault: "The identity has no role, or the GeoCatalog lacks the collection, its assets or this version of the API.", Variant: "role", Promise: promiseReason, Break: geoCatalogFails(collectionPath, geoCatalogError(http.StatusForbidden, "Forbidden", "No role.")), Want: once(collectionPath, "needs the role", "GeoCatalog Reader")},
		{Fault: "A firewall in front of the GeoCatalog returns 403.", Promise: "The error says that a proxy or a firewall has responded.", Break: geoCatalogFails(collectionPath, mockserver.GeoCatalogFault{Status: http.StatusForbidden, ContentType: "text/html", Body: firewallPage}), Want: once(collectionPath, "Access Denied", "comes from a proxy or a firewall")},
		{Fault: "The identity has no role, or the GeoCatalog lacks the collection, its assets or this version of the API.", Variant: "collection", Promise: promiseReason, Break: geoCatalogFails(collectionPath, geoCatalogError(http.StatusNotFound, "NotFound", "Collection fires does not exist.")), Want: once(collectionPath, "Collection fires does not exist.", "Check the ID of the collection")},
		{Fault: "The server returns 429 with `Retry-After`.", Promise: promiseRateLimited, Break: geoCatalogFails(collectionPath, throttled)},
		{Fault: "The server is down for a while.", Promise: promiseRetried, Break: geoCatalogFails(collectionPath, briefly)},
		{Fault: "The server stays down, or returns 500, 502, 503 or 504.", Promise: promiseFails, Break: geoCatalogFails(collectionPath, unavailable), Want: Want{Exit: 1, Output: []string{"503", "Try again later."}, Requests: map[string]int{"GET " + collectionPath: 5}}},
		{Fault: "A response is cut off.", Promise: promiseRetried, Break: geoCatalogFails(collectionPath, mockserver.GeoCatalogFault{Times: 2, Status: http.StatusOK, ContentType: "application/json", Body: `{"type": "Coll`, Truncated: true})},
		{Fault: "The GeoCatalog's response does not end.", Promise: "The read stops at a limit and fails.", Break: geoCatalogFails(collectionPath, mockserver.GeoCatalogFault{Times: everyTime, Status: http.StatusOK, ContentType: "application/json", Body: strings.Repeat(" ", 1000), Endless: true}), Want: once(collectionPath, "MiB")},
		{Fault: "The identity has no role, or the GeoCatalog lacks the collection, its assets or this version of the API.", Variant: "version", Promise: promiseReason, Break: geoCatalogFails(collectionPath, geoCatalogError(http.StatusBadRequest, "UnsupportedApiVersion", "The api-version 2026-04-15 is not supported.")), Want: once(collectionPath, "The api-version 2026-04-15 is not supported.")},
		{Fault: "The server redirects to a login page.", Promise: promiseSignIn, Break: geoCatalogFails(collectionPath, mockserver.GeoCatalogFault{Status: http.StatusFound, Header: http.Header{"Location": {"https://login.microsoftonline.com/common/oauth2/authorize?client_id=1"}}}), Want: once(collectionPath, "redirects to https://login.microsoftonline.com/common/oauth2/authorize")},
		{Fault: "The GeoCatalog rejects Entra's token (usually the wrong tenant), or Entra rejects the secret.", Variant: "secret", Promise: promiseReason, Break: geoCatalogFails(entraTokenPath, mockserver.GeoCatalogFault{Times: everyTime, Status: http.StatusUnauthorized, ContentType: "application/json", Body: `{"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided: ` + entraSecret + `"}`}), Want: failsWith("AADSTS7000215", "Configure the credential")},
		{Fault: "The identity has no role, or the GeoCatalog lacks the collection, its assets or this version of the API.", Variant: "assets", Promise: promiseReason, Ephemeral: true, Break: geoCatalogFails(sasTokenPath, geoCatalogError(http.StatusNotFound, "NotFound", "No container.")), Config: "ephemeral \"pc_sas_token\" \"test\" {\n  collection = \"fires\"\n}\n", Want: once(sasTokenPath, "only for collections that have assets")},
	}
	for i := range rows {
		rows[i].Moment, rows[i].GeoCatalog = momentGeoCatalog, true
		if rows[i].Config == "" {
			rows[i].Config = "data \"pc_collection\" \"test\" {\n  id = \"fires\"\n}\n"
		}
	}
	return rows
}
