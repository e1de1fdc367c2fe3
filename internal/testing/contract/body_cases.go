// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"net/http"
	"strings"
)

// megabyte is the longest body that the gateway reads.
const megabyte = 1 << 20

// bodyCases are about bodies of a POST that are more or less than options.
func bodyCases() []Case {
	broken := func(name, body string) Case { return one("body: "+name, post(clusters, body), crash()) }
	made := func(name string, request Request) Case {
		return story("body: "+name,
			Exchange{Request: request.as(loner), Answer: create("").Answer},
			Exchange{Request: get(clusters + "<<cluster>>").as(loner), Answer: gatewayOK(`{"name": "<<cluster>>", <<any>>`)},
		)
	}
	const stuck = `{"cluster_options": {"profile": "stuck"}}`
	return []Case{
		recorded("gateway_500_text.json", broken("none", "")),
		broken("no JSON", "{"),
		broken("an array", "[]"),
		broken("a text", `"x"`),
		broken("null", "null"),
		broken("a form", "cluster_options=1"),
		broken("a megabyte of no JSON", strings.Repeat("x", megabyte)),
		recorded("create_413.json", one("body: more than a megabyte", post(clusters, strings.Repeat(" ", megabyte)+"{"),
			gatewayError(http.StatusRequestEntityTooLarge, "Request Entity Too Large"))),
		one("body: a character set that nobody knows", post(clusters, stuck).with("Content-Type", "application/json; charset=klingon"), crash()),

		recorded("create_201.json", story("the answer to a POST is the name and nothing else", Exchange{
			Request: post(clusters, stuck).as(loner),
			Answer: Answer{Status: http.StatusCreated, Type: gatewayJSON, Body: `{"name": "<<cluster=clustername>>"}`, Header: map[string]string{
				"Location": "", "Set-Cookie": "<<pair>>; Max-Age=600; Path=/",
			}},
		})),
		made("no options", post(clusters, "{}")),
		made("options that are null", post(clusters, `{"cluster_options": null}`)),
		made("another content type", post(clusters, stuck).with("Content-Type", "text/plain")),
		made("more keys than the options", post(clusters, `{"name": "mine", "cluster_options": {"profile": "stuck"}}`)),
		made("a byte order of keys, the last one of two counts", post(clusters, `{"cluster_options": {"profile": "huge", "profile": "stuck"}}`)),

		story("a cluster is made although nobody waits for the answer",
			Exchange{Request: lost(post(clusters, stuck)).as(loner)},
			Exchange{Request: get(clusters).as(loner), Until: true, Answer: gatewayOK(`{"<<cluster=clustername>>": {"name": "<<any>>"status": "PENDING", <<any>>}}`)},
			stop().byLoner(),
		),
		story("no cluster is made of half a body",
			Exchange{Request: lostHalf(post(clusters, stuck)).as(loner)},
			Exchange{Request: get(clusters).as(loner), Answer: gatewayOK("{}")},
			Exchange{Request: get(clusters + "?status=pending,running,stopping,stopped,failed").as(loner), Answer: gatewayOK("{}")},
		),
	}
}

func lost(r Request) Request {
	r.Lost = true
	return r
}

func lostHalf(r Request) Request {
	r.LostHalf = true
	return r
}
