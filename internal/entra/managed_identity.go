// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package entra

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// metadataHost is the address of the instance metadata service of Azure's machines.
const metadataHost = "169.254.169.254"

// managedIdentity returns the credential of the machine's own identity, or of the
// user-assigned one with the client ID.
func (c *Credential) managedIdentity(clientID string) (azcore.TokenCredential, error) {
	client := c.cfg.Local
	if c.cfg.MSIEndpoint != "" || c.cfg.MSIAPIVersion != "" {
		moved, err := newMovedMetadata(client.Transport, c.cfg.MSIEndpoint, c.cfg.MSIAPIVersion)
		if err != nil {
			return nil, err
		}
		copied := *client
		copied.Transport, client = moved, &copied
	}
	options := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: c.options(client)}
	if clientID != "" {
		options.ID = azidentity.ClientID(clientID)
	}
	return azidentity.NewManagedIdentityCredential(options)
}

// movedMetadata sends the requests for the instance metadata service to another address,
// or with another version. azidentity has no such setting.
type movedMetadata struct {
	next       http.RoundTripper
	endpoint   *url.URL
	apiVersion string
}

func newMovedMetadata(next http.RoundTripper, endpoint, apiVersion string) (*movedMetadata, error) {
	moved := &movedMetadata{next: next, apiVersion: apiVersion}
	if endpoint == "" {
		return moved, nil
	}
	address, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return nil, errors.New("msi_endpoint is not valid")
	case address.Scheme != "https" && !isLocal(address.Hostname()):
		return nil, errors.New("msi_endpoint must be an https:// address, or on this machine or in its private network: the response is a token")
	}
	moved.endpoint = address
	return moved, nil
}

func isLocal(host string) bool {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return host == "localhost" || !strings.Contains(host, ".")
	}
	return address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast()
}

// RoundTrip implements http.RoundTripper.
func (m *movedMetadata) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != metadataHost {
		return m.next.RoundTrip(r)
	}
	sent, query := r.Clone(r.Context()), r.URL.Query()
	if m.apiVersion != "" {
		query.Set("api-version", m.apiVersion)
	}
	if m.endpoint != nil {
		address := *m.endpoint
		sent.URL, sent.Host = &address, ""
	}
	sent.URL.RawQuery = query.Encode()
	return m.next.RoundTrip(sent)
}
