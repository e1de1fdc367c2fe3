// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func TestWhoami_sharesOneResponse(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getSelf,
		hubError(503, `"Service Unavailable"`),
		jsonReply(`{"kind": "user", "name": "alice", "admin": false, "groups": [], "roles": ["user"], "server": null, "pending": null, "servers": {}, "token_id": "a7", "session_id": null, "scopes": ["self"]}`))
	if _, err := client.Whoami(t.Context()); err == nil {
		t.Error("no error")
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			got, err := client.Whoami(t.Context())
			if want := (hub.User{Kind: "user", Name: "alice", Scopes: []string{"self"}}); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
	all.Wait()
	server.Expect(t, getSelf, getSelf)
}

func TestWhoami_returnsAService(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(getSelf, jsonReply(`{"kind": "service", "name": "pipeline", "admin": false, "session_id": null, "scopes": ["tokens"]}`))
	if got, err := client.Whoami(t.Context()); err != nil || got.Kind != "service" || got.Name != "pipeline" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestGetToken_classifiesErrors(t *testing.T) {
	t.Parallel()
	for label, test := range map[string]struct {
		response serverReply
		kind     transport.Kind
		notFound bool
	}{
		"bad credentials":       {hubError(403, `"Missing or invalid credentials."`), transport.KindCredentials, false},
		"bad credentials, null": {hubError(403, `null`), transport.KindCredentials, false},
		"no scope":              {hubError(403, `"Action is not authorized with current scopes; requires any of [read:tokens]"`), transport.KindStatus, false},
		"no such token":         {tokenNotFound, transport.KindStatus, true},
		"no such user":          {hubError(404, `"No such user: alice"`), transport.KindStatus, true},
		"no such path":          {hubError(404, `null`), transport.KindStatus, false},
		"a hidden user":         {hubError(404, `"No access to resources or resources not found"`), transport.KindStatus, false},
		"a proxy's page":        {serverReply{Status: 404, ContentType: "text/html", Body: "<html><h1>404 : Not Found</h1></html>"}, transport.KindStatus, false},
		"a crash":               {hubError(500, `"Internal Server Error"`), transport.KindStatus, false},
		"a token without an id": {jsonReply(`{}`), transport.KindBody, false},
		"another token":         {jsonReply(tokenJSON("a13", "x", startTime, "")), transport.KindBody, false},
		"an invalid time":       {jsonReply(`{"id": "a12", "created": "yesterday"}`), transport.KindBody, false},
		"a list":                {jsonReply(`[]`), transport.KindBody, false},
		"a page":                {serverReply{Status: 200, ContentType: "text/html", Body: "<html><h1>Sign in</h1></html>"}, transport.KindBody, false},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getToken, test.response)
			_, err := client.GetToken(t.Context(), "alice", "a12")
			var failure *transport.Error
			if !errors.As(err, &failure) || failure.Kind != test.kind || hub.IsNotFound(err) != test.notFound {
				t.Errorf("got %v, not found: %t", err, hub.IsNotFound(err))
			}
		})
	}
}

func TestCreateToken_sendsTheRequest(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		request hub.TokenRequest
		body    string
	}{
		{hub.TokenRequest{}, `{}`},
		{
			hub.TokenRequest{Note: "ci", ExpiresIn: time.Hour, Scopes: []string{"access:services!service=dask-gateway"}, Roles: []string{"user"}},
			`{"note": "ci", "expires_in": 3600, "scopes": ["access:services!service=dask-gateway"], "roles": ["user"]}`,
		},
	} {
		for _, status := range []int{http.StatusCreated, http.StatusOK} {
			server, client, _ := newScripted(t)
			response := serverReply{Status: status, Body: tokenJSON("a12", "ci", startTime.Add(123456*time.Microsecond), `, "token": "0123456789abcdef0123456789abcdef"`)}
			response.Request = func(_ *http.Request, body string) {
				var got, want any
				if json.Unmarshal([]byte(body), &got) != nil || json.Unmarshal([]byte(test.body), &want) != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("sent %s, want %s", body, test.body)
				}
			}
			server.On(postTokens, response)
			token, err := client.CreateToken(t.Context(), "alice", test.request)
			if err != nil || token.ID != "a12" || token.User != "alice" || token.Note != "ci" || len(token.Scopes) != 2 ||
				!token.Created.Equal(startTime.Add(123456*time.Microsecond)) || !token.ExpiresAt.IsZero() {
				t.Errorf("got %+v, %v", token, err)
			}
			if token.Value.Reveal() != "0123456789abcdef0123456789abcdef" || strings.Contains(fmt.Sprintf("%+v", token), "0123456789abcdef") {
				t.Errorf("the value is missing or printed: %+v", token)
			}
		}
	}
}

func TestListTokens_decodesOldHubsAndUnusualNotes(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(listTokens, jsonReply(`{"api_tokens": [
		{"id": "a1", "user": "alice", "created": "2026-11-23T08:00:00.000001", "expires_at": "2026-11-24T08:00:00Z", "note": 7},
		{"id": "a2", "user": "alice", "created": "2026-11-23T08:00:00Z", "expires_at": null, "note": null}], "oauth_tokens": []}`))
	got, _, err := client.ListTokens(t.Context(), "alice")
	want := []hub.Token{
		{ID: "a1", User: "alice", Note: "7", Created: startTime.Add(time.Microsecond), ExpiresAt: startTime.Add(24 * time.Hour)},
		{ID: "a2", User: "alice", Created: startTime},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	server.On(listTokens, jsonReply(`{"error": "no list"}`))
	if _, _, err := client.ListTokens(t.Context(), "alice"); err == nil || !strings.Contains(err.Error(), "has no api_tokens") {
		t.Errorf("got %v", err)
	}
}

func TestDeleteToken_escapesThePath(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On("DELETE /hub/api/users/al%25ice%20b@c/tokens/a12", noContent)
	if err := client.DeleteToken(t.Context(), "al%ice b@c", "a12"); err != nil {
		t.Error(err)
	}
}
