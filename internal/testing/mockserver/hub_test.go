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

func TestHubToken_expires(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	made := alice.askHub(http.MethodPost, "/users/alice/tokens", `{"expires_in": 60, "note": "short"}`)
	id := field[string](t, made, "id")
	short := newClient(t, server, field[string](t, made, "token"))
	if got := short.ask(http.MethodGet, clusters, ""); got.StatusCode != http.StatusOK {
		t.Errorf("a good one gets %d at the gateway", got.StatusCode)
	}

	server.Advance(61 * time.Second)
	date, err := http.ParseTime(alice.askHub(http.MethodGet, "/", "").Header.Get("Date"))
	if err != nil || time.Until(date) < 50*time.Second {
		t.Errorf("the servers say that it is %s (%v)", date, err)
	}
	short.ask(http.MethodGet, clusters, "").is(t, http.StatusInternalServerError, badToken)
	short.askHub(http.MethodGet, "/user", "").is(t, http.StatusForbidden, `{"status": 403, "message": null}`)
	short.askHub(http.MethodGet, "/users/alice", "").is(t, http.StatusForbidden, `{"status": 403, "message": "Missing or invalid credentials."}`)
	if got := alice.askHub(http.MethodGet, "/users/alice/tokens/"+id, ""); got.StatusCode != http.StatusOK {
		t.Errorf("no list has swept it away yet, but it is %d", got.StatusCode)
	}
	alice.askHub(http.MethodGet, "/users/alice/tokens", "")
	alice.askHub(http.MethodGet, "/users/alice/tokens/"+id, "").is(t, http.StatusNotFound, `{"status": 404, "message": "No such token `+id+` for user alice"}`)

	// Its id goes to the next one, whose it may be.
	server.NewToken("bob")
	if next := server.Tokens("bob")[0]; next.ID != id {
		t.Errorf("the next one is %s, not %s again", next.ID, id)
	}
	alice.askHub(http.MethodDelete, "/users/alice/tokens/"+id, "").is(t, http.StatusNotFound, `{"status": 404, "message": "No such token `+id+` for user alice"}`)
}

func TestHubToken_lifetimes(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	post := func(body string) answer { return alice.askHub(http.MethodPost, "/users/alice/tokens", body) }
	// Longer than a time.Duration can be, and beyond Python's last year.
	if got := field[string](t, post(`{"expires_in": 99999999999}`), "expires_at"); !strings.HasPrefix(got, "51") {
		t.Errorf("it expires %s", got)
	}
	for _, body := range []string{`{"expires_in": 1000000000000}`, `{"expires_in": 100000000000000000000}`, `{"note": [1]}`} {
		post(body).is(t, http.StatusInternalServerError, `{"status": 500, "message": "Internal Server Error"}`)
	}
	for body, note := range map[string]string{`{"note": true}`: "1", `{"note": 1.5}`: "1.5", `{"note": 1e20}`: "1.0e+20", `{"note": 1e400}`: "Inf", `{"note": {}}`: "Requested via api"} {
		if got := field[string](t, post(body), "note"); got != note {
			t.Errorf("%s: %q, want %q", body, got, note)
		}
	}
}

func TestHubToken_activity(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	id := server.Tokens("alice")[0].ID
	used := func() string {
		return field[string](t, alice.askHub(http.MethodGet, "/users/alice/tokens/"+id, ""), "last_activity")
	}
	first := used()
	server.Advance(20 * time.Second)
	if again := used(); again != first {
		t.Errorf("activity is exact to half a minute, but %s became %s", first, again)
	}
	server.Advance(20 * time.Second)
	alice.ask(http.MethodGet, clusters, "")
	if again := used(); again == first {
		t.Error("the gateway's question counts as well")
	}
}

