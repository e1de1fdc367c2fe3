// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

const badToken = `{"error": "Permission failure verifying user's JupyterHub API token"}`

// A cookie takes precedence over the header. It is valid for 300 s from its first
// response, and later responses repeat it without renewing it: a login can return
// an expired cookie.
func TestCookie_precedesHeaderAndExpires(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice, bob := newClient(t, server, server.NewToken("alice")), newClient(t, server, server.NewToken("bob"))
	clusterName := server.AddCluster("alice", nil)
	list := func(header map[string]string) testResponse {
		return alice.send(http.MethodGet, alice.gateway+clustersPath, "", header)
	}
	cookie := func(response testResponse) string {
		text, attributes, _ := strings.Cut(response.Header.Get("Set-Cookie"), ";")
		if attributes != " Max-Age=600; Path=/" {
			t.Errorf("Set-Cookie: %q", response.Header.Get("Set-Cookie"))
		}
		return text
	}

	first := cookie(alice.callGateway(http.MethodGet, clustersPath, ""))
	asAlice := list(map[string]string{"Cookie": first, "Authorization": "jupyterhub " + bob.token})
	if asAlice.StatusCode != http.StatusOK || !strings.Contains(asAlice.body, clusterName) || asAlice.Header.Get("Set-Cookie") != "" {
		t.Errorf("Bob with Alice's cookie: %d %.40s", asAlice.StatusCode, asAlice.body)
	}
	if requests := server.Requests(); requests[len(requests)-1].User != "alice" {
		t.Errorf("user of the request: %q", requests[len(requests)-1].User)
	}

	server.Advance(200 * time.Second)
	if again := cookie(alice.callGateway(http.MethodGet, clustersPath, "")); again != first {
		t.Error("the cookie changed")
	}
	server.Advance(101 * time.Second)
	expired := cookie(alice.callGateway(http.MethodGet, clustersPath, ""))
	list(map[string]string{"Cookie": expired}).expect(t, http.StatusUnauthorized, `{"error": "Authentication required"}`)
	if fresh := cookie(alice.callGateway(http.MethodGet, clustersPath, "")); fresh == first {
		t.Error("the gateway sent the expired cookie again after it had rejected it")
	}
}

func TestToken_needsScopeAtGateway(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	for name, test := range map[string]struct {
		token  string
		status int
		body   string
	}{
		"all scopes":                  {server.NewToken("alice"), http.StatusOK, "{}"},
		"gateway scope":               {server.NewToken("alice", "access:services!service=dask-gateway"), http.StatusOK, "{}"},
		"another scope":               {server.NewToken("alice", "self"), http.StatusUnauthorized, `{"error": "Authentication required"}`},
		"service token":               {server.NewServiceToken("ci", "access:services"), http.StatusOK, "{}"},
		"service token without scope": {server.NewServiceToken("ci", "admin:users"), http.StatusUnauthorized, `{"error": "Authentication required"}`},
		"unknown token":               {"garbage", http.StatusInternalServerError, badToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newClient(t, server, test.token).callGateway(http.MethodGet, clustersPath, "").expect(t, test.status, test.body)
		})
	}
}

func TestToken_ofServiceActsAsService(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	ci := newClient(t, server, server.NewServiceToken("ci", "access:services", "tokens"))
	ci.create(`{}`)
	if len(server.Clusters("service:ci")) != 1 {
		t.Error("the service has no cluster")
	}
	who := ci.callHub(http.MethodGet, "/user", "")
	if kind, name := field[string](t, who, "kind"), field[string](t, who, "name"); kind != "service" || name != "ci" {
		t.Errorf("owner of the token: %s %s", kind, name)
	}
	ci.callHub(http.MethodPost, "/users/ci/tokens", "").expect(t, http.StatusForbidden,
		`{"status": 403, "message": "Service ci not found or no permissions to generate tokens"}`)
	server.NewToken("alice")
	if note := field[string](t, ci.callHub(http.MethodPost, "/users/alice/tokens", ""), "note"); note != "Requested via api by service ci" {
		t.Errorf("note: %q", note)
	}
}

