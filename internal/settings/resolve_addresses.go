// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package settings

import (
	"github.com/planetary-computer/terraform-provider-pc/internal/addresses"
)

// addresses resolves the four addresses. Missing ones are derived from the gateway's
// address, as in Python's Gateway (dask_gateway/client.py, Gateway.__init__). Python
// does not need the Hub's address. The provider derives it from the path at which a
// Hub serves a gateway.
func (r *resolver) addresses(s *Settings) {
	gatewayAddress := resolve(r, "address", addresses.ParseWeb)
	s.Address = convert(gatewayAddress, addresses.Web.String)
	s.PublicAddress = derive(gatewayAddress, addresses.Web.String)
	if public := resolve(r, "public_address", addresses.ParsePublic); public.IsSet || public.IsUnknown {
		s.PublicAddress = convert(public, addresses.Web.String)
	}
	s.ProxyAddress = r.proxyAddress(gatewayAddress)
	s.HubAddress = r.hubAddress(gatewayAddress)
}

func (r *resolver) proxyAddress(gatewayAddress Setting[addresses.Web]) Setting[string] {
	proxy := resolve(r, "proxy_address", addresses.ParseSchedulerProxy)
	if proxy.IsUnknown || proxy.Value.Address != "" {
		return convert(proxy, func(p addresses.SchedulerProxy) string { return p.Address })
	}
	return derive(gatewayAddress, func(a addresses.Web) string {
		if proxy.IsSet {
			return addresses.AtPort(a.Host, proxy.Value.Port)
		}
		return addresses.AtPort(a.Host, a.Port)
	})
}

// hubAddress prefers the Hub that serves the gateway over the Hub of the current
// notebook server. Inside a Hub they are the same. Otherwise the user chose the
// gateway's address, and the token is for the gateway's Hub.
func (r *resolver) hubAddress(gatewayAddress Setting[addresses.Web]) Setting[string] {
	f, rank := r.find("hub_address")
	if rank >= r.hubLayer() {
		derived := derive(gatewayAddress, addresses.HubOfService)
		if derived.IsUnknown || derived.Value != "" {
			return derived
		}
	}
	if rank == len(r.layers) {
		return Setting[string]{}
	}
	return parseFinding(r, "hub_address", f, func(text string) (string, error) {
		hub, err := addresses.ParseWeb(text)
		return addresses.HubRoot(hub), err
	})
}

// derive computes a setting from another one. It is not set if the other is not
// set.
func derive[T, U any](from Setting[T], value func(T) U) Setting[U] {
	derived := convert(from, value)
	if from.Origin != "" {
		derived.Origin = from.Origin + ", from which it is derived"
	}
	return derived
}

// convert changes the type of a setting and keeps its origin.
func convert[T, U any](from Setting[T], value func(T) U) Setting[U] {
	converted := Setting[U]{Origin: from.Origin, IsSet: from.IsSet, IsUnknown: from.IsUnknown}
	if from.IsSet {
		converted.Value = value(from.Value)
	}
	return converted
}
