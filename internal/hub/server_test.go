// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

const (
	pathPrefix = "/x"
	tokensPath = "/hub/api/users/alice/tokens"

	getSelf     = "GET /hub/api/user"
	getAlice    = "GET /hub/api/users/alice"
	postTokens  = "POST " + tokensPath
	listTokens  = "GET " + tokensPath
	getToken    = "GET " + tokensPath + "/a12"
	deleteToken = "DELETE " + tokensPath + "/a12"
)

// startTime is the initial time of the fake clock.
var startTime = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

type serverReply = scripted.Reply

func newScripted(t *testing.T) (*scripted.Server, *hub.Client, *clock.Fake) {
	t.Helper()
	server := scripted.New(t, pathPrefix)
	server.DefaultType = "application/json"
	sender, err := transport.New(transport.Config{
		BaseURL: server.Base, Auth: transport.TokenAuth(secret.New("sesame")), BypassesProxy: true, IsCredentialFailure: hub.IsCredentialFailure,
	})
	if err != nil {
		t.Fatal(err)
	}
	fake := clock.NewFake(startTime)
	return server, hub.New(sender, fake), fake
}

func jsonReply(body string) serverReply { return serverReply{Status: http.StatusOK, Body: body} }

// hubError is an error of the Hub. The message is a JSON value: null or a string.
func hubError(status int, message string) serverReply {
	return serverReply{Status: status, Body: fmt.Sprintf(`{"status": %d, "message": %s}`, status, message)}
}

var (
	tokenNotFound = hubError(http.StatusNotFound, `"No such token a12 for user alice"`)
	noContent     = serverReply{Status: http.StatusNoContent}
	lostResponse  = serverReply{Drop: true}
)

// tokenJSON is a token in the Hub's JSON, with further members at its end.
func tokenJSON(id, note string, created time.Time, members string) string {
	return fmt.Sprintf(`{"user": "alice", "id": %q, "kind": "api_token", "roles": [], "scopes": ["read:users:name!user=alice", "access:services!service=dask-gateway"], `+
		`"created": %q, "last_activity": null, "expires_at": null, "note": %q, "session_id": null, "oauth_client": "JupyterHub"%s}`,
		id, created.UTC().Format("2006-01-02T15:04:05.000000Z"), note, members)
}

func createdToken(id string, created time.Time) serverReply {
	return serverReply{Status: http.StatusCreated, Body: tokenJSON(id, "ci", created, `, "token": "0123456789abcdef0123456789abcdef"`)}
}

func tokenList(date time.Time, all ...string) serverReply {
	return serverReply{Status: http.StatusOK, Body: `{"api_tokens": [` + strings.Join(all, ", ") + `]}`, Date: date}
}

// pause delays a response in real time: an interrupted create waits in real time, not
// by the fake clock.
func pause(t *testing.T, duration time.Duration) {
	t.Helper()
	if err := clock.Real().Sleep(context.WithoutCancel(t.Context()), duration); err != nil {
		t.Error(err)
	}
}
