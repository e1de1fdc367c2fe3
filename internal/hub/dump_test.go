// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hub_test

import (
	"net/http"
	"testing"

	"github.com/planetary-computer/terraform-provider-pc/internal/hub"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/scripted"
)

// TestFormatting_showsNoSecret formats the client, a new token, and the error of a
// response that contains a token's value.
func TestFormatting_showsNoSecret(t *testing.T) {
	t.Parallel()
	const value = "0123456789abcdef0123456789abcdef"
	server, client, fake := newScripted(t)
	server.On(postTokens, createdToken("a1", fake.Now()), hubError(http.StatusForbidden, `"token sesame may not make {\"token\": \"`+value+`\"}"`))
	request := hub.TokenRequest{Note: "ci"}
	token, err := client.CreateToken(t.Context(), "alice", request)
	if err != nil || token.Value.Reveal() != value {
		t.Fatalf("%v, %v", token, err)
	}
	_, refused := client.CreateToken(t.Context(), "alice", request)
	if refused == nil {
		t.Fatal("a 403 returned no error")
	}
	scripted.AssertHidden(t, []string{"sesame", value}, client, token, &token, request, refused)
}
