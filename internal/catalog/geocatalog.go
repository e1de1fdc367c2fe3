// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// APIVersion is the version of a GeoCatalog's API. Every request has it as its first
// query parameter, as those of azure-planetarycomputer 1.0.0 do.
const APIVersion = "2026-04-15"

// The domains of GeoCatalogs in Azure and in Azure Government.
const (
	publicDomain     = "geocatalog.spatio.azure.com"
	governmentDomain = "geocatalog.spatio.azure.us"
)

// NewGeoCatalog returns a Client of a GeoCatalog. It sends no request. The service has the
// given address and carries the credentials of Microsoft Entra.
func NewGeoCatalog(service *transport.Client, address *url.URL) *Client {
	return &Client{stac: service, sas: service, geoCatalog: address}
}

// IsGeoCatalog reports whether the Client reads a GeoCatalog.
func (c *Client) IsGeoCatalog() bool { return c.geoCatalog != nil }

// Scope returns the scope of the Entra token for a GeoCatalog. It returns "" for a host
// that Microsoft does not run: a valid token must not reach it.
func Scope(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, domain := range []string{publicDomain, governmentDomain} {
		if strings.HasSuffix(host, "."+domain) {
			return "https://" + domain + "/.default"
		}
	}
	return ""
}

// PublicScope is the scope in Azure's public cloud.
const PublicScope = "https://" + publicDomain + "/.default"

// RegionOfHost returns the Azure region in the host name of a GeoCatalog, which is
// NAME.LABEL.REGION.geocatalog.spatio.azure.com. Some names have no region. The result is
// "" then.
func RegionOfHost(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, domain := range []string{publicDomain, governmentDomain} {
		rest, ok := strings.CutSuffix(host, "."+domain)
		if !ok {
			continue
		}
		labels := strings.Split(rest, ".")
		region := labels[len(labels)-1]
		if len(labels) >= 3 && isRegion(region) {
			return region
		}
	}
	return ""
}

// isRegion reports whether a label looks like the name of an Azure region.
func isRegion(label string) bool {
	return label != "" && label[0] >= 'a' && label[0] <= 'z' &&
		!strings.ContainsFunc(label, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
}

func versioned(query string) string {
	if query == "" {
		return "api-version=" + APIVersion
	}
	return "api-version=" + APIVersion + "&" + query
}

// locate fills in where the data is. The host's region outranks a member that somebody
// wrote into the collection. A collection of a GeoCatalog has no members for account and
// container; they are in the addresses of its assets, or else in those of an item.
func (c *Client) locate(ctx context.Context, collection *Collection) error {
	if region := RegionOfHost(c.geoCatalog.Hostname()); region != "" {
		collection.Region = region
	}
	if collection.StorageAccount != "" && collection.Container != "" {
		return nil
	}
	account, container := storageOf(collection.Assets)
	if account == "" {
		items, err := transport.Call[wireItems](ctx, c.stac, c.stacRequest("the items", "limit=1", "collections", collection.ID, "items"))
		if err != nil && !isResponseOfNoUse(err) {
			return err
		}
		for _, item := range items.Features {
			if account == "" {
				account, container = storageOf(item.Assets)
			}
		}
	}
	collection.StorageAccount, collection.Container = account, container
	return nil
}

type wireItems struct {
	Features []struct {
		Assets json.RawMessage `json:"assets"`
	} `json:"features"`
}

// isResponseOfNoUse reports whether a catalog has no items to offer: the location stays
// unknown then.
func isResponseOfNoUse(err error) bool {
	failure, ok := errors.AsType[*transport.Error](err)
	return ok && (failure.Kind == transport.KindBody || IsNotFound(err))
}

// storageOf returns the account and the container of the first asset, by key, that is in
// Azure Blob Storage.
func storageOf(text json.RawMessage) (account, container string) {
	var assets map[string]struct {
		Href string `json:"href"`
	}
	if len(text) == 0 || json.Unmarshal(text, &assets) != nil {
		return "", ""
	}
	keys := make([]string, 0, len(assets))
	for key := range assets {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		if account, container := storageOfHref(assets[key].Href); account != "" {
			return account, container
		}
	}
	return "", ""
}

func storageOfHref(href string) (account, container string) {
	address, err := url.Parse(href)
	if err != nil || address.Scheme != "https" {
		return "", ""
	}
	host := strings.ToLower(address.Hostname())
	for _, suffix := range []string{".blob.core.windows.net", ".blob.core.usgovcloudapi.net"} {
		name, ok := strings.CutSuffix(host, suffix)
		container, _, _ = strings.Cut(strings.TrimPrefix(address.Path, "/"), "/")
		if ok && name != "" && !strings.Contains(name, ".") && container != "" {
			return name, container
		}
	}
	return "", ""
}
