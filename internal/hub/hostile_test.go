// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func errorOf[T any](_ T, err error) error { return err }

// hostileCall is a call of the Hub's client.
func hostileCall(request string, do func(ctx context.Context, c *hub.Client) error) scripted.HostileCall {
	return scripted.HostileCall{Request: request, Send: func(ctx context.Context, sender *transport.Client) error {
		return do(ctx, hub.New(sender, clock.NewFake(startTime)))
	}}
}

func TestClient_survivesHostileResponses(t *testing.T) {
	t.Parallel()
	list := hostileCall(listTokens, func(ctx context.Context, c *hub.Client) error { _, _, err := c.ListTokens(ctx, "alice"); return err })
	list.TakesLarge = true
	revoke := hostileCall(deleteToken, func(ctx context.Context, c *hub.Client) error { return c.DeleteToken(ctx, "alice", "a12") })
	revoke.TakesLarge, revoke.IgnoresBody = true, true
	scripted.RunHostileCases(t, pathPrefix, transport.TokenAuth(secret.New("sesame")), map[string]scripted.HostileCall{
		"whoami": hostileCall(getSelf, func(ctx context.Context, c *hub.Client) error { return errorOf(c.Whoami(ctx)) }),
		"self":   hostileCall(getSelf, func(ctx context.Context, c *hub.Client) error { return errorOf(c.Self(ctx)) }),
		"user":   hostileCall(getAlice, func(ctx context.Context, c *hub.Client) error { return errorOf(c.GetUser(ctx, "alice")) }),
		"list":   list,
		"get":    hostileCall(getToken, func(ctx context.Context, c *hub.Client) error { return errorOf(c.GetToken(ctx, "alice", "a12")) }),
		"create": hostileCall(postTokens, func(ctx context.Context, c *hub.Client) error {
			return errorOf(c.CreateToken(ctx, "alice", hub.TokenRequest{}))
		}),
		"delete": revoke,
	})
}

// TestClient_sendsNoHostileName: no request contains a name or id that could be
// another path, whether it comes from the Hub, the state or an argument.
func TestClient_sendsNoHostileName(t *testing.T) {
	t.Parallel()
	paths := []string{"", ".", "..", "/", "../bob", "bob/tokens/a1", `..\bob`, "bob\n", "\x00"}
	users := append([]string{"...", "%2e%2e", "b\u202eob", strings.Repeat("b", 100_000)}, paths...)
	ids := append([]string{"a%2f..", "a 1", "a?1", "a#1", "é", strings.Repeat("a", 100_000)}, paths...)
	server, client, _ := newScripted(t)
	for _, invalid := range users {
		quoted, err := json.Marshal(invalid)
		if err != nil {
			t.Fatal(err)
		}
		server.On(getSelf, jsonReply(fmt.Sprintf(`{"kind": "user", "name": %s}`, quoted)))
		for _, err := range []error{errorOf(client.Whoami(t.Context())), errorOf(client.Self(t.Context()))} {
			if scripted.KindName(err) != "body" || !strings.Contains(err.Error(), "names no user") || len(err.Error()) > 1000 {
				t.Errorf("%.40q: %.1000v", invalid, err)
			}
		}
	}
	for _, invalid := range ids {
		server.On(postTokens, serverReply{Status: http.StatusCreated, Body: tokenJSON("ID", "ci", startTime, `, "token": "0123"`)})
		quoted, err := json.Marshal(invalid)
		if err != nil {
			t.Fatal(err)
		}
		body := func(text string) string { return strings.ReplaceAll(text, `"ID"`, string(quoted)) }
		server.On(postTokens, serverReply{Status: http.StatusCreated, Body: body(tokenJSON("ID", "ci", startTime, `, "token": "0123"`))})
		server.On(listTokens, jsonReply(body(`{"api_tokens": [`+tokenJSON("ID", "ci", startTime, "")+`]}`)))
		for _, err := range []error{
			errorOf(client.CreateToken(t.Context(), "alice", hub.TokenRequest{Note: "ci"})),
			errorOf(client.IssueToken(t.Context(), "alice", hub.TokenRequest{Note: "ci"})),
		} {
			if scripted.KindName(err) != "body" || !strings.Contains(err.Error(), "the id of a token cannot be") || len(err.Error()) > 1000 {
				t.Errorf("%.40q: %.1000v", invalid, err)
			}
		}
	}
	before := len(server.Requests())
	for _, invalid := range users {
		if err := errorOf(client.GetUser(t.Context(), invalid)); err == nil || !strings.Contains(err.Error(), "is not a valid user name") || len(err.Error()) > 1000 {
			t.Errorf("%.40q: %.1000v", invalid, err)
		}
	}
	for _, invalid := range ids {
		_, exists, findErr := client.FindToken(t.Context(), "alice", hub.Token{ID: invalid, Created: startTime})
		for label, err := range map[string]error{
			"get": errorOf(client.GetToken(t.Context(), "alice", invalid)), "delete": client.DeleteToken(t.Context(), "alice", invalid),
			"find": findErr, "revoke": client.RevokeToken(t.Context(), "alice", hub.Token{ID: invalid, Created: startTime}),
		} {
			if err == nil || exists || !strings.Contains(err.Error(), "the id of a token cannot be") || len(err.Error()) > 1000 {
				t.Errorf("%s of %.40q: %.1000v", label, invalid, err)
			}
		}
	}
	for _, invalid := range paths {
		_, _, listErr := client.ListTokens(t.Context(), invalid)
		for label, err := range map[string]error{
			"get": errorOf(client.GetToken(t.Context(), invalid, "a12")), "delete": client.DeleteToken(t.Context(), invalid, "a12"),
			"list": listErr, "create": errorOf(client.CreateToken(t.Context(), invalid, hub.TokenRequest{})),
			"issue": errorOf(client.IssueToken(t.Context(), invalid, hub.TokenRequest{})),
		} {
			if err == nil || !strings.Contains(err.Error(), "cannot be a part of an address") || len(err.Error()) > 1000 {
				t.Errorf("%s for %.40q: %.1000v", label, invalid, err)
			}
		}
	}
	if got := server.Requests(); len(got) != before {
		t.Errorf("the client sent %v", got[before:])
	}
}

