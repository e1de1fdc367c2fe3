// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

func recordedReply(t *testing.T, file string) serverReply {
	t.Helper()
	return scripted.Recorded(t, "hub", file)
}

func recordedTime(n int) time.Time { return scripted.RecordedTime(n) }

func TestWhoami_decodesRecordedResponses(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]struct {
		kind, name string
		scopes     int
	}{
		"hub_user":        {"user", "alice", 16},
		"hub_user_scoped": {"user", "alice", 3},
		"hub_service":     {"service", "test-admin", 22},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(getSelf, recordedReply(t, file))
			got, err := client.Whoami(t.Context())
			if err != nil || got.Kind != want.kind || got.Name != want.name || got.Admin || len(got.Scopes) != want.scopes {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
			if !slices.Contains(got.Scopes, "access:services!service=dask-gateway") {
				t.Errorf("the gateway's scope is missing in %q", got.Scopes)
			}
		})
	}
}

func TestClient_decodesRecordedTokens(t *testing.T) {
	t.Parallel()
	server, client, _ := newScripted(t)
	server.On(postTokens, recordedReply(t, "token_created"))
	server.On(listTokens, recordedReply(t, "tokens"))
	server.On("GET "+tokensPath+"/a1", recordedReply(t, "token"), recordedReply(t, "token_expiring"))

	created, err := client.CreateToken(t.Context(), "alice", hub.TokenRequest{})
	if err != nil || created.Value.Reveal() != "00000000000000000000000000000001" {
		t.Errorf("the new token's value is %q, %v", created.Value.Reveal(), err)
	}
	checkToken(t, created, 16, recordedTime(1), time.Time{})

	read, err := client.GetToken(t.Context(), "alice", "a1")
	if err != nil || !read.Value.IsZero() {
		t.Errorf("GetToken returned a value, or failed: %v", err)
	}
	checkToken(t, read, 16, recordedTime(1), time.Time{})

	expiring, err := client.GetToken(t.Context(), "alice", "a1")
	if err != nil {
		t.Error(err)
	}
	checkToken(t, expiring, 16, recordedTime(1), recordedTime(2))

	all, _, err := client.ListTokens(t.Context(), "alice")
	if err != nil || len(all) != 2 || all[0].ID != "a1" || all[1].ID != "a2" {
		t.Fatalf("got %+v, %v", all, err)
	}
	checkToken(t, all[1], 15, recordedTime(3), recordedTime(4))
}

func checkToken(t *testing.T, got hub.Token, scopes int, created, expires time.Time) {
	t.Helper()
	if got.User != "alice" || got.Note != "for the case" || len(got.Scopes) != scopes || !got.Created.Equal(created) || !got.ExpiresAt.Equal(expires) {
		t.Errorf("got %+v, want %d scopes, created %s, expires %s", got, scopes, created, expires)
	}
}

func TestClient_decodesRecordedErrors(t *testing.T) {
	t.Parallel()
	create := func(ctx context.Context, c *hub.Client) error {
		_, err := c.CreateToken(ctx, "alice", hub.TokenRequest{})
		return err
	}
	read := func(ctx context.Context, c *hub.Client) error {
		_, err := c.GetToken(ctx, "alice", "a12")
		return err
	}
	self := func(ctx context.Context, c *hub.Client) error {
		_, err := c.Whoami(ctx)
		return err
	}
	for file, test := range map[string]struct {
		request  string
		do       func(context.Context, *hub.Client) error
		kind     transport.Kind
		status   int
		message  string
		notFound bool
	}{
		"hub_403":         {getToken, read, transport.KindCredentials, http.StatusForbidden, "Missing or invalid credentials.", false},
		"hub_403_null":    {getSelf, self, transport.KindCredentials, http.StatusForbidden, "", false},
		"hub_403_scope":   {getToken, read, transport.KindStatus, http.StatusForbidden, "Action is not authorized with current scopes; requires any of [read:hub]", false},
		"hub_404_access":  {getToken, read, transport.KindStatus, http.StatusNotFound, "No access to resources or resources not found", false},
		"hub_404_null":    {getSelf, self, transport.KindStatus, http.StatusNotFound, "", false},
		"hub_405":         {getSelf, self, transport.KindStatus, http.StatusMethodNotAllowed, "", false},
		"token_400":       {postTokens, create, transport.KindStatus, http.StatusBadRequest, "expires_in must be a positive integer or null, not 0", false},
		"token_400_scope": {postTokens, create, transport.KindStatus, http.StatusBadRequest, `"Scope 'nope' for token does not exist"`, false},
		"token_403":       {postTokens, create, transport.KindStatus, http.StatusForbidden, "User alice not found or no permissions to generate tokens", false},
		"token_404":       {getToken, read, transport.KindStatus, http.StatusNotFound, "No such token a1 for user alice", true},
		"token_404_user":  {getToken, read, transport.KindStatus, http.StatusNotFound, "No such user: unknown", true},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			server, client, _ := newScripted(t)
			server.On(test.request, recordedReply(t, file))
			err := test.do(t.Context(), client)
			var failure *transport.Error
			if !errors.As(err, &failure) {
				t.Fatalf("got %v", err)
			}
			if failure.Kind != test.kind || failure.Status != test.status || !strings.HasPrefix(failure.RawMessage(), test.message) || !failure.IsJSONError {
				t.Errorf("got kind %d, status %d, JSON %t, %q, want %d, %d, JSON, %q", failure.Kind, failure.Status, failure.IsJSONError, failure.Message,
					test.kind, test.status, test.message)
			}
			if got := hub.IsNotFound(err); got != test.notFound {
				t.Errorf("IsNotFound is %t, want %t", got, test.notFound)
			}
		})
	}
}
