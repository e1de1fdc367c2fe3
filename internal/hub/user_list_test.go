// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
)

const (
	getUsers     = "GET /hub/api/users?state=active&offset=0&limit=200"
	getNextUsers = "GET /hub/api/users?state=active&offset=1&limit=200"
)

func listedUser(name, servers string) string {
	return `{"kind": "user", "name": "` + name + `", "servers": ` + servers + `}`
}

func namesOf(users []hub.Account) string {
	names := make([]string, 0, len(users))
	for _, user := range users {
		names = append(names, user.Name)
	}
	return strings.Join(names, " ")
}

const runningServer = `{"": {"name": "", "url": "/user/x/", "ready": true, "pending": null}}`

func TestListActiveUsers_readsAllPages(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getUsers,
		jsonReply(`{"items": [`+listedUser("alice", runningServer)+`], "_pagination": {"offset": 0, "limit": 1, "total": 2, "next": {"offset": 1, "limit": 1, "url": "http://elsewhere.example.com/"}}}`))
	server.On(getNextUsers, jsonReply(`{"items": [`+listedUser("bob", runningServer)+`], "_pagination": {"offset": 1, "limit": 1, "total": 2, "next": null}}`))
	users, err := client.ListActiveUsers(t.Context())
	if got := namesOf(users); err != nil || got != "alice bob" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestListActiveUsers_readsTheListOfAnOldHub(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getUsers, jsonReply(`[`+listedUser("alice", runningServer)+`, `+listedUser("bob", `{}`)+`]`))
	users, err := client.ListActiveUsers(t.Context())
	if got := namesOf(users); err != nil || got != "alice" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestListActiveUsers_neverReturnsAPartOfTheList(t *testing.T) {
	t.Parallel()
	first := jsonReply(`{"items": [` + listedUser("alice", runningServer) + `], "_pagination": {"next": {"offset": 1}}}`)
	for label, test := range map[string]struct {
		second serverReply
		want   string
	}{
		"no permission":             {hubError(http.StatusForbidden, `"Action is not authorized with current scopes; requires any of [list:users]"`), "list:users"},
		"next page does not follow": {jsonReply(`{"items": [], "_pagination": {"next": {"offset": 1}}}`), "has the offset 1"},
		"no list":                   {jsonReply(`{}`), "no list of users"},
		"invalid name":              {jsonReply(`{"items": [` + listedUser("a/b", runningServer) + `]}`), "a/b"},
		"an unsafe address":         {jsonReply(`{"items": [` + listedUser("bob", `{"": {"url": "javascript:alert(1)"}}`) + `]}`), "javascript"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getUsers, first)
			server.On(getNextUsers, test.second)
			users, err := client.ListActiveUsers(t.Context())
			if users != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %q, %v, want an error with %q", namesOf(users), err, test.want)
			}
		})
	}
}

func TestListActiveUsers_failsIfServersAreHidden(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getUsers, jsonReply(`[{"kind": "user", "name": "alice"}]`))
	if _, err := client.ListActiveUsers(t.Context()); !errors.Is(err, hub.ErrServersHidden) {
		t.Errorf("got %v, want ErrServersHidden", err)
	}
}
