// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/clock"
	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/secret"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
	"github.com/planetary-computer/terraform-provider-pc/internal/transport"
)

// A token that is a part of the Hub's message is masked in the error and changes no
// decision.
func TestIsNotFound_decidesOnTheRawMessage(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"u", "No such", " "} {
		t.Run(token, func(t *testing.T) {
			t.Parallel()
			server := scripted.New(t, "")
			server.On("GET /hub/api/users/alice", scripted.Reply{
				Status: http.StatusNotFound, ContentType: "application/json", Body: `{"status": 404, "message": "No such user: alice"}`,
			})
			sender, err := transport.New(transport.Config{
				BaseURL: server.Base, Auth: transport.TokenAuth(secret.New(token)), BypassesProxy: true, IsCredentialFailure: hub.IsCredentialFailure,
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = hub.New(sender, clock.Real()).GetUser(t.Context(), "alice")
			if !hub.IsNotFound(err) {
				t.Errorf("IsNotFound is false for %v", err)
			}
			failure, ok := errors.AsType[*transport.Error](err)
			if !ok || !strings.Contains(failure.Message, "***") {
				t.Errorf("the token is not masked in %v", err)
			}
		})
	}
}
