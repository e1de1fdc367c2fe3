// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// proxyMessageTimeout limits how long the client reads the message of a proxy that
// refused a CONNECT. net/http sets no deadline for it.
const proxyMessageTimeout = 2 * time.Second

// proxyFor returns the function that chooses the HTTP proxy of a request, or nil for
// no proxy at all. NO_PROXY applies to http_proxy as well as to the proxies of the
// environment. An invalid proxy variable is an error, because the request would
// otherwise bypass the proxy.
func proxyFor(cfg Config) (func(*url.URL) (*url.URL, error), error) {
	if cfg.BypassesProxy {
		return func(*url.URL) (*url.URL, error) { return nil, nil }, nil
	}
	environment := httpproxy.FromEnvironment()
	if cfg.Proxy != nil {
		// A proxy that the user set explicitly also applies to loopback addresses, unless
		// NO_PROXY lists them. httpproxy never uses a proxy for loopback addresses.
		address := cfg.Proxy.String()
		choose := (&httpproxy.Config{HTTPProxy: address, HTTPSProxy: address, NoProxy: environment.NoProxy}).ProxyFunc()
		return func(target *url.URL) (*url.URL, error) {
			if isLoopback(target.Hostname()) {
				if listsLoopback(environment.NoProxy, target.Hostname()) {
					return nil, nil
				}
				return cfg.Proxy, nil
			}
			return choose(target)
		}, nil
	}
	choose := environment.ProxyFunc()
	if !hasValidProxy(environment, cfg.BaseURL) && !bypassesProxy(environment.NoProxy, cfg.BaseURL) {
		return nil, fmt.Errorf("the environment variable %s is %w", proxyVariable(cfg.BaseURL), ErrProxy)
	}
	return choose, nil
}

// hasValidProxy reports whether the environment sets a valid proxy for an address, or
// none. httpproxy ignores a value that it cannot parse.
func hasValidProxy(environment *httpproxy.Config, target *url.URL) bool {
	value := environment.HTTPSProxy
	if target.Scheme == "http" {
		value = environment.HTTPProxy
	}
	if value == "" {
		return true
	}
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	proxy, err := url.Parse(value)
	if err != nil || proxy.Hostname() == "" || strings.Trim(proxy.Path, "/") != "" {
		return false
	}
	switch proxy.Scheme {
	case "http", "https", "socks5", "socks5h":
		return true
	default:
		return false
	}
}

// bypassesProxy reports whether NO_PROXY exempts an address from every proxy.
func bypassesProxy(noProxy string, target *url.URL) bool {
	const valid = "http://proxy.invalid"
	proxy, err := (&httpproxy.Config{HTTPProxy: valid, HTTPSProxy: valid, NoProxy: noProxy}).ProxyFunc()(target)
	return err == nil && proxy == nil
}

// proxyVariable returns the name of the variable that sets the proxy, in httpproxy's
// order.
func proxyVariable(target *url.URL) string {
	name := strings.ToUpper(target.Scheme) + "_PROXY"
	if os.Getenv(name) == "" {
		return strings.ToLower(name)
	}
	return name
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback() || strings.EqualFold(host, "localhost")
}

// listsLoopback reports whether NO_PROXY names a loopback host.
func listsLoopback(noProxy, host string) bool {
	address, _ := netip.ParseAddr(host)
	for entry := range strings.SplitSeq(noProxy, ",") {
		entry = strings.TrimSpace(entry)
		if name, _, err := net.SplitHostPort(entry); err == nil {
			entry = name
		}
		network, err := netip.ParsePrefix(entry)
		if entry == "*" || strings.EqualFold(strings.Trim(entry, "[]"), host) || err == nil && network.Contains(address) {
			return true
		}
	}
	return false
}

// refusedTunnel returns a hook of http.Transport that converts a proxy's refusal of
// CONNECT to an error with the proxy's message. net/http reports only the status.
func refusedTunnel(redact redactor) func(context.Context, *url.URL, *http.Request, *http.Response) error {
	return func(ctx context.Context, _ *url.URL, _ *http.Request, response *http.Response) error {
		if response.StatusCode == http.StatusOK {
			return nil
		}
		body := readFor(ctx, response.Body, proxyMessageTimeout)
		message := redact.messageOf(response.Header.Get("Content-Type"), body, len(body) == maxBodyStartSize)
		return &Error{Kind: KindProxy, Status: response.StatusCode, Message: message.printable}
	}
}

// readFor returns the part of a body that arrives within the timeout, up to
// maxBodyStartSize. The caller closes the connection, which ends a blocked read.
func readFor(ctx context.Context, body io.Reader, timeout time.Duration) []byte {
	var mu sync.Mutex
	var start []byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		part := make([]byte, maxBodyStartSize)
		for {
			n, err := body.Read(part)
			mu.Lock()
			start = append(start, part[:min(n, maxBodyStartSize-len(start))]...)
			isFull := len(start) == maxBodyStartSize
			mu.Unlock()
			if err != nil || isFull {
				return
			}
		}
	}()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
	mu.Lock()
	defer mu.Unlock()
	return start
}

// proxyFailure reports whether the connection to the proxy failed.
func proxyFailure(err error) (*Error, bool) {
	operation, ok := errors.AsType[*net.OpError](err)
	if !ok || operation.Op != "proxyconnect" && operation.Op != "socks connect" {
		return nil, false
	}
	text := operation.Err.Error()
	if _, reason, ok := tlsFailure(operation.Err); ok {
		text = reason
	}
	return &Error{Kind: KindProxy, Message: text, Err: operation.Err}, true
}
