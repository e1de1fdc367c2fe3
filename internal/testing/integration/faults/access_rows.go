// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	momentAccess = "Credentials, addresses and names"

	promiseIDRejected  = "The provider rejects it and sends no request."
	promiseNoEmptyList = "The read fails. It never returns an empty list."
)

// accessRows check that credentials and requests reach only the configured server.
func accessRows() []Row {
	listConfig := "data \"pc_clusters\" \"all\" {}\n"
	redirectToOtherHost := func(w *World) {
		to := mockserver.Fault{Times: everyTime, Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {w.Other.GatewayURL() + "api/v1/clusters/"}}}
		failRequests("", "", to)(w)
	}
	echoCredentials := func(w *World) {
		failRequests(http.MethodPost, clustersPath, mockserver.Fault{Times: everyTime, Status: http.StatusForbidden, ContentType: "text/plain", Body: "Authorization: jupyterhub " + w.token})(w)
	}
	rows := []Row{
		{
			Fault: "The server redirects to another host.", Promise: "The provider sends nothing to the other host.",
			Break: redirectToOtherHost, Want: Want{Exit: 1, Output: []string{"follows no redirect"}},
		},
		{
			Fault: "The server's error quotes the credentials.", Promise: "Terraform does not print them.",
			Break: echoCredentials, Want: Want{Exit: 1, Output: []string{"Authorization: ***"}},
		},
		{
			Fault: "The import ID is a path, plain or escaped.", Variant: "plain", Promise: promiseIDRejected,
			Command: []string{"import", "-no-color", clusterAddress, "x/../y"}, Want: Want{Exit: 1, Output: []string{"cannot be imported"}, Requests: map[string]int{"* " + anyClusterPath: 0}},
		},
		{
			Fault: "The import ID is a path, plain or escaped.", Variant: "escaped", Promise: promiseIDRejected,
			Command: []string{"import", "-no-color", clusterAddress, "x%2f..%2fy"}, Want: Want{Exit: 1, Output: []string{"cannot be imported"}, Requests: map[string]int{"* " + anyClusterPath: 0}},
		},
		{
			Fault: "You import a cluster that does not exist.", Promise: "The import fails. The state stays empty.",
			Command: []string{"import", "-no-color", clusterAddress, "0123456789abcdef0123456789abcdef"}, Want: Want{Exit: 1, Output: []string{"Cannot import non-existent remote object"}},
		},
		{
			Fault: "The gateway is down, or the token revoked, when you list clusters.", Variant: "down", Promise: promiseNoEmptyList, Config: listConfig,
			Break: failRequests(http.MethodGet, clustersPath, repeated(everyTime, gatewayDown)), Want: Want{Exit: 1, Output: []string{"503"}},
		},
		{
			Fault: "The gateway is down, or the token revoked, when you list clusters.", Variant: "revoked", Promise: promiseNoEmptyList, Config: listConfig,
			Break: func(w *World) { w.revokeProviderToken() }, Want: Want{Exit: 1, Output: []string{"rejected the credentials"}},
		},
	}
	for i := range rows {
		rows[i].Moment = momentAccess
	}
	return rows
}
