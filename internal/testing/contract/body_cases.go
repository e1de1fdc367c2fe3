// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"net/http"
	"strings"
)

// maxBodySize is the longest body that the gateway reads.
const maxBodySize = 1 << 20

// bodyCases cover bodies of a POST other than valid options.
func bodyCases() []Case {
	rejectedBody := func(name, body string) Case {
		return singleRequest("body: "+name, postRequest(clustersPath, body), internalError())
	}
	created := func(name string, request Request) Case {
		return sequence("body: "+name,
			Exchange{Request: request.asUser(caseUser), Response: createCluster("").Response},
			Exchange{Request: getRequest(clustersPath + "<<cluster>>").asUser(caseUser), Response: gatewayOK(`{"name": "<<cluster>>", <<any>>`)},
		)
	}
	const stuck = `{"cluster_options": {"profile": "stuck"}}`
	return []Case{
		recorded("gateway_500_text.json", rejectedBody("empty", "")),
		rejectedBody("invalid JSON", "{"),
		rejectedBody("array as value", "[]"),
		rejectedBody("string as value", `"x"`),
		rejectedBody("null", "null"),
		rejectedBody("form", "cluster_options=1"),
		rejectedBody("megabyte of invalid JSON", strings.Repeat("x", maxBodySize)),
		recorded("create_413.json", singleRequest("body: more than a megabyte", postRequest(clustersPath, strings.Repeat(" ", maxBodySize)+"{"),
			gatewayError(http.StatusRequestEntityTooLarge, "Request Entity Too Large"))),
		singleRequest("body: unknown charset", postRequest(clustersPath, stuck).withHeader("Content-Type", "application/json; charset=klingon"), internalError()),

		recorded("create_201.json", sequence("response to a POST is only the name", Exchange{
			Request: postRequest(clustersPath, stuck).asUser(caseUser),
			Response: ExpectedResponse{Status: http.StatusCreated, ContentType: gatewayJSON, Body: `{"name": "<<cluster=clustername>>"}`, Header: map[string]string{
				"Location": "", "Set-Cookie": "<<pair>>; Max-Age=600; Path=/",
			}},
		})),
		created("no options", postRequest(clustersPath, "{}")),
		created("options are null", postRequest(clustersPath, `{"cluster_options": null}`)),
		created("different content type", postRequest(clustersPath, stuck).withHeader("Content-Type", "text/plain")),
		created("additional keys", postRequest(clustersPath, `{"name": "mine", "cluster_options": {"profile": "stuck"}}`)),
		created("duplicate key, the last one counts", postRequest(clustersPath, `{"cluster_options": {"profile": "huge", "profile": "stuck"}}`)),

		sequence("cluster is created although the client disconnects",
			Exchange{Request: withoutResponse(postRequest(clustersPath, stuck)).asUser(caseUser)},
			Exchange{Request: getRequest(clustersPath).asUser(caseUser), Repeat: true, Response: gatewayOK(`{"<<cluster=clustername>>": {"name": "<<any>>"status": "PENDING", <<any>>}}`)},
			stopCluster().byCaseUser(),
		),
		sequence("half a body creates no cluster",
			Exchange{Request: withHalfBody(postRequest(clustersPath, stuck)).asUser(caseUser)},
			Exchange{Request: getRequest(clustersPath).asUser(caseUser), Response: gatewayOK("{}")},
			Exchange{Request: getRequest(clustersPath + "?status=pending,running,stopping,stopped,failed").asUser(caseUser), Response: gatewayOK("{}")},
		),
	}
}

func withoutResponse(r Request) Request {
	r.DropResponse = true
	return r
}

func withHalfBody(r Request) Request {
	r.SendHalfBody = true
	return r
}
