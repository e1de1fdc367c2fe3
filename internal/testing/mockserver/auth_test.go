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

// A cookie outranks the header, lives for 300 s from the first one on, and is
// handed out again without being renewed: a login can bring a dead one.
func TestCookie(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice, bob := newClient(t, server, server.NewToken("alice")), newClient(t, server, server.NewToken("bob"))
	own := server.AddCluster("alice", nil)
	list := func(header map[string]string) answer {
		return alice.send(http.MethodGet, alice.gateway+clusters, "", header)
	}
	cookie := func(a answer) string {
		text, attributes, _ := strings.Cut(a.Header.Get("Set-Cookie"), ";")
		if attributes != " Max-Age=600; Path=/" {
			t.Errorf("the cookie is %q", a.Header.Get("Set-Cookie"))
		}
		return text
	}

	first := cookie(alice.ask(http.MethodGet, clusters, ""))
	asAlice := list(map[string]string{"Cookie": first, "Authorization": "jupyterhub " + bob.token})
	if asAlice.StatusCode != http.StatusOK || !strings.Contains(asAlice.body, own) || asAlice.Header.Get("Set-Cookie") != "" {
		t.Errorf("bob with alice's cookie got %d %.40s", asAlice.StatusCode, asAlice.body)
	}
	if requests := server.Requests(); requests[len(requests)-1].User != "alice" {
		t.Errorf("the request acted as %q", requests[len(requests)-1].User)
	}

	server.Advance(200 * time.Second)
	if again := cookie(alice.ask(http.MethodGet, clusters, "")); again != first {
		t.Error("the cookie is another one")
	}
	server.Advance(101 * time.Second)
	dead := cookie(alice.ask(http.MethodGet, clusters, ""))
	list(map[string]string{"Cookie": dead}).is(t, http.StatusUnauthorized, `{"error": "Authentication required"}`)
	if fresh := cookie(alice.ask(http.MethodGet, clusters, "")); fresh == first {
		t.Error("the dead cookie was handed out again, although it had been found out")
	}
}

func TestToken_atTheGateway(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	for name, test := range map[string]struct {
		token  string
		status int
		body   string
	}{
		"all scopes":        {server.NewToken("alice"), http.StatusOK, "{}"},
		"the one scope":     {server.NewToken("alice", "access:services!service=dask-gateway"), http.StatusOK, "{}"},
		"another scope":     {server.NewToken("alice", "self"), http.StatusUnauthorized, `{"error": "Authentication required"}`},
		"a service's":       {server.NewServiceToken("ci", "access:services"), http.StatusOK, "{}"},
		"another service's": {server.NewServiceToken("ci", "admin:users"), http.StatusUnauthorized, `{"error": "Authentication required"}`},
		"an unknown one":    {"garbage", http.StatusInternalServerError, badToken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newClient(t, server, test.token).ask(http.MethodGet, clusters, "").is(t, test.status, test.body)
		})
	}
}

func TestToken_ofAServiceActsAsTheService(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	ci := newClient(t, server, server.NewServiceToken("ci", "access:services", "tokens"))
	ci.create(`{}`)
	if len(server.Clusters("service:ci")) != 1 {
		t.Error("the service has no cluster")
	}
	who := ci.askHub(http.MethodGet, "/user", "")
	if kind, name := field[string](t, who, "kind"), field[string](t, who, "name"); kind != "service" || name != "ci" {
		t.Errorf("it is the %s %s", kind, name)
	}
	ci.askHub(http.MethodPost, "/users/ci/tokens", "").is(t, http.StatusForbidden,
		`{"status": 403, "message": "Service ci not found or no permissions to generate tokens"}`)
	server.NewToken("alice")
	if note := field[string](t, ci.askHub(http.MethodPost, "/users/alice/tokens", ""), "note"); note != "Requested via api by service ci" {
		t.Errorf("the note is %q", note)
	}
}

func TestBasic(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{Auth: "basic", Password: "secret", GatewayPrefix: "/"})
	anyone := newClient(t, server, "")
	for header, status := range map[string]int{
		"Basic YWxpY2U6c2VjcmV0":   http.StatusOK,
		"Basic  YWxpY2U6*c2VjcmV0": http.StatusOK, // alice, with what Python skips
		"Basic YWxpY2U6eA==":       http.StatusUnauthorized,
		"Basic YWxpY2U6eA======":   http.StatusUnauthorized,
		"basic YWxpY2U6c2VjcmV0":   http.StatusUnauthorized,
		"jupyterhub x":             http.StatusUnauthorized,
		"Basic YWxpY2U6eA":         http.StatusInternalServerError,
		"Basic bm9jb2xvbg==":       http.StatusInternalServerError,
		"Basic w7w6w7w=":           http.StatusInternalServerError,
		"Basic":                    http.StatusInternalServerError,
	} {
		got := anyone.send(http.MethodGet, anyone.gateway+clusters, "", map[string]string{"Authorization": header})
		if got.StatusCode != status {
			t.Errorf("%s: %d, want %d", header, got.StatusCode, status)
		}
		if challenge := got.Header.Get("Www-Authenticate"); status == http.StatusUnauthorized && challenge != "Basic" {
			t.Errorf("%s: the challenge is %q", header, challenge)
		}
	}
	open := start(t, mockserver.Config{Auth: "basic"})
	if got := anyone.send(http.MethodGet, open.GatewayURL()+clusters, "", map[string]string{"Authorization": "Basic YWxpY2U6eA=="}); got.StatusCode != http.StatusOK {
		t.Errorf("without a password every password is right, but it is %d", got.StatusCode)
	}
}

// The order of the checks: credentials, name, whose it is, body, state.
func TestOrderOfErrors(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice, bob, nobody := newClient(t, server, server.NewToken("alice")), newClient(t, server, server.NewToken("bob")), newClient(t, server, "")
	name := server.AddCluster("alice", nil)
	server.StopCluster(name)
	long := strings.Repeat(" ", 1<<20) + "{"
	scale := clusters + name + "/scale"
	nobody.send(http.MethodPost, nobody.gateway+scale, long, nil).is(t, http.StatusUnauthorized, `{"error": "Authentication required"}`)
	alice.ask(http.MethodPost, clusters+"unknown/scale", long).is(t, http.StatusNotFound, `{"error": "Cluster unknown not found"}`)
	bob.ask(http.MethodPost, scale, long).is(t, http.StatusForbidden, `{"error": "User bob lacks permissions to view cluster `+name+`"}`)
	alice.ask(http.MethodPost, scale, long).is(t, http.StatusRequestEntityTooLarge, `{"error": "Request Entity Too Large"}`)
	alice.ask(http.MethodPost, scale, `{"count": -1}`).is(t, http.StatusUnprocessableEntity, `{"error": "Scale expects a non-negative integer, got -1"}`)
	alice.ask(http.MethodPost, scale, `{"count": 1}`).is(t, http.StatusConflict, `{"error": "cluster `+name+` is not running"}`)
	// A header that can't be taken apart fails DELETE before the cookie helps.
	cookie, _, _ := strings.Cut(alice.ask(http.MethodGet, clusters, "").Header.Get("Set-Cookie"), ";")
	for method, status := range map[string]int{http.MethodGet: http.StatusOK, http.MethodDelete: http.StatusInternalServerError} {
		got := alice.send(method, alice.gateway+clusters+name, "", map[string]string{"Cookie": cookie, "Authorization": "token"})
		if got.StatusCode != status {
			t.Errorf("%s with a cookie and a bare scheme: %d, want %d", method, got.StatusCode, status)
		}
	}
}
