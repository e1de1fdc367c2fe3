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
	momentNetwork = "Certificates and proxies"

	promiseNothingSent = "The provider sends nothing. The error gives the cause (the certificate's authority, hosts or expiry, or the proxy) and the argument to change, but no password."

	proxyPassword = "pr0xy-pa55word"
)

// networkRows are faults of TLS and proxies between the provider and its server.
func networkRows() []Row {
	localhost := []string{"127.0.0.1"}
	noRequests := map[string]int{"* *": 0}
	expired := scripted.Leaf{Hosts: localhost, From: -48 * time.Hour, Until: -24 * time.Hour}
	rows := []Row{
		{
			Fault: "The certificate's authority is in `ca_certificate`.", Promise: "The provider trusts the certificate.",
			Intermediary: behindTLS(scripted.Leaf{Hosts: localhost}, true), Want: Want{State: []string{clusterAddress}, Created: 1, Running: 1},
		},
		{
			Fault: "The certificate is self-signed, expired, for another host or from an unknown authority.", Variant: "unknown authority", Promise: promiseNothingSent,
			Intermediary: behindTLS(scripted.Leaf{Hosts: localhost}, false),
			Want:         Want{Exit: 1, Output: []string{"The tests' authority", `ca_certificate = file("ca.pem")`}, Requests: noRequests},
		},
		{
			Fault: "The certificate is self-signed, expired, for another host or from an unknown authority.", Variant: "self-signed", Promise: promiseNothingSent,
			Intermediary: behindTLS(scripted.Leaf{Hosts: localhost, SelfSigned: true}, false),
			Want:         Want{Exit: 1, Output: []string{"is self-signed and not trusted on this machine", "set this certificate itself"}, Requests: noRequests},
		},
		{
			Fault: "The certificate is self-signed, expired, for another host or from an unknown authority.", Variant: "another host", Promise: promiseNothingSent,
			Intermediary: behindTLS(scripted.Leaf{Hosts: []string{"hub.example.com"}}, true),
			Want:         Want{Exit: 1, Output: []string{"not for the host 127.0.0.1; it is for hub.example.com", "Use an address whose host is in the certificate"}, Requests: noRequests},
		},
		{
			Fault: "The certificate is self-signed, expired, for another host or from an unknown authority.", Variant: "expired", Promise: promiseNothingSent,
			Intermediary: behindTLS(expired, true), Want: Want{Exit: 1, Output: []string{"its certificate has expired, on 2", "must renew its certificate"}, Requests: noRequests},
		},
		{
			Fault: "The server's certificate has expired.", Variant: "before a refresh", Promise: promiseFails,
			AppliedBefore: true, Intermediary: behindTLS(expired, true), Command: planCommand,
			Want: Want{Exit: 1, Output: []string{"its certificate has expired"}, State: []string{clusterAddress}, Running: 1, Requests: noRequests},
		},
		{
			Fault: "The server's certificate has expired.", Variant: "before a destroy", Promise: promiseFails,
			AppliedBefore: true, Intermediary: behindTLS(expired, true), Command: withoutRefresh(destroyCommand),
			Want: Want{Exit: 1, Output: []string{"its certificate has expired"}, State: []string{clusterAddress}, Running: 1, Requests: noRequests},
		},
		{
			Fault: "Only one side uses TLS.", Variant: "the address", Promise: promiseNothingSent,
			Intermediary: func(w *World) (string, string) {
				return strings.Replace(w.Mock.GatewayURL(), "http://", "https://", 1), ""
			},
			Want: Want{Exit: 1, Output: []string{"does not use TLS on this port"}, Requests: noRequests},
		},
		{
			Fault: "Only one side uses TLS.", Variant: "the server", Promise: promiseNothingSent,
			Intermediary: func(w *World) (string, string) {
				address, arguments := behindTLS(scripted.Leaf{Hosts: localhost}, true)(w)
				return strings.Replace(address, "https://", "http://", 1), arguments
			},
			Want: Want{Exit: 1, Output: []string{"the server uses TLS on this port", "Begin the address with https://"}, Requests: noRequests},
		},
	}
	rows = append(rows, proxyRows()...)
	for i := range rows {
		rows[i].Moment = momentNetwork
	}
	return rows
}