// TestClient_validatesTheFieldsOfAResponse sends responses whose form is valid and whose
// content is invalid or unusual. If rejected is "", accepted is what the client decodes.
func TestClient_validatesTheFieldsOfAResponse(t *testing.T) {
	t.Parallel()
	token := func(members string) string { return tokenJSON("a12", "ci", startTime, members) }
	without := func(name string) string { return strings.Replace(token(""), `"`+name+`"`, `"x"`, 1) }
	with := func(value string) string { return token(`, "token": ` + value) }
	for label, test := range map[string]struct {
		request, body, rejected string
		accepted                any
	}{
		"no id":                              {getToken, without("id"), "the response is about the token", nil},
		"an id that is a number":             {getToken, token(`, "id": 12`), "got a JSON number in id", nil},
		"an id twice":                        {getToken, token(`, "id": "a13"`), `the response is about the token "a13"`, nil},
		"no creation time":                   {getToken, without("created"), "has no creation time", nil},
		"a creation time of null":            {getToken, token(`, "created": null`), "has no creation time", nil},
		"a creation time that is a number":   {getToken, token(`, "created": 1795422384213`), "as JSON, got", nil},
		"an invalid time":                    {getToken, token(`, "created": "yesterday"`), "as JSON, got", nil},
		"a creation time without a zone":     {getToken, token(`, "created": "2026-11-23T08:00:00"`), "", "ci"},
		"no note":                            {getToken, without("note"), "has no note", nil},
		"a note of null":                     {getToken, token(`, "note": null`), "", ""},
		"a note that is an object":           {getToken, token(`, "note": {"a": 1}`), "", "map[a:1]"},
		"a note twice":                       {getToken, token(`, "note": "other"`), "", "other"},
		"a note that is not UTF-8":           {getToken, token(`, "note": "` + "\xff" + `"`), "", "\ufffd"},
		"scopes that are a string":           {getToken, token(`, "scopes": "self"`), "got a JSON string in scopes", nil},
		"an invalid expiry":                  {getToken, token(`, "expires_at": "never"`), "as JSON, got", nil},
		"text after the JSON":                {getToken, token("") + " x", "", "ci"},
		"no list":                            {listTokens, `{}`, "has no api_tokens", nil},
		"a list of null":                     {listTokens, `{"api_tokens": null}`, "has no api_tokens", nil},
		"a list of lists":                    {listTokens, `{"api_tokens": [[]]}`, "got a JSON array", nil},
		"a list of nulls":                    {listTokens, `{"api_tokens": [null]}`, "the id of a token cannot be", nil},
		"a list without a creation time":     {listTokens, `{"api_tokens": [` + without("created") + `]}`, "has no creation time", nil},
		"a list without a note":              {listTokens, `{"api_tokens": [` + without("note") + `]}`, "has no note", nil},
		"two lists":                          {listTokens, `{"api_tokens": [` + token("") + `], "api_tokens": []}`, "", 0},
		"a list that is too long":            {listTokens, `{"api_tokens": [` + strings.Repeat("null,", 1<<20) + `null]}`, "one value in the response has more than 200000 elements", nil},
		"no value":                           {postTokens, token(""), "the response contains no token", nil},
		"a value of null":                    {postTokens, with("null"), "the response contains no token", nil},
		"a value that is a number":           {postTokens, with("12345"), "got a JSON number in token", nil},
		"a value with a line break":          {postTokens, with(`"a\r\nX: b"`), "the response contains no token", nil},
		"a value with a blank":               {postTokens, with(`"a b"`), "the response contains no token", nil},
		"a value of 512 KiB":                 {postTokens, with(`"` + strings.Repeat("a", 512<<10) + `"`), "the response contains no token", nil},
		"a value without a creation time":    {postTokens, strings.Replace(with(`"abc"`), `"created"`, `"x"`, 1), "has no creation time", nil},
		"no user":                            {getSelf, `{"kind": "user"}`, "names no user", nil},
		"a user of null":                     {getSelf, `{"kind": "user", "name": null}`, "names no user", nil},
		"a user that is a number":            {getSelf, `{"kind": "user", "name": 7}`, "got a JSON number in name", nil},
		"a user that is not UTF-8":           {getSelf, `{"kind": "user", "name": "` + "\xff" + `"}`, "names no user", nil},
		"another user":                       {getAlice, `{"kind": "user", "name": "bob"}`, `the response is about the user "bob"`, nil},
		"servers that are a list":            {getAlice, `{"name": "alice", "servers": []}`, "got a JSON array in servers", nil},
		"servers of null":                    {getAlice, `{"name": "alice", "servers": null}`, "", 0},
		"a server without address":           {getAlice, `{"name": "alice", "servers": {"a": {}}}`, `the server "a" has the address ""`, nil},
		"a server with a JavaScript address": {getAlice, `{"name": "alice", "servers": {"a": {"url": "javascript:alert(1)"}}}`, "has the address", nil},
		"a server with a password":           {getAlice, `{"name": "alice", "servers": {"a": {"url": "https://a:b@example.com/"}}}`, "has the address", nil},
		"a server with a file address":       {getAlice, `{"name": "alice", "servers": {"a": {"url": "file:///etc/passwd"}}}`, "has the address", nil},
		"a server of null":                   {getAlice, `{"name": "alice", "servers": {"a": null}}`, "has the address", nil},
		"an invalid start time":              {getAlice, `{"name": "alice", "servers": {"": {"url": "/user/alice/", "started": "soon"}}}`, "as JSON, got", nil},
		"a server with only an address":      {getAlice, `{"name": "alice", "servers": {"": {"url": "/user/alice/"}}}`, "", 1},
		"groups that are a string":           {getAlice, `{"name": "alice", "groups": "all"}`, "got a JSON string in groups", nil},
		"a user with unusual characters":     {getSelf, `{"kind": "user", "name": "ä%2f b@c"}`, "", "ä%2f b@c"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(test.request, jsonReply(test.body))
			got, err := responseSummary(t, client, test.request)
			if test.rejected == "" {
				if err != nil || !reflect.DeepEqual(got, test.accepted) {
					t.Errorf("got %#v, want %#v: %v", got, test.accepted, err)
				}
				return
			}
			if scripted.KindName(err) != "body" || !strings.Contains(err.Error(), test.rejected) || len(err.Error()) > 1000 {
				t.Errorf("%.1000v does not contain %q", err, test.rejected)
			}
		})
	}
}

