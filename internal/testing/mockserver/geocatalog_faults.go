// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// GeoCatalogFault is a response of a GeoCatalog, of Entra, of an identity endpoint, or of
// what stands in front of them, instead of the usual one.
type GeoCatalogFault struct {
	// Path selects the requests; "" matches any. A * matches any characters.
	Path string
	// Times is the number of requests that the fault applies to; 0 means 1.
	Times int
	// Status, ContentType, Body and Header are the response.
	Status            int
	ContentType, Body string
	Header            http.Header
	// Endless repeats the body until the client closes the connection. Truncated closes
	// the connection after the body, before the announced length.
	Endless, Truncated bool
	// QuoteToken replaces TOKEN in the body with the request's Authorization header.
	QuoteToken bool
}

// FailNext applies the fault to the next requests that match it. Several faults apply in
// the order in which they were added.
func (g *GeoCatalog) FailNext(f GeoCatalogFault) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f.Times = max(f.Times, 1)
	g.faults = append(g.faults, &f)
}

// ClearFaults removes all faults that have not been used up.
func (g *GeoCatalog) ClearFaults() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.faults = nil
}

func (g *GeoCatalog) takeFault(r *http.Request) *GeoCatalogFault {
	for i, fault := range g.faults {
		if !matches(fault.Path, r.URL.EscapedPath()) {
			continue
		}
		if fault.Times--; fault.Times == 0 {
			g.faults = append(g.faults[:i:i], g.faults[i+1:]...)
		}
		return fault
	}
	return nil
}

func (f *GeoCatalogFault) respond(w http.ResponseWriter, r *http.Request) {
	body := f.Body
	if f.QuoteToken {
		body = strings.ReplaceAll(body, "TOKEN", r.Header.Get("Authorization"))
	}
	maps.Copy(w.Header(), f.Header)
	if f.ContentType != "" {
		w.Header().Set("Content-Type", f.ContentType)
	}
	if f.Truncated {
		w.Header().Set("Content-Length", strconv.Itoa(2*len(body)))
	}
	w.WriteHeader(f.Status)
	_, err := io.WriteString(w, body) //nolint:gosec // the mock quotes on purpose what it received
	for chunk := strings.Repeat(body, 1000); f.Endless && err == nil; {
		_, err = io.WriteString(w, chunk) //nolint:gosec // as above
	}
	if f.Truncated {
		panic(http.ErrAbortHandler)
	}
}
