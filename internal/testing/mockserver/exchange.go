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
	// path is the escaped path, as it came.
	path string
	body []byte
	user string
	// lag is that of the gateway's replica that answers.
	lag time.Duration
}

// reply is an answer to be sent.
type reply struct {
	status      int
	contentType string
	body        string
	header      http.Header
	// rest writes what is not known yet when the answer begins; nil for nothing.
	rest func(ctx context.Context, w io.Writer)
}

func (r *reply) set(name, value string) *reply {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
	return r
}

// serve is the outermost proxy, configurable-http-proxy: it records, breaks
// what is to be broken, and routes by prefix.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		// A body that breaks off never reaches a handler.
		drop(w)
		return
	}
	x := &exchange{Request: r, path: r.URL.EscapedPath(), body: body}
	fault := s.takeFault(x)
	if fault != nil {
		s.pause(r.Context(), fault.RequestDelay)
		if fault.BeforeRequest != nil {
			fault.BeforeRequest()
		}
	}
	var answer *reply
	switch {
	case fault == nil || fault.Drop == NoDrop && fault.Status == 0:
		answer = s.route(x)
	case fault.Drop == DropBeforeHandling:
		s.record(x, 0)
		drop(w)
		return
	case fault.Drop == NoDrop && !fault.HandleRequest:
		answer = fault.reply()
	default:
		answer = s.route(x)
		if fault.HandleRequest {
			answer = fault.reply()
		}
	}
	if fault != nil && fault.BeforeResponse != nil {
		fault.BeforeResponse()
	}
	s.record(x, answer.status)
	answer.set("Date", s.now.now().Format(http.TimeFormat))
	if fault == nil {
		send(r.Context(), w, answer)
		return
	}
	s.pause(r.Context(), fault.ResponseDelay)
	switch fault.Drop {
	case DropAfterHandling:
		drop(w)
	case DropMidResponse:
		sendHalf(w, answer)
	case DropAtByte:
		sendBytes(w, answer, fault.ResponseBytes)
	default:
		send(r.Context(), w, answer)
	}
}

func (s *Server) pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-s.done:
	}
}

// route is the proxy's table: the gateway below its prefix, and the Hub for all
// the rest.
func (s *Server) route(x *exchange) *reply {
	if path, ok := below(x.path, s.cfg.GatewayPrefix); ok {
		return s.gatewayProxy(x, path)
	}
	if path, ok := below(x.path, s.cfg.HubPrefix+"/hub/api"); ok {
		return s.hub(x, path)
	}
	return s.hubPages(x)
}

func below(path, prefix string) (string, bool) {
	rest, ok := strings.CutPrefix(path, prefix)
	return rest, ok && (rest == "" || rest[0] == '/')
}

func send(ctx context.Context, w http.ResponseWriter, answer *reply) {
	writeHeader(w, answer)
	_, _ = io.WriteString(w, answer.body)
	if answer.rest != nil {
		_ = http.NewResponseController(w).Flush()
		answer.rest(ctx, w)
	}
}

func writeHeader(w http.ResponseWriter, answer *reply) {
	maps.Copy(w.Header(), answer.header)
	// A nil value keeps net/http from guessing a type.
	w.Header()["Content-Type"] = nil
	if answer.contentType != "" {
		w.Header().Set("Content-Type", answer.contentType)
	}
	w.WriteHeader(answer.status)
}

// sendHalf announces the whole answer and breaks off in its midst.
func sendHalf(w http.ResponseWriter, answer *reply) {
	answer.set("Content-Length", fmt.Sprint(len(answer.body)+1))
	writeHeader(w, answer)
	_, _ = io.WriteString(w, answer.body[:len(answer.body)/2])
	_ = http.NewResponseController(w).Flush()
	drop(w)
}

// sendBytes sends the first bytes of the answer as it is on the wire.
func sendBytes(w http.ResponseWriter, answer *reply, count int) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = connection.Close() }()
	var wire bytes.Buffer
	response := http.Response{
		StatusCode: answer.status, ProtoMajor: 1, ProtoMinor: 1, Header: answer.header,
		Body: io.NopCloser(strings.NewReader(answer.body)), ContentLength: int64(len(answer.body)),
	}
	response.Header.Set("Content-Type", answer.contentType)
	if err := response.Write(&wire); err == nil {
		_, _ = connection.Write(wire.Next(count))
	}
}

// drop closes the connection without another byte.
func drop(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = connection.Close()
	}
}