func TestBasic_readsHeaderLikePython(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{Auth: "basic", Password: "secret", GatewayPrefix: "/"})
	anonymous := newClient(t, server, "")
	for header, status := range map[string]int{
		"Basic YWxpY2U6c2VjcmV0":   http.StatusOK,
		"Basic  YWxpY2U6*c2VjcmV0": http.StatusOK, // alice, with characters that Python skips
		"Basic YWxpY2U6eA==":       http.StatusUnauthorized,
		"Basic YWxpY2U6eA======":   http.StatusUnauthorized,
		"basic YWxpY2U6c2VjcmV0":   http.StatusUnauthorized,
		"jupyterhub x":             http.StatusUnauthorized,
		"Basic YWxpY2U6eA":         http.StatusInternalServerError,
		"Basic bm9jb2xvbg==":       http.StatusInternalServerError,
		"Basic w7w6w7w=":           http.StatusInternalServerError,
		"Basic":                    http.StatusInternalServerError,
	} {
		got := anonymous.send(http.MethodGet, anonymous.gateway+clustersPath, "", map[string]string{"Authorization": header})
		if got.StatusCode != status {
			t.Errorf("%s: %d, want %d", header, got.StatusCode, status)
		}
		if challenge := got.Header.Get("Www-Authenticate"); status == http.StatusUnauthorized && challenge != "Basic" {
			t.Errorf("%s: challenge %q", header, challenge)
		}
	}
	open := startMock(t, mockserver.Config{Auth: "basic"})
	if got := anonymous.send(http.MethodGet, open.GatewayURL()+clustersPath, "", map[string]string{"Authorization": "Basic YWxpY2U6eA=="}); got.StatusCode != http.StatusOK {
		t.Errorf("status without a configured password: %d, want 200 for every password", got.StatusCode)
	}
}

// The gateway checks credentials, name, owner, body and status, in this order.
func TestGateway_checksInOrder(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice, bob, nobody := newClient(t, server, server.NewToken("alice")), newClient(t, server, server.NewToken("bob")), newClient(t, server, "")
	name := server.AddCluster("alice", nil)
	server.StopCluster(name)
	tooLongBody := strings.Repeat(" ", 1<<20) + "{"
	scale := clustersPath + name + "/scale"
	nobody.send(http.MethodPost, nobody.gateway+scale, tooLongBody, nil).expect(t, http.StatusUnauthorized, `{"error": "Authentication required"}`)
	alice.callGateway(http.MethodPost, clustersPath+"unknown/scale", tooLongBody).expect(t, http.StatusNotFound, `{"error": "Cluster unknown not found"}`)
	bob.callGateway(http.MethodPost, scale, tooLongBody).expect(t, http.StatusForbidden, `{"error": "User bob lacks permissions to view cluster `+name+`"}`)
	alice.callGateway(http.MethodPost, scale, tooLongBody).expect(t, http.StatusRequestEntityTooLarge, `{"error": "Request Entity Too Large"}`)
	alice.callGateway(http.MethodPost, scale, `{"count": -1}`).expect(t, http.StatusUnprocessableEntity, `{"error": "Scale expects a non-negative integer, got -1"}`)
	alice.callGateway(http.MethodPost, scale, `{"count": 1}`).expect(t, http.StatusConflict, `{"error": "cluster `+name+` is not running"}`)
	// A header without a space fails a DELETE before the cookie is read.
	cookie, _, _ := strings.Cut(alice.callGateway(http.MethodGet, clustersPath, "").Header.Get("Set-Cookie"), ";")
	for method, status := range map[string]int{http.MethodGet: http.StatusOK, http.MethodDelete: http.StatusInternalServerError} {
		got := alice.send(method, alice.gateway+clustersPath+name, "", map[string]string{"Cookie": cookie, "Authorization": "token"})
		if got.StatusCode != status {
			t.Errorf("%s with a cookie and a bare scheme: %d, want %d", method, got.StatusCode, status)
		}
	}
}
