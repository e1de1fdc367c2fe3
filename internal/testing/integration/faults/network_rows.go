// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package faults

import (
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

const (
	reaching      = "Certificates and proxies"
	proxyPassword = "pr0xy-pa55word"
)

// networkRows are what stands between a provider and its server.
func networkRows() []Row {
	here := []string{"127.0.0.1"}
	nothing := map[string]int{"* *": 0}
	expired := scripted.Leaf{Hosts: here, From: -48 * time.Hour, Until: -24 * time.Hour}
	rows := []Row{
		{
			Fault: "The server's certificate is of an authority that is given in `ca_certificate`.", Promise: "It is trusted.",
			Front: encrypted(scripted.Leaf{Hosts: here}, true), Want: Want{State: []string{cluster}, Made: 1, Running: 1},
		},
		{
			Fault: "The server's certificate is of an authority that is not known here.", Promise: "Nothing is sent; the error names the authority and `ca_certificate`.",
			Front: encrypted(scripted.Leaf{Hosts: here}, false),
			Want:  Want{Exit: 1, Says: []string{"The tests' authority", `ca_certificate = file("ca.pem")`}, Requests: nothing},
		},
		{
			Fault: "The server's certificate is self-signed.", Promise: "The same; the error says to give the certificate itself.",
			Front: encrypted(scripted.Leaf{Hosts: here, SelfSigned: true}, false),
			Want:  Want{Exit: 1, Says: []string{"is self-signed, and not trusted here", "give this certificate itself"}, Requests: nothing},
		},
		{
			Fault: "The server's certificate is for another host.", Promise: "Nothing is sent; the error says which hosts it is for.",
			Front: encrypted(scripted.Leaf{Hosts: []string{"hub.example.com"}}, true),
			Want:  Want{Exit: 1, Says: []string{"not for the host 127.0.0.1; it is for hub.example.com", "Use a name in the address that the certificate is made for"}, Requests: nothing},
		},
		{
			Fault: "The server's certificate has expired.", Promise: "Nothing is sent; the error says since when.",
			Front: encrypted(expired, true), Want: Want{Exit: 1, Says: []string{"its certificate has expired, on 2", "has to renew its certificate"}, Requests: nothing},
		},
		{
			Fault: "The server's certificate has expired, before a refresh.", Promise: "The plan fails; the state is as it was.",
			Applied: true, Front: encrypted(expired, true), Command: plan,
			Want: Want{Exit: 1, Says: []string{"its certificate has expired"}, State: []string{cluster}, Running: 1, Requests: nothing},
		},
		{
			Fault: "The server's certificate has expired, before a destroy.", Promise: "The destroy fails, and the cluster is in the state still.",
			Applied: true, Front: encrypted(expired, true), Command: withoutRefresh(destroy),
			Want: Want{Exit: 1, Says: []string{"its certificate has expired"}, State: []string{cluster}, Running: 1, Requests: nothing},
		},
		{
			Fault: "The address begins with `https://`, and the server has no TLS.", Promise: "The error says so, and no token was sent in clear text.",
			Front: func(w *World) (string, string) {
				return strings.Replace(w.Mock.GatewayURL(), "http://", "https://", 1), ""
			},
			Want: Want{Exit: 1, Says: []string{"does not speak TLS on this port"}, Requests: nothing},
		},
		{
			Fault: "The address begins with `http://`, and the server has TLS.", Promise: "The error says to begin it with `https://`.",
			Front: func(w *World) (string, string) {
				address, arguments := encrypted(scripted.Leaf{Hosts: here}, true)(w)
				return strings.Replace(address, "https://", "http://", 1), arguments
			},
			Want: Want{Exit: 1, Says: []string{"it speaks TLS on this port", "Begin the address with https://"}, Requests: nothing},
		},
	}
	rows = append(rows, proxyRows()...)
	for i := range rows {
		rows[i].Moment = reaching
	}
	return rows
}

func proxyRows() []Row {
	nothing := map[string]int{"* *": 0}
	return []Row{
		{
			Fault: "There is a proxy in `http_proxy` that demands a password, and it is there.", Promise: "All goes through the proxy; the password is sent to nobody else.",
			Front: proxied("alice:"+proxyPassword, 0), Want: Want{State: []string{cluster}, Made: 1, Running: 1},
		},
		{
			Fault: "The proxy demands a password, and there is none.", Promise: "Nothing is made; the error is about the proxy, not about the gateway.",
			Front: proxied("", 0), Want: Want{Exit: 1, Says: []string{"the HTTP proxy", "refused it with 407", "http://USER:PASSWORD@HOST:PORT"}, Requests: nothing},
		},
		{
			Fault: "The proxy demands another password.", Promise: "The same, and the password is not printed.",
			Front: proxied("alice:other-"+proxyPassword, 0), Want: Want{Exit: 1, Says: []string{"refused it with 407"}, Requests: nothing},
		},
		{
			Fault: "The proxy lets nobody through to the server.", Promise: "The error has the proxy's words, and says whose they are.",
			Front: proxied("alice:"+proxyPassword, http.StatusForbidden),
			Want:  Want{Exit: 1, Says: []string{"refused it with 403", "Blocked by the network's policy", "It was the proxy that refused"}, Requests: nothing},
		},
		{
			Fault: "The proxy cannot be reached.", Promise: "The error names the proxy and where it can come from.",
			Front: func(w *World) (string, string) {
				return w.Mock.GatewayURL(), `http_proxy = "http://alice:` + proxyPassword + `@127.0.0.1:1"`
			},
			Want: Want{Exit: 1, Says: []string{"the HTTP proxy 127.0.0.1:1 could not be reached", "HTTPS_PROXY or HTTP_PROXY"}, Requests: nothing},
		},
		{
			Fault: "The proxy is overloaded for a moment while a cluster is made.", Promise: "The request surely never arrived, so it is sent again: one cluster.",
			Front: func(w *World) (string, string) {
				return proxiedFor(w, "alice:"+proxyPassword, http.StatusServiceUnavailable, 2)
			},
			Want: Want{State: []string{cluster}, Made: 1, Running: 1},
		},
		{
			Fault: "The proxy stops letting anybody through, before a destroy.", Promise: "The destroy fails, and the cluster is in the state still.",
			Applied: true, Front: proxied("alice:"+proxyPassword, http.StatusForbidden), Command: withoutRefresh(destroy),
			Want: Want{Exit: 1, Says: []string{"It was the proxy that refused"}, State: []string{cluster}, Running: 1, Requests: nothing},
		},
	}
}

// encrypted puts TLS before the mock, with such a certificate, and gives its
// authority to the provider or not.
func encrypted(leaf scripted.Leaf, trusted bool) func(*World) (string, string) {
	return func(w *World) (string, string) {
		authority := scripted.NewAuthority(w.t)
		host := w.serveTLS(authority, leaf)
		address := "https://" + host + w.path()
		if !trusted {
			return address, ""
		}
		return address, caCertificate(authority)
	}
}

// proxied puts TLS before the mock, and a proxy before that, which demands
// alice's password or refuses everything.
func proxied(credentials string, refuse int) func(*World) (string, string) {
	return func(w *World) (string, string) { return proxiedFor(w, credentials, refuse, always) }
}

// proxiedFor lets the proxy refuse so many times.
func proxiedFor(w *World, credentials string, refuse, count int) (address, arguments string) {
	const host = "gateway.example.test"
	authority := scripted.NewAuthority(w.t)
	behind := w.serveTLS(authority, scripted.Leaf{Hosts: []string{host}})
	proxy := scripted.NewForwardProxy(w.t, "alice", proxyPassword, map[string]string{host + ":443": behind})
	proxy.Refuse(refuse, count)
	if credentials != "" {
		credentials += "@"
	}
	return "https://" + host + w.path(), fmt.Sprintf("http_proxy = \"http://%s%s\"\n  %s", credentials, proxy.Address, caCertificate(authority))
}

func caCertificate(authority *scripted.Authority) string {
	return "ca_certificate = <<-PEM\n" + authority.PEM + "  PEM"
}

// serveTLS passes on to the mock what comes by TLS.
func (w *World) serveTLS(authority *scripted.Authority, leaf scripted.Leaf) string {
	certificate, _ := authority.Issue(w.t, leaf)
	mock := &url.URL{Scheme: "http", Host: w.gateway().Host}
	return scripted.ServeTLS(w.t, httputil.NewSingleHostReverseProxy(mock), certificate)
}

// path is the gateway's behind the host.
func (w *World) path() string { return w.gateway().Path }

func (w *World) gateway() *url.URL {
	w.t.Helper()
	address, err := url.Parse(w.Mock.GatewayURL())
	if err != nil {
		w.t.Fatal(err)
	}
	return address
}
