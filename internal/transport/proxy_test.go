// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	proxyPassword = "p&ss/word"
	farHost       = "gateway.example.test"
)

// Only the proxy can resolve the host.
func TestProxy_forwardsRequests(t *testing.T) {
	t.Parallel()
	authority := scripted.NewAuthority(t)
	certificate, _ := authority.Issue(t, scripted.Leaf{Hosts: []string{farHost}})
	rejectProxyPassword := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the server got the proxy's password")
		}
		respond(http.StatusOK, "application/json", "{}")(w, r)
	}
	encrypted := scripted.ServeTLS(t, http.HandlerFunc(rejectProxyPassword), certificate)
	plain, _ := serve(t, rejectProxyPassword)
	proxy := scripted.NewForwardProxy(t, "alice", proxyPassword, map[string]string{farHost + ":443": encrypted, farHost + ":80": plain.Host})
	for _, test := range []struct{ scheme, requests string }{
		{"https", "CONNECT " + farHost + ":443"},
		{"http", "GET http://" + farHost + "/x"},
	} {
		c := newClient(t, parseURL(t, test.scheme+"://"+farHost+"/"), func(cfg *transport.Config) {
			cfg.RootCAs, cfg.Proxy, cfg.AllowsCleartext = []byte(authority.PEM), proxyURL(proxy.Address, proxyPassword), true
		})
		if _, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}}); err != nil {
			t.Error(err)
		}
		if requests := proxy.Requests(); !slices.Contains(requests, test.requests) {
			t.Errorf("the proxy received %q, want %q", requests, test.requests)
		}
	}
}

// The error has the proxy's message, blames the proxy and not the server, and reports
// that nothing arrived at the server.
func TestProxy_isNamedWhenItRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		password string
		refuse   int
		status   int
		attempts int
		message  string
	}{
		"no password":    {"", 0, http.StatusProxyAuthRequired, 1, ""},
		"other password": {"p&ss", 0, http.StatusProxyAuthRequired, 1, ""},
		"forbidden":      {proxyPassword, http.StatusForbidden, http.StatusForbidden, 1, "Blocked by the network's policy"},
		"overloaded":     {proxyPassword, http.StatusServiceUnavailable, http.StatusServiceUnavailable, 4, "Blocked by the network's policy"},
	} {
		for _, scheme := range []string{"https", "http"} {
			if scheme == "http" && test.refuse != 0 {
				// For a plain request, a response of the proxy looks like one of the
				// server, except 407.
				continue
			}
			t.Run(name+" "+scheme, func(t *testing.T) {
				t.Parallel()
				proxy := scripted.NewForwardProxy(t, "alice", proxyPassword, nil)
				proxy.Refuse(test.refuse, 100)
				c := newClient(t, parseURL(t, scheme+"://"+farHost+"/"), func(cfg *transport.Config) {
					cfg.Proxy, cfg.AllowsCleartext = proxyURL(proxy.Address, test.password), true
				})
				_, err := c.Do(t.Context(), transport.Request{Method: http.MethodPost, Path: []string{"x"}})
				failed := asError(t, err)
				if failed.Kind != transport.KindProxy || failed.Status != test.status || failed.Proxy != proxy.Address || failed.MayHaveArrived() {
					t.Errorf("kind %d, status %d, proxy %q, may have arrived %v", failed.Kind, failed.Status, failed.Proxy, failed.MayHaveArrived())
				}
				if failed.Message != test.message || failed.Attempts != test.attempts || len(proxy.Requests()) != test.attempts {
					t.Errorf("after %d attempts and %q: %q", failed.Attempts, proxy.Requests(), failed.Message)
				}
				assertMentions(t, err, farHost, "the HTTP proxy "+proxy.Address, fmt.Sprint(test.status))
			})
		}
	}
}

func TestProxy_isNamedWhenUnreachable(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closedAddress := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"https", "http"} {
		c := newClient(t, parseURL(t, scheme+"://"+farHost+"/"), func(cfg *transport.Config) {
			cfg.Proxy, cfg.AllowsCleartext = proxyURL(closedAddress, proxyPassword), true
		})
		_, err := c.Do(t.Context(), transport.Request{Method: http.MethodPost, Path: []string{"x"}})
		failed := asError(t, err)
		if failed.Kind != transport.KindProxy || failed.Status != 0 || failed.Proxy != closedAddress || failed.Attempts != 4 || failed.MayHaveArrived() {
			t.Errorf("kind %d, status %d, proxy %q, %d attempts", failed.Kind, failed.Status, failed.Proxy, failed.Attempts)
		}
		assertMentions(t, err, farHost, "the HTTP proxy "+closedAddress+" could not be reached", "connection refused")
	}
}

