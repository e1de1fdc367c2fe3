// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package simulation

import (
	"net/http"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const (
	clustersPath = "/services/dask-gateway/api/v1/clusters/"
	tokensPath   = "/hub/api/users/" + user + "/tokens"
	// usualDelay is how long a request and its response take without a fault.
	usualDelay = 100 * time.Millisecond
	longDelay  = 12 * time.Second
	// promptResponse is how late a response may be that the provider waits for even
	// if it was interrupted.
	promptResponse = 5 * time.Second
	// requestTimeout is the provider's default.
	requestTimeout = 30 * time.Second
)

// faultKind is one kind of fault.
type faultKind struct {
	name  string
	fault func(*world) mockserver.Fault
}

var faultKinds = []faultKind{
	{"late request", func(w *world) mockserver.Fault { return mockserver.Fault{RequestDelay: w.drawDelay(longDelay)} }},
	{"late response", func(w *world) mockserver.Fault { return mockserver.Fault{ResponseDelay: w.drawDelay(longDelay)} }},
	{"no response in time", func(*world) mockserver.Fault { return mockserver.Fault{ResponseDelay: time.Minute} }},
	{"lost request", func(*world) mockserver.Fault { return mockserver.Fault{Drop: mockserver.DropBeforeHandling} }},
	{"lost response", func(w *world) mockserver.Fault {
		return mockserver.Fault{Drop: mockserver.DropAfterHandling, ResponseDelay: w.drawDelay(time.Second)}
	}},
	{"cut response", func(*world) mockserver.Fault { return mockserver.Fault{Drop: mockserver.DropMidResponse} }},
	{"502, not forwarded", func(*world) mockserver.Fault { return mockserver.RequestNotForwarded() }},
	{"503, not forwarded", func(*world) mockserver.Fault { return mockserver.GatewayUnavailable() }},
	{"502, forwarded", func(w *world) mockserver.Fault {
		fault := forwarded(http.StatusBadGateway)
		fault.ResponseDelay = w.drawDelay(longDelay)
		return fault
	}},
	{"504, forwarded", func(w *world) mockserver.Fault {
		fault := forwarded(http.StatusGatewayTimeout)
		fault.ResponseDelay = w.drawDelay(longDelay)
		return fault
	}},
	{"restart", func(w *world) mockserver.Fault { return mockserver.Fault{BeforeRequest: w.mock.RestartGateway} }},
	{"no route yet", func(*world) mockserver.Fault {
		return mockserver.Fault{Status: http.StatusNotFound, ContentType: "text/plain; charset=utf-8", Body: "Not Found\n"}
	}},
}

func forwarded(status int) mockserver.Fault {
	return mockserver.Fault{Status: status, ContentType: "text/html", Body: "<html><title>" + http.StatusText(status) + "</title></html>", HandleRequest: true}
}

// faultFor draws the delay of a request, and sometimes a fault.
func (w *world) faultFor(r mockserver.Request) *mockserver.Fault {
	w.mu.Lock()
	kind, fault, now := "", mockserver.Fault{}, w.clock.Now()
	isCreate := r.Method == http.MethodPost && (r.Path == clustersPath || r.Path == tokensPath)
	rate := w.faultRate
	if isCreate {
		rate *= 2
	}
	if w.requestRandom.IntN(100) < rate {
		drawn := faultKinds[w.requestRandom.IntN(len(faultKinds))]
		kind, fault = drawn.name, drawn.fault(w)
	}
	if w.isHubAway(r) {
		kind, fault = "the Hub is away", mockserver.GatewayUnavailable()
	}
	fault.RequestDelay += w.drawDelay(usualDelay)
	fault.ResponseDelay += w.drawDelay(usualDelay)
	if r.Method == http.MethodGet && (r.Path == clustersPath || r.Path == tokensPath) && fault.Drop == mockserver.NoDrop && fault.Status == 0 && fault.ResponseDelay < requestTimeout {
		w.listings = append(w.listings, listing{now, now.Add(fault.RequestDelay + fault.ResponseDelay), max(fault.RequestDelay, fault.ResponseDelay)})
	}
	if isCreate {
		w.recordCreate(r, kind, fault)
	}
	w.recordServerStart(r, fault)
	w.recordHubRequest(r, fault)
	isLate := r.Method == http.MethodPost && !w.interruptedAt.IsZero() && now.Sub(w.interruptedAt) > usualDelay
	w.mu.Unlock()
	if isLate {
		w.fail("POST %s was sent after the interrupt", r.Path)
	}
	query := ""
	if r.Query != "" {
		query = "?" + r.Query
	}
	w.note("%s %s%s %s", r.Method, strings.TrimPrefix(r.Path, "/services/dask-gateway"), query, describe(kind, fault))
	return &fault
}

// recordCreate records a create that a fault may have made fail, and draws what happens
// soon after it: an interrupt, and a create of the second client. The caller holds the
// lock.
func (w *world) recordCreate(r mockserver.Request, kind string, fault mockserver.Fault) {
	now := w.clock.Now()
	if end := w.endAtCreate; end != nil && w.requestRandom.IntN(2) == 0 {
		w.endAtCreate = nil
		time.AfterFunc(w.drawDelay(3*time.Second), end)
	}
	if kind == "" {
		return
	}
	answered := now.Add(min(fault.RequestDelay+fault.ResponseDelay, requestTimeout))
	isLost := fault.Drop != mockserver.NoDrop || fault.Status != 0
	w.creates = append(w.creates, sentCreate{r.Path, now, answered, isLost || answered.Sub(now) > promptResponse})
	if w.requestRandom.IntN(2) > 0 && !w.extras.hasOptions {
		return
	}
	delay := w.drawDelay(15 * time.Second)
	if w.extras.hasOptions && w.extras.rivalRandom.IntN(4) > 0 {
		// Inside the window of a create that failed at once.
		delay = time.Duration(1 + w.extras.rivalRandom.Int64N(int64(2*time.Second)))
	}
	time.AfterFunc(delay, func() {
		switch {
		case r.Path == tokensPath:
			w.addRivalToken(userNote)
		case strings.Contains(string(r.Body), `"worker_cores":2`):
			w.addRivalCluster(2)
		default:
			w.addRivalCluster(1)
		}
	})
}

func describe(kind string, fault mockserver.Fault) string {
	if kind == "" {
		return ""
	}
	return "(" + kind + ", " + (fault.RequestDelay + fault.ResponseDelay).Round(time.Millisecond).String() + ")"
}

// drawDelay returns a delay of the request that is being handled. The caller holds
// the lock.
func (w *world) drawDelay(longest time.Duration) time.Duration {
	return time.Duration(1 + w.requestRandom.Int64N(int64(longest)))
}

// jitter draws the provider's pauses.
func (w *world) jitter(longest time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Duration(w.jitterRandom.Int64N(int64(longest) + 1))
}
