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
	// maxBody is the longest body that the gateway reads, in bytes.
	maxBody = 1 << 20
)

func jsonReply(status int, value any) *reply {
	return &reply{status: status, contentType: jsonType, body: dumps(value)}
}

// refuse is the gateway's error; aiohttp will not send one that has a line
// break in it.
func refuse(status int, words string) *reply {
	if strings.ContainsAny(words, "\r\n") {
		return crash()
	}
	return jsonReply(status, object{{"error", words}})
}

// crash is what aiohttp answers when a handler fails.
func crash() *reply {
	return &reply{status: http.StatusInternalServerError, contentType: textType, body: "500 Internal Server Error\n\nServer got itself in trouble"}
}

// noRoute is the gateway's router, which knows no path with a slash too many
// or too few.
func noRoute() *reply {
	return &reply{status: http.StatusNotFound, contentType: textType, body: "404: Not Found"}
}

func wrongMethod(allowed []string) *reply {
	return (&reply{status: http.StatusMethodNotAllowed, contentType: textType, body: "405: Method Not Allowed"}).set("Allow", strings.Join(allowed, ","))
}

// gatewayProxy is the Go proxy in front of the gateway's API server: for a
// moment after a restart it has no route.
func (s *Server) gatewayProxy(x *exchange, path string) *reply {
	s.mu.Lock()
	starting := s.proxy404 > 0
	if starting {
		s.proxy404--
	}
	s.mu.Unlock()
	if starting {
		return (&reply{status: http.StatusNotFound, contentType: textType, body: "Not Found\n"}).set("X-Content-Type-Options", "nosniff")
	}
	s.takeTurn(x)
	elements := s.elements(path)
	if len(elements) > 1 && elements[0] == "clusters" {
		if answer := s.dashboard(x, elements[1], elements[2:]); answer != nil {
			return answer
		}
	}
	return s.api(x, elements)
}

// elements takes a path apart and its escapes off. The proxy takes the escapes
// off before it takes its prefix off, so that below a prefix an escaped slash
// becomes a plain one, and without a prefix it does not.
func (s *Server) elements(path string) []string {
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

// unescape takes the escapes off; net/http lets no bad ones through.
func unescape(path string) string {
	plain, err := url.PathUnescape(path)
	if err != nil {
		return path
	}
	return plain
}

// credentials is what a handler asks for.
type credentials int

const (
	// anyone needs no credentials.
	anyone credentials = iota
	// aUser is one that the authenticator knows.
	aUser
	// userOrScheduler is a user, or the cluster's scheduler with its own token.
	userOrScheduler
	// scheduler is a cluster's scheduler only, proxy the gateway's proxy.
	scheduler
	proxy
)

type gatewayHandler struct {
	handle func(s *Server, x *exchange, name string) *reply
	needs  credentials
}

// handlers are the routes by pattern and method; NAME is one path element.
var handlers = map[string]map[string]gatewayHandler{
	"api/health":                     {http.MethodGet: {health, anyone}},
	"api/version":                    {http.MethodGet: {version, anyone}},
	"api/v1/options":                 {http.MethodGet: {listOptions, aUser}},
	"api/v1/routes":                  {http.MethodGet: {nil, proxy}},
	"api/v1/clusters/":               {http.MethodGet: {listClusters, aUser}, http.MethodPost: {createCluster, aUser}},
	"api/v1/clusters/NAME":           {http.MethodGet: {getCluster, aUser}, http.MethodDelete: {deleteCluster, userOrScheduler}},
	"api/v1/clusters/NAME/scale":     {http.MethodPost: {scaleCluster, aUser}},
	"api/v1/clusters/NAME/adapt":     {http.MethodPost: {adaptCluster, aUser}},
	"api/v1/clusters/NAME/heartbeat": {http.MethodPost: {nil, scheduler}},
}

// api is the gateway's API server: first the path, then the method, then the
// credentials, then the handler.
func (s *Server) api(x *exchange, elements []string) *reply {
	name := ""
	if len(elements) > 3 && elements[3] != "" && slices.Equal(elements[:3], []string{"api", "v1", "clusters"}) {
		name = elements[3]
		// The pattern of the route's variable is [^{}/]+ before escapes are off,
		// and the proxy has put them on again for braces that came without.
		if strings.ContainsAny(name, "{}") {
			return noRoute()
		}
		elements = slices.Clone(elements)
		elements[3] = "NAME"
	}
	if slices.ContainsFunc(elements, func(element string) bool { return strings.Contains(element, "/") }) {
		return noRoute()
	}
	route := strings.Join(elements, "/")
	methods, ok := handlers[route]
	// On Kubernetes the gateway has no proxy of its own.
	if !ok || route == "api/v1/routes" && s.cfg.Kubernetes != nil {
		return noRoute()
	}
	method := x.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	handler, ok := methods[method]
	if !ok {
		return wrongMethod(allowed(methods))
	}
	switch handler.needs {
	case aUser:
		return s.authenticated(x, func() *reply { return handler.handle(s, x, name) })
	case userOrScheduler, scheduler, proxy:
		// Nobody is told the scheduler's or the proxy's token, so no other one can
		// be right. A header that can't be taken apart fails before the cookie is
		// looked at.
		if header := x.Header.Get("Authorization"); header != "" && !strings.Contains(header, " ") {
			return crash()
		}
		switch handler.needs {
		case scheduler:
			return refuse(http.StatusUnauthorized, "Unauthorized").set("Www-Authenticate", "token")
		case proxy:
			return (&reply{status: http.StatusUnauthorized, contentType: textType, body: "401: Unauthorized"}).set("Www-Authenticate", "token")
		}
		return s.authenticated(x, func() *reply { return handler.handle(s, x, name) })
	default:
		return handler.handle(s, x, name)
	}
}

func allowed(methods map[string]gatewayHandler) []string {
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

func health(*Server, *exchange, string) *reply {
	return jsonReply(http.StatusOK, object{{"status", "pass"}})
}

func version(*Server, *exchange, string) *reply {
	return jsonReply(http.StatusOK, object{{"version", "2026.3.0"}})
}

func listOptions(*Server, *exchange, string) *reply {
	return jsonReply(http.StatusOK, object{{"cluster_options", specification()}})
}

// message reads the JSON object of a request's body. Anything else makes the
// server's handlers fail.
func (x *exchange) message() (object, *reply) {
	if len(x.body) > maxBody {
		return nil, refuse(http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	}
	if !x.readable() {
		return nil, crash()
	}
	value, err := loads(string(x.body))
	message, ok := value.(object)
	if err != nil || !ok {
		return nil, crash()
	}
	return message, nil
}

// readable says whether the body is text in the character set that its type
// names; of the type nothing else counts.
func (x *exchange) readable() bool {
	_, parameters, _ := mime.ParseMediaType(x.Header.Get("Content-Type"))
	switch charset := strings.ToLower(parameters["charset"]); charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return utf8.Valid(x.body)
	default:
		return false
	}
}
