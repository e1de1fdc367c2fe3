// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package contract

import (
	"maps"
	"net/http"
	"strconv"
)

// Frequent paths and content types.
const (
	clustersPath = "api/v1/clusters/"
	countsPath   = "/json/counts.json"
	identityPath = "/json/identity.json"

	gatewayJSON   = "application/json; charset=utf-8"
	gatewayText   = "text/plain; charset=utf-8"
	hubJSON       = "application/json"
	schedulerHTML = "text/html; charset=UTF-8"
)

func newRequest(method, path string) Request { return Request{Method: method, Path: path} }

func getRequest(path string) Request { return newRequest(http.MethodGet, path) }

func postRequest(path, body string) Request {
	return Request{Method: http.MethodPost, Path: path, Body: body}
}

// asUser changes the user of the request.
func (r Request) asUser(user string) Request {
	r.User = user
	return r
}

// withHeader adds a header.
func (r Request) withHeader(name, value string) Request {
	header := maps.Clone(r.Header)
	if header == nil {
		header = map[string]string{}
	}
	header[name] = value
	r.Header = header
	return r
}

// withAuthorization replaces the user's credentials.
func (r Request) withAuthorization(value string) Request {
	return r.asUser(noUser).withHeader("Authorization", value)
}

// toHub sends the request to the Hub's REST API.
func (r Request) toHub() Request {
	r.Base = hubBase
	return r
}

// singleRequest is a case with one request.
func singleRequest(name string, request Request, response ExpectedResponse) Case {
	return Case{Name: name, Exchanges: []Exchange{{Request: request, Response: response}}}
}

// onSharedCluster is a case with one request that needs the shared cluster.
func onSharedCluster(name string, request Request, response ExpectedResponse) Case {
	c := singleRequest(name, request, response)
	c.NeedsCluster = true
	return c
}

// sequence is a case with several requests.
func sequence(name string, exchanges ...Exchange) Case { return Case{Name: name, Exchanges: exchanges} }

// exclusive prevents other cases from running at the same time.
func exclusive(c Case) Case {
	c.Exclusive = true
	return c
}

// requiring adds capabilities to the needs of all cases.
func requiring(cases []Case, capabilities ...Capability) []Case {
	for i := range cases {
		cases[i].Needs = append(cases[i].Needs, capabilities...)
	}
	return cases
}

// recorded records the last response of the case in testdata.
func recorded(file string, c Case) Case {
	c.Exchanges[len(c.Exchanges)-1].Record = file
	return c
}

// gatewayOK is a successful response of the gateway. Its cookie would take
// precedence over the header of the next request.
func gatewayOK(body string) ExpectedResponse {
	return ExpectedResponse{Status: http.StatusOK, ContentType: gatewayJSON, Body: body, Header: map[string]string{
		"Set-Cookie": "<<pair>>; Max-Age=600; Path=/",
	}}
}

// gatewayError is a JSON error of the gateway's handlers.
func gatewayError(status int, message string) ExpectedResponse {
	return ExpectedResponse{Status: status, ContentType: gatewayJSON, Body: `{"error": "` + message + `"}`, Header: map[string]string{"Set-Cookie": ""}}
}

// unauthorized is the gateway's response without valid credentials.
func unauthorized() ExpectedResponse {
	response := gatewayError(http.StatusUnauthorized, "Authentication required")
	response.Header["Www-Authenticate"] = "<<challenge>>"
	return response
}

// internalError is the gateway's response when a handler raises an exception.
func internalError() ExpectedResponse {
	return ExpectedResponse{
		Status: http.StatusInternalServerError, ContentType: gatewayText,
		Body:   "500 Internal Server Error\n\nServer got itself in trouble",
		Header: map[string]string{"Set-Cookie": "", "Www-Authenticate": ""},
	}
}

// pathNotFound is the response of the gateway's router to an unknown path.
func pathNotFound() ExpectedResponse {
	return ExpectedResponse{Status: http.StatusNotFound, ContentType: gatewayText, Body: "404: Not Found", Header: map[string]string{"Set-Cookie": "", "Location": ""}}
}

// methodNotAllowed is the response of the gateway's router to an unknown method.
func methodNotAllowed(allowed string) ExpectedResponse {
	return ExpectedResponse{Status: http.StatusMethodNotAllowed, ContentType: gatewayText, Body: "405: Method Not Allowed", Header: map[string]string{"Allow": allowed}}
}

// noContent is a 204 without a body.
func noContent() ExpectedResponse { return ExpectedResponse{Status: http.StatusNoContent} }

// hubOK is a successful response of the Hub.
func hubOK(body string) ExpectedResponse {
	return ExpectedResponse{Status: http.StatusOK, ContentType: hubJSON, Body: body, Header: map[string]string{
		"X-Jupyterhub-Version": "<<version>>", "Etag": `"<<any>>"`,
	}}
}

// hubError is an error of the Hub with a message.
func hubError(code int, message string) ExpectedResponse {
	return hubErrorResponse(code, `"`+message+`"`)
}

// hubErrorWithoutMessage is an error of the Hub whose message is null.
func hubErrorWithoutMessage(code int) ExpectedResponse { return hubErrorResponse(code, "null") }

func hubErrorResponse(code int, message string) ExpectedResponse {
	return ExpectedResponse{Status: code, ContentType: hubJSON, Body: `{"status": ` + strconv.Itoa(code) + `, "message": ` + message + `}`, Header: map[string]string{
		"X-Jupyterhub-Version": "<<version>>", "Www-Authenticate": "",
	}}
}

// createCluster creates a cluster and stores its name as <<cluster>>. On Kubernetes
// the name has a namespace.
func createCluster(options string) Exchange {
	return Exchange{
		Request:  postRequest(clustersPath, `{"cluster_options": `+options+`}`),
		Response: ExpectedResponse{Status: http.StatusCreated, ContentType: gatewayJSON, Body: `{"name": "<<cluster=clustername>>"}`},
	}
}

// waitForStatus waits until the cluster has the status.
func waitForStatus(status string) Exchange {
	return Exchange{
		Request: getRequest(clustersPath + "<<cluster>>"), Repeat: true,
		Response: ExpectedResponse{Status: http.StatusOK, ContentType: gatewayJSON, Body: `<<any>>"status": "` + status + `"<<any>>`},
	}
}

// stopCluster stops the cluster.
func stopCluster() Exchange {
	return Exchange{Request: newRequest(http.MethodDelete, clustersPath+"<<cluster>>"), Response: noContent()}
}

// waitForDashboard waits until the cluster's pages are reachable, which is later
// than RUNNING.
func waitForDashboard() Exchange {
	return Exchange{
		Request: getRequest("clusters/<<cluster>>" + countsPath).asUser(noUser), Repeat: true,
		Response: ExpectedResponse{Status: http.StatusOK, ContentType: "application/json; charset=UTF-8", Body: "<<any>>"},
	}
}

// byCaseUser sends the exchange's request as the case's user.
func (x Exchange) byCaseUser() Exchange {
	x.Request.User = caseUser
	return x
}
