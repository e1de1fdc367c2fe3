// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	proxyPassword = "p&ss/word"
	farHost       = "gateway.example.test"
)

// TestProxy_isUsed sends an encrypted and a plain request through a proxy that
// alone knows where the host is.
func TestProxy_isUsed(t *testing.T) {
	t.Parallel()
	authority := scripted.NewAuthority(t)
	certificate, _ := authority.Issue(t, scripted.Leaf{Hosts: []string{farHost}})
	leaked := func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "" {
			t.Error("the server got the proxy's password")
		}
		answer(http.StatusOK, "application/json", "{}")(w, r)
	}
	encrypted := scripted.ServeTLS(t, http.HandlerFunc(leaked), certificate)
	plain, _ := serve(t, leaked)
	proxy := scripted.NewForwardProxy(t, "alice", proxyPassword, map[string]string{farHost + ":443": encrypted, farHost + ":80": plain.Host})
	for _, test := range []struct{ scheme, seen string }{
		{"https", "CONNECT " + farHost + ":443"},
		{"http", "GET http://" + farHost + "/x"},
	} {
		c := client(t, parse(t, test.scheme+"://"+farHost+"/"), func(cfg *transport.Config) {
			cfg.RootCAs, cfg.Proxy, cfg.AllowCleartext = []byte(authority.PEM), address(proxy.Address, proxyPassword), true
		})
		if _, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}}); err != nil {
			t.Error(err)
		}
		if seen := proxy.Requests(); !slices.Contains(seen, test.seen) {
			t.Errorf("the proxy saw %q, want %q", seen, test.seen)
		}
	}
}

// TestProxy_saysThatItRefused: the words are the proxy's, the server is not
// blamed, and nothing has arrived there.
func TestProxy_saysThatItRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		password string
		refuse   int
		status   int
		attempts int
		words    string
	}{
		"no password":    {"", 0, http.StatusProxyAuthRequired, 1, ""},
		"other password": {"p&ss", 0, http.StatusProxyAuthRequired, 1, ""},
		"forbidden":      {proxyPassword, http.StatusForbidden, http.StatusForbidden, 1, "Blocked by the network's policy"},
		"overloaded":     {proxyPassword, http.StatusServiceUnavailable, http.StatusServiceUnavailable, 4, "Blocked by the network's policy"},
	} {
		for _, scheme := range []string{"https", "http"} {
			if scheme == "http" && test.refuse != 0 {
				// What a proxy says of a plain request cannot be told from what the
				// server says, but for 407.
				continue
			}
			t.Run(name+" "+scheme, func(t *testing.T) {
				t.Parallel()
				proxy := scripted.NewForwardProxy(t, "alice", proxyPassword, nil)
				proxy.Refuse(test.refuse, 100)
				c := client(t, parse(t, scheme+"://"+farHost+"/"), func(cfg *transport.Config) {
					cfg.Proxy, cfg.AllowCleartext = address(proxy.Address, test.password), true
				})
				_, err := c.Do(t.Context(), transport.Request{Method: http.MethodPost, Path: []string{"x"}})
				failed := failure(t, err)
				if failed.Kind != transport.KindProxy || failed.Status != test.status || failed.Proxy != proxy.Address || failed.MayHaveArrived() {
					t.Errorf("kind %d, status %d, proxy %q, may have arrived %v", failed.Kind, failed.Status, failed.Proxy, failed.MayHaveArrived())
				}
				if failed.Message != test.words || failed.Attempts != test.attempts || len(proxy.Requests()) != test.attempts {
					t.Errorf("after %d attempts and %q: %q", failed.Attempts, proxy.Requests(), failed.Message)
				}
				assertSays(t, err, farHost, "the HTTP proxy "+proxy.Address, fmt.Sprint(test.status))
			})
		}
	}
}

func TestProxy_saysThatItIsNotThere(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"https", "http"} {
		c := client(t, parse(t, scheme+"://"+farHost+"/"), func(cfg *transport.Config) {
			cfg.Proxy, cfg.AllowCleartext = address(gone, proxyPassword), true
		})
		_, err := c.Do(t.Context(), transport.Request{Method: http.MethodPost, Path: []string{"x"}})
		failed := failure(t, err)
		if failed.Kind != transport.KindProxy || failed.Status != 0 || failed.Proxy != gone || failed.Attempts != 4 || failed.MayHaveArrived() {
			t.Errorf("kind %d, status %d, proxy %q, %d attempts", failed.Kind, failed.Status, failed.Proxy, failed.Attempts)
		}
		assertSays(t, err, farHost, "the HTTP proxy "+gone+" could not be reached", "connection refused")
	}
}

// address is a proxy's URL, with the password of alice or without any.
func address(host, password string) *url.URL {
	made := &url.URL{Scheme: "http", Host: host}
	if password != "" {
		made.User = url.UserPassword("alice", password)
	}
	return made
}

// assertSays looks for the parts in an error, and for the proxy's password.
func assertSays(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	for _, hidden := range []string{proxyPassword, url.QueryEscape(proxyPassword), url.PathEscape(proxyPassword)} {
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, hidden) {
			t.Errorf("the password is in %q", text)
		}
	}
}

// TestProxy_doesNotHoldUpByItsWords lets a proxy refuse and never end what it
// says: the attempt ends in its time.
func TestProxy_doesNotHoldUpByItsWords(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	endless, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "Blocked")
		_ = http.NewResponseController(w).Flush()
		<-done
	})
	t.Cleanup(func() { close(done) })
	c := client(t, parse(t, "https://"+farHost+"/"), func(cfg *transport.Config) {
		cfg.Proxy, cfg.RequestTimeout, cfg.MaxRetries = address(endless.Host, ""), 50*time.Millisecond, 0
	})
	_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}})
	if failed := failure(t, err); failed.MayHaveArrived() {
		t.Errorf("kind %d: %v", failed.Kind, err)
	}
}
