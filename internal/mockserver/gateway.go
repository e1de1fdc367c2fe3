// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	jsonType = "application/json; charset=utf-8"
	textType = "text/plain; charset=utf-8"
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

func wrongMethod(allowed ...string) *reply {
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
	if len(x.body) > 1<<20 {
		return refuse(http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	}
	if rest, ok := strings.CutPrefix(path, "/clusters/"); ok {
		return s.dashboard(x, rest)
	}
	return s.api(x, path)
}

type gatewayHandler struct {
	handle func(s *Server, x *exchange, name string) *reply
	// anonymous needs no user; byCluster also takes the cluster's own token.
	anonymous bool
}

// handlers are the routes by pattern and method; NAME is one path element.
var handlers = map[string]map[string]gatewayHandler{
	"/api/health":                 {http.MethodGet: {handle: health, anonymous: true}},
	"/api/version":                {http.MethodGet: {handle: version, anonymous: true}},
	"/api/v1/options":             {http.MethodGet: {handle: listOptions}},
	"/api/v1/clusters/":           {http.MethodGet: {handle: listClusters}, http.MethodPost: {handle: createCluster}},
	"/api/v1/clusters/NAME":       {http.MethodGet: {handle: getCluster}, http.MethodDelete: {handle: deleteCluster}},
	"/api/v1/clusters/NAME/scale": {http.MethodPost: {handle: scaleCluster}},
	"/api/v1/clusters/NAME/adapt": {http.MethodPost: {handle: adaptCluster}},
	// These are for the gateway's own parts, none of which is here.
	"/api/v1/routes":                  {http.MethodGet: {handle: routes, anonymous: true}},
	"/api/v1/clusters/NAME/heartbeat": {http.MethodPost: {handle: heartbeat, anonymous: true}},
}

func (s *Server) api(x *exchange, path string) *reply {
	pattern, name := path, ""
	if rest, ok := strings.CutPrefix(path, "/api/v1/clusters/"); ok && rest != "" {
		element, action, _ := strings.Cut(rest, "/")
		// The Go proxy takes its prefix off the path, and the escapes with it.
		if s.cfg.GatewayPrefix != "" && strings.Contains(strings.ToUpper(element), "%2F") {
			return noRoute()
		}
		name, _ = url.PathUnescape(element)
		pattern = "/api/v1/clusters/NAME" + rest[len(element):]
		if !slices.Contains([]string{"scale", "adapt", "heartbeat"}, action) && rest != element {
			return noRoute()
		}
	}
	methods, ok := handlers[pattern]
	if !ok {
		return noRoute()
	}
	method := x.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	handler, ok := methods[method]
	if !ok {
		return wrongMethod(allowed(methods)...)
	}
	if handler.anonymous {
		return handler.handle(s, x, name)
	}
	return s.authenticated(x, func() *reply { return handler.handle(s, x, name) })
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

func routes(*Server, *exchange, string) *reply {
	return (&reply{status: http.StatusUnauthorized, contentType: textType, body: "401: Unauthorized"}).set("Www-Authenticate", "token")
}

func heartbeat(*Server, *exchange, string) *reply {
	return refuse(http.StatusUnauthorized, "Unauthorized").set("Www-Authenticate", "token")
}

func listOptions(*Server, *exchange, string) *reply {
	return jsonReply(http.StatusOK, object{{"cluster_options", specification()}})
}

func listClusters(s *Server, x *exchange, _ string) *reply {
	statuses := []string{"PENDING", "RUNNING"}
	if asked, there := x.URL.Query()["status"]; there {
		statuses = nil
		for name := range strings.SplitSeq(asked[0], ",") {
			status := strings.ToUpper(name)
			if !slices.Contains([]string{"PENDING", "RUNNING", "STOPPING", "STOPPED", "FAILED"}, status) {
				return refuse(http.StatusUnprocessableEntity, repr(name)+" is not a valid ClusterStatus")
			}
			statuses = append(statuses, status)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := object{}
	for _, c := range s.state.ownedBy(x.user, statuses) {
		list = append(list, member{c.name, c.answer()})
	}
	return jsonReply(http.StatusOK, list)
}

func createCluster(s *Server, x *exchange, _ string) *reply {
	message, ok := x.message()
	if !ok {
		return crash()
	}
	asked, _ := message.get("cluster_options")
	if !truthy(asked) {
		asked = object{}
	}
	resolved, words := resolveOptions(asked)
	if words != "" {
		return refuse(http.StatusUnprocessableEntity, words)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.addCluster(x.user, resolved)
	if !s.state.startHeld {
		s.later(s.cfg.StartDelay, func() { s.start(c) })
	}
	return jsonReply(http.StatusCreated, object{{"name", c.name}})
}

func getCluster(s *Server, x *exchange, name string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.clusters[name]
	if c != nil && waits(x.URL.Query()) {
		s.awaitStart(x, c)
	}
	if refused := s.mayNot(x, c, name, "view"); refused != nil {
		return refused
	}
	return jsonReply(http.StatusOK, c.answer())
}

// waits reads the flag as routes.py does: present and empty, or a number that
// is not 0.
func waits(query url.Values) bool {
	values, there := query["wait"]
	if !there {
		return false
	}
	number, err := strconv.Atoi(values[0])
	return values[0] == "" || err == nil && number != 0
}

// awaitStart holds a request until the cluster is no longer PENDING. It gives
// up the lock meanwhile.
func (s *Server) awaitStart(x *exchange, c *cluster) {
	limit := time.NewTimer(s.cfg.LongPoll)
	defer limit.Stop()
	for c.status == "PENDING" {
		changed := c.changed
		s.mu.Unlock()
		over := false
		select {
		case <-changed:
		case <-limit.C:
			over = true
		case <-x.Context().Done():
			over = true
		case <-s.done:
			over = true
		}
		s.mu.Lock()
		if over {
			return
		}
	}
}

// mayNot is the check before every call on one cluster: 404, then 403.
func (s *Server) mayNot(x *exchange, c *cluster, name, what string) *reply {
	if c == nil {
		return refuse(http.StatusNotFound, "Cluster "+name+" not found")
	}
	if c.user != x.user {
		return refuse(http.StatusForbidden, fmt.Sprintf("User %s lacks permissions to %s cluster %s", x.user, what, name))
	}
	return nil
}

func deleteCluster(s *Server, x *exchange, name string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.state.clusters[name]; c != nil {
		if refused := s.mayNot(x, c, name, "stop"); refused != nil {
			return refused
		}
		s.stop(c)
	}
	return &reply{status: http.StatusNoContent}
}
