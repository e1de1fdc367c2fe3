// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var clusterStatuses = []string{"PENDING", "RUNNING", "STOPPING", "STOPPED", "FAILED"}

func listClusters(s *Server, x *exchange, _ string) *httpResponse {
	wanted := []string{"PENDING", "RUNNING"}
	if requested, present := x.URL.Query()["status"]; present {
		wanted = nil
		for name := range strings.SplitSeq(requested[0], ",") {
			status := strings.ToUpper(name)
			if !slices.Contains(clusterStatuses, status) {
				return gatewayError(http.StatusUnprocessableEntity, repr(name)+" is not a valid ClusterStatus")
			}
			wanted = append(wanted, status)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := object{}
	for _, c := range s.state.ownedBy(x.user, wanted) {
		if s.isCached(x, c) {
			list = append(list, member{c.name, c.model()})
		}
	}
	return jsonReply(http.StatusOK, list)
}

func createCluster(s *Server, x *exchange, _ string) *httpResponse {
	body, failed := x.jsonBody()
	if failed != nil {
		return failed
	}
	requested, _ := body.get("cluster_options")
	if !truthy(requested) {
		requested = object{}
	}
	resolved, message := resolveOptions(requested)
	if message == "" && s.cfg.Kubernetes == nil {
		message = localBackendError(resolved)
	}
	if message == "" {
		message = s.schedulerLimitError()
	}
	if message != "" {
		return gatewayError(http.StatusUnprocessableEntity, message)
	}
	resolved, representable := s.storedOptions(resolved)
	if !representable {
		return gatewayInternalError()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.addCluster(x.user, resolved)
	if !s.state.startsHeld {
		s.runAfter(s.cfg.StartDelay, func() { s.finishStart(c) })
	}
	return jsonReply(http.StatusCreated, object{{"name", c.name}})
}

func getCluster(s *Server, x *exchange, name string) *httpResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.visibleCluster(x, name)
	// A long poll returns at once for an unknown name, but waits for another user's
	// cluster.
	switch waiting := isLongPoll(x.URL.Query()); {
	case waiting && c != nil:
		if !s.waitForStart(x, c) {
			return &httpResponse{isDropped: true}
		}
	case waiting && s.cfg.Kubernetes != nil:
		if !s.waitForUnknownName(x.Context()) {
			return &httpResponse{isDropped: true}
		}
		c = s.visibleCluster(x, name)
	}
	if rejection := s.checkAccess(x, c, name, "view"); rejection != nil {
		return rejection
	}
	return jsonReply(http.StatusOK, c.model())
}

// pythonInteger matches what int() accepts, except for digits beyond ASCII.
var pythonInteger = regexp.MustCompile(`^\s*[+-]?[0-9]+(?:_[0-9]+)*\s*$`)

// isLongPoll reads the flag as routes.py does: ?wait is empty or an integer other
// than 0.
func isLongPoll(query url.Values) bool {
	values, present := query["wait"]
	if !present {
		return false
	}
	return values[0] == "" || pythonInteger.MatchString(values[0]) && strings.ContainsAny(values[0], "123456789")
}

// waitForStart waits until the cluster is no longer PENDING. It releases the lock
// meanwhile. It returns false if the gateway restarts meanwhile.
func (s *Server) waitForStart(x *exchange, c *cluster) bool {
	limit, stop := s.clock.after(s.cfg.LongPoll)
	defer stop()
	restarted := s.state.restarted
	for c.status == "PENDING" {
		changed := c.statusChanged
		s.mu.Unlock()
		ended, isCut := false, false
		select {
		case <-changed:
		case <-restarted:
			isCut = true
		case <-limit:
			ended = true
		case <-x.Context().Done():
			ended = true
		case <-s.done:
			ended = true
		}
		s.mu.Lock()
		if ended || isCut {
			return !isCut
		}
	}
	return true
}

// checkAccess is the check before every call on a cluster: first 404, then 403.
func (s *Server) checkAccess(x *exchange, c *cluster, name, what string) *httpResponse {
	if c == nil {
		return gatewayError(http.StatusNotFound, "Cluster "+name+" not found")
	}
	if c.user != x.user {
		return gatewayError(http.StatusForbidden, fmt.Sprintf("User %s lacks permissions to %s cluster %s", x.user, what, name))
	}
	return nil
}

// deleteCluster returns 204 for every name and status.
func deleteCluster(s *Server, x *exchange, name string) *httpResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.visibleCluster(x, name); c != nil {
		if rejection := s.checkAccess(x, c, name, "stop"); rejection != nil {
			return rejection
		}
		s.stopCluster(c)
	}
	return &httpResponse{status: http.StatusNoContent}
}
