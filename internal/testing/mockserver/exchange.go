// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// exchange is a request on its way through the servers.
type exchange struct {
	*http.Request
	// path is the escaped path, as received.
	path string
	body []byte
	user string
	// replica is the assigned replica of the gateway. cacheLag is how far its cache is
	// behind.
	replica  int
	cacheLag time.Duration
}

// httpResponse is a response to send.
type httpResponse struct {
	status      int
	contentType string
	body        string
	header      http.Header
	// stream writes the part of the body that is not known when the response
	// begins. It may be nil.
	stream func(ctx context.Context, w io.Writer)
	// isDropped closes the connection instead.
	isDropped bool
}

func (r *httpResponse) setHeader(name, value string) *httpResponse {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
	return r
}

// serve is the outermost proxy (configurable-http-proxy): it records the request,
// applies faults and routes by prefix.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		// A request whose body ends early never reaches a handler.
		closeConnection(w)
		return
	}
	x := &exchange{Request: r, path: r.URL.EscapedPath(), body: body}
	fault := s.faultFor(x)
	if fault != nil {
		s.sleep(r.Context(), fault.RequestDelay)
		if fault.BeforeRequest != nil {
			fault.BeforeRequest()
		}
	}
	var response *httpResponse
	switch {
	case fault == nil || fault.Drop == NoDrop && fault.Status == 0:
		response = s.route(x)
	case fault.Drop == DropBeforeHandling:
		s.record(x, 0)
		closeConnection(w)
		return
	case fault.Drop == NoDrop && !fault.HandleRequest:
		response = s.faultResponse(fault, x)
	default:
		response = s.route(x)
		if fault.HandleRequest {
			response = s.faultResponse(fault, x)
		}
	}
	if fault != nil && fault.BeforeResponse != nil {
		fault.BeforeResponse()
	}
	s.record(x, response.status)
	if response.isDropped {
		closeConnection(w)
		return
	}
	response.setHeader("Date", s.clock.now().Format(http.TimeFormat))
	if fault == nil {
		sendResponse(r.Context(), w, response)
		return
	}
	s.sleep(r.Context(), fault.ResponseDelay)
	switch fault.Drop {
	case DropAfterHandling:
		closeConnection(w)
	case DropMidResponse:
		sendHalfResponse(w, response)
	case DropAtByte:
		sendResponseBytes(w, response, fault.ResponseBytes)
	default:
		sendResponse(r.Context(), w, response)
	}
}

func (s *Server) sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	ended, stop := s.clock.after(d)
	defer stop()
	select {
	case <-ended:
	case <-ctx.Done():
	case <-s.done:
	}
}

// route sends requests below the gateway's prefix to the gateway and all others to
// the Hub.
func (s *Server) route(x *exchange) *httpResponse {
	if path, ok := cutPathPrefix(x.path, s.cfg.GatewayPrefix); ok {
		return s.gatewayProxy(x, path)
	}
	if path, ok := cutPathPrefix(x.path, s.cfg.HubPrefix+"/hub/api"); ok {
		return s.serveHub(x, path)
	}
	return s.hubPages(x)
}

func cutPathPrefix(path, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(path, prefix)
	return rest, ok && (rest == "" || rest[0] == '/')
}

func sendResponse(ctx context.Context, w http.ResponseWriter, response *httpResponse) {
	writeHeader(w, response)
	_, _ = io.WriteString(w, response.body)
	if response.stream != nil {
		_ = http.NewResponseController(w).Flush()
		response.stream(ctx, w)
	}
}

func writeHeader(w http.ResponseWriter, response *httpResponse) {
	maps.Copy(w.Header(), response.header)
	// A nil value stops net/http from guessing a content type.
	w.Header()["Content-Type"] = nil
	if response.contentType != "" {
		w.Header().Set("Content-Type", response.contentType)
	}
	w.WriteHeader(response.status)
}

// sendHalfResponse announces the whole response and closes the connection after
// half of the body.
func sendHalfResponse(w http.ResponseWriter, response *httpResponse) {
	response.setHeader("Content-Length", fmt.Sprint(len(response.body)+1))
	writeHeader(w, response)
	_, _ = io.WriteString(w, response.body[:len(response.body)/2])
	_ = http.NewResponseController(w).Flush()
	closeConnection(w)
}

// sendResponseBytes sends the first bytes of the response as it is on the wire.
func sendResponseBytes(w http.ResponseWriter, response *httpResponse, count int) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = connection.Close() }()
	var wire bytes.Buffer
	wireResponse := http.Response{
		StatusCode: response.status, ProtoMajor: 1, ProtoMinor: 1, Header: response.header,
		Body: io.NopCloser(strings.NewReader(response.body)), ContentLength: int64(len(response.body)),
	}
	wireResponse.Header.Set("Content-Type", response.contentType)
	if err := wireResponse.Write(&wire); err == nil {
		_, _ = connection.Write(wire.Next(count))
	}
}

// closeConnection closes the connection without sending anything.
func closeConnection(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = connection.Close()
	}
}
