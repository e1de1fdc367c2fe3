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
func (w Client) PlanAction(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := w.actions(t).PlanAction(t.Context(), &tfprotov6.PlanActionRequest{
		ActionType: typeName, Config: w.Value(t, w.actionType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// ValidateAction validates the configuration of an action.
func (w Client) ValidateAction(t *testing.T, typeName string, config map[string]any) []*tfprotov6.Diagnostic {
	t.Helper()
	resp, err := w.actions(t).ValidateActionConfig(t.Context(), &tfprotov6.ValidateActionConfigRequest{
		ActionType: typeName, Config: w.Value(t, w.actionType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return resp.Diagnostics
}

// InvokeAction invokes an action and returns its progress messages. It calls
// onProgress, which may be nil, for each message.
func (w Client) InvokeAction(ctx context.Context, t *testing.T, typeName string, config map[string]any, onProgress func(message string)) ([]string, []*tfprotov6.Diagnostic) {
	t.Helper()
	var messages []string
	for event := range w.StartAction(ctx, t, typeName, config) {
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
func (w Client) StartAction(ctx context.Context, t *testing.T, typeName string, config map[string]any) func(func(tfprotov6.InvokeActionEvent) bool) {
	t.Helper()
	if config == nil {
		config = map[string]any{}
	}
	stream, err := w.actions(t).InvokeAction(ctx, &tfprotov6.InvokeActionRequest{
		ActionType: typeName, Config: w.Value(t, w.actionType(typeName), config),
	})
	if err != nil {
		t.Fatal(err)
	}
	return stream.Events
}

func (w Client) actions(t *testing.T) tfprotov6.ActionServer {
	t.Helper()
	server, ok := w.Server.(tfprotov6.ActionServer)
	if !ok {
		t.Fatal("the provider has no actions")
	}
	return server
}

func (w Client) actionType(name string) tftypes.Type {
	return w.Schema.ActionSchemas[name].Schema.ValueType()
}
