// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

const schedulerHTML = "text/html; charset=UTF-8"

// dashboard answers for the schedulers, below /clusters/NAME/: without
// credentials, for anyone who knows the name. It is nil while there is no such
// scheduler, and the API server answers in its place.
func (s *Server) dashboard(x *exchange, name string, elements []string) *reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.clusters[name]
	if c == nil || c.status != "RUNNING" {
		return nil
	}
	page, ok := map[string]func(*exchange, *cluster) *reply{
		"":                   toStatus,
		"health":             schedulerHealth,
		"json/counts.json":   counts,
		"json/identity.json": identity,
		"status":             statusPage,
	}[strings.Join(elements, "/")]
	switch {
	case !ok:
		return schedulerError(http.StatusNotFound)
	case x.Method != http.MethodGet:
		return schedulerError(http.StatusMethodNotAllowed)
	default:
		return tagged(x, page(x, c))
	}
}

// toStatus leads out of the gateway's prefix: the scheduler knows of none.
func toStatus(x *exchange, _ *cluster) *reply {
	location := url.URL{Path: "/status", RawQuery: x.URL.RawQuery}
	return (&reply{status: http.StatusMovedPermanently, contentType: schedulerHTML}).set("Location", location.String())
}

func schedulerHealth(*exchange, *cluster) *reply {
	return &reply{status: http.StatusOK, contentType: textType, body: "ok"}
}

func statusPage(*exchange, *cluster) *reply {
	return &reply{status: http.StatusOK, contentType: "text/html", body: "<!DOCTYPE html><html><title>Dask: Status</title></html>"}
}

// counts are of workers that have joined. What the scheduler would like to have,
// desired_workers, stays 0 without tasks, whatever was asked of the gateway.
func counts(_ *exchange, c *cluster) *reply {
	return schedulerJSON(object{
		{"bytes", int64(0)},
		{"clients", int64(1)},
		{"cores", c.workers * int64(coresOf(c.options))},
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
}

// identity is the scheduler's own account of itself, with less of each worker
// than a real one tells.
func identity(_ *exchange, c *cluster) *reply {
	cores, memory := int64(coresOf(c.options)), int64(memoryOf(c.options))
	workers := object{}
	for i := range min(c.workers, 1000) {
		name := fmt.Sprintf("%s%08x", c.name[:24], i)
		workers = append(workers, member{fmt.Sprintf("tls://127.0.0.1:%d", 40000+i), object{
			{"type", "Worker"},
			{"id", name},
			{"host", "127.0.0.1"},
			{"resources", object{}},
			{"name", name},
			{"nthreads", cores},
			{"memory_limit", memory},
			{"services", object{}},
			{"status", "running"},
		}})
	}
	hex := c.name[strings.LastIndexByte(c.name, '.')+1:]
	return schedulerJSON(object{
		{"type", "Scheduler"},
		{"id", fmt.Sprintf("Scheduler-%s-%s-%s-%s-%s", hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:])},
		{"address", "tls://127.0.0.1:8786"},
		{"services", object{{"dashboard", int64(8787)}, {"gateway", int64(8788)}}},
		{"started", float64(c.started.UnixMilli()) / 1000},
		{"n_workers", c.workers},
		{"total_threads", c.workers * cores},
		{"total_memory", c.workers * memory},
		{"workers", workers},
	})
}

// schedulerError is a page of Tornado's.
func schedulerError(status int) *reply {
	words := fmt.Sprintf("%d: %s", status, http.StatusText(status))
	return &reply{
		status: status, contentType: schedulerHTML,
		body: "<html><title>" + words + "</title><body>" + words + "</body></html>",
	}
}

func schedulerJSON(value object) *reply {
	return &reply{status: http.StatusOK, contentType: "application/json; charset=UTF-8", body: dumps(value)}
}
