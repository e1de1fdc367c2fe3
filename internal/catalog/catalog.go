// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package catalog is a client of a STAC API, which describes collections of data, and of
// of the service that issues tokens to read them: those of the public Planetary Computer,
// or those of a GeoCatalog (Planetary Computer Pro). It is independent of Terraform and
// never has credentials of the Hub.
package catalog

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// SubscriptionKeyHeader is the header in which the SAS service expects a subscription key
// (planetary_computer/sas.py).
const SubscriptionKeyHeader = "Ocp-Apim-Subscription-Key"

// Client calls both services. It is safe for concurrent use.
type Client struct {
	stac, sas *transport.Client
	// geoCatalog is the address of a GeoCatalog, or nil for the public services.
	geoCatalog *url.URL
}

// New returns a Client. It sends no request. The base address of stac is that of a STAC
// API, such as https://planetarycomputer.microsoft.com/api/stac/v1. The base address of
// sas is the sas_url of Python's SDK, which ends in /token.
func New(stac, sas *transport.Client) *Client { return &Client{stac: stac, sas: sas} }

// IsNotFound reports whether a service has no such collection or container. STAC APIs
// agree on the status (OGC API - Features, section 7.15.4) but not on the body, so a 404
// of a proxy looks the same.
func IsNotFound(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind == transport.KindStatus && failure.Status == http.StatusNotFound
}
