// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

func TestHubToken_expiresAndItsIDIsReused(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	created := alice.callHub(http.MethodPost, "/users/alice/tokens", `{"expires_in": 60, "note": "short"}`)
	id := field[string](t, created, "id")
	short := newClient(t, server, field[string](t, created, "token"))
	if got := short.callGateway(http.MethodGet, clustersPath, ""); got.StatusCode != http.StatusOK {
		t.Errorf("status of a valid token at the gateway: %d", got.StatusCode)
	}

	server.Advance(61 * time.Second)
	date, err := http.ParseTime(alice.callHub(http.MethodGet, "/", "").Header.Get("Date"))
	if err != nil || time.Until(date) < 50*time.Second {
		t.Errorf("Date header: %s (%v)", date, err)
	}
	short.callGateway(http.MethodGet, clustersPath, "").expect(t, http.StatusInternalServerError, badToken)
	short.callHub(http.MethodGet, "/user", "").expect(t, http.StatusForbidden, `{"status": 403, "message": null}`)
	short.callHub(http.MethodGet, "/users/alice", "").expect(t, http.StatusForbidden, `{"status": 403, "message": "Missing or invalid credentials."}`)
	if got := alice.callHub(http.MethodGet, "/users/alice/tokens/"+id, ""); got.StatusCode != http.StatusOK {
		t.Errorf("status of an expired token before a listing: %d", got.StatusCode)
	}
	alice.callHub(http.MethodGet, "/users/alice/tokens", "")
	alice.callHub(http.MethodGet, "/users/alice/tokens/"+id, "").expect(t, http.StatusNotFound, `{"status": 404, "message": "No such token `+id+` for user alice"}`)

	// The next token gets its id, whoever owns it.
	server.NewToken("bob")
	if next := server.Tokens("bob")[0]; next.ID != id {
		t.Errorf("id of the next token: %s, want %s again", next.ID, id)
	}
	alice.callHub(http.MethodDelete, "/users/alice/tokens/"+id, "").expect(t, http.StatusNotFound, `{"status": 404, "message": "No such token `+id+` for user alice"}`)
}

func TestHubToken_storesLifetimesAndNotes(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	createToken := func(body string) testResponse { return alice.callHub(http.MethodPost, "/users/alice/tokens", body) }
	// Longer than a time.Duration, and beyond Python's last year.
	if got := field[string](t, createToken(`{"expires_in": 99999999999}`), "expires_at"); !strings.HasPrefix(got, "51") {
		t.Errorf("expires_at: %s", got)
	}
	for _, body := range []string{`{"expires_in": 1000000000000}`, `{"expires_in": 100000000000000000000}`, `{"note": [1]}`} {
		createToken(body).expect(t, http.StatusInternalServerError, `{"status": 500, "message": "Internal Server Error"}`)
	}
	for body, note := range map[string]string{`{"note": true}`: "1", `{"note": 1.5}`: "1.5", `{"note": 1e20}`: "1.0e+20", `{"note": 1e400}`: "Inf", `{"note": {}}`: "Requested via api"} {
		if got := field[string](t, createToken(body), "note"); got != note {
			t.Errorf("%s: %q, want %q", body, got, note)
		}
	}
}

func TestHubToken_updatesActivityEvery30Seconds(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	id := server.Tokens("alice")[0].ID
	lastActivity := func() string {
		return field[string](t, alice.callHub(http.MethodGet, "/users/alice/tokens/"+id, ""), "last_activity")
	}
	first := lastActivity()
	server.Advance(20 * time.Second)
	if again := lastActivity(); again != first {
		t.Errorf("last_activity has a resolution of 30 s, but %s became %s", first, again)
	}
	server.Advance(20 * time.Second)
	alice.callGateway(http.MethodGet, clustersPath, "")
	if again := lastActivity(); again == first {
		t.Error("a request of the gateway did not update last_activity")
	}
}

// A real Hub resolved the request on the left to the scopes on the right.
func TestHubToken_resolvesScopes(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	for requested, got := range map[string]string{
		`{"scopes": []}`:                                            "read:users:groups!user=alice read:users:name!user=alice",
		`{"scopes": ["read:users!user"]}`:                           "read:users!user=alice read:users:activity!user=alice read:users:groups!user=alice read:users:name!user=alice",
		`{"scopes": ["access:servers!server=alice/x"]}`:             "access:servers!server=alice/x read:users:groups!user=alice read:users:name!user=alice",
		`{"scopes": ["read:servers!server=alice/"]}`:                "read:servers!server=alice/ read:users:groups!user=alice read:users:name!user=alice",
		`{"scopes": ["servers!server", "access:services!service"]}`: "read:users:groups!user=alice read:users:name!user=alice",
		`{"roles": ["server"]}`:                                     "read:users:activity!user=alice read:users:groups!user=alice read:users:name!user=alice users:activity!user=alice",
	} {
		scopes := field[[]string](t, alice.callHub(http.MethodPost, "/users/alice/tokens", requested), "scopes")
		slices.Sort(scopes)
		if text := strings.Join(scopes, " "); text != got {
			t.Errorf("%s\n got %s\nwant %s", requested, text, got)
		}
	}
	for requested, message := range map[string]string{
		`["all"]`:                         `\"Draft scope 'all' is now called 'inherit'\"`,
		`["read:users!bogus=x"]`:          `\"Scope filter bogus=x '!bogus=x' in scope 'read:users!bogus=x' for token does not exist\"`,
		`["inherit", "nope"]`:             `\"Scope 'nope' for token does not exist\"`,
		`["inherit", "read:hub"]`:         `Not assigning requested scopes read:hub not held by User alice`,
		`["access:servers!server=bob/x"]`: `Not assigning requested scopes access:servers!server=bob/x not held by User alice`,
		`["self!user=alice"]`:             `Not assigning requested scopes self!user=alice not held by User alice`,
	} {
		alice.callHub(http.MethodPost, "/users/alice/tokens", `{"scopes": `+requested+`}`).expect(t, http.StatusBadRequest, `{"status": 400, "message": "`+message+`"}`)
	}
}

