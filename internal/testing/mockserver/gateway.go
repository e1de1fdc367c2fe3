// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	jsonType = "application/json; charset=utf-8"
	textType = "text/plain; charset=utf-8"
	// maxBodyBytes is the longest body that the gateway reads.
	maxBodyBytes = 1 << 20
)

func jsonReply(status int, value any) *httpResponse {
	return &httpResponse{status: status, contentType: jsonType, body: dumps(value)}
}

// gatewayError returns a JSON error of the gateway. aiohttp fails on an error text
// with a line break.
func gatewayError(status int, message string) *httpResponse {
	if strings.ContainsAny(message, "\r\n") {
		return gatewayInternalError()
	}
	return jsonReply(status, object{{"error", message}})
}

// gatewayInternalError is aiohttp's response when a handler raises an exception.
func gatewayInternalError() *httpResponse {
	return &httpResponse{status: http.StatusInternalServerError, contentType: textType, body: "500 Internal Server Error\n\nServer got itself in trouble"}
}

// pathNotFound is the response of aiohttp's router to an unknown path, such as a
// path with a missing or an additional slash.
func pathNotFound() *httpResponse {
	return &httpResponse{status: http.StatusNotFound, contentType: textType, body: "404: Not Found"}
}

func methodNotAllowed(allowed []string) *httpResponse {
	return (&httpResponse{status: http.StatusMethodNotAllowed, contentType: textType, body: "405: Method Not Allowed"}).setHeader("Allow", strings.Join(allowed, ","))
}

// gatewayProxy is the Go proxy in front of the gateway's API server. For a moment
// after a restart it has no routes.
func (s *Server) gatewayProxy(x *exchange, path string) *httpResponse {
	s.mu.Lock()
	starting := s.routeFailures > 0
	if starting {
		s.routeFailures--
	}
	s.mu.Unlock()
	if starting {
		return (&httpResponse{status: http.StatusNotFound, contentType: textType, body: "Not Found\n"}).setHeader("X-Content-Type-Options", "nosniff")
	}
	s.assignReplica(x)
	elements := s.pathElements(path)
	if len(elements) > 1 && elements[0] == "clusters" {
		if response := s.schedulerPage(x, elements[1], elements[2:]); response != nil {
			return response
		}
	}
	return s.api(x, elements)
}

// pathElements splits a path and unescapes it. The proxy unescapes the path before
// it removes its prefix: behind a prefix an escaped slash becomes a plain slash,
// without a prefix it stays escaped.
func (s *Server) pathElements(path string) []string {
	path = strings.TrimPrefix(path, "/")
	if s.cfg.GatewayPrefix != "" {
		path = unescape(path)
		return strings.Split(path, "/")
	}
	elements := strings.Split(path, "/")
	for i := range elements {
		elements[i] = unescape(elements[i])
	}
	return elements
}

// unescape removes percent-encoding. net/http rejects invalid encoding before.
func unescape(path string) string {
	plain, err := url.PathUnescape(path)
	if err != nil {
		return path
	}
	return plain
}

// requiredCredentials is what a handler requires.
type requiredCredentials int

const (
	// noCredentials accepts every request.
	noCredentials requiredCredentials = iota
	// userCredentials requires a user that the authenticator accepts.
	userCredentials
	// userOrSchedulerToken requires a user, or the token of the cluster's
	// scheduler.
	userOrSchedulerToken
	// schedulerToken requires the token of the cluster's scheduler, proxyToken that
	// of the gateway's proxy.
	schedulerToken
	proxyToken
)

type gatewayHandler struct {
	handle   func(s *Server, x *exchange, name string) *httpResponse
	requires requiredCredentials
}

// gatewayHandlers holds the handlers by path pattern and method. NAME is one path
// element.
var gatewayHandlers = map[string]map[string]gatewayHandler{
	"api/health":                     {http.MethodGet: {getHealth, noCredentials}},
	"api/version":                    {http.MethodGet: {getVersion, noCredentials}},
	"api/v1/options":                 {http.MethodGet: {listOptions, userCredentials}},
	"api/v1/routes":                  {http.MethodGet: {nil, proxyToken}},
	"api/v1/clusters/":               {http.MethodGet: {listClusters, userCredentials}, http.MethodPost: {createCluster, userCredentials}},
	"api/v1/clusters/NAME":           {http.MethodGet: {getCluster, userCredentials}, http.MethodDelete: {deleteCluster, userOrSchedulerToken}},
	"api/v1/clusters/NAME/scale":     {http.MethodPost: {scaleCluster, userCredentials}},
	"api/v1/clusters/NAME/adapt":     {http.MethodPost: {adaptCluster, userCredentials}},
	"api/v1/clusters/NAME/heartbeat": {http.MethodPost: {nil, schedulerToken}},
}

