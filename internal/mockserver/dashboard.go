// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// dashboard answers for the schedulers, below /clusters/NAME/: without
// credentials, for anyone who knows the name. While the cluster does not run,
// the API server answers in their place.
func (s *Server) dashboard(x *exchange, rest string) *reply {
	name, path, slash := strings.Cut(rest, "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.clusters[name]
	if c == nil || c.status != "RUNNING" {
		return noRoute()
	}
	if !slash || path == "" {
		return (&reply{status: http.StatusMovedPermanently, contentType: "text/html; charset=UTF-8"}).set("Location", "/status")
	}
	pages := []string{"json/counts.json", "json/identity.json", "health", "status"}
	switch {
	case !slices.Contains(pages, path):
		return schedulerError(http.StatusNotFound)
	case x.Method != http.MethodGet && x.Method != http.MethodHead:
		return schedulerError(http.StatusMethodNotAllowed)
	}
	switch path {
	case "json/counts.json":
		return schedulerJSON(object{
			{"bytes", int64(0)},
			{"clients", int64(1)},
			{"cores", c.workers},
			{"erred", int64(0)},
			{"hosts", min(c.workers, 1)},
			{"idle", c.workers},
			{"memory", int64(0)},
			{"processing", int64(0)},
			{"released", int64(0)},
			{"saturated", int64(0)},
			{"tasks", int64(0)},
			{"unrunnable", int64(0)},
			{"waiting", int64(0)},
			{"waiting_data", int64(0)},
			{"workers", c.workers},
			{"desired_workers", int64(0)},
		})
	case "json/identity.json":
		return schedulerJSON(object{
			{"type", "Scheduler"},
			{"id", fmt.Sprintf("Scheduler-%s-%s-%s-%s-%s", c.name[:8], c.name[8:12], c.name[12:16], c.name[16:20], c.name[20:])},
			{"address", "tls://127.0.0.1:1"},
			{"services", object{{"dashboard", int64(2)}, {"gateway", int64(3)}}},
			{"started", float64(c.started.UnixMilli()) / 1000},
			{"n_workers", c.workers},
			{"total_threads", c.workers},
			{"total_memory", c.workers << 30},
			{"workers", object{}},
		})
	case "health":
		return &reply{status: http.StatusOK, contentType: textType, body: "ok"}
	default:
		return &reply{status: http.StatusOK, contentType: "text/html", body: "<!DOCTYPE html><html><title>Dask: Status</title></html>"}
	}
}

// schedulerError is a page of Tornado's.
func schedulerError(status int) *reply {
	words := fmt.Sprintf("%d: %s", status, http.StatusText(status))
	return &reply{
		status: status, contentType: "text/html; charset=UTF-8",
		body: "<html><title>" + words + "</title><body>" + words + "</body></html>",
	}
}

func schedulerJSON(value object) *reply {
	return &reply{status: http.StatusOK, contentType: "application/json; charset=UTF-8", body: dumps(value)}
}
