// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func TestSelf_decodesRecordedResponses(t *testing.T) {
	t.Parallel()
	isAdmin := false
	for file, want := range map[string]struct {
		account hub.Account
		scopes  int
	}{
		"hub_user": {hub.Account{
			Kind: "user", Name: "alice", Admin: &isAdmin, Groups: []string{}, Roles: []string{"user"}, Created: recordedTime(1), Servers: map[string]hub.Server{},
		}, 16},
		// The Hub leaves out what a token may not see.
		"hub_user_scoped": {hub.Account{Kind: "user", Name: "alice", Admin: &isAdmin, Groups: []string{}}, 3},
		"hub_service":     {hub.Account{Kind: "service", Name: "test-admin", Admin: &isAdmin}, 22},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getSelf, recordedReply(t, file))
			got, err := client.Self(t.Context())
			if err != nil || len(got.Scopes) != want.scopes {
				t.Fatalf("%d scopes, %v", len(got.Scopes), err)
			}
			got.Scopes = nil
			if !reflect.DeepEqual(got, want.account) {
				t.Errorf("got %+v, want %+v", got, want.account)
			}
		})
	}
}

func TestGetUser_decodesServers(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	// A shortened response of JupyterHub 6.1.1. The second server is as on a Hub with a
	// public address in its configuration.
	server.On(getAlice, jsonReply(`{"name": "alice", "kind": "user", "servers": {
		"": {"name": "", "started": "2026-11-23T20:37:53.785356Z", "pending": null, "ready": true, "stopped": false, "url": "/user/alice/", "full_url": null, "user_options": {"n": 1}},
		"two": {"name": "two", "started": null, "pending": "spawn", "ready": false, "url": "/user/alice/two/", "full_url": "https://hub.example.com/user/alice/two/", "user_options": {}}}}`))
	got, err := client.GetUser(t.Context(), "alice")
	want := map[string]hub.Server{
		"": {
			Name: "", URL: "/user/alice/", IsReady: true, Started: time.Date(2026, 11, 23, 20, 37, 53, 785_356_000, time.UTC),
			UserOptions: map[string]any{"n": json.Number("1")},
		},
		"two": {Name: "two", URL: "https://hub.example.com/user/alice/two/", Pending: "spawn", UserOptions: map[string]any{}},
	}
	if err != nil || !reflect.DeepEqual(got.Servers, want) {
		t.Errorf("got %+v, %v, want %+v", got.Servers, err, want)
	}
}

func TestSelf_sendsARequestEachTime(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getSelf, jsonReply(`{"name": "alice", "groups": []}`), jsonReply(`{"name": "alice", "groups": ["a"]}`))
	for want := range 2 {
		if got, err := client.Self(t.Context()); err != nil || len(got.Groups) != want {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestIsUserNotFound_acceptsOnlyTheHubsOwn404(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		response serverReply
		want     bool
	}{
		"a user that the token may not see": {recordedReply(t, "hub_404_access"), true},
		"a user that does not exist":        {recordedReply(t, "hub_404_null"), true},
		"a proxy's 404":                     {serverReply{Status: http.StatusNotFound, ContentType: "text/html", Body: "<title>404</title>"}, false},
		"a missing scope":                   {recordedReply(t, "hub_403_scope"), false},
		"bad credentials":                   {recordedReply(t, "hub_403"), false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getAlice, test.response)
			if _, err := client.GetUser(t.Context(), "alice"); hub.IsUserNotFound(err) != test.want {
				t.Errorf("got %t of %v", !test.want, err)
			}
		})
	}
	if hub.IsUserNotFound(nil) || hub.IsUserNotFound(&transport.Error{}) {
		t.Error("IsUserNotFound is true without a response")
	}
}
