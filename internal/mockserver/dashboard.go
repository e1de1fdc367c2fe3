// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"net/http"
	"strings"
)

// dashboard answers for the schedulers, below /clusters/NAME/: without
// credentials, for anyone who knows the name. While the cluster does not run,
// the API server answers in their place.
func (s *Server) dashboard(_ *exchange, rest string) *reply {
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
			{"id", "Scheduler-" + c.name},
			{"address", "tls://127.0.0.1:1"},
			{"services", object{}},
			{"started", float64(c.started.UnixMilli()) / 1000},
			{"n_workers", c.workers},
			{"total_threads", c.workers},
			{"total_memory", c.workers << 30},
			{"workers", object{}},
		})
	case "health":
		return &reply{status: http.StatusOK, contentType: "text/plain", body: "ok"}
	case "status":
		return &reply{status: http.StatusOK, contentType: "text/html; charset=UTF-8", body: "<!DOCTYPE html><html><title>Dask: Status</title></html>"}
	default:
		return &reply{
			status: http.StatusNotFound, contentType: "text/html; charset=UTF-8",
			body: "<html><title>404: Not Found</title><body>404: Not Found</body></html>",
		}
	}
}

func schedulerJSON(value object) *reply {
	return &reply{status: http.StatusOK, contentType: "application/json", body: dumps(value)}
}