// api is the gateway's API server. It checks the path, the method and the
// credentials, in this order.
func (s *Server) api(x *exchange, elements []string) *httpResponse {
	name := ""
	if len(elements) > 3 && elements[3] != "" && slices.Equal(elements[:3], []string{"api", "v1", "clusters"}) {
		name = elements[3]
		// The route's pattern for the variable is [^{}/]+, matched before
		// unescaping. The proxy escapes plain braces again.
		if strings.ContainsAny(name, "{}") {
			return pathNotFound()
		}
		elements = slices.Clone(elements)
		elements[3] = "NAME"
	}
	if slices.ContainsFunc(elements, func(element string) bool { return strings.Contains(element, "/") }) {
		return pathNotFound()
	}
	route := strings.Join(elements, "/")
	methods, ok := gatewayHandlers[route]
	// On Kubernetes the gateway has no separate proxy.
	if !ok || route == "api/v1/routes" && s.cfg.Kubernetes != nil {
		return pathNotFound()
	}
	method := x.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	handler, ok := methods[method]
	if !ok {
		return methodNotAllowed(allowedMethods(methods))
	}
	switch handler.requires {
	case userCredentials:
		return s.authenticate(x, func() *httpResponse { return handler.handle(s, x, name) })
	case userOrSchedulerToken, schedulerToken, proxyToken:
		// No client receives the token of the scheduler or the proxy, so every
		// token is wrong. A header without a space raises an exception before the
		// cookie is read.
		if header := x.Header.Get("Authorization"); header != "" && !strings.Contains(header, " ") {
			return gatewayInternalError()
		}
		switch handler.requires {
		case schedulerToken:
			return gatewayError(http.StatusUnauthorized, "Unauthorized").setHeader("Www-Authenticate", "token")
		case proxyToken:
			return (&httpResponse{status: http.StatusUnauthorized, contentType: textType, body: "401: Unauthorized"}).setHeader("Www-Authenticate", "token")
		}
		return s.authenticate(x, func() *httpResponse { return handler.handle(s, x, name) })
	default:
		return handler.handle(s, x, name)
	}
}

func allowedMethods(methods map[string]gatewayHandler) []string {
	var names []string
	for method := range methods {
		names = append(names, method)
		if method == http.MethodGet {
			names = append(names, http.MethodHead)
		}
	}
	slices.Sort(names)
	return names
}

func getHealth(*Server, *exchange, string) *httpResponse {
	return jsonReply(http.StatusOK, object{{"status", "pass"}})
}

func getVersion(*Server, *exchange, string) *httpResponse {
	return jsonReply(http.StatusOK, object{{"version", "2026.3.0"}})
}

func listOptions(*Server, *exchange, string) *httpResponse {
	return jsonReply(http.StatusOK, object{{"cluster_options", optionSpecs()}})
}

// jsonBody returns the JSON object in the request's body. Any other body raises an
// exception in the server's handlers.
func (x *exchange) jsonBody() (object, *httpResponse) {
	if len(x.body) > maxBodyBytes {
		return nil, gatewayError(http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	}
	if !x.isDecodable() {
		return nil, gatewayInternalError()
	}
	value, err := loads(string(x.body))
	body, ok := value.(object)
	if err != nil || !ok {
		return nil, gatewayInternalError()
	}
	return body, nil
}

// isDecodable reports whether the body is text in the charset of its content type.
// The server ignores the rest of the content type.
func (x *exchange) isDecodable() bool {
	_, parameters, _ := mime.ParseMediaType(x.Header.Get("Content-Type"))
	switch charset := strings.ToLower(parameters["charset"]); charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return utf8.Valid(x.body)
	default:
		return false
	}
}