func TestHub_showsFieldsByScope(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	for scope, body := range map[string]string{
		"read:users:name!user":     `"name": "alice", "admin": false, "groups": [], "user_info": null`,
		"read:users:activity!user": `"name": "alice", "admin": false, "groups": [], "last_activity": `,
		"read:servers!user":        `"name": "alice", "admin": false, "groups": [], "servers": {}, "user_info": null`,
	} {
		alice := newClient(t, server, server.NewToken("alice", scope))
		if got := alice.callHub(http.MethodGet, "/user", ""); !strings.HasPrefix(got.body, `{"kind": "user", `+body) {
			t.Errorf("%s: %s", scope, got.body)
		}
		alice.callHub(http.MethodGet, "/users/bob", "").expect(t, http.StatusNotFound, `{"status": 404, "message": "No access to resources or resources not found"}`)
		alice.callHub(http.MethodGet, "/users/alice/tokens", "").expect(t, http.StatusForbidden,
			`{"status": 403, "message": "Action is not authorized with current scopes; requires any of [read:tokens]"}`)
	}
}

func TestHub_adminManagesTokensOfOthers(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	admin := newClient(t, server, server.NewToken("admin"))
	server.AddToken("alice", "notebook")
	created := admin.callHub(http.MethodPost, "/users/alice/tokens", "")
	if note := field[string](t, created, "note"); created.StatusCode != http.StatusCreated || note != "Requested via api by user admin" {
		t.Errorf("%d %s", created.StatusCode, created.body)
	}
	if got := server.Tokens("alice"); len(got) != 2 || got[0].Note != "notebook" {
		t.Errorf("tokens of alice: %+v", got)
	}
	server.RevokeToken("alice", field[string](t, created, "id"))
	admin.callHub(http.MethodGet, "/users/nobody", "").expect(t, http.StatusNotFound, `{"status": 404, "message": null}`)
	admin.callHub(http.MethodGet, "/users/nobody/tokens", "").expect(t, http.StatusNotFound, `{"status": 404, "message": "No such user: nobody"}`)
	admin.callHub(http.MethodDelete, "/users/alice", "").expect(t, http.StatusNotImplemented, `{"status": 501, "message": "not supported by the mock"}`)
	if version := field[string](t, admin.callHub(http.MethodGet, "/info", ""), "version"); version != "6.1.1" {
		t.Errorf("version: %s", version)
	}
}

func TestHub_sendsEtag(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{HubPrefix: "/x/"})
	anonymous := newClient(t, server, "")
	// A real Hub of this version sends the same Etag.
	const tag = `"ee029b46c853484803738fe51764b2450440d623"`
	got := anonymous.send(http.MethodGet, server.URL()+"/x/hub/api", "", nil)
	got.expect(t, http.StatusOK, `{"version": "6.1.1"}`)
	if got.Header.Get("Etag") != tag || got.Header.Get("X-Jupyterhub-Version") != "6.1.1" {
		t.Errorf("header: %v", got.Header)
	}
	anonymous.send(http.MethodGet, anonymous.hub, "", map[string]string{"If-None-Match": `W/"0", ` + tag}).expect(t, http.StatusNotModified, "")
	if got := anonymous.send(http.MethodHead, anonymous.hub, "", nil); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("status of HEAD: %d", got.StatusCode)
	}
}

func TestHub_redirectsBrowsers(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	anonymous := newClient(t, server, "")
	for _, test := range []struct {
		method, path string
		status       int
		location     string
	}{
		{http.MethodGet, "/", http.StatusFound, "/hub/"},
		{http.MethodGet, "/hub", http.StatusMovedPermanently, "/hub/"},
		{http.MethodGet, "/hub/", http.StatusFound, "/hub/login?next=%2Fhub%2F"},
		{http.MethodGet, "/services/other/api?a=b", http.StatusFound, "/hub/services/other/api?a=b"},
		{http.MethodGet, "/hub/nothing", http.StatusNotFound, ""},
		{http.MethodHead, "/hub/nothing", http.StatusNotFound, ""},
		{http.MethodHead, "/", http.StatusMethodNotAllowed, ""},
		{http.MethodPost, "/services/other/api", http.StatusForbidden, ""},
		{http.MethodDelete, "/hub/nothing", http.StatusForbidden, ""},
	} {
		got := anonymous.send(test.method, server.URL()+test.path, "", nil)
		if got.StatusCode != test.status || got.Header.Get("Location") != test.location || got.Header.Get("Content-Type") != "text/html" {
			t.Errorf("%s %s: %d %v", test.method, test.path, got.StatusCode, got.Header)
		}
	}
}
