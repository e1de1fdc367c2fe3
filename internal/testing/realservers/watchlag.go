// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package realservers

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
)

// watchProxy forwards requests to the API server. It delays the events of watches and
// the responses to POST.
type watchProxy struct {
	// watchLag and responseLag are in nanoseconds.
	watchLag    atomic.Int64
	responseLag atomic.Int64
	server      *http.Server
	url         string
}

func newWatchProxy(ctx context.Context, api *kubeAPI) (*watchProxy, error) {
	target, err := url.Parse(api.url)
	if err != nil {
		return nil, err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &watchProxy{url: "http://" + listener.Addr().String()}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Set("Authorization", "Bearer "+api.token)
		},
		Transport:      api.client.Transport,
		FlushInterval:  -1,
		ModifyResponse: p.delay,
		// A killed gateway leaves broken connections, which are expected.
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	p.server = &http.Server{Handler: forward, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }()
	return p, nil
}

func (p *watchProxy) close() { _ = p.server.Close() }

// delay delays the response to a watch or a POST.
func (p *watchProxy) delay(response *http.Response) error {
	if response.Request.Method == http.MethodPost {
		return clock.Real().Sleep(response.Request.Context(), time.Duration(p.responseLag.Load()))
	}
	if watching := response.Request.URL.Query().Get("watch"); watching != "true" && watching != "True" {
		return nil
	}
	ctx, cancel := context.WithCancel(response.Request.Context())
	late := &lateBody{ctx: ctx, cancel: cancel, body: response.Body, parts: make(chan latePart, 1024)}
	go late.read(&p.watchLag)
	response.Body = late
	return nil
}

// lateBody returns each part of a body some time after it has arrived.
type lateBody struct {
	ctx    context.Context //nolint:containedctx // a body is read without one
	cancel func()
	body   io.ReadCloser
	parts  chan latePart
	rest   []byte
}

type latePart struct {
	text []byte
	err  error
	due  time.Time
}

func (l *lateBody) read(lag *atomic.Int64) {
	for {
		buffer := make([]byte, 32<<10)
		n, err := l.body.Read(buffer)
		part := latePart{text: buffer[:n], err: err, due: clock.Real().Now().Add(time.Duration(lag.Load()))}
		select {
		case l.parts <- part:
		case <-l.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// Read waits until the next part is due.
func (l *lateBody) Read(into []byte) (int, error) {
	if len(l.rest) == 0 {
		select {
		case part := <-l.parts:
			if err := clock.Real().Sleep(l.ctx, part.due.Sub(clock.Real().Now())); err != nil {
				return 0, err
			}
			if part.err != nil && len(part.text) == 0 {
				return 0, part.err
			}
			// The next read returns an error that arrived together with text.
			if part.err != nil {
				l.parts <- latePart{err: part.err}
			}
			l.rest = part.text
		case <-l.ctx.Done():
			return 0, l.ctx.Err()
		}
	}
	n := copy(into, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// Close closes the connection to the API server.
func (l *lateBody) Close() error {
	l.cancel()
	return l.body.Close()
}
