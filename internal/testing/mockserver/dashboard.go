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

// schedulerPage serves the scheduler's pages below /clusters/NAME/, without
// credentials. It returns nil if no such scheduler runs; the API server responds
// then.
func (s *Server) schedulerPage(x *exchange, name string, elements []string) *httpResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.clusters[name]
	if c == nil || c.status != "RUNNING" {
		return nil
	}
	page, ok := map[string]func(*exchange, *cluster) *httpResponse{
		"":                   redirectToStatus,
		"health":             schedulerHealth,
		"json/counts.json":   schedulerCounts,
		"json/identity.json": schedulerIdentity,
		"status":             statusPage,
	}[strings.Join(elements, "/")]
	switch {
	case !ok:
		return schedulerError(http.StatusNotFound)
	case x.Method != http.MethodGet:
		return schedulerError(http.StatusMethodNotAllowed)
	default:
		return withEtag(x, page(x, c))
	}
}

// redirectToStatus redirects to a path without the gateway's prefix, because the
// scheduler is not configured with it.
func redirectToStatus(x *exchange, _ *cluster) *httpResponse {
	location := url.URL{Path: "/status", RawQuery: x.URL.RawQuery}
	return (&httpResponse{status: http.StatusMovedPermanently, contentType: schedulerHTML}).setHeader("Location", location.String())
}

func schedulerHealth(*exchange, *cluster) *httpResponse {
	return &httpResponse{status: http.StatusOK, contentType: textType, body: "ok"}
}

func statusPage(*exchange, *cluster) *httpResponse {
	return &httpResponse{status: http.StatusOK, contentType: "text/html", body: "<!DOCTYPE html><html><title>Dask: Status</title></html>"}
}

// SchedulerLoad is what a cluster's scheduler reports besides its workers
// (distributed 2026.8.0, http/scheduler/json.py, CountsJSON). The zero value is a
// scheduler without clients and tasks.
type SchedulerLoad struct {
	// Clients is the number of connected clients. The scheduler adds one client,
	// "fire-and-forget".
	Clients int64
	// Tasks is the number of tasks in every state. Processing, Waiting, Released,
	// Erred and Unrunnable are the numbers in these states. WaitingData is the
	// number of tasks with results that other tasks wait for.
	Tasks, Processing, Waiting, WaitingData, Released, Erred, Unrunnable int64
	// Memory is the number of results on the workers, and Bytes their size.
	Memory, Bytes int64
	// BusyWorkers is the number of workers with a task for each of their threads.
	// All others are idle: a worker with many threads is idle while it computes one
	// task (distributed/scheduler.py, is_unoccupied). SaturatedWorkers is the number
	// of workers with more tasks than that.
	BusyWorkers, SaturatedWorkers int64
	// DesiredWorkers is the scheduler's own target for adaptive scaling.
	DesiredWorkers int64
}

// SetSchedulerLoad sets what the scheduler of a cluster reports in counts.json.
func (s *Server) SetSchedulerLoad(name string, load SchedulerLoad) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustFindCluster(name).load = load
}

// schedulerCounts counts workers that have joined. desired_workers is the
// scheduler's own target, whatever was requested from the gateway.
func schedulerCounts(_ *exchange, c *cluster) *httpResponse {
	return schedulerJSON(object{
		{"bytes", c.load.Bytes},
		{"clients", c.load.Clients + 1},
		{"cores", c.workers * int64(coresOf(c.options))},
		{"erred", c.load.Erred},
		{"hosts", min(c.workers, 1)},
		{"idle", max(c.workers-c.load.BusyWorkers, 0)},
		{"memory", c.load.Memory},
		{"processing", c.load.Processing},
		{"released", c.load.Released},
		{"saturated", c.load.SaturatedWorkers},
		{"tasks", c.load.Tasks},
		{"unrunnable", c.load.Unrunnable},
		{"waiting", c.load.Waiting},
		{"waiting_data", c.load.WaitingData},
		{"workers", c.workers},
		{"desired_workers", c.load.DesiredWorkers},
	})
}

// schedulerIdentity is the scheduler's identity, with fewer fields per worker than
// the real one.
func schedulerIdentity(_ *exchange, c *cluster) *httpResponse {
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
		{"started", float64(c.startTime.UnixMilli()) / 1000},
		{"n_workers", c.workers},
		{"total_threads", c.workers * cores},
		{"total_memory", c.workers * memory},
		{"workers", workers},
	})
}

// schedulerError is an error page of Tornado.
func schedulerError(status int) *httpResponse {
	message := fmt.Sprintf("%d: %s", status, http.StatusText(status))
	return &httpResponse{
		status: status, contentType: schedulerHTML,
		body: "<html><title>" + message + "</title><body>" + message + "</body></html>",
	}
}

func schedulerJSON(value object) *httpResponse {
	return &httpResponse{status: http.StatusOK, contentType: "application/json; charset=UTF-8", body: dumps(value)}
}
