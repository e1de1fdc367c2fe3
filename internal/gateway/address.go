// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package gateway

import "strings"

// Addresses are the addresses of one gateway, as the Python client resolves them
// (dask_gateway/client.py, Gateway.__init__).
type Addresses struct {
	// Address is the address of the API, and PublicAddress the one to open in a browser.
	// Both may end in a slash.
	Address, PublicAddress string
	// ProxyAddress is the address of the proxy before the schedulers, for example
	// gateway://host:8786.
	ProxyAddress string
}

// SchedulerAddress returns the address of a cluster's scheduler, as Python's
// cluster.scheduler_address: gateway://HOST:PORT/NAME.
func (a Addresses) SchedulerAddress(name string) string {
	return a.ProxyAddress + "/" + name
}

// DashboardLink returns the address of a cluster's dashboard, as Python's
// cluster.dashboard_link; "" if there is none.
func (a Addresses) DashboardLink(route string) string {
	if route == "" {
		return ""
	}
	return strings.TrimRight(a.PublicAddress, "/") + route
}