// proxyURL returns the address of a proxy, with alice's password unless it is empty.
func proxyURL(host, password string) *url.URL {
	proxy := &url.URL{Scheme: "http", Host: host}
	if password != "" {
		proxy.User = url.UserPassword("alice", password)
	}
	return proxy
}

// assertMentions checks that an error contains the parts and not the proxy's password.
func assertMentions(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not contain %q", err, part)
		}
	}
	for _, hidden := range []string{proxyPassword, url.QueryEscape(proxyPassword), url.PathEscape(proxyPassword)} {
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, hidden) {
			t.Errorf("the password is in %q", text)
		}
	}
}

// A proxy refuses a CONNECT and never ends its message. The error contains the
// beginning of the message, and the next request can use the connection slot.
func TestProxy_isAbandonedWhenItsMessageStalls(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	stalling, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "Blocked by the network's policy")
		_ = http.NewResponseController(w).Flush()
		<-done
	})
	t.Cleanup(func() { close(done) })
	c := newClient(t, parseURL(t, "https://"+farHost+"/"), func(cfg *transport.Config) {
		cfg.Proxy, cfg.MaxRetries, cfg.MaxConnections = proxyURL(stalling.Host, ""), 0, 2
	})
	var requests sync.WaitGroup
	for range 4 {
		requests.Go(func() {
			_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}})
			failed, ok := errors.AsType[*transport.Error](err)
			if !ok || failed.Kind != transport.KindProxy || failed.Status != http.StatusForbidden || failed.Message != "Blocked by the network's policy" || failed.MayHaveArrived() {
				t.Errorf("got %v", err)
			}
		})
	}
	requests.Wait()
}

func TestProxy_isAbandonedWhenTheAttemptTimesOut(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	stalling, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_ = http.NewResponseController(w).Flush()
		<-done
	})
	t.Cleanup(func() { close(done) })
	c := newClient(t, parseURL(t, "https://"+farHost+"/"), func(cfg *transport.Config) {
		cfg.Proxy, cfg.RequestTimeout, cfg.MaxRetries = proxyURL(stalling.Host, ""), 50*time.Millisecond, 0
	})
	_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}})
	if failed := asError(t, err); failed.MayHaveArrived() {
		t.Errorf("kind %d: %v", failed.Kind, err)
	}
}

// A proxy can read requests to an http:// address, so only a nearby proxy gets
// credentials.
func TestProxy_receivesNoCredentialsInClearText(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		address, proxy string
		allow, refused bool
	}{
		"foreign proxy to the cluster's gateway":  {"http://gateway.daskhub.svc/", "http://proxy.example.com:3128", false, true},
		"foreign proxy that is reached over TLS":  {"http://gateway.daskhub.svc/", "https://proxy.example.com:3128", false, true},
		"foreign proxy, cleartext allowed":        {"http://gateway.daskhub.svc/", "http://proxy.example.com:3128", true, false},
		"nearby proxy to the cluster's gateway":   {"http://gateway.daskhub.svc/", "http://10.0.0.7:3128", false, false},
		"nearby proxy to a foreign server":        {"http://hub.example.com/", "http://10.0.0.7:3128", false, true},
		"foreign proxy to a server that uses TLS": {"https://hub.example.com/", "http://proxy.example.com:3128", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			c := newClient(t, parseURL(t, test.address), func(cfg *transport.Config) { cfg.Proxy, cfg.AllowsCleartext = parseURL(t, test.proxy), test.allow })
			_, err := c.Do(ended, transport.Request{Method: http.MethodGet, Path: []string{"x"}})
			failed := asError(t, err)
			if refused := failed.Kind == transport.KindCleartext; refused != test.refused {
				t.Fatalf("got %v", err)
			}
			if proxy := parseURL(t, test.proxy); strings.Contains(name, "foreign proxy") && test.refused && !strings.Contains(failed.Message, "the HTTP proxy "+proxy.Host) {
				t.Errorf("%q does not name the proxy", failed.Message)
			}
		})
	}
}