// What was asked for on the left became what is on the right on a real Hub.
func TestHubToken_scopes(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	alice := newClient(t, server, server.NewToken("alice"))
	for asked, got := range map[string]string{
		`{"scopes": []}`:                                            "read:users:groups!user=alice read:users:name!user=alice",
		`{"scopes": ["read:users!user"]}`:                           "read:users!user=alice read:users:activity!user=alice read:users:groups!user=alice read:users:name!user=alice",
		`{"scopes": ["access:servers!server=alice/x"]}`:             "access:servers!server=alice/x read:users:groups!user=alice read:users:name!user=alice",
		`{"scopes": ["read:servers!server=alice/"]}`:                "read:servers!server=alice/ read:users:groups!user=alice read:users:name!user=alice",
		`{"scopes": ["servers!server", "access:services!service"]}`: "read:users:groups!user=alice read:users:name!user=alice",
		`{"roles": ["server"]}`:                                     "read:users:activity!user=alice read:users:groups!user=alice read:users:name!user=alice users:activity!user=alice",
	} {
		scopes := field[[]string](t, alice.askHub(http.MethodPost, "/users/alice/tokens", asked), "scopes")
		slices.Sort(scopes)
		if text := strings.Join(scopes, " "); text != got {
			t.Errorf("%s\n got %s\nwant %s", asked, text, got)
		}
	}
	for asked, words := range map[string]string{
		`["all"]`:                         `\"Draft scope 'all' is now called 'inherit'\"`,
		`["read:users!bogus=x"]`:          `\"Scope filter bogus=x '!bogus=x' in scope 'read:users!bogus=x' for token does not exist\"`,
		`["inherit", "nope"]`:             `\"Scope 'nope' for token does not exist\"`,
		`["inherit", "read:hub"]`:         `Not assigning requested scopes read:hub not held by User alice`,
		`["access:servers!server=bob/x"]`: `Not assigning requested scopes access:servers!server=bob/x not held by User alice`,
		`["self!user=alice"]`:             `Not assigning requested scopes self!user=alice not held by User alice`,
	} {
		alice.askHub(http.MethodPost, "/users/alice/tokens", `{"scopes": `+asked+`}`).is(t, http.StatusBadRequest, `{"status": 400, "message": "`+words+`"}`)
	}
}

func TestHub_showsWhatTheScopesShow(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	for scope, body := range map[string]string{
		"read:users:name!user":     `"name": "alice", "admin": false, "groups": [], "user_info": null`,
		"read:users:activity!user": `"name": "alice", "admin": false, "groups": [], "last_activity": `,
		"read:servers!user":        `"name": "alice", "admin": false, "groups": [], "servers": {}, "user_info": null`,
	} {
		alice := newClient(t, server, server.NewToken("alice", scope))
		if got := alice.askHub(http.MethodGet, "/user", ""); !strings.HasPrefix(got.body, `{"kind": "user", `+body) {
			t.Errorf("%s: %s", scope, got.body)
		}
		alice.askHub(http.MethodGet, "/users/bob", "").is(t, http.StatusNotFound, `{"status": 404, "message": "No access to resources or resources not found"}`)
		alice.askHub(http.MethodGet, "/users/alice/tokens", "").is(t, http.StatusForbidden,
			`{"status": 403, "message": "Action is not authorized with current scopes; requires any of [read:tokens]"}`)
	}
}

func TestHub_admin(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	admin := newClient(t, server, server.NewToken("admin"))
	server.AddToken("alice", "hers")
	made := admin.askHub(http.MethodPost, "/users/alice/tokens", "")
	if note := field[string](t, made, "note"); made.StatusCode != http.StatusCreated || note != "Requested via api by user admin" {
		t.Errorf("%d %s", made.StatusCode, made.body)
	}
	if got := server.Tokens("alice"); len(got) != 2 || got[0].Note != "hers" {
		t.Errorf("alice has %+v", got)
	}
	server.RevokeToken("alice", field[string](t, made, "id"))
	admin.askHub(http.MethodGet, "/users/nobody", "").is(t, http.StatusNotFound, `{"status": 404, "message": null}`)
	admin.askHub(http.MethodGet, "/users/nobody/tokens", "").is(t, http.StatusNotFound, `{"status": 404, "message": "No such user: nobody"}`)
	admin.askHub(http.MethodGet, "/users", "").is(t, http.StatusNotImplemented, `{"status": 501, "message": "the mock does not imitate this"}`)
	if version := field[string](t, admin.askHub(http.MethodGet, "/info", ""), "version"); version != "6.1.1" {
		t.Errorf("version %s", version)
	}
}

func TestHub_tags(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{HubPrefix: "/x/"})
	anyone := newClient(t, server, "")
	// A real Hub of this version has the very same tag.
	const tag = `"ee029b46c853484803738fe51764b2450440d623"`
	got := anyone.send(http.MethodGet, server.URL()+"/x/hub/api", "", nil)
	got.is(t, http.StatusOK, `{"version": "6.1.1"}`)
	if got.Header.Get("Etag") != tag || got.Header.Get("X-Jupyterhub-Version") != "6.1.1" {
		t.Errorf("header %v", got.Header)
	}
	anyone.send(http.MethodGet, anyone.hub, "", map[string]string{"If-None-Match": `W/"0", ` + tag}).is(t, http.StatusNotModified, "")
	if got := anyone.send(http.MethodHead, anyone.hub, "", nil); got.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD is %d", got.StatusCode)
	}
}

func TestHub_pages(t *testing.T) {
	t.Parallel()
	server := start(t, mockserver.Config{})
	anyone := newClient(t, server, "")
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
		got := anyone.send(test.method, server.URL()+test.path, "", nil)
		if got.StatusCode != test.status || got.Header.Get("Location") != test.location || got.Header.Get("Content-Type") != "text/html" {
			t.Errorf("%s %s: %d %v", test.method, test.path, got.StatusCode, got.Header)
		}
	}
}
