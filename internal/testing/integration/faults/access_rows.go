// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"net/http"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const accessing = "Credentials, addresses and names"

// accessRows are what must never reach somebody it is not meant for.
func accessRows() []Row {
	list := "data \"pc_clusters\" \"all\" {}\n"
	redirect := func(w *World) {
		to := mockserver.Fault{Times: always, Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {w.Other.GatewayURL() + "api/v1/clusters/"}}}
		fails("", "", to)(w)
	}
	echo := func(w *World) {
		fails(http.MethodPost, clusters, mockserver.Fault{Times: always, Status: http.StatusForbidden, ContentType: "text/plain", Body: "Authorization: jupyterhub " + w.token})(w)
	}
	rows := []Row{
		{
			Fault: "The server redirects to another host.", Promise: "Nothing is sent there, credentials least of all.",
			Break: redirect, Want: Want{Exit: 1, Says: []string{"follows no redirect"}},
		},
		{
			Fault: "The server's error repeats the request's credentials.", Promise: "They are not in what terraform prints.",
			Break: echo, Want: Want{Exit: 1, Says: []string{"Authorization: ***"}},
		},
		{
			Fault: "The id of an import is a path to another cluster.", Promise: "It is refused before any request.",
			Command: []string{"import", "-no-color", cluster, "x/../y"}, Want: Want{Exit: 1, Says: []string{"cannot be imported"}, Requests: map[string]int{"* " + anyOne: 0}},
		},
		{
			Fault: "The id of an import is an escaped path.", Promise: "The same.",
			Command: []string{"import", "-no-color", cluster, "x%2f..%2fy"}, Want: Want{Exit: 1, Says: []string{"cannot be imported"}, Requests: map[string]int{"* " + anyOne: 0}},
		},
		{
			Fault: "A cluster is imported that the gateway does not know.", Promise: "The import fails; the state has nothing.",
			Command: []string{"import", "-no-color", cluster, "0123456789abcdef0123456789abcdef"}, Want: Want{Exit: 1, Says: []string{"Cannot import non-existent remote object"}},
		},
		{
			Fault: "The gateway is down while clusters are listed.", Promise: "The data source fails; it never shows an empty list instead.", Config: list,
			Break: fails(http.MethodGet, clusters, times(always, gatewayDown)), Want: Want{Exit: 1, Says: []string{"503"}},
		},
		{
			Fault: "The token was revoked while clusters are listed.", Promise: "The same.", Config: list,
			Break: func(w *World) { w.revoke() }, Want: Want{Exit: 1, Says: []string{"did not accept the credentials"}},
		},
	}
	for i := range rows {
		rows[i].Moment = accessing
	}
	return rows
}