// NO_PROXY also applies to an explicitly configured proxy.
func TestProxy_isNotUsedForHostsInNoProxy(t *testing.T) {
	for noProxy, wantDirect := range map[string]bool{
		"": false, "example.com": false, "127.0.0.1": true, "other, 127.0.0.0/8": true, "*": true, "127.0.0.1:80": true, "10.0.0.0/8": false, "localhost": false,
	} {
		t.Run(noProxy, func(t *testing.T) {
			t.Setenv("NO_PROXY", noProxy)
			t.Setenv("no_proxy", "")
			server, direct := serve(t, respond(http.StatusOK, "application/json", "{}"))
			proxy, proxied := serve(t, respond(http.StatusOK, "application/json", "{}"))
			c := newClient(t, server, func(cfg *transport.Config) { cfg.Proxy = proxyURL(proxy.Host, "") })
			if _, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}}); err != nil {
				t.Fatal(err)
			}
			if isDirect := direct.Load() == 1; isDirect != wantDirect || direct.Load()+proxied.Load() != 1 {
				t.Errorf("%d requests to the server, %d to the proxy", direct.Load(), proxied.Load())
			}
		})
	}
}

//nolint:paralleltest // the environment belongs to the whole process
func TestProxy_isNotUsedForDomainsInNoProxy(t *testing.T) {
	t.Setenv("NO_PROXY", ".example.com,10.0.0.0/8,2001:db8::1")
	t.Setenv("no_proxy", "")
	for host, proxied := range map[string]bool{
		"hub.example.com": false, "example.org": true, "10.1.2.3": false, "11.1.2.3": true, "[2001:db8::1]": false, "[2001:db8::2]": true,
	} {
		t.Run(host, func(t *testing.T) {
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			// The error about clear text names the proxy only if it would be used.
			c := newClient(t, parseURL(t, "http://"+host+"/"), func(cfg *transport.Config) { cfg.Proxy = parseURL(t, "http://proxy.example.net:3128") })
			_, err := c.Do(ended, transport.Request{Method: http.MethodGet, Path: []string{"x"}})
			if got := strings.Contains(asError(t, err).Message, "proxy.example.net"); got != proxied {
				t.Errorf("proxied %v: %v", got, err)
			}
		})
	}
}

// A wrong address of the proxy must not make requests bypass the proxy.
func TestNew_rejectsMalformedProxyVariable(t *testing.T) {
	for value, valid := range map[string]bool{
		"http://proxy:3128": true, "proxy:3128": true, "proxy": true, "https://alice:s3cr3t@proxy:3128": true, "socks5://proxy:1080": true, "": true,
		"http://alice:s3cr3t@proxy:port": false, "http://[::1": false, "http:///x": false, "ftp://alice:s3cr3t@proxy": false, "http//proxy:3128": false, "://": false,
	} {
		for _, scheme := range []string{"http", "https"} {
			for _, name := range []string{strings.ToUpper(scheme) + "_PROXY", scheme + "_proxy"} {
				t.Run(name+"="+value, func(t *testing.T) {
					for _, variable := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
						t.Setenv(variable, "")
					}
					t.Setenv(name, value)
					_, err := transport.New(transport.Config{BaseURL: parseURL(t, scheme+"://hub.example.com/")})
					if (err == nil) != valid {
						t.Fatalf("got %v", err)
					}
					if err != nil && (!errors.Is(err, transport.ErrProxy) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "s3cr3t")) {
						t.Errorf("%q does not name the variable, or quotes its value", err)
					}
					if _, err := transport.New(transport.Config{BaseURL: parseURL(t, scheme+"://127.0.0.1/")}); err != nil {
						t.Errorf("a request that uses no proxy: %v", err)
					}
					if _, err := transport.New(transport.Config{BaseURL: parseURL(t, scheme+"://hub.example.com/"), BypassesProxy: true}); err != nil {
						t.Errorf("without any proxy: %v", err)
					}
				})
			}
		}
	}
}

// A proxy of the environment gets no credentials in clear text either.
func TestProxy_ofTheEnvironmentReceivesNoCredentialsInClearText(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy"} {
		for value, refused := range map[string]bool{"http://proxy.example.com:3128": true, "proxy.example.com:3128": true, "socks5://proxy.example.com:1080": true, "http://10.0.0.7:3128": false} {
			t.Run(name+"="+value, func(t *testing.T) {
				for _, variable := range []string{"HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
					t.Setenv(variable, "")
				}
				t.Setenv(name, value)
				ended, cancel := context.WithCancel(t.Context())
				cancel()
				_, err := newClient(t, parseURL(t, "http://gateway.daskhub.svc/"), nil).Do(ended, transport.Request{Method: http.MethodGet, Path: []string{"x"}})
				failed := asError(t, err)
				if (failed.Kind == transport.KindCleartext) != refused || refused && !strings.Contains(failed.Message, "the HTTP proxy proxy.example.com:") {
					t.Errorf("kind %d: %v", failed.Kind, err)
				}
			})
		}
	}
}
