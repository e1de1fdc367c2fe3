// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package transport_test

import (
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// The client connects once to each server and sends no request.
func TestTLS_reportsProblemOfCertificate(t *testing.T) {
	t.Parallel()
	authority, stranger := scripted.NewAuthority(t), scripted.NewAuthority(t)
	localHosts := []string{"127.0.0.1"}
	for name, test := range map[string]struct {
		leaf     scripted.Leaf
		roots    string
		reason   transport.TLSReason
		messages []string
	}{
		"trusted":       {scripted.Leaf{Hosts: localHosts}, authority.PEM, "", nil},
		"unknown":       {scripted.Leaf{Hosts: localHosts}, "", transport.TLSUntrusted, []string{"an authority that this machine does not trust", "The tests' authority"}},
		"stranger":      {scripted.Leaf{Hosts: localHosts}, stranger.PEM, transport.TLSUntrusted, []string{"an authority that this machine does not trust"}},
		"self-signed":   {scripted.Leaf{Hosts: localHosts, SelfSigned: true}, authority.PEM, transport.TLSSelfSigned, []string{"is self-signed and not trusted on this machine"}},
		"other name":    {scripted.Leaf{Hosts: []string{"hub.example.com", "10.0.0.1"}}, authority.PEM, transport.TLSWrongHost, []string{"not for the host 127.0.0.1", "it is for hub.example.com, 10.0.0.1"}},
		"no name":       {scripted.Leaf{}, authority.PEM, transport.TLSWrongHost, []string{"not for the host 127.0.0.1", "it lists no host"}},
		"expired":       {scripted.Leaf{Hosts: localHosts, From: -48 * time.Hour, Until: -24 * time.Hour}, authority.PEM, transport.TLSExpired, []string{"has expired, on 2"}},
		"not yet valid": {scripted.Leaf{Hosts: localHosts, From: 24 * time.Hour, Until: 48 * time.Hour}, authority.PEM, transport.TLSNotYetValid, []string{"is not valid before 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			certificate, _ := authority.Issue(t, test.leaf)
			arrived := make(chan string, 1)
			address := scripted.ServeTLS(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				arrived <- r.Header.Get("Authorization")
				_, _ = io.WriteString(w, "{}")
			}), certificate)
			err := sendGet(t, "https://"+address, test.roots)
			if test.reason == "" {
				if err != nil || !strings.HasSuffix(<-arrived, testToken) {
					t.Error(err)
				}
				return
			}
			assertTLS(t, err, test.reason, test.messages...)
			if len(arrived) != 0 {
				t.Error("a request was sent")
			}
		})
	}
}

func TestTLS_acceptsSelfSignedCertificateInRootCAs(t *testing.T) {
	t.Parallel()
	certificate, text := scripted.NewAuthority(t).Issue(t, scripted.Leaf{Hosts: []string{"127.0.0.1"}, SelfSigned: true})
	address := scripted.ServeTLS(t, respond(http.StatusOK, "application/json", "{}"), certificate)
	if err := sendGet(t, "https://"+address, text); err != nil {
		t.Error(err)
	}
}

func TestTLS_reportsWrongSchemeOfAddress(t *testing.T) {
	t.Parallel()
	plain, arrived := serve(t, respond(http.StatusOK, "application/json", "{}"))
	certificate, _ := scripted.NewAuthority(t).Issue(t, scripted.Leaf{Hosts: []string{"127.0.0.1"}})
	encrypted := scripted.ServeTLS(t, respond(http.StatusOK, "application/json", "{}"), certificate)
	alerting, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			// OpenSSL sends this to a client that does not use TLS.
			_, _ = connection.Write([]byte{0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46})
			_ = connection.Close()
		}
	})
	nginx, _ := serve(t, respond(http.StatusBadRequest, "text/html", "<html><head><title>400 The plain HTTP request was sent to HTTPS port</title></head></html>"))

	assertTLS(t, sendGet(t, "https://"+plain.Host, ""), transport.TLSNotSupported, "does not use TLS on this port", "https://")
	if arrived.Load() != 0 {
		t.Error("a request arrived in clear text")
	}
	for _, host := range []string{encrypted, alerting.Host, nginx.Host} {
		assertTLS(t, sendGet(t, "http://"+host, ""), transport.TLSRequired, "uses TLS on this port", "http://")
	}
}

func TestTLS_reportsFailedHandshake(t *testing.T) {
	t.Parallel()
	authority := scripted.NewAuthority(t)
	certificate, _ := authority.Issue(t, scripted.Leaf{Hosts: []string{"127.0.0.1"}})
	for name, config := range map[string]*tls.Config{
		"another protocol": {NextProtos: []string{"no HTTP"}},
		"a client's own":   {ClientAuth: tls.RequireAnyClientCert},
		"too old":          {MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewUnstartedServer(respond(http.StatusOK, "application/json", "{}"))
			config.Certificates = []tls.Certificate{certificate}
			server.TLS = config
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			assertTLS(t, sendGet(t, server.URL, authority.PEM), transport.TLSRefused, "TLS handshake failed")
		})
	}
}

func sendGet(t *testing.T, address, roots string) error {
	t.Helper()
	c := newClient(t, parseURL(t, address+"/"), func(cfg *transport.Config) { cfg.RootCAs = []byte(roots) })
	_, err := c.Do(t.Context(), transport.Request{Method: http.MethodGet, Path: []string{"x"}, IsRetryable: true})
	return err
}

func assertTLS(t *testing.T, err error, reason transport.TLSReason, messages ...string) {
	t.Helper()
	failed := asError(t, err)
	if failed.Kind != transport.KindTLS || failed.TLS != reason || failed.Attempts != 1 || failed.MayHaveArrived() {
		t.Errorf("kind %d, %q, after %d attempts, want %q: %v", failed.Kind, failed.TLS, failed.Attempts, reason, err)
	}
	for _, part := range messages {
		if !strings.Contains(failed.Message, part) {
			t.Errorf("%q does not contain %q", failed.Message, part)
		}
	}
}
