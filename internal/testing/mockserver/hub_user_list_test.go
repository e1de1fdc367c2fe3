// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package mockserver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
)

// userList is a list of users, with or without its pagination.
type userList struct {
	Items []struct {
		Name    string                     `json:"name"`
		Servers map[string]json.RawMessage `json:"servers"`
	} `json:"items"`
	Pagination struct {
		Offset, Limit, Total int
		Next                 *struct {
			Offset, Limit int
			URL           string
		}
	} `json:"_pagination"`
}

func (l userList) names() string {
	var names []string
	for _, user := range l.Items {
		names = append(names, user.Name)
	}
	return strings.Join(names, " ")
}

// listUsers reads a list from an address below hub/api, or from a whole one.
func (c *testClient) listUsers(address, accept string) userList {
	c.t.Helper()
	if !strings.HasPrefix(address, "http") {
		address = c.hub + address
	}
	got := c.send(http.MethodGet, address, "", map[string]string{"Authorization": "token " + c.token, "Accept": accept})
	var list userList
	target := any(&list)
	if accept == "" {
		target = &list.Items
	}
	if err := json.Unmarshal([]byte(got.body), target); err != nil || got.StatusCode != http.StatusOK {
		c.t.Fatalf("%s: %d %s (%v)", address, got.StatusCode, got.body, err)
	}
	return list
}

const paginated = "application/json, Application/jupyterhub-pagination+json"

func TestHubUserList_hasPages(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	admin := newClient(t, server, server.NewToken("admin"))
	want := []string{"admin"}
	for i := range 250 {
		name := fmt.Sprintf("user%03d", i)
		server.NewToken(name)
		want = append(want, name)
	}
	for query, limit := range map[string]int{"/users": 50, "/users?limit=7": 7, "/users?limit=-7&offset=-0": 7, "/users?limit=1000": 200} {
		var names []string
		page := admin.listUsers(query, paginated)
		for {
			names = append(names, strings.Fields(page.names())...)
			if page.Pagination.Limit != limit || page.Pagination.Total != len(want) {
				t.Fatalf("%s: %+v", query, page.Pagination)
			}
			if page.Pagination.Next == nil {
				break
			}
			page = admin.listUsers(page.Pagination.Next.URL, paginated)
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: got %d users: %v", query, len(names), names)
		}
	}
	if page := admin.listUsers("/users?limit=0&offset=3", paginated); page.names() != "user002" || page.Pagination.Next.Offset != 4 {
		t.Errorf("limit 0: %+v", page)
	}
	if page := admin.listUsers("/users?offset=99999999999999999999", paginated); page.names() != "" || page.Pagination.Next != nil {
		t.Errorf("offset beyond the end: %+v", page)
	}
	// Without the media type there is a bare list, cut at the maximum.
	if all := admin.listUsers("/users", ""); !slices.Equal(strings.Fields(all.names()), want[:200]) {
		t.Errorf("bare list: %d users", len(all.Items))
	}
}

func TestHubUserList_sortsAndFilters(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	admin := newClient(t, server, server.NewToken("admin"))
	server.NewToken("bob")
	server.StartHubServer("Carol", "", `{}`)
	server.StartHubServer("bob", "gpu", `{"profile": "stuck"}`)
	server.StartHubServer("alice", "", `{}`)
	server.CullHubServer("alice", "")
	for query, want := range map[string]string{
		"":                          "admin bob Carol alice",
		"?sort=-id":                 "alice Carol bob admin",
		"?sort=name":                "Carol admin alice bob",
		"?sort=last_activity":       "admin",
		"?sort=-last_activity":      "admin",
		"?name_filter=AR":           "Carol",
		"?state=active":             "bob Carol",
		"?state=ready":              "Carol",
		"?state=inactive":           "admin alice",
		"?state=active&limit=1":     "bob",
		"?name_filter=b&sort=-name": "bob",
	} {
		got := admin.listUsers("/users"+query, "").names()
		switch query {
		case "?sort=last_activity":
			got = got[strings.LastIndex(got, " ")+1:]
		case "?sort=-last_activity":
			got, _, _ = strings.Cut(got, " ")
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	for _, user := range admin.listUsers("/users?state=active", paginated).Items {
		if len(user.Servers) != 1 {
			t.Errorf("%s has %d servers", user.Name, len(user.Servers))
		}
	}
	for query, message := range map[string]string{
		"?sort=-":     "sort must be 'id', 'name', or 'last_activity', not '-'",
		"?sort=age":   "sort must be 'id', 'name', or 'last_activity', not 'age'",
		"?state=busy": "Unrecognized state filter: 'busy'",
		"?limit=x":    "Invalid argument type, offset and limit must be integers",
		"?offset=":    "Invalid argument type, offset and limit must be integers",
	} {
		admin.callHub(http.MethodGet, "/users"+query, "").expect(t, http.StatusBadRequest, `{"status": 400, "message": "`+message+`"}`)
	}
}

func TestHubUserList_needsScope(t *testing.T) {
	t.Parallel()
	for version, message := range map[string]string{
		"6": `"Action is not authorized with current scopes; requires any of [list:users]"`,
		"2": `"Action is not authorized with current scopes; requires any of [list:users]"`,
		"1": `"Forbidden"`,
	} {
		server := startMock(t, mockserver.Config{HubVersion: version})
		alice, admin := newClient(t, server, server.NewToken("alice")), newClient(t, server, server.NewToken("admin"))
		alice.callHub(http.MethodGet, "/users", "").expect(t, http.StatusForbidden, `{"status": 403, "message": `+message+`}`)
		if got := admin.listUsers("/users", "").names(); got != "alice admin" {
			t.Errorf("version %s: %s", version, got)
		}
	}
	server := startMock(t, mockserver.Config{})
	server.NewToken("bob")
	limited := newClient(t, server, server.NewServiceToken("ci", "list:users!user=bob"))
	server.NewToken("alice")
	if got := limited.listUsers("/users", "").names(); got != "bob" {
		t.Errorf("with a filtered scope: %s", got)
	}
	newClient(t, server, "").callHub(http.MethodGet, "/users", "").expect(t, http.StatusForbidden, `{"status": 403, "message": "Missing or invalid credentials."}`)
}

func TestHubUserList_sortsByActivity(t *testing.T) {
	t.Parallel()
	server := startMock(t, mockserver.Config{})
	admin, alice := newClient(t, server, server.NewToken("admin")), newClient(t, server, server.NewToken("alice"))
	server.NewToken("bob")
	admin.listUsers("/users", "")
	server.Advance(time.Minute)
	alice.callHub(http.MethodGet, "/user", "")
	if got := admin.listUsers("/users?sort=last_activity", "").names(); got != "bob alice admin" {
		t.Errorf("ascending: %s", got)
	}
}
