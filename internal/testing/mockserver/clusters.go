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
	"time"
)

var statuses = []string{"PENDING", "RUNNING", "STOPPING", "STOPPED", "FAILED"}

func listClusters(s *Server, x *exchange, _ string) *reply {
	wanted := []string{"PENDING", "RUNNING"}
	if asked, there := x.URL.Query()["status"]; there {
		wanted = nil
		for name := range strings.SplitSeq(asked[0], ",") {
			status := strings.ToUpper(name)
			if !slices.Contains(statuses, status) {
				return refuse(http.StatusUnprocessableEntity, repr(name)+" is not a valid ClusterStatus")
			}
			wanted = append(wanted, status)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := object{}
	for _, c := range s.state.ownedBy(x.user, wanted) {
		if s.cached(x, c) {
			list = append(list, member{c.name, c.answer()})
		}
	}
	return jsonReply(http.StatusOK, list)
}

func createCluster(s *Server, x *exchange, _ string) *reply {
	message, failed := x.message()
	if failed != nil {
		return failed
	}
	asked, _ := message.get("cluster_options")
	if !truthy(asked) {
		asked = object{}
	}
	resolved, words := resolveOptions(asked)
	if words == "" && s.cfg.Kubernetes == nil {
		words = wholeCores(resolved)
	}
	if words == "" {
		words = s.schedulerRefused()
	}
	if words != "" {
		return refuse(http.StatusUnprocessableEntity, words)
	}
	resolved, kept := s.keep(resolved)
	if !kept {
		return crash()
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
	c := s.find(x, name)
	// An unknown name is not waited for, another user's cluster is.
	switch waiting := waits(x.URL.Query()); {
	case waiting && c != nil:
		s.awaitStart(x, c)
	case waiting && s.cfg.Kubernetes != nil:
		s.awaitUnknown(x.Context())
		c = s.find(x, name)
	}
	if refused := s.mayNot(x, c, name, "view"); refused != nil {
		return refused
	}
	return jsonReply(http.StatusOK, c.answer())
}

// pythonInteger is what int() takes, but for digits beyond ASCII.
var pythonInteger = regexp.MustCompile(`^\s*[+-]?[0-9]+(?:_[0-9]+)*\s*$`)

// waits reads the flag as routes.py does: present and empty, or a number that
// is not 0.
func waits(query url.Values) bool {
	values, there := query["wait"]
	if !there {
		return false
	}
	return values[0] == "" || pythonInteger.MatchString(values[0]) && strings.ContainsAny(values[0], "123456789")
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

// deleteCluster answers 204 whatever the name and the status.
func deleteCluster(s *Server, x *exchange, name string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.find(x, name); c != nil {
		if refused := s.mayNot(x, c, name, "stop"); refused != nil {
			return refused
		}
		s.stop(c)
	}
	return &reply{status: http.StatusNoContent}
}