// responseSummary sends a request and returns one value of the response.
func responseSummary(t *testing.T, c *hub.Client, request string) (any, error) {
	t.Helper()
	switch request {
	case getToken:
		token, err := c.GetToken(t.Context(), "alice", "a12")
		return token.Note, err
	case listTokens:
		all, _, err := c.ListTokens(t.Context(), "alice")
		return len(all), err
	case postTokens:
		token, err := c.CreateToken(t.Context(), "alice", hub.TokenRequest{})
		return token.ID, err
	case getAlice:
		account, err := c.GetUser(t.Context(), "alice")
		return len(account.Servers), err
	default:
		owner, err := c.Whoami(t.Context())
		return owner.Name, err
	}
}

// TestFindToken_rejectsAnIncompleteToken: a token that the client reported as missing
// would leave the state and stay valid on the Hub.
func TestFindToken_rejectsAnIncompleteToken(t *testing.T) {
	t.Parallel()
	for _, member := range []string{"created", "note", "id"} {
		server, client, _ := newScripted(t)
		server.On(getToken, jsonReply(strings.Replace(tokenJSON("a12", "ci", startTime, ""), `"`+member+`"`, `"x"`, 1)))
		if _, _, err := client.FindToken(t.Context(), "alice", hub.Token{ID: "a12", Note: "ci", Created: startTime}); scripted.KindName(err) != "body" {
			t.Errorf("without %s: %v", member, err)
		}
	}
}
