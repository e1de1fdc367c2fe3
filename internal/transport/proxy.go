// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
)

// proxyFor chooses the HTTP proxy of a request; nil stands for none.
func proxyFor(cfg Config) func(*http.Request) (*url.URL, error) {
	switch {
	case cfg.NoProxy:
		return func(*http.Request) (*url.URL, error) { return nil, nil }
	case cfg.Proxy != nil:
		return http.ProxyURL(cfg.Proxy)
	default:
		return http.ProxyFromEnvironment
	}
}

// proxyOf is the proxy that requests to an address go through; nil for none.
func proxyOf(cfg Config) *url.URL {
	proxy, err := proxyFor(cfg)(&http.Request{URL: cfg.BaseURL})
	if err != nil {
		return nil
	}
	return proxy
}

// refusedTunnel turns a proxy's answer to CONNECT into an error that says whose
// it is; net/http has nothing but the status text.
func refusedTunnel(redact redactor) func(context.Context, *url.URL, *http.Request, *http.Response) error {
	return func(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
		if answer.StatusCode == http.StatusOK {
			return nil
		}
		body, err := io.ReadAll(io.LimitReader(answer.Body, maxBodyStart))
		if err != nil {
			body = nil
		}
		said := redact.messageOf(answer.Header.Get("Content-Type"), body, len(body) == maxBodyStart)
		return &Error{Kind: KindProxy, Status: answer.StatusCode, Message: said.shown}
	}
}

// proxyFailure says of an error that it was the proxy to which no connection
// could be made.
func proxyFailure(err error) (*Error, bool) {
	operation, ok := errors.AsType[*net.OpError](err)
	if !ok || operation.Op != "proxyconnect" && operation.Op != "socks connect" {
		return nil, false
	}
	words := operation.Err.Error()
	if _, said, ok := tlsFailure(operation.Err); ok {
		words = said
	}
	return &Error{Kind: KindProxy, Message: words, Err: operation.Err}, true
}
