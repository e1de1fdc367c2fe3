// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

// Package catalog is a client of what tells where data is: a STAC API for the
// collections, and the Planetary Computer's service for tokens that may read
// them. It knows nothing of Terraform, and of the Hub no credential.
package catalog

import (
	"errors"
	"net/http"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// SubscriptionKeyHeader is where the token service looks for a key
// (planetary_computer/sas.py).
const SubscriptionKeyHeader = "Ocp-Apim-Subscription-Key"

// Client asks both services. It is safe for concurrent use.
type Client struct {
	stac, sas *transport.Client
}

// New makes a Client. The base address of stac is that of a STAC API, such as
// https://planetarycomputer.microsoft.com/api/stac/v1; that of sas is what
// Python's SDK calls sas_url, with /token at its end. It sends nothing.
func New(stac, sas *transport.Client) *Client { return &Client{stac: stac, sas: sas} }

// IsNotFound says that the service has no such collection or container. STAC
// APIs agree on the status (OGC API - Features, 7.15.4) and on nothing else: a
// proxy's 404 looks the same.
func IsNotFound(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && failure.Kind == transport.KindStatus && failure.Status == http.StatusNotFound
}
