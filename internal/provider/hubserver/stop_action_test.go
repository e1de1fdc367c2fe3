// Copyright (c) The terraform-provider-pc Authors
// SPDX-License-Identifier: MPL-2.0

package hubserver_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/planetary-computer/terraform-provider-pc/internal/testing/mockserver"
	"github.com/planetary-computer/terraform-provider-pc/internal/testing/providertest"
)

const stopActionType = "pc_hub_server_stop"

func TestStopAction_stopsAndIsSafeToRunTwice(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	startServers(mock)
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	config := map[string]any{"name": "gpu"}
	for range 2 {
		providertest.AssertNoDiagnostics(t, client.PlanAction(t, stopActionType, config))
		messages, diagnostics := client.InvokeAction(t.Context(), t, stopActionType, config, nil)
		providertest.AssertNoDiagnostics(t, diagnostics)
		if want := []string{"Stopping the server gpu of alice. It may cost money until a line here says that it does not run", "The server gpu of alice does not run"}; !slices.Equal(messages, want) {
			t.Errorf("progress messages are %q, want %q", messages, want)
		}
	}
	if err := providertest.ServersAre(mock, `[{Name:gpu Pending: Ready:false Options:map[profile:small]} {Name: Pending: Ready:true Options:map[profile:small]} {Name:old Pending: Ready:false Options:map[profile:small]}]`)(); err != nil {
		t.Error(err)
	}
}

func TestStopAction_reportsFailure(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault     mockserver.Fault
		interrupt bool
		config    map[string]any
		want      string
	}{
		"refused":     {mockserver.Fault{Status: http.StatusForbidden, ContentType: "application/json", Body: `{"status": 403, "message": "no"}`}, false, map[string]any{"name": "gpu"}, "server gpu of alice"},
		"interrupted": {mockserver.Fault{ResponseDelay: time.Hour}, true, nil, "default server of alice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := providertest.StartMock(t, mockserver.Config{})
			startServers(mock)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			test.fault.Method, test.fault.Path, test.fault.Times = http.MethodDelete, "*", 1000
			if test.interrupt {
				test.fault.BeforeRequest = cancel
			}
			mock.FailNext(test.fault)
			client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
			messages, diagnostics := client.InvokeAction(ctx, t, stopActionType, test.config, nil)
			providertest.AssertDiagnostics(t, diagnostics, providertest.ErrorAt("", "The "+test.want+" was not stopped"))
			if got, want := messages[len(messages)-1], "The end of the "+test.want+" is not confirmed, and it may still cost money"; got != want {
				t.Errorf("the last message is %q, want %q", got, want)
			}
		})
	}
}

func TestStopAction_checksArgumentsAtPlanAndAtInvoke(t *testing.T) {
	t.Parallel()
	mock := providertest.StartMock(t, mockserver.Config{})
	client := providertest.NewClientWith(t, mock.Clock, providertest.Block(mock))
	for name, test := range map[string]struct {
		config map[string]any
		want   providertest.ExpectedDiagnostic
	}{
		"user":    {map[string]any{"user": "a/b"}, providertest.ErrorAt(`AttributeName("user")`, "user")},
		"name":    {map[string]any{"name": "a/b"}, providertest.ErrorAt(`AttributeName("name")`, "name")},
		"timeout": {map[string]any{"timeout": "0s"}, providertest.ErrorAt(`AttributeName("timeout")`, "timeout")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client.AssertActionFails(t, stopActionType, test.config, test.want)
		})
	}
}