func proxyRows() []Row {
	noRequests := map[string]int{"* *": 0}
	return []Row{
		{
			Fault: "The proxy in `http_proxy` requires a password, which is set.", Promise: "All requests go through it; it alone gets the password.",
			Intermediary: behindProxy("alice:"+proxyPassword, 0), Want: Want{State: []string{clusterAddress}, Created: 1, Running: 1},
		},
		{
			Fault: "The proxy requires a password that is missing or wrong, blocks the server or cannot be reached.", Variant: "no password", Promise: promiseNothingSent,
			Intermediary: behindProxy("", 0), Want: Want{Exit: 1, Output: []string{"the HTTP proxy", "refused it with 407", "http://USER:PASSWORD@HOST:PORT"}, Requests: noRequests},
		},
		{
			Fault: "The proxy requires a password that is missing or wrong, blocks the server or cannot be reached.", Variant: "wrong password", Promise: promiseNothingSent,
			Intermediary: behindProxy("alice:other-"+proxyPassword, 0), Want: Want{Exit: 1, Output: []string{"refused it with 407"}, Requests: noRequests},
		},
		{
			Fault: "The proxy requires a password that is missing or wrong, blocks the server or cannot be reached.", Variant: "blocks the server", Promise: promiseNothingSent,
			Intermediary: behindProxy("alice:"+proxyPassword, http.StatusForbidden),
			Want:         Want{Exit: 1, Output: []string{"refused it with 403", "Blocked by the network's policy", "The response comes from the proxy"}, Requests: noRequests},
		},
		{
			Fault: "The proxy blocks the server with a message without end.", Promise: "The error quotes what arrives within 2 s.",
			Intermediary: func(w *World) (string, string) {
				proxy := scripted.NewForwardProxy(w.t, "", "", nil)
				proxy.Refuse(http.StatusForbidden, everyTime)
				proxy.Stall()
				return "https://gateway.example.test" + w.gatewayPath(), fmt.Sprintf("http_proxy = \"http://%s\"", proxy.Address)
			},
			Want: Want{Exit: 1, Output: []string{"refused it with 403", "Blocked by the network's policy"}, Requests: noRequests},
		},
		{
			Fault: "The address is `http://` inside Kubernetes, but the proxy is outside.", Promise: promiseNothingSent,
			Intermediary: func(*World) (string, string) {
				return "http://gateway.daskhub.svc/services/dask-gateway/", `http_proxy = "http://proxy.example.com:3128"`
			},
			Want: Want{Exit: 1, Output: []string{"the HTTP proxy proxy.example.com:3128", "allow_cleartext"}, Requests: noRequests},
		},
		{
			Fault: "The proxy requires a password that is missing or wrong, blocks the server or cannot be reached.", Variant: "cannot be reached", Promise: promiseNothingSent,
			Intermediary: func(w *World) (string, string) {
				return w.Mock.GatewayURL(), `http_proxy = "http://alice:` + proxyPassword + `@127.0.0.1:1"`
			},
			Want: Want{Exit: 1, Output: []string{"the HTTP proxy 127.0.0.1:1 could not be reached", "HTTPS_PROXY or HTTP_PROXY"}, Requests: noRequests},
		},
		{
			Fault: "The proxy is overloaded for a moment during a create.", Promise: "The provider repeats the request, which did not arrive. One cluster is created.",
			Intermediary: func(w *World) (string, string) {
				return behindProxyThatRefuses(w, "alice:"+proxyPassword, http.StatusServiceUnavailable, 2)
			},
			Want: Want{State: []string{clusterAddress}, Created: 1, Running: 1},
		},
		{
			Fault: "A proxy starts to block the server.", Promise: promiseFails,
			AppliedBefore: true, Intermediary: behindProxy("alice:"+proxyPassword, http.StatusForbidden), Command: withoutRefresh(destroyCommand),
			Want: Want{Exit: 1, Output: []string{"The response comes from the proxy"}, State: []string{clusterAddress}, Running: 1, Requests: noRequests},
		},
	}
}

// behindTLS puts a TLS server with such a certificate in front of the mock. If
// trusted is true, the provider block contains the authority.
func behindTLS(leaf scripted.Leaf, trusted bool) func(*World) (string, string) {
	return func(w *World) (string, string) {
		authority := scripted.NewAuthority(w.t)
		host := w.serveTLS(authority, leaf)
		address := "https://" + host + w.gatewayPath()
		if !trusted {
			return address, ""
		}
		return address, caCertificate(authority)
	}
}

// behindProxy puts a TLS server in front of the mock and a proxy in front of that.
// The proxy requires alice's password, or rejects every request with the status
// refuse.
func behindProxy(credentials string, refuse int) func(*World) (string, string) {
	return func(w *World) (string, string) { return behindProxyThatRefuses(w, credentials, refuse, everyTime) }
}

// behindProxyThatRefuses is behindProxy with a proxy that rejects count requests.
func behindProxyThatRefuses(w *World, credentials string, refuse, count int) (address, arguments string) {
	const host = "gateway.example.test"
	authority := scripted.NewAuthority(w.t)
	behind := w.serveTLS(authority, scripted.Leaf{Hosts: []string{host}})
	proxy := scripted.NewForwardProxy(w.t, "alice", proxyPassword, map[string]string{host + ":443": behind})
	proxy.Refuse(refuse, count)
	if credentials != "" {
		credentials += "@"
	}
	return "https://" + host + w.gatewayPath(), fmt.Sprintf("http_proxy = \"http://%s%s\"\n  %s", credentials, proxy.Address, caCertificate(authority))
}

func caCertificate(authority *scripted.Authority) string {
	return "ca_certificate = <<-PEM\n" + authority.PEM + "  PEM"
}

// serveTLS starts a TLS server that forwards requests to the mock.
func (w *World) serveTLS(authority *scripted.Authority, leaf scripted.Leaf) string {
	certificate, _ := authority.Issue(w.t, leaf)
	mock := &url.URL{Scheme: "http", Host: w.gatewayURL().Host}
	return scripted.ServeTLS(w.t, httputil.NewSingleHostReverseProxy(mock), certificate)
}

// gatewayPath is the path of the gateway's address.
func (w *World) gatewayPath() string { return w.gatewayURL().Path }

func (w *World) gatewayURL() *url.URL {
	w.t.Helper()
	address, err := url.Parse(w.Mock.GatewayURL())
	if err != nil {
		w.t.Fatal(err)
	}
	return address
}
