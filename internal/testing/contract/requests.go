// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"maps"
	"net/http"
	"strconv"
)

// The paths and content types that most cases name.
const (
	clusters = "api/v1/clusters/"
	counts   = "/json/counts.json"
	identity = "/json/identity.json"

	gatewayJSON   = "application/json; charset=utf-8"
	gatewayText   = "text/plain; charset=utf-8"
	hubJSON       = "application/json"
	schedulerHTML = "text/html; charset=UTF-8"
)

func send(method, path string) Request { return Request{Method: method, Path: path} }

func get(path string) Request { return send(http.MethodGet, path) }

func post(path, body string) Request {
	return Request{Method: http.MethodPost, Path: path, Body: body}
}

// as makes the request another user's.
func (r Request) as(user string) Request {
	r.As = user
	return r
}

// with adds a header.
func (r Request) with(name, value string) Request {
	header := maps.Clone(r.Header)
	if header == nil {
		header = map[string]string{}
	}
	header[name] = value
	r.Header = header
	return r
}

// authorization replaces the user's credentials.
func (r Request) authorization(value string) Request {
	return r.as(nobody).with("Authorization", value)
}

// hub makes a request of the gateway one of the Hub's REST interface.
func (r Request) hub() Request {
	r.Base = hubBase
	return r
}

// one is a case of a single request.
func one(name string, request Request, answer Answer) Case {
	return Case{Name: name, Exchanges: []Exchange{{Request: request, Answer: answer}}}
}

// running is a case of a single request that needs the shared cluster.
func running(name string, request Request, answer Answer) Case {
	c := one(name, request, answer)
	c.Running = true
	return c
}

// story is a case of several requests.
func story(name string, exchanges ...Exchange) Case { return Case{Name: name, Exchanges: exchanges} }

// needing adds what all of the cases need.
func needing(cases []Case, capabilities ...Capability) []Case {
	for i := range cases {
		cases[i].Needs = append(cases[i].Needs, capabilities...)
	}
	return cases
}

// recorded is the case with its last answer kept in testdata.
func recorded(file string, c Case) Case {
	c.Exchanges[len(c.Exchanges)-1].Record = file
	return c
}

// gatewayOK is an answer of the gateway to a user: the cookie that it hands out
// with it outranks the header of the next request.
func gatewayOK(body string) Answer {
	return Answer{Status: http.StatusOK, Type: gatewayJSON, Body: body, Header: map[string]string{
		"Set-Cookie": "<<pair>>; Max-Age=600; Path=/",
	}}
}

// gatewayError is a refusal by one of the gateway's handlers, in JSON.
func gatewayError(status int, words string) Answer {
	return Answer{Status: status, Type: gatewayJSON, Body: `{"error": "` + words + `"}`, Header: map[string]string{"Set-Cookie": ""}}
}

// unauthorized is the answer to what the gateway does not take for credentials.
func unauthorized() Answer {
	a := gatewayError(http.StatusUnauthorized, "Authentication required")
	a.Header["Www-Authenticate"] = "<<challenge>>"
	return a
}

// crash is the answer of a handler of the gateway that failed.
func crash() Answer {
	return Answer{
		Status: http.StatusInternalServerError, Type: gatewayText,
		Body:   "500 Internal Server Error\n\nServer got itself in trouble",
		Header: map[string]string{"Set-Cookie": "", "Www-Authenticate": ""},
	}
}

// noRoute is the answer of the gateway's router to a path that it lacks.
func noRoute() Answer {
	return Answer{Status: http.StatusNotFound, Type: gatewayText, Body: "404: Not Found", Header: map[string]string{"Set-Cookie": "", "Location": ""}}
}

// notAllowed is the answer of the gateway's router to a method.
func notAllowed(allowed string) Answer {
	return Answer{Status: http.StatusMethodNotAllowed, Type: gatewayText, Body: "405: Method Not Allowed", Header: map[string]string{"Allow": allowed}}
}

// noContent is an answer without a body.
func noContent() Answer { return Answer{Status: http.StatusNoContent} }

// hubOK is an answer of the Hub.
func hubOK(body string) Answer {
	return Answer{Status: http.StatusOK, Type: hubJSON, Body: body, Header: map[string]string{
		"X-Jupyterhub-Version": "<<version>>", "Etag": `"<<any>>"`,
	}}
}

// hubError is a refusal by the Hub, in words.
func hubError(code int, words string) Answer {
	return hubRefusal(code, `"`+words+`"`)
}

// hubSilence is a refusal by the Hub without words.
func hubSilence(code int) Answer { return hubRefusal(code, "null") }

func hubRefusal(code int, message string) Answer {
	return Answer{Status: code, Type: hubJSON, Body: `{"status": ` + strconv.Itoa(code) + `, "message": ` + message + `}`, Header: map[string]string{
		"X-Jupyterhub-Version": "<<version>>", "Www-Authenticate": "",
	}}
}

// create makes a cluster and keeps its name as <<cluster>>. On Kubernetes there
// is a namespace before it.
func create(options string) Exchange {
	return Exchange{
		Request: post(clusters, `{"cluster_options": `+options+`}`),
		Answer:  Answer{Status: http.StatusCreated, Type: gatewayJSON, Body: `{"name": "<<cluster=clustername>>"}`},
	}
}

// become waits until the cluster has the status.
func become(status string) Exchange {
	return Exchange{
		Request: get(clusters + "<<cluster>>"), Until: true,
		Answer: Answer{Status: http.StatusOK, Type: gatewayJSON, Body: `<<any>>"status": "` + status + `"<<any>>`},
	}
}

// stop stops the cluster.
func stop() Exchange {
	return Exchange{Request: send(http.MethodDelete, clusters+"<<cluster>>"), Answer: noContent()}
}

// reachable waits until the cluster's own pages are, which is some time after
// it runs.
func reachable() Exchange {
	return Exchange{
		Request: get("clusters/<<cluster>>" + counts).as(nobody), Until: true,
		Answer: Answer{Status: http.StatusOK, Type: "application/json; charset=UTF-8", Body: "<<any>>"},
	}
}

// byLoner makes the exchange the loner's.
func (x Exchange) byLoner() Exchange {
	x.Request.As = loner
	return x
}
