// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package providertest

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// PlanAction plans an action.
func (client Client) PlanAction(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := client.actions(t).PlanAction(t.Context(), &tfprotov6.PlanActionRequest{
		ActionType: typeName, Config: client.Value(t, client.actionType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// ValidateAction validates the configuration of an action.
func (client Client) ValidateAction(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := client.actions(t).ValidateActionConfig(t.Context(), &tfprotov6.ValidateActionConfigRequest{
		ActionType: typeName, Config: client.Value(t, client.actionType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// AssertActionFails fails the test unless both the plan and the invocation of an action
// fail with the expected error.
func (client Client) AssertActionFails(t *testing.T, typeName string, config map[string]any, want ExpectedDiagnostic) {
	t.Helper()
	AssertDiagnostics(t, client.PlanAction(t, typeName, config), want)
	_, diagnostics := client.InvokeAction(t.Context(), t, typeName, config, nil)
	AssertDiagnostics(t, diagnostics, want)
}

// InvokeAction invokes an action and returns its progress messages. It calls
// onProgress, which may be nil, for each message.
func (client Client) InvokeAction(ctx context.Context, t *testing.T, typeName string, config map[string]any, onProgress func(message string)) ([]string, []*tfprotov6.Diagnostic) {
	t.Helper()
	var messages []string
	for event := range client.StartAction(ctx, t, typeName, config) {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			messages = append(messages, event.Message)
			if onProgress != nil {
				onProgress(event.Message)
			}
		case tfprotov6.CompletedInvokeActionEventType:
			return messages, event.Diagnostics
		}
	}
	t.Fatal("the stream of the action ended without a result")
	return nil, nil
}

// StartAction invokes an action and returns its events, which the caller reads.
func (client Client) StartAction(ctx context.Context, t *testing.T, typeName string, config map[string]any) func(func(tfprotov6.InvokeActionEvent) bool) {
	t.Helper()
	if config == nil {
		config = map[string]any{}
	}
	stream, err := client.actions(t).InvokeAction(ctx, &tfprotov6.InvokeActionRequest{
		ActionType: typeName, Config: client.Value(t, client.actionType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return stream.Events
}

func (client Client) actions(t *testing.T) tfprotov6.ActionServer {
	t.Helper()
	server, ok := client.Server.(tfprotov6.ActionServer)
	if !ok {
		t.Fatal("the provider has no actions")
	}
	return server
}

func (client Client) actionType(name string) tftypes.Type {
	return client.Schema.ActionSchemas[name].Schema.ValueType()
}
