// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubtoken_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"
	"github.com/hashicorp/terraform-plugin-testing/tfversion"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const revokeActionType = "pc_hub_token_revoke"

func TestListTokens_listsEveryTokenWithoutItsValue(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	block := providertest.Block(mock)
	id := mock.AddToken("alice", "left\x1b[31m over")
	foreign := mock.NewToken("bob")
	client := providertest.NewClientWith(t, mock.Clock, block)
	results := client.List(t.Context(), t, providertest.TokenType, providertest.ListQuery{IncludeResource: true})
	if len(results) != 2 {
		t.Fatalf("listed %d tokens, want 2", len(results))
	}
	var ids []string
	for _, result := range results {
		providertest.AssertNoDiagnostics(t, result.Diagnostics)
		ids = append(ids, result.Text(t, "id"))
		printed := fmt.Sprintf("%s %v %v", result.DisplayName, result.Identity, result.Resource)
		for _, value := range []string{fmt.Sprint(block["api_token"]), foreign} {
			if strings.Contains(printed, value) {
				t.Errorf("the result has the value of a token: %s", printed)
			}
		}
		if !result.Resource["token"].IsNull() {
			t.Error("the result has a token, want null")
		}
		if strings.Contains(result.DisplayName, "\x1b") {
			t.Errorf("display name %q has a control character", result.DisplayName)
		}
	}
	if !slices.Contains(ids, id) {
		t.Errorf("listed the tokens %q, want %q among them", ids, id)
	}
}

func TestListTokens_failureIsAnErrorAndNoList(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config  map[string]any
		prepare func(*providertest.Mock, map[string]any)
		want    providertest.ExpectedDiagnostic
	}{
		"refused token":   {nil, func(_ *providertest.Mock, block map[string]any) { block["api_token"] = "wrong" }, providertest.ErrorAt("", "The tokens were not listed")},
		"Hub unreachable": {nil, func(mock *providertest.Mock, _ map[string]any) { mock.Close() }, providertest.ErrorAt("", "The tokens were not listed")},
		"connection lost during the listing": {nil, func(mock *providertest.Mock, _ map[string]any) {
			mock.FailNext(mockserver.Fault{Method: http.MethodGet, Path: "*/users/alice/tokens", Times: 1000, Drop: mockserver.DropMidResponse})
		}, providertest.ErrorAt("", "The tokens of alice were not listed")},
		"another user": {map[string]any{"user": "bob"}, func(*providertest.Mock, map[string]any) {}, providertest.ErrorAt("", "The tokens of bob were not listed")},
		"invalid user": {map[string]any{"user": "a/b"}, func(*providertest.Mock, map[string]any) {}, providertest.ErrorAt(`AttributeName("user")`, "user must be")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			mock.NewToken("bob")
			block := providertest.Block(mock)
			test.prepare(mock, block)
			client := providertest.NewClientWith(t, mock.Clock, block)
			client.AssertListFails(t, providertest.TokenType, providertest.ListQuery{Config: test.config}, test.want)
		})
	}
}

func TestRevokeAction_revokesAndIsSafeToRunTwice(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	block := providertest.Block(mock)
	id := mock.AddToken("alice", "left over")
	client := providertest.NewClientWith(t, mock.Clock, block)
	config := map[string]any{"id": id, "note": "left over"}
	for _, want := range [][]string{
		{"Revoking token " + id + " of alice. It may be valid until a line here says that it is revoked", "Token " + id + " of alice is revoked"},
		{"The Hub has no token " + id + " of alice"},
	} {
		providertest.AssertNoDiagnostics(t, client.PlanAction(t, revokeActionType, config))
		messages, diagnostics := client.InvokeAction(t.Context(), t, revokeActionType, config, nil)
		providertest.AssertNoDiagnostics(t, diagnostics)
		if !slices.Equal(messages, want) {
			t.Errorf("progress messages are %q, want %q", messages, want)
		}
	}
	if got := providertest.TokenNotes(mock)["left over"]; got != 0 {
		t.Errorf("%d tokens are left over, want none", got)
	}
}

// A Hub on sqlite gives the id of a deleted token to the next one.
func TestRevokeAction_keepsTokenWithAnotherNote(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	id := mock.AddToken("alice", "in use")
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	_, diagnostics := client.InvokeAction(t.Context(), t, revokeActionType, map[string]any{"id": id, "note": "left over"}, nil)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt(`AttributeName("note")`, "nothing was revoked"))
	if got := providertest.TokenNotes(mock)["in use"]; got != 1 {
		t.Errorf("%d tokens have the note, want 1", got)
	}
}

func TestRevokeAction_reportsFailure(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	id := mock.AddToken("alice", "left over")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	mock.FailNext(mockserver.Fault{Method: http.MethodDelete, Path: "*", Times: 1000, BeforeRequest: cancel, ResponseDelay: time.Hour})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	messages, diagnostics := client.InvokeAction(ctx, t, revokeActionType, map[string]any{"id": id, "note": "left over"}, nil)
	providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "The token "+id+" of alice was not revoked"))
	if got, want := messages[len(messages)-1], "It is not confirmed that token "+id+" of alice is revoked, and it may still be valid"; got != want {
		t.Errorf("the last message is %q, want %q", got, want)
	}
}

func TestRevokeAction_checksArgumentsAtPlanAndAtInvoke(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	for name, test := range map[string]struct {
		config map[string]any
		want   providertest.ExpectedDiagnostic
	}{
		"user": {map[string]any{"user": "a/b", "id": "a1", "note": ""}, providertest.ErrorAt(`AttributeName("user")`, "user must be")},
		"id":   {map[string]any{"id": "../x", "note": ""}, providertest.ErrorAt(`AttributeName("id")`, "id must be")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client.AssertActionFails(t, revokeActionType, test.config, test.want)
		})
	}
}

func TestAccListTokens_query(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	mock.AddToken("alice", "left over")
	resource.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: providertest.Factories(mock),
		TerraformVersionChecks:   []tfversion.TerraformVersionCheck{tfversion.SkipBelow(tfversion.Version1_14_0)},
		Steps: []resource.TestStep{{
			Query:             true,
			Config:            providertest.ProviderBlock(mock) + "list \"pc_hub_token\" \"all\" {\n  provider         = pc\n  include_resource = true\n}\n",
			QueryResultChecks: []querycheck.QueryResultCheck{querycheck.ExpectLength("pc_hub_token.all", 2)},
		}},
	})
}
